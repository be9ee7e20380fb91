//! `quota:` in `config.yaml`, in a loop or in a pipeline.
use super::duration::Span;
use crate::model::{Share, WindowName};
use crate::plan::{Days, Hours, Keep, Pace, QuotaLimits, WhenUnknown, WindowLimits};
use jiff::civil::Time;
use serde::Deserialize;

/// How much of a provider's quota may be used. In a loop or pipeline it may only be less than `config.yaml` allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QuotaDef {
    /// The window of five hours; `{warn: 85%, hold: 95%}` by default.
    pub five_hour: WindowDef,
    /// The windows of a week; `{warn: 90%, hold: 95%}` by default.
    pub seven_day: WindowDef,
    /// Shares that are kept for yourself; of those that apply at one time the largest counts.
    pub keep: Vec<KeepDef>,
    /// What follows when nothing is known: `go` (the default) or `hold`.
    pub unknown: Option<WhenUnknown>,
    /// Ask Claude Code although you set CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC. Only in `config.yaml`.
    pub ask: Option<bool>,
}

/// How much of one window may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WindowDef {
    /// From here on fewer agents run at a time.
    pub warn: Option<PercentDef>,
    /// From here on no attempt begins.
    pub hold: Option<PercentDef>,
    /// `even`: in proportion to the time that has passed; `off` by default.
    pub pace: Option<Pace>,
    /// How far use may be ahead of an even pace; 12h by default.
    pub lead: Option<Span>,
}

/// A share that is kept for yourself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeepDef {
    /// `five_hour`, `seven_day`, or a week of one model: `seven_day_opus`.
    pub window: KeptWindow,
    pub share: PercentDef,
    /// Days: `mon-fri`, `sat,sun`; all by default.
    #[serde(default)]
    pub on: Option<DaysDef>,
    /// From this time of your time zone on: `"09:00"`.
    #[serde(default)]
    pub from: Option<TimeDef>,
    /// Before this time: `"18:00"`; on the next day if it is not after `from`.
    #[serde(default)]
    pub to: Option<TimeDef>,
}

/// A share, written as `85%` or as a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(with = "serde_json::Value", extend("type" = ["string", "number"], "examples" = ["85%", 0.85])))]
#[serde(try_from = "RawPercent")]
pub struct PercentDef(Share);

// A share is never NaN.
impl Eq for PercentDef {}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawPercent {
    Number(f64),
    Text(String),
}

impl TryFrom<RawPercent> for PercentDef {
    type Error = String;

    fn try_from(raw: RawPercent) -> Result<Self, String> {
        let share = match &raw {
            RawPercent::Number(number) => Share::from_fraction(*number),
            RawPercent::Text(text) => {
                let number = text.trim().strip_suffix('%').map(str::trim_end);
                let number = number.and_then(|number| number.parse().ok());
                Share::from_percent(number.unwrap_or(f64::NAN))
            }
        };
        share.map(Self).map_err(|_| {
            let written = match raw {
                RawPercent::Number(number) => number.to_string(),
                RawPercent::Text(text) => text,
            };
            format!("a share like `85%`, not `{}`", written.escape_debug())
        })
    }
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(with = "String", extend("examples" = ["mon-fri", "sat,sun"])))]
#[serde(try_from = "String")]
pub struct DaysDef(Days);

impl TryFrom<String> for DaysDef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Days::parse(&text).map(Self).ok_or_else(|| {
            format!(
                "days like `mon-fri` or `sat,sun`, not `{}`",
                text.escape_debug()
            )
        })
    }
}

/// A time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(with = "String", extend("examples" = ["09:00"])))]
#[serde(try_from = "String")]
pub struct TimeDef(Time);

impl TryFrom<String> for TimeDef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = match text.as_str() {
            "24:00" => Some(Time::midnight()),
            text => text.parse().ok(),
        };
        parsed.map(Self).ok_or_else(|| {
            format!(
                "a time of the day like \"09:00\", not `{}`",
                text.escape_debug()
            )
        })
    }
}

/// A window of which a share can be kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(with = "String", extend("examples" = ["five_hour", "seven_day"])))]
#[serde(try_from = "String")]
pub struct KeptWindow(WindowName);

impl TryFrom<String> for KeptWindow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let of_model = format!("{}_", WindowName::SEVEN_DAY);
        let is_known = [WindowName::FIVE_HOUR, WindowName::SEVEN_DAY].contains(&text.as_str())
            || text.starts_with(&of_model);
        if is_known {
            Ok(Self(WindowName::new(&text)))
        } else {
            let name = text.escape_debug();
            Err(format!(
                "`five_hour`, `seven_day` or the week of one model, not `{name}`"
            ))
        }
    }
}

impl QuotaDef {
    /// Returns what it sets.
    pub fn limits(&self) -> QuotaLimits {
        QuotaLimits {
            five_hour: self.five_hour.limits(),
            seven_day: self.seven_day.limits(),
            keep: self.keep.iter().map(KeepDef::keep).collect(),
            unknown: self.unknown,
            ask: self.ask,
        }
    }
}

impl WindowDef {
    fn limits(&self) -> WindowLimits {
        WindowLimits {
            warn: self.warn.map(|percent| percent.0),
            hold: self.hold.map(|percent| percent.0),
            pace: self.pace,
            lead_s: self.lead.map(Span::seconds),
        }
    }
}

impl KeepDef {
    fn keep(&self) -> Keep {
        Keep {
            window: self.window.0.clone(),
            share: self.share.0,
            hours: Hours {
                days: self.on.map_or(Days::ALL, |days| days.0),
                from: self.from.map(|time| time.0),
                to: self.to.map(|time| time.0),
            },
        }
    }
}
