//! Days, hours and remarks, and what they say.

use jiff::civil::date;

use super::*;

/// Whether a place with these days, hours and remarks is open at a time.
fn is_open(at: DateTime, days: &str, hours: (&str, &str), remarks: &str) -> Option<bool> {
    fn filled(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }
    let cells =
        Cells { days: Some(filled(days)), hours: Some((filled(hours.0), filled(hours.1))), remarks: filled(remarks) };
    OpenAt { at, status: OpenStatus::Open }.plan().is_open(cells)
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn days() {
    // 18 November 2026 is a Wednesday, the 22nd a Sunday, the 23rd a holiday on a Monday.
    let [wednesday, sunday, holiday] = [18, 22, 23].map(|day| date(2026, 11, day).at(10, 0, 0, 0));
    let new_year = date(2026, 12, 29).at(10, 0, 0, 0);
    for (days, expected) in [
        ("月火水木金", [YES, NO, None, YES]),
        ("月火木金", [NO, NO, None, YES]),
        ("月火水木金土日", [YES, YES, YES, YES]),
        ("月～日", [YES, YES, YES, YES]),
        ("月曜日～金曜日", [YES, NO, None, YES]),
        ("土日", [NO, YES, None, NO]),
        ("土・日・祝", [NO, YES, YES, NO]),
        ("土日祝日", [NO, YES, YES, NO]),
        ("月火水木金（祝日を除く）", [YES, NO, NO, YES]),
        ("月～金（祝日・年末年始は休み）", [YES, NO, NO, NO]),
        ("毎日", [YES, YES, YES, YES]),
        ("毎日（年末年始を除く）", [YES, YES, YES, NO]),
        ("年中無休", [YES, YES, YES, YES]),
        ("平日", [YES, NO, None, YES]),
        ("平日、土", [YES, NO, None, YES]),
        ("金～月", [None; 4]),
        ("月～金（土日祝除く）", [None; 4]),
        ("土日祝除く", [None; 4]),
        ("第2水曜を除く", [None; 4]),
        ("24時間", [None; 4]),
        ("", [None; 4]),
    ] {
        let found = [wednesday, sunday, holiday, new_year].map(|at| is_open(at, days, ("09:00", "17:00"), ""));
        assert_eq!(found, expected, "{days}");
    }
}

#[test]
fn times() {
    let at = |hour, minute| date(2026, 11, 18).at(hour, minute, 0, 0);
    for (hours, expected) in [
        // At 00:30, 09:00, 12:00, 17:00 and 23:59.
        (("09:00", "17:00"), [NO, YES, YES, NO, NO]),
        (("00:00", "24:00"), [YES; 5]),
        (("00:00", "23:59"), [YES; 5]),
        (("18:00", "02:00"), [YES, NO, NO, NO, YES]),
        (("09:00", "00:00"), [NO, YES, YES, YES, YES]),
        (("09:00", "09:00"), [None; 5]),
        (("00:00", "00:00"), [None; 5]),
        (("09:00", ""), [None; 5]),
        (("", ""), [None; 5]),
    ] {
        let times = [at(0, 30), at(9, 0), at(12, 0), at(17, 0), at(23, 59)];
        assert_eq!(times.map(|time| is_open(time, "火水", hours, "")), expected, "{hours:?}");
    }
    // Past midnight it is the day before that counts: Wednesday night is not Thursday, Tuesday's night is Wednesday.
    assert_eq!(is_open(at(1, 0), "火", ("18:00", "02:00"), ""), YES);
    assert_eq!(is_open(at(1, 0), "水", ("18:00", "02:00"), ""), NO);
    // Closed stays closed whatever is not said.
    assert_eq!(is_open(at(12, 0), "木", ("", ""), ""), NO);
    assert_eq!(is_open(at(3, 0), "", ("09:00", "17:00"), ""), NO);
    // Tables that lack one of the fields.
    let plan = OpenAt { at: at(12, 0), status: OpenStatus::Open }.plan();
    let hours = Some((Some("09:00"), Some("17:00")));
    assert_eq!(plan.is_open(Cells { hours, ..Cells::default() }), YES);
    assert_eq!(plan.is_open(Cells { days: Some(Some("水")), ..Cells::default() }), None);
    assert_eq!(plan.is_open(Cells { days: Some(Some("木")), ..Cells::default() }), NO);
}

#[test]
fn remarks() {
    let noon = |year, month, day| date(year, month, day).at(12, 0, 0, 0);
    for (at, remarks, expected) in [
        (noon(2026, 11, 18), "年末年始は休み", YES),
        (noon(2026, 12, 30), "年末年始は休み", None),
        (noon(2027, 1, 3), "12月29日～1月3日 休館", None),
        (noon(2027, 1, 4), "年末年始は休み", YES),
        (noon(2026, 11, 18), "毎月第3水曜日は休館", None),
        (noon(2026, 11, 18), "第2・第4水曜休み", None),
        (noon(2026, 11, 18), "第3月曜日は休館", YES),
        (noon(2026, 11, 22), "第3月曜日は休館", YES),
        (noon(2026, 11, 22), "土日は12時まで", None),
        (noon(2026, 11, 23), "祝日の場合は翌日休館", None),
        (noon(2026, 11, 24), "祝日の場合は翌日休館", None),
        (noon(2026, 11, 25), "祝日の場合は翌日休館", YES),
        (noon(2026, 8, 14), "お盆は休み", None),
        (noon(2026, 8, 17), "お盆は休み", YES),
        (noon(2026, 11, 18), "昼休み12:00～13:00", None),
        (date(2026, 11, 18).at(10, 0, 0, 0), "昼休み12:00～13:00", YES),
        (noon(2026, 11, 18), "不定休", None),
        (noon(2026, 11, 18), "要予約", YES),
    ] {
        assert_eq!(is_open(at, "毎日", ("09:00", "17:00"), remarks), expected, "{at} {remarks}");
    }
}

#[test]
fn every_pattern_is_one_for_both() {
    // PostgreSQL's expressions know neither lazy repetition nor named groups nor classes by \p.
    let patterns = [UNDERSTOOD, HOLIDAYS_EXCEPTED, NEW_YEAR_EXCEPTED, HOLIDAYS_LISTED, HOLIDAY, SUMMER, NOON];
    for pattern in patterns.into_iter().chain(LISTED).chain(NAMED).chain([ALWAYS, NEW_YEAR, AFTER_HOLIDAY]) {
        assert!(Regex::new(pattern).is_ok(), "{pattern}");
        assert!(!pattern.contains(['\\', '{']) && !pattern.contains("(?") && !pattern.contains("*?"), "{pattern}");
    }
}
