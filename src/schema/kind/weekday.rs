//! Days of the week: a run such as 月火水木金, from Monday, each at most once.

use crate::schema::ValueError;

const WEEK: [char; 7] = ['月', '火', '水', '木', '金', '土', '日'];

pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let mut next = 0;
    for character in text.chars() {
        match WEEK[next..].iter().position(|day| *day == character) {
            Some(step) => next += step + 1,
            None => return Err(ValueError::Form),
        }
    }
    Ok(())
}

/// Separators, ranges, 曜日 and days out of order.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = text.replace("曜日", "").replace('曜', "");
    let mut open = [false; 7];
    let mut last: Option<usize> = None;
    let mut range_from: Option<usize> = None;
    for character in text.chars() {
        match (WEEK.iter().position(|day| *day == character), character) {
            (Some(day), _) => {
                let from = range_from.take().unwrap_or(day);
                if from > day {
                    return None;
                }
                open[from..=day].fill(true);
                last = Some(day);
            }
            (None, '～' | '〜' | '~' | '-' | '－' | 'ー') => range_from = Some(last?),
            (None, '・' | '、' | ',' | '，' | ';' | '；' | ' ' | '　' | '/' | '／' | '･') => {}
            (None, _) => return None,
        }
    }
    (last.is_some() && range_from.is_none())
        .then(|| WEEK.iter().zip(open).filter(|(_, open)| *open).map(|(day, _)| day).collect())
}

/// 毎日 and its like, and 平日, which leaves open what happens on holidays; other days may stand beside it.
pub(super) fn propose(text: &str) -> Option<String> {
    match text {
        "毎日" | "全日" | "全曜日" | "年中無休" | "無休" => Some(WEEK.iter().collect()),
        _ => normalise(&text.replace("平日", "月～金・")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_from_monday_passes() {
        for text in ["月火水木金", "日", "月火水木金土日", "土日"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["月～金", "日土", "月月", "毎日", "月・火"] {
            assert_eq!(check(text), Err(ValueError::Form), "{text}");
        }
    }

    #[test]
    fn days_in_other_forms() {
        for (found, meant) in [
            ("月～金", Some("月火水木金")),
            ("月・水・金", Some("月水金")),
            ("月曜日～土曜日", Some("月火水木金土")),
            ("日、土", Some("土日")),
            ("月;水;金", Some("月水金")),
            ("火 木", Some("火木")),
            ("月-金", Some("月火水木金")),
            ("月～金、日", Some("月火水木金日")),
            ("毎日", None),
            ("平日", None),
            ("月～金、祝", None),
            ("金～月", None),
            ("月～", None),
            ("月～金（祝日除く）", None),
            ("24時間", None),
            ("", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }

    #[test]
    fn words_are_proposed_as_days() {
        for (found, meant) in [
            ("毎日", Some("月火水木金土日")),
            ("年中無休", Some("月火水木金土日")),
            ("全日", Some("月火水木金土日")),
            ("平日", Some("月火水木金")),
            ("平日、土曜日", Some("月火水木金土")),
            ("平日及び土曜", None),
            ("24時間", None),
            ("不定休", None),
        ] {
            assert_eq!(propose(found).as_deref(), meant, "{found}");
        }
    }
}
