//! Rows without an identifier.

use crate::schema::Role;
use crate::tabular::Row;
use crate::text::{Text, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, value};

/// See the module.
pub struct MissingId;

impl Rule for MissingId {
    fn id(&self) -> &'static str {
        "missing-id"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ID があると、次に公開したときに同じ 1 件だと分かります。番号の付け方は自由ですが、使い回さず、名称が変わっても変えません（共通ルール 4）。",
            en: "An ID tells that a record is the same one in the next publication. Any numbering will do, but it is never reused and stays when the name changes (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let place = intake.place_with(Role::Serial)?;
        let field = intake.fields().iter().find(|field| field.role == Some(Role::Serial))?;
        Some(Box::new(MissingIdCheck {
            place,
            column: intake.column_with(Role::Serial),
            name: field.name.clone(),
            filled: 0,
            empty: 0,
            largest: 0,
        }))
    }
}

struct MissingIdCheck {
    place: usize,
    column: Option<usize>,
    name: String,
    filled: u64,
    empty: u64,
    /// The largest identifier that is a number.
    largest: u64,
}

/// The identifier that follows a number: ten digits, as the standard's examples have them.
fn after(largest: u64) -> String {
    format!("{:010}", largest.saturating_add(1))
}

impl TableCheck for MissingIdCheck {
    fn row(&mut self, row: &Row<'_>, _findings: &mut Findings) {
        let id = value(row, self.column);
        if id.is_empty() {
            self.empty += 1;
        } else {
            self.filled += 1;
            // Longer numbers are no concern: no identifier made here is as long.
            self.largest = self.largest.max(narrow(id).parse().unwrap_or(0));
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let (name, rows, first) = (&self.name, self.empty, after(self.largest));
        if rows == 0 {
            return;
        }
        let (severity, ja, en) = if self.filled == 0 {
            (
                Severity::Info,
                format!(
                    "「{name}」がありません。行番号を代わりに使って公開します。{first} からの番号を補うこともできます。"
                ),
                format!(
                    "There is no \"{name}\"; row numbers stand in for it. Numbers from {first} on can be filled in."
                ),
            )
        } else {
            (
                Severity::Warning,
                format!("「{name}」が空の行が {rows} 行あります。{first} から続く番号を補えます。"),
                format!("\"{name}\" is empty in {rows} rows; numbers from {first} on can be filled in."),
            )
        };
        let finding = Finding::new(&MissingId, severity).with_proposal(first).affecting(rows).with_details([ja, en]);
        findings.add(match self.column {
            Some(column) => finding.at_column(column),
            None => finding.about(name),
        });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        (self.empty > 0).then_some(self)
    }
}

impl Repair for MissingIdCheck {
    fn amend(&mut self, row: &mut Amendment<'_>) {
        if trim(row.cell(self.place)).is_empty() {
            row.set(self.place, after(self.largest));
            self.largest = self.largest.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn numbers_go_on_behind_the_largest() {
        for (table, finding, rows) in [
            (
                "ID,名称\n0000000007,A\n,B\nFF01,C\n　,D\n",
                &["0 warning  => 0000000008"][..],
                &["0000000007,A", "0000000008,B", "FF01,C", "0000000009,D"][..],
            ),
            ("ID,名称\n,A\n,B\n", &["0 info  => 0000000001"], &["0000000001,A", "0000000002,B"]),
            ("名称,所在地_町字\nA,大供\n", &["0 info  => 0000000001"], &["A,大供,ID=0000000001"]),
            ("ID,名称\n1,A\n", &[], &["1,A"]),
        ] {
            let outcome = Trial::of("aed", table).run(&MissingId);
            assert_eq!(outcome.findings, finding, "{table}");
            assert_eq!(outcome.rows, rows, "{table}");
        }
    }
}
