//! The same identifier in two rows.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::fingerprints::{self, FirstRows};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct DuplicateId;

impl Rule for DuplicateId {
    fn id(&self) -> &'static str {
        "duplicate-id"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の「{value}」は {0} 行目と重複しています。1 件ごとに異なる値を付けてください。",
            en: "\"{value}\" in \"{field}\" stands in row {0} too; every record needs a value of its own.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ID は団体の中で 1 件を特定するための値です。欠番を使い回さず、名称が変わっても変えません（共通ルール 4）。",
            en: "An ID tells one record from all others of the publisher; it is never reused and stays when only the name changes (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns: Vec<UniqueColumn> = intake
            .fields()
            .iter()
            .enumerate()
            .filter_map(|(index, field)| {
                let severity = match (field.constraints.unique, field.advice.unique) {
                    (true, _) => Severity::Error,
                    (false, true) => Severity::Warning,
                    (false, false) => return None,
                };
                Some(UniqueColumn { column: intake.column_of(index)?, severity, first_rows: FirstRows::default() })
            })
            .collect();
        (!columns.is_empty())
            .then(|| -> Box<dyn TableCheck> { Box::new(DuplicateIdCheck { columns, rows: Vec::new() }) })
    }
}

struct DuplicateIdCheck {
    columns: Vec<UniqueColumn>,
    /// The fingerprint of every row, by its number.
    rows: Vec<u64>,
}

struct UniqueColumn {
    column: usize,
    severity: Severity,
    first_rows: FirstRows,
}

impl TableCheck for DuplicateIdCheck {
    fn rows(&mut self, rows: &[TableRow<'_>], findings: &mut Findings) {
        for unique in &self.columns {
            let ids = rows.iter().map(|row| value(row, Some(unique.column)));
            unique.first_rows.expect(ids.map(fingerprints::of_text));
        }
        rows.iter().for_each(|row| self.row(row, findings));
    }

    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let whole = row.facts.fingerprint;
        let index = |number: u64| usize::try_from(number).expect("rows are counted in memory");
        self.rows.resize(self.rows.len().max(index(row.number) + 1), 0);
        self.rows[index(row.number)] = whole;
        for unique in &mut self.columns {
            let id = value(row, Some(unique.column));
            if id.is_empty() {
                continue;
            }
            let first = unique.first_rows.first(fingerprints::of_text(id), row.number);
            // The same row twice is one problem, and `duplicate-row` tells it.
            if first != row.number && self.rows[index(first)] != whole {
                let finding = Finding::new(&DuplicateId, unique.severity).at_row(row.number).at_column(unique.column);
                findings.add(finding.with_value(id).with_details([first.to_string()]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::rules::duplicate_row::DuplicateRow;
    use crate::validate::trial::Trial;

    #[test]
    fn the_same_row_twice_is_one_problem() {
        let table = "ID,名称,所在地_町字\n1,A,あ\n1,B,い\n1,A,あ\n,C,う\n,D,え\n";
        assert_eq!(Trial::of("aed", table).run(&DuplicateId).findings, ["3 error 1"]);
        assert_eq!(Trial::of("aed", table).run(&DuplicateRow).findings, ["4 warning"]);
    }
}
