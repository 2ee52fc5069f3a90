//! The same identifier in two rows.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeats::is_unique;
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
        let columns: Vec<(usize, Severity)> = intake
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| is_unique(field))
            .filter_map(|(index, field)| {
                let severity = if field.constraints.unique { Severity::Error } else { Severity::Warning };
                Some((intake.column_of(index)?, severity))
            })
            .collect();
        (!columns.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(DuplicateIdCheck(columns)) })
    }
}

/// The columns of identifiers, and how grave a repeated one is.
struct DuplicateIdCheck(Vec<(usize, Severity)>);

impl TableCheck for DuplicateIdCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        // The same row twice is one problem, and `duplicate-row` tells it.
        for (column, first) in row.facts.repeat.iter().flat_map(|repeat| &repeat.ids) {
            for (_, severity) in self.0.iter().filter(|(own, _)| own == column) {
                let finding = Finding::new(&DuplicateId, *severity).at_row(row.number).at_column(*column);
                findings.add(finding.with_value(value(row, Some(*column))).with_details([first.to_string()]));
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
