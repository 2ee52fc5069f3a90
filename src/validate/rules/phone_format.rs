//! A telephone number that cannot be dialled as it stands.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PhoneFormat;

impl Rule for PhoneFormat {
    fn id(&self) -> &'static str {
        "phone-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "電話番号は市外局番から 086-803-1000 または (086)803-1000 の形で、番号だけを記載してください。{0}",
            en: "Write the telephone number with its area code as 086-803-1000 or (086)803-1000, and nothing else. {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の記入例は (00)0000-0000 ですが、000-000-0000 も広く使われ、ハイフンのない 10 桁・11 桁も電話をかけられるので、どれも受け付けます。市外局番がない番号、先頭の 0 が落ちた番号、注記つきの番号は、そのまま電話をかけられません（共通ルール 5）。",
            en: "The standard's example is (00)0000-0000; 000-000-0000 is as common, and ten or eleven digits without hyphens can be dialled too, so all three are accepted. A number without area code or leading 0, or with a note, cannot be dialled as it is (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Phone).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| {
                kind.check(cell.text).err()?;
                Some(Fault::diagnosed(Severity::Warning, diagnosis))
            })
        })
    }
}

fn diagnosis(text: &str) -> Text {
    let is_another_form = Kind::Phone.normalise(text).is_some();
    let mut digits = text.bytes().filter(u8::is_ascii_digit);
    let (first, second) = (digits.next(), digits.next());
    let count = [first, second].iter().flatten().count() + digits.count();
    let begins_with_zero = first == Some(b'0');
    let is_bare = text.chars().all(|character| {
        matches!(character, '0'..='9' | '-' | '(' | ')' | ' ' | '.' | '/' | ';' | ',' | '、' | '・' | '~' | '\n')
    });
    // IP and mobile telephones have one digit more.
    let is_longer = matches!((first, second), (Some(b'5' | b'7' | b'8' | b'9'), Some(b'0')));
    match count {
        _ if is_another_form => OTHER_FORM,
        _ if !is_bare && text.contains("内線") => EXTENSION,
        0 => NO_NUMBER,
        _ if !is_bare => NOTE,
        18.. => SEVERAL,
        12.. if text.contains(['/', ';', ',', '、', '・', '\n', '~']) => SEVERAL,
        9 if !begins_with_zero => LOST_ZERO,
        10 if !begins_with_zero && is_longer => LOST_ZERO,
        1..=8 if !begins_with_zero => NO_AREA_CODE,
        1..=9 => TOO_FEW,
        11.. => TOO_MANY,
        _ => OTHER_FORM,
    }
}

const OTHER_FORM: Text =
    Text { ja: "「{value}」は別の書き方です。", en: "\"{value}\" is written otherwise." };
const EXTENSION: Text = Text {
    ja: "「{value}」には内線番号が含まれています。内線番号はその項目か備考に書いてください。",
    en: "\"{value}\" holds an extension; write it into its own column or the remarks.",
};
const NO_NUMBER: Text = Text {
    ja: "「{value}」は番号ではありません。番号がなければ空欄にしてください。",
    en: "\"{value}\" is no number; leave the cell blank where there is none.",
};
const NOTE: Text = Text {
    ja: "「{value}」には番号のほかに文字があります。説明は備考に書いてください。",
    en: "\"{value}\" holds more than a number; notes belong in the remarks.",
};
const SEVERAL: Text = Text {
    ja: "「{value}」には番号が複数あるようです。1 つだけを書くか、「 / 」で区切ってください。",
    en: "\"{value}\" seems to hold several numbers; write one, or put \" / \" between them.",
};
const LOST_ZERO: Text = Text {
    ja: "「{value}」は先頭の 0 が落ちているようです。",
    en: "\"{value}\" seems to have lost its leading 0.",
};
const NO_AREA_CODE: Text =
    Text { ja: "「{value}」には市外局番がありません。", en: "\"{value}\" has no area code." };
const TOO_FEW: Text = Text { ja: "「{value}」は桁が足りません。", en: "\"{value}\" has too few digits." };
const TOO_MANY: Text = Text { ja: "「{value}」は桁が多すぎます。", en: "\"{value}\" has too many digits." };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_is_called_by_its_name() {
        for (text, said) in [
            ("(083)-934-2873", OTHER_FORM),
            ("086-803-1000(内線2103)", EXTENSION),
            ("総務課", NO_NUMBER),
            ("(047)712-6555(そよかぜキッズ)", NOTE),
            ("086-803-1000、086-803-1001", SEVERAL),
            ("086-803-1000,1001", SEVERAL),
            ("899947800", LOST_ZERO),
            ("9012345678", LOST_ZERO),
            ("42-2607", NO_AREA_CODE),
            ("934-2873", NO_AREA_CODE),
            ("086-803", TOO_FEW),
            ("086-8031-1000", TOO_MANY),
            ("090-0000-00000", TOO_MANY),
        ] {
            Kind::Phone.check(text).expect_err(text);
            assert_eq!(diagnosis(text), said, "{text}");
        }
    }
}
