//! Decides from what is seen of an agent whether it hangs, and how.
use crate::agent::AttemptLimits;
use crate::model::HangKind;
use std::time::Duration;

/// What is seen of an agent at one look. Lengths are since then; `None` where there was nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Since its start.
    pub(super) ran: Duration,
    /// Since its last sign of life.
    pub(super) still: Duration,
    /// Since the last byte it printed.
    pub(super) silent: Duration,
    /// Whether there is any output, or a transcript of its program.
    pub(super) began: bool,
    pub(super) gave_result: bool,
    /// Whether the last event is the answer of a tool.
    pub(super) answered: bool,
    /// How long a tool has been at work.
    pub(super) tool: Option<Duration>,
    /// How long ago a tool was ended that the agent has not mentioned since.
    pub(super) ended_tool: Option<Duration>,
    /// How long a question has stood that only you can answer.
    pub(super) asked: Option<Duration>,
}

/// What to do about an agent that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    End(HangKind),
    /// End the tool that has been at work for the longest time, and let the agent continue.
    EndTool,
}

/// Whether the agent has run for longer than an attempt may.
pub(super) fn is_overdue(limits: &AttemptLimits, look: &Look) -> bool {
    0 < limits.wall_s && Duration::from_secs(limits.wall_s) <= look.ran
}

/// Returns what to do, if the agent hangs.
pub(super) fn remedy(limits: &AttemptLimits, look: &Look) -> Option<Remedy> {
    let over =
        |limit_s: u64, length: Duration| 0 < limit_s && Duration::from_secs(limit_s) <= length;
    let end = |hangs: bool, kind| hangs.then_some(Remedy::End(kind));
    let at_work = look.tool.is_some() && 0 < limits.tool_s;
    let asked = look.asked.is_some_and(|asked| over(limits.prompt_s, asked));
    let tool = look.tool.is_some_and(|tool| over(limits.tool_s, tool));
    let ended_tool = look
        .ended_tool
        .is_some_and(|ended| over(limits.tool_s, ended));
    end(is_overdue(limits, look), HangKind::Wall)
        .or_else(|| end(asked, HangKind::Prompt))
        .or_else(|| {
            let stays = look.gave_result && over(limits.after_result_s, look.silent);
            end(stays, HangKind::AfterResult)
        })
        .or_else(|| end(ended_tool, HangKind::Tool))
        .or_else(|| tool.then_some(Remedy::EndTool))
        .or_else(|| {
            let stays = look.answered && over(limits.after_tool_s, look.still);
            end(stays, HangKind::AfterTool)
        })
        .or_else(|| {
            end(
                !look.began && over(limits.start_s, look.ran),
                HangKind::Start,
            )
        })
        // While a tool is at work the agent waits for it, and the limit of tools applies.
        .or_else(|| end(!at_work && over(limits.idle_s, look.still), HangKind::Idle))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AttemptLimits = AttemptLimits {
        wall_s: 1000,
        start_s: 10,
        idle_s: 30,
        tool_s: 100,
        after_tool_s: 20,
        after_result_s: 5,
        prompt_s: 2,
        permission_s: 0,
    };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn began(still: u64) -> Look {
        Look {
            ran: s(500),
            still: s(still),
            silent: s(still),
            began: true,
            ..Look::default()
        }
    }

    #[test]
    fn each_kind_of_hang_is_told_apart_at_its_own_limit() {
        let kinds = [
            (
                HangKind::Start,
                Look {
                    ran: s(10),
                    still: s(10),
                    silent: s(10),
                    ..Look::default()
                },
            ),
            (HangKind::Idle, began(30)),
            (
                HangKind::AfterTool,
                Look {
                    answered: true,
                    ..began(20)
                },
            ),
            (
                HangKind::AfterResult,
                Look {
                    gave_result: true,
                    ..began(5)
                },
            ),
            (
                HangKind::Prompt,
                Look {
                    asked: Some(s(2)),
                    ..began(2)
                },
            ),
            (
                HangKind::Tool,
                Look {
                    ended_tool: Some(s(100)),
                    ..began(100)
                },
            ),
            (
                HangKind::Wall,
                Look {
                    ran: s(1000),
                    ..began(0)
                },
            ),
        ];
        for (kind, look) in kinds {
            assert_eq!(remedy(&LIMITS, &look), Some(Remedy::End(kind)), "{look:?}");
            let all_off = AttemptLimits {
                wall_s: 0,
                start_s: 0,
                idle_s: 0,
                tool_s: 0,
                after_tool_s: 0,
                after_result_s: 0,
                prompt_s: 0,
                permission_s: 0,
            };
            assert_eq!(remedy(&all_off, &look), None, "{kind:?} is off");
        }
    }

    #[test]
    fn a_tool_is_ended_before_its_agent_and_keeps_it_from_being_idle() {
        let at_work = |tool: u64| Look {
            tool: Some(s(tool)),
            ..began(tool)
        };
        assert_eq!(remedy(&LIMITS, &at_work(99)), None);
        assert_eq!(remedy(&LIMITS, &at_work(100)), Some(Remedy::EndTool));
        let without = AttemptLimits {
            tool_s: 0,
            ..LIMITS
        };
        let idle = Some(Remedy::End(HangKind::Idle));
        assert_eq!(remedy(&without, &at_work(30)), idle);
    }

    #[test]
    fn an_agent_with_a_sign_of_life_within_each_limit_is_left_alone() {
        for look in [
            began(29),
            Look {
                ran: s(9),
                still: s(9),
                silent: s(9),
                ..Look::default()
            },
            Look {
                answered: true,
                silent: s(400),
                ..began(19)
            },
            Look {
                gave_result: true,
                ..began(4)
            },
        ] {
            assert_eq!(remedy(&LIMITS, &look), None, "{look:?}");
        }
    }
}
