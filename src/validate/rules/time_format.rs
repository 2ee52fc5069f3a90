//! A time that is not `hh:mm`.

use crate::schema::{Field, Kind, ValueError};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct TimeFormat;

impl Rule for TimeFormat {
    fn id(&self) -> &'static str {
        "time-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "時刻は hh:mm（例 09:00）の 24 時間表記で記載してください。{0}",
            en: "Write times as hh:mm on the 24-hour clock (such as 09:00). {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の時刻は 2 桁ずつの hh:mm です。24 時間利用は 00:00～23:59（または 24:00）と書きます。翌日にかかる時刻は 00:00～23:59 で書き、翌日であることを備考に書きます（共通ルール 5）。",
            en: "The standard's times have two digits each; all day is 00:00 to 23:59 or 24:00. A time past midnight is written as that time of day, with a note in the remarks (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Time).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| {
                let wrong = kind.check(cell.text).err()?;
                Some(Fault::saying(Severity::Error, diagnosis(cell.text, wrong, kind.normalise(cell.text).is_some())))
            })
        })
    }
}

fn diagnosis(text: &str, wrong: ValueError, is_another_form: bool) -> Text {
    let hour = text.split([':', '時']).next().and_then(|hour| hour.parse::<u8>().ok());
    if is_another_form {
        OTHER_FORM
    } else if ["24時間", "24h", "終日", "全日"].iter().any(|word| text.starts_with(word)) {
        ALL_DAY
    } else if text.starts_with('翌')
        || (hour.is_some_and(|hour| (24..=36).contains(&hour)) && text.contains([':', '時']))
    {
        NEXT_DAY
    } else if wrong == ValueError::NotReal {
        NOT_REAL
    } else if text.contains(['~', '～', '〜']) || text.matches(':').count() == 2 && text.contains('-') {
        PERIOD
    } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        NUMBER
    } else {
        UNREADABLE
    }
}

const OTHER_FORM: Text =
    Text { ja: "「{value}」は別の書き方です。", en: "\"{value}\" is written otherwise." };
const ALL_DAY: Text = Text {
    ja: "「{value}」は終日のことなら、開始を 00:00、終了を 23:59 と書いてください。",
    en: "If \"{value}\" means all day, let it begin at 00:00 and end at 23:59.",
};
const NEXT_DAY: Text = Text {
    ja: "「{value}」は翌日の時刻のようです。25:00 は 01:00 と書き、翌日であることを備考に書いてください。",
    en: "\"{value}\" lies past midnight: write 25:00 as 01:00, and in the remarks that it is the next day.",
};
const NOT_REAL: Text =
    Text { ja: "「{value}」という時刻はありません。", en: "There is no such time as \"{value}\"." };
const PERIOD: Text = Text {
    ja: "「{value}」は時間帯です。開始と終了をそれぞれの項目に分けて書いてください。",
    en: "\"{value}\" is a span of time; write its beginning and end into their own columns.",
};
const NUMBER: Text = Text {
    ja: "「{value}」は数です。Excel なら、セルの表示形式を時刻にして保存し直してください。",
    en: "\"{value}\" is a number; in Excel, give the cells a time format and save again.",
};
const UNREADABLE: Text = Text {
    ja: "「{value}」は時刻として読み取れません。説明は特記事項や備考に書いてください。",
    en: "\"{value}\" cannot be read as a time; words belong in the remarks.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_is_called_by_its_name() {
        for (text, said) in [
            ("9:00", OTHER_FORM),
            ("9時半", OTHER_FORM),
            ("24時間", ALL_DAY),
            ("終日", ALL_DAY),
            ("25:00", NEXT_DAY),
            ("26:30", NEXT_DAY),
            ("翌1:00", NEXT_DAY),
            ("25時", NEXT_DAY),
            ("08:60", NOT_REAL),
            ("9:00~17:00", PERIOD),
            ("9:00~", PERIOD),
            ("9:00-17:00", PERIOD),
            ("0900", NUMBER),
            ("0.375", NUMBER),
            ("随時", UNREADABLE),
            ("", UNREADABLE),
        ] {
            let wrong = Kind::Time.check(text).expect_err(text);
            assert_eq!(diagnosis(text, wrong, Kind::Time.normalise(text).is_some()), said, "{text}");
        }
    }
}
