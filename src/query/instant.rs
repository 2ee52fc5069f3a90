//! Days and times in parameters. They are Japan time, which has had no summer time since 1951, unless they say otherwise.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::schema::Kind;
use crate::text::{narrow, trim};

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// A day without a time: its beginning.
    Day(DateTime),
    /// A day and a time.
    Time(DateTime),
}

/// Nine hours ahead of UTC.
pub fn japan() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}

/// The date and time in Japan.
pub fn in_japan(instant: Timestamp) -> DateTime {
    japan().to_datetime(instant)
}

/// The instant at which it is this date and time in Japan; `None` at the ends of all time.
pub fn of_japan(time: DateTime) -> Option<Timestamp> {
    japan().to_timestamp(time).ok()
}

/// Reads `2026-11-22`, `令和8年11月22日`, `2026-11-22T10:00`, `2026-11-22 10:00:30` and times with an offset.
pub fn read(text: &str) -> Option<Instant> {
    let text = narrow(trim(text));
    if let Some(day) = day(&text) {
        return Some(Instant::Day(day));
    }
    if !text.contains(['T', 't', ' ']) {
        return None;
    }
    // A plus sign that nobody encoded has come as a blank.
    let signed = text.rfind(' ').map(|blank| format!("{}+{}", &text[..blank], &text[blank + 1..]));
    let with_offset = text.parse::<Timestamp>().ok().or_else(|| signed?.parse().ok());
    if let Some(instant) = with_offset {
        return Some(Instant::Time(in_japan(instant)));
    }
    text.parse().ok().map(Instant::Time)
}

fn day(text: &str) -> Option<DateTime> {
    let normal = if Kind::Date.check(text).is_ok() { text.to_owned() } else { Kind::Date.normalise(text)? };
    format!("{normal}T00:00:00").parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn forms_of_instants() {
        let time = |hour, minute, second| Some(Instant::Time(date(2026, 11, 22).at(hour, minute, second, 0)));
        let day = Some(Instant::Day(date(2026, 11, 22).at(0, 0, 0, 0)));
        for (text, expected) in [
            ("2026-11-22", day),
            ("令和8年11月22日", day),
            ("2026/11/22", day),
            ("2026-11-22T10:00", time(10, 0, 0)),
            ("２０２６-11-22 10:00", time(10, 0, 0)),
            ("2026-11-22T10:00:30", time(10, 0, 30)),
            ("2026-11-22T01:00:00Z", time(10, 0, 0)),
            ("2026-11-22T10:00:00+09:00", time(10, 0, 0)),
            ("2026-11-22T10:00:00 09:00", time(10, 0, 0)),
            ("2026-11-22T03:00+02:00", time(10, 0, 0)),
            ("2026-02-30", None),
            ("2026-11-22T25:00", None),
            ("10:00", None),
            ("now", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn japan_is_nine_hours_ahead() {
        let noon = date(2026, 1, 1).at(12, 0, 0, 0);
        assert_eq!(of_japan(noon), "2026-01-01T03:00:00Z".parse().ok());
        assert_eq!(of_japan(noon).map(in_japan), Some(noon));
    }
}
