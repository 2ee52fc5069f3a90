//! More decimals of a degree than anybody can measure.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::correct::DECIMALS;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct CoordinatePrecision;

impl Rule for CoordinatePrecision {
    fn id(&self) -> &'static str {
        "coordinate-precision"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "小数が {0} 桁あります。{1} 桁（約 1 ミリ）までで十分です。",
            en: "There are {0} decimals; {1} (about a millimetre) are enough.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "緯度・経度の小数は、6 桁で約 10 センチ、8 桁で約 1 ミリを表します。それより先は計算の端数です（標準の記入例は 6 桁、共通ルール 5）。",
            en: "Six decimals of a degree are about ten centimetres, eight a millimetre; the rest is left over from computing (the standard's examples have six; common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        matches!(field.kind, Kind::Latitude | Kind::Longitude).then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| {
                let (_, decimals) = cell.text.split_once('.')?;
                let is_number = Kind::Number.check(cell.text).is_ok();
                (is_number && decimals.len() > DECIMALS)
                    .then(|| Fault::with(Severity::Info, [decimals.len(), DECIMALS].map(|count| count.to_string())))
            })
        })
    }
}
