//! Something other than a number in a numeric field.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct NumberFormat;

impl Rule for NumberFormat {
    fn id(&self) -> &'static str {
        "number-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は数字だけで記載してください（単位、コンマ、範囲、文字は付けません）。{0}",
            en: "Write \"{field}\" in digits only, without unit, separators, ranges or words. {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "数値の列に文字が混じると、集計も地図表示もできません（共通ルール 5）。",
            en: "A number column that holds words can be neither added up nor put on a map (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Integer | Kind::Number | Kind::Latitude | Kind::Longitude).then(
            || -> Box<dyn CellCheck> {
                Box::new(move |cell: Cell<'_>| {
                    kind.check(cell.text).err()?;
                    Some(Fault::saying(Severity::Error, diagnosis(cell.text, kind)))
                })
            },
        )
    }
}

fn diagnosis(text: &str, kind: Kind) -> Text {
    let is_degrees = matches!(kind, Kind::Latitude | Kind::Longitude);
    let numbers = text
        .split(|character: char| !character.is_ascii_digit() && character != '.')
        .filter(|run| !run.is_empty())
        .count();
    if kind == Kind::Integer && Kind::Number.check(text).is_ok() {
        DECIMALS
    } else if numbers == 0 {
        WORDS
    } else if kind.normalise(text).is_some() {
        if is_degrees && numbers > 1 { DEGREES } else { SEPARATORS }
    } else if is_degrees && numbers > 1 {
        SEVERAL
    } else if numbers > 1 && text.contains(['~', '～', '〜', '/', '-', 'か']) {
        RANGE
    } else if text.contains('約')
        || ["程度", "以上", "以下", "未満", "前後", "ほど", "弱", "強"].iter().any(|word| text.ends_with(word))
    {
        ABOUT
    } else if numbers == 1 && text.starts_with(|first: char| first.is_ascii_digit()) || kind.propose(text).is_some() {
        UNIT
    } else {
        UNREADABLE
    }
}

const DECIMALS: Text =
    Text { ja: "「{value}」は整数ではありません。", en: "\"{value}\" is no whole number." };
const WORDS: Text = Text {
    ja: "「{value}」は文字です。数がなければ空欄にし、説明は備考に書いてください。",
    en: "\"{value}\" is a word; leave the cell blank where there is no number, and explain in the remarks.",
};
const DEGREES: Text = Text {
    ja: "「{value}」は度分秒です。十進の度（例 34.655100）で書いてください。",
    en: "\"{value}\" is in degrees, minutes and seconds; write decimal degrees (such as 34.655100).",
};
const SEPARATORS: Text = Text {
    ja: "「{value}」には桁区切りなどの記号や文字があります。",
    en: "\"{value}\" holds separators or other signs.",
};
const SEVERAL: Text = Text {
    ja: "「{value}」には数が複数あります。緯度と経度をそれぞれの項目に 1 つずつ書いてください。",
    en: "\"{value}\" holds several numbers; write one latitude and one longitude, each in its own column.",
};
const RANGE: Text = Text {
    ja: "「{value}」には数が複数あります。1 つの数だけを書き、範囲や内訳は備考に書いてください。",
    en: "\"{value}\" holds several numbers; write one here, and ranges or parts in the remarks.",
};
const ABOUT: Text = Text {
    ja: "「{value}」はおよその数です。数だけを書き、およその数であることは備考に書いてください。",
    en: "\"{value}\" is about a number; write the number here and in the remarks that it is approximate.",
};
const UNIT: Text = Text {
    ja: "「{value}」には単位や記号が付いています。",
    en: "\"{value}\" carries a unit or a sign.",
};
const UNREADABLE: Text = Text {
    ja: "「{value}」は数値として読み取れません。説明は備考に書いてください。",
    en: "\"{value}\" cannot be read as a number; words belong in the remarks.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_is_called_by_its_name() {
        for (kind, text, said) in [
            (Kind::Integer, "41.5", DECIMALS),
            (Kind::Integer, "無料", WORDS),
            (Kind::Integer, "1,234", SEPARATORS),
            (Kind::Integer, "282人", UNIT),
            (Kind::Integer, "75mm", UNIT),
            (Kind::Integer, "¥500", UNIT),
            (Kind::Integer, "約50", ABOUT),
            (Kind::Integer, "50人程度", ABOUT),
            (Kind::Integer, "40/12", RANGE),
            (Kind::Integer, "10~20", RANGE),
            (Kind::Integer, "大人500 子供200", UNREADABLE),
            (Kind::Latitude, "34°25'28\"", DEGREES),
            (Kind::Latitude, "北緯34.668", SEPARATORS),
            (Kind::Latitude, "34.017 , 34.018", SEVERAL),
            (Kind::Latitude, "現地", WORDS),
        ] {
            kind.check(text).expect_err(text);
            assert_eq!(diagnosis(text, kind), said, "{text}");
        }
    }
}
