//! Opening hours of which only one end is given.

use crate::schema::Kind;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct HalfHours;

impl Rule for HalfHours {
    fn id(&self) -> &'static str {
        "half-hours"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{0}」と「{field}」の片方だけが入っている行が {1} 行あります。何時から何時までか分かるように、両方を入れてください。",
            en: "In {1} rows only one of \"{0}\" and \"{field}\" is filled; fill both, so that the hours are known.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "片方だけでは、開いているかどうかを調べられません。24 時間のときは 00:00 と 23:59 を書きます（共通ルール 5）。",
            en: "One end alone does not tell whether a place is open. All day is 00:00 to 23:59 (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let schema = &intake.header.subject?.form.schema;
        let hours: Vec<Hours> = schema
            .ascending()
            .iter()
            .filter(|(from, _)| schema.fields()[*from].kind == Kind::Time)
            .filter_map(|(from, to)| {
                Some(Hours {
                    from: intake.column_of(*from)?,
                    to: intake.column_of(*to)?,
                    from_name: schema.fields()[*from].name.clone(),
                    half: 0,
                })
            })
            .collect();
        (!hours.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(HalfHoursCheck(hours)) })
    }
}

struct HalfHoursCheck(Vec<Hours>);

struct Hours {
    from: usize,
    to: usize,
    from_name: String,
    /// Rows with one of the two.
    half: u64,
}

impl TableCheck for HalfHoursCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        for hours in &mut self.0 {
            let is_empty = |column| value(row, Some(column)).is_empty();
            hours.half += u64::from(is_empty(hours.from) != is_empty(hours.to));
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for hours in self.0.iter().filter(|hours| hours.half > 0) {
            let finding = Finding::new(&HalfHours, Severity::Info).at_column(hours.to);
            findings.add(finding.with_details([hours.from_name.clone(), hours.half.to_string()]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn hours_with_one_end_are_counted() {
        let half = Trial::of("aed", "開始時間,終了時間\n09:00,\n,17:00\n09:00,17:00\n").run(&HalfHours);
        assert_eq!(half.findings, ["0 info"]);
        assert!(Trial::of("aed", "開始時間,終了時間\n09:00,17:00\n,\n").run(&HalfHours).findings.is_empty());
    }
}
