//! A 全国地方公共団体コード that is not one.

use crate::municipality;
use crate::schema::{Field, Kind, ValueError};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct MunicipalityCode;

impl Rule for MunicipalityCode {
    fn id(&self) -> &'static str {
        "municipality-code"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "全国地方公共団体コードは検査数字つきの半角数字 6 桁です。先頭の 0 が落ちたり、検査数字のない 5 桁になったりする誤りが多く見られます（JIS X 0401/0402、共通ルール 4）。",
            en: "The code has six digits, the last a check digit; lost leading zeros and five-digit codes are the usual errors (JIS X 0401/0402, common rules, section 4).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        (field.kind == Kind::MunicipalityCode).then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| match Kind::MunicipalityCode.check(cell.text) {
                Ok(()) if municipality::find(cell.text).is_some() => None,
                Ok(()) => Some(Fault::saying(Severity::Warning, UNKNOWN)),
                Err(ValueError::CheckDigit) => Some(Fault::saying(Severity::Error, CHECK_DIGIT)),
                Err(ValueError::Form | ValueError::NotReal) => Some(Fault::saying(Severity::Error, form(cell.text))),
            })
        })
    }
}

fn form(text: &str) -> Text {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        5 if is_digits && municipality::find_any(text).is_some() => NO_CHECK_DIGIT,
        4 | 5 if is_digits => LOST_ZERO,
        _ => FORM,
    }
}

const NO_CHECK_DIGIT: Text = Text {
    ja: "全国地方公共団体コードは半角数字 6 桁（例 331007）で記載してください。「{value}」は検査数字（6 桁目）のない 5 桁です。",
    en: "Write the local government code as six digits (such as 331007); \"{value}\" lacks the check digit, the sixth.",
};
const LOST_ZERO: Text = Text {
    ja: "全国地方公共団体コードは半角数字 6 桁（例 011002）で記載してください。「{value}」は先頭の 0 か検査数字（6 桁目）が落ちているようです。",
    en: "Write the local government code as six digits (such as 011002); \"{value}\" seems to have lost its leading zero or its check digit.",
};
const FORM: Text = Text {
    ja: "全国地方公共団体コードは半角数字 6 桁（例 331007）で記載してください。「{value}」は 6 桁の数字ではありません。",
    en: "Write the local government code as six digits (such as 331007); \"{value}\" is not.",
};
const CHECK_DIGIT: Text = Text {
    ja: "全国地方公共団体コード「{value}」は検査数字（6 桁目）が合いません。番号を確かめてください。",
    en: "The check digit (the sixth) of the local government code \"{value}\" is wrong; look the code up.",
};
const UNKNOWN: Text = Text {
    ja: "全国地方公共団体コード「{value}」は現在の一覧にありません。合併前のコードでないか確かめてください。",
    en: "The local government code \"{value}\" is not in the present list; perhaps it is from before a merger.",
};
