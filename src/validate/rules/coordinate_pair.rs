//! Half a pair of coordinates.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct CoordinatePair;

impl Rule for CoordinatePair {
    fn id(&self) -> &'static str {
        "coordinate-pair"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "緯度と経度の片方だけが空です。両方を入れるか、両方を空にしてください。",
            en: "Only one of latitude and longitude is filled; fill both or neither.",
        }
    }

    fn explanation(&self) -> Text {
        Text { ja: "片方だけでは地図に置けません。", en: "One of them alone cannot be put on a map." }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let (latitude, longitude) = intake.header.subject?.form.schema.coordinates()?;
        Some(Box::new(CoordinatePairCheck {
            latitude: intake.column_of(latitude)?,
            longitude: intake.column_of(longitude)?,
        }))
    }
}

struct CoordinatePairCheck {
    latitude: usize,
    longitude: usize,
}

impl TableCheck for CoordinatePairCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if row.facts.point.is_some() {
            return;
        }
        let empty = match (value(row, Some(self.latitude)), value(row, Some(self.longitude))) {
            ("", "") => return,
            ("", _) => self.latitude,
            (_, "") => self.longitude,
            (_, _) => return,
        };
        findings.add(Finding::new(&CoordinatePair, Severity::Warning).at_row(row.number).at_column(empty));
    }
}
