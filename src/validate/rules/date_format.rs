//! A date that is not `YYYY-MM-DD`, or no day of the calendar.

use crate::schema::{Field, Kind, ValueError};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct DateFormat;

impl Rule for DateFormat {
    fn id(&self) -> &'static str {
        "date-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "日付は YYYY-MM-DD（例 2024-04-01）で記載してください。{0}",
            en: "Write dates as YYYY-MM-DD (such as 2024-04-01). {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の日付は西暦の YYYY-MM-DD です。和暦や 2024/4/1 は機械で並べ替えや比較ができません（共通ルール 5）。",
            en: "The standard's dates are Gregorian YYYY-MM-DD; other forms cannot be sorted or compared by machine (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Date).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| {
                let wrong = kind.check(cell.text).err()?;
                Some(Fault::saying(Severity::Error, diagnosis(cell.text, wrong, kind.normalise(cell.text).is_some())))
            })
        })
    }
}

fn diagnosis(text: &str, wrong: ValueError, is_another_form: bool) -> Text {
    let numbers: Vec<&str> =
        text.split(|character: char| !character.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let lengths: Vec<usize> = numbers.iter().map(|number| number.len()).collect();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = |number: &str| number.parse().is_ok_and(|year| (1868..=2100).contains(&year));
    match lengths.as_slice() {
        _ if wrong == ValueError::NotReal => NOT_REAL,
        _ if is_another_form => OTHER_FORM,
        [_] if text.ends_with('年') || (is_number && is_year(text)) => YEAR_ONLY,
        [1..=6] if is_number => SERIAL,
        [4, 1 | 2] => NO_DAY,
        [1 | 2, 1 | 2] if text.contains('年') => NO_DAY,
        [1 | 2, 1 | 2] => NO_YEAR,
        [4, 1 | 2, 1 | 2] => NOT_REAL,
        [1 | 2, 1 | 2, 4] if text.contains('/') => MONTH_FIRST,
        [1 | 2, 1 | 2, 1 | 2] => SHORT_YEAR,
        [_, _, _, _, ..] if text.contains(['~', '～', '〜']) => PERIOD,
        [_, _, _, _, _, _, ..] if !text.contains(':') => SEVERAL,
        _ => UNREADABLE,
    }
}

const NOT_REAL: Text = Text {
    ja: "「{value}」はカレンダーにない日か、曜日の合わない日です。",
    en: "\"{value}\" is no day of the calendar, or its weekday is wrong.",
};
const OTHER_FORM: Text =
    Text { ja: "「{value}」は別の書き方です。", en: "\"{value}\" is written otherwise." };
const SHORT_YEAR: Text = Text {
    ja: "「{value}」の年が、元号の範囲にないか、西暦か和暦か分かりません。西暦 4 桁で書いてください。",
    en: "The year of \"{value}\" lies outside its era, or may be of either calendar; write four digits of the Gregorian year.",
};
const YEAR_ONLY: Text = Text {
    ja: "「{value}」は年だけのようです。月と日が分からなければ、空欄にして備考に書いてください。",
    en: "\"{value}\" looks like a year; if month and day are unknown, leave it blank and say so in the remarks.",
};
const SERIAL: Text = Text {
    ja: "「{value}」は Excel の通し番号（シリアル値）のようです。セルの表示形式を日付にして保存し直してください。",
    en: "\"{value}\" looks like a serial number of Excel; give the cells a date format and save again.",
};
const NO_DAY: Text = Text {
    ja: "「{value}」には日がありません。日が分からなければ、空欄にして備考に書いてください。",
    en: "\"{value}\" has no day; if it is unknown, leave it blank and say so in the remarks.",
};
const NO_YEAR: Text = Text {
    ja: "「{value}」には年がありません。年を補ってください。",
    en: "\"{value}\" has no year; add it.",
};
const MONTH_FIRST: Text = Text {
    ja: "「{value}」は月と日のどちらが先か分かりません。年を先に書いてください。",
    en: "It cannot be told whether month or day comes first in \"{value}\"; put the year first.",
};
const PERIOD: Text = Text {
    ja: "「{value}」は期間です。1 つの日だけを書き、期間は備考に書いてください。",
    en: "\"{value}\" is a period; write one day here and the period in the remarks.",
};
const SEVERAL: Text = Text {
    ja: "「{value}」には日付が複数あります。1 つだけを書き、ほかは備考に書いてください。",
    en: "\"{value}\" holds several dates; write one here and the others in the remarks.",
};
const UNREADABLE: Text = Text {
    ja: "「{value}」は日付として読み取れません。説明は備考に書いてください。",
    en: "\"{value}\" cannot be read as a date; words belong in the remarks.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_is_called_by_its_name() {
        for (text, said) in [
            ("2023-02-29", NOT_REAL),
            ("2024/13/1", NOT_REAL),
            ("2024/4/1(火)", NOT_REAL),
            ("2024/4/1", OTHER_FORM),
            ("2024", YEAR_ONLY),
            ("昭和32年", YEAR_ONLY),
            ("約2024年", YEAR_ONLY),
            ("45016", SERIAL),
            ("5989", SERIAL),
            ("2024-04", NO_DAY),
            ("平成30年4月", NO_DAY),
            ("6/3", NO_YEAR),
            ("6月3日", NO_YEAR),
            ("11/1/2018", MONTH_FIRST),
            ("24/4/1", SHORT_YEAR),
            ("H32.4.1", SHORT_YEAR),
            ("2024/4/1~2024/5/1", PERIOD),
            ("4/1～5/1", PERIOD),
            ("1985-4-13、2013-9-26", SEVERAL),
            ("未定です", UNREADABLE),
            ("", UNREADABLE),
        ] {
            let wrong = Kind::Date.check(text).expect_err(text);
            assert_eq!(diagnosis(text, wrong, Kind::Date.normalise(text).is_some()), said, "{text}");
        }
    }
}
