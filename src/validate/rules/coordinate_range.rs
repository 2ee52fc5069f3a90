//! Coordinates outside Japan.

use crate::schema::Kind;
use crate::text::Text;
use crate::validate::coordinates::{LATITUDES, LONGITUDES, degrees};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct CoordinateRange;

impl Rule for CoordinateRange {
    fn id(&self) -> &'static str {
        "coordinate-range"
    }

    fn level(&self) -> Level {
        Level::Row
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

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let schema = &intake.header.subject?.form.schema;
        let column = |kind| intake.column_of(schema.first_of(kind)?);
        let (latitude, longitude) = (column(Kind::Latitude), column(Kind::Longitude));
        (latitude.is_some() || longitude.is_some())
            .then(|| -> Box<dyn TableCheck> { Box::new(CoordinateRangeCheck { latitude, longitude }) })
    }
}

struct CoordinateRangeCheck {
    latitude: Option<usize>,
    longitude: Option<usize>,
}

impl TableCheck for CoordinateRangeCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if row.facts.point.is_some() {
            return;
        }
        let read = |column| degrees(value(row, column));
        let (latitude, longitude) = (read(self.latitude), read(self.longitude));
        let is_told = match (latitude, longitude) {
            // Swapped and copied coordinates have rules of their own, as zeros do.
            (Some(latitude), Some(longitude)) => {
                latitude == longitude || (LONGITUDES.contains(&latitude) && LATITUDES.contains(&longitude))
            }
            _ => false,
        };
        if is_told {
            return;
        }
        for (column, degrees, own, other, names) in [
            (self.latitude, latitude, LATITUDES, LONGITUDES, ["緯度", "The latitude"]),
            (self.longitude, longitude, LONGITUDES, LATITUDES, ["経度", "The longitude"]),
        ] {
            let (Some(column), Some(degrees)) = (column, degrees) else { continue };
            if own.contains(&degrees) || degrees == 0.0 {
                continue;
            }
            let hints = if other.contains(&degrees) { SWAPPED } else { MISTYPED };
            let finding = Finding::new(&CoordinateRange, Severity::Error).at_row(row.number).at_column(column);
            let details = [names[0], hints[0], names[1], hints[1]].map(str::to_owned);
            findings.add(finding.with_value(row.cell(column)).with_details(details));
        }
    }
}

/// Whether a value of this kind can lie in Japan, as far as it says where it lies.
pub(in crate::validate) fn is_in_japan(kind: Kind, text: &str) -> bool {
    let range = match kind {
        Kind::Latitude => LATITUDES,
        Kind::Longitude => LONGITUDES,
        _ => return true,
    };
    text.parse().is_ok_and(|number: f64| range.contains(&number))
}

const SWAPPED: [&str; 2] = ["緯度と経度が入れ替わっていませんか。", "Are latitude and longitude swapped?"];
const MISTYPED: [&str; 2] = [
    "小数点の位置や度分秒の書き方を確かめてください。",
    "Look at the decimal point, or whether it is in degrees and minutes.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn each_fault_is_told_once() {
        let table = "名称,緯度,経度\nA,343.2,132.1\nB,34.3,32.1\nC,132.1,34.3\nD,132.1,132.1\nE,0,0\nF,34.3,132.1\n\
                     G,１３２．１,\n";
        let outcome = Trial::of("aed", table).run(&CoordinateRange);
        assert_eq!(outcome.findings, ["2 error 343.2", "3 error 32.1", "8 error １３２．１"]);
    }
}
