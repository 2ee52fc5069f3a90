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
                Ok(()) => Some(Fault::with(Severity::Warning, UNKNOWN.map(str::to_owned))),
                Err(ValueError::CheckDigit) => Some(Fault::with(Severity::Error, CHECK_DIGIT.map(str::to_owned))),
                Err(ValueError::Form | ValueError::NotReal) => {
                    Some(Fault::with(Severity::Error, FORM.map(str::to_owned)))
                }
            })
        })
    }
}

const FORM: [&str; 2] = [
    "全国地方公共団体コードは半角数字 6 桁（例 331007）で記載してください。「{value}」は 6 桁の数字ではありません。",
    "Write the local government code as six digits (such as 331007); \"{value}\" is not.",
];
const CHECK_DIGIT: [&str; 2] = [
    "全国地方公共団体コード「{value}」は検査数字（6 桁目）が合いません。番号を確かめてください。",
    "The check digit (the sixth) of the local government code \"{value}\" is wrong; look the code up.",
];
const UNKNOWN: [&str; 2] = [
    "全国地方公共団体コード「{value}」は現在の一覧にありません。合併前のコードでないか確かめてください。",
    "The local government code \"{value}\" is not in the present list; perhaps it is from before a merger.",
];
