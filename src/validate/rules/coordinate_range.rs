//! Coordinates outside Japan.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::coordinates::{LATITUDES, LONGITUDES};
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct CoordinateRange;

impl Rule for CoordinateRange {
    fn id(&self) -> &'static str {
        "coordinate-range"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "{0}「{value}」は日本の範囲の外です。{1}", en: "{2} \"{value}\" lies outside Japan. {3}"
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "緯度は 20～46、経度は 122～154 の十進度（世界測地系）で書きます。緯度と経度の取り違えや小数点の誤りが多く見られます（共通ルール 5）。",
            en: "Latitude lies between 20 and 46, longitude between 122 and 154 (decimal degrees, WGS 84); swapped columns and slipped points are common (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        if !matches!(kind, Kind::Latitude | Kind::Longitude) {
            return None;
        }
        Some(Box::new(move |cell: Cell<'_>| {
            let number: f64 = cell.text.parse().ok()?;
            let (own, other, ja, en) = match kind {
                Kind::Latitude => (LATITUDES, LONGITUDES, "緯度", "The latitude"),
                _ => (LONGITUDES, LATITUDES, "経度", "The longitude"),
            };
            // Zeros have a rule of their own.
            if own.contains(&number) || number == 0.0 {
                return None;
            }
            let (hint_ja, hint_en) = if other.contains(&number) {
                ("緯度と経度が入れ替わっていませんか。", "Are latitude and longitude swapped?")
            } else {
                (
                    "小数点の位置や度分秒の書き方を確かめてください。",
                    "Look at the decimal point, or whether it is in degrees and minutes.",
                )
            };
            Some(Fault::with(Severity::Error, [ja, hint_ja, en, hint_en].map(str::to_owned)))
        }))
    }
}
