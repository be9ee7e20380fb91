//! The time zone of the user.
use crate::model::Env;
use jiff::tz::TimeZone;

/// Returns the time zone of the user whose environment this is: `TZ`, else that of the machine.
pub fn user_zone(vars: &Env) -> TimeZone {
    let named = vars.get("TZ").map(|name| name.trim_start_matches(':'));
    let named = named.filter(|name| !name.is_empty());
    let zone = named.and_then(|name| {
        let by_name = TimeZone::get(name).ok();
        by_name.or_else(|| TimeZone::posix(name).ok())
    });
    zone.unwrap_or_else(TimeZone::system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_the_users_environment_counts() {
        let vars = |zone: &str| std::iter::once(("TZ".to_owned(), zone.to_owned())).collect();
        let at = jiff::Timestamp::from_second(1_767_222_000).unwrap();
        let hour = |zone: &str| user_zone(&vars(zone)).to_datetime(at).hour();
        assert_eq!((hour("UTC0"), hour("CET-1CEST,M3.5.0,M10.5.0/3")), (23, 0));
        assert_eq!(user_zone(&vars("no such zone")), TimeZone::system());
    }
}
