//! Words in a column of times, dates or numbers, which belong in the remarks.

use crate::schema::{Field, Kind, Role};
use crate::text::{Text, trim};
use crate::validate::correct::correct;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct MisplacedText;

impl Rule for MisplacedText {
    fn id(&self) -> &'static str {
        "misplaced-text"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の {0} 個のセルに、値ではなく説明が書かれています（「{value}」など）。説明は「{1}」に移し、このセルは空欄にできます。",
            en: "{0} cells of \"{field}\" hold words instead of a value (such as \"{value}\"); they can be moved to \"{1}\".",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "時刻・日付・数の項目に説明があると、機械はその項目を読めません。説明を備考に移せば、読む人にも機械にも伝わります。",
            en: "Words in a column of times, dates or numbers keep machines from reading it; in the remarks they serve readers and machines alike.",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let schema = &intake.header.subject?.form.schema;
        let remarks = schema.with_role(Role::Remarks).next()?;
        let columns: Vec<TypedColumn> = intake
            .columns()
            .iter()
            .enumerate()
            .filter_map(|(column, _)| {
                let field = intake.field_of(&intake.columns()[column])?;
                let is_typed = matches!(field.kind, Kind::Integer | Kind::Number | Kind::Date | Kind::Time);
                (is_typed && !field.constraints.required).then(|| TypedColumn {
                    column,
                    field: field.clone(),
                    misplaced: 0,
                    sample: None,
                })
            })
            .collect();
        (!columns.is_empty()).then(|| -> Box<dyn TableCheck> {
            Box::new(MisplacedTextCheck {
                columns,
                remarks: intake.place_of(remarks),
                remarks_name: schema.fields()[remarks].name.clone(),
            })
        })
    }
}

struct MisplacedTextCheck {
    columns: Vec<TypedColumn>,
    /// Where the remarks stand.
    remarks: usize,
    remarks_name: String,
}

struct TypedColumn {
    column: usize,
    field: Field,
    misplaced: u64,
    sample: Option<(u64, String)>,
}

impl TypedColumn {
    /// Whether a cell holds words that nobody can take for a value, however it is corrected.
    fn is_misplaced(&self, cell: &str) -> bool {
        let text = trim(cell);
        let kind = self.field.kind;
        if text.is_ascii() || kind.check(text).is_ok() || !text.chars().any(is_word_character) {
            return false;
        }
        // A day without its year is known to the municipality; moved away it would be lost as a day.
        if kind == Kind::Date && text.chars().any(char::is_numeric) {
            return false;
        }
        let meant = correct(&self.field, cell, |_, _| true);
        meant.is_none_or(|(value, _)| !value.is_empty() && kind.check(&value).is_err())
    }
}

/// A letter as words have them; exponents, errors of a spreadsheet and signs alone are no words.
fn is_word_character(character: char) -> bool {
    character.is_alphabetic() && !character.is_ascii()
}

impl TableCheck for MisplacedTextCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        for typed in &mut self.columns {
            let cell = row.cell(typed.column);
            if typed.is_misplaced(cell) {
                typed.misplaced += 1;
                typed.sample.get_or_insert_with(|| (row.number, cell.to_owned()));
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for typed in &self.columns {
            let Some((row, sample)) = &typed.sample else { continue };
            let finding = Finding::new(&MisplacedText, Severity::Info).at_row(*row).at_column(typed.column);
            let details = [typed.misplaced.to_string(), self.remarks_name.clone()];
            let finding = finding.with_value(sample).with_details(details).affecting(typed.misplaced);
            findings.add(finding.with_proposal(""));
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.columns.iter().any(|typed| typed.misplaced > 0).then_some(self)
    }
}

impl Repair for MisplacedTextCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        for typed in &self.columns {
            if !typed.is_misplaced(row.cell(typed.column)) {
                continue;
            }
            let moved = format!("{}: {}", typed.field.name, trim(row.cell(typed.column)));
            let remarks = match trim(row.cell(self.remarks)) {
                "" => moved,
                present => format!("{present} / {moved}"),
            };
            row.set(self.remarks, remarks);
            row.set(typed.column, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn words_move_to_the_remarks_and_values_stay() {
        let table = "名称,終了時間,備考\nA,17:00,\nB,午前中,要予約\nC,9時,\nD,17:00※夏は18:00,\nE,25:00,\nF,,\n";
        let outcome = Trial::of("aed", table).run(&MisplacedText);
        assert_eq!(outcome.findings, ["3 info 午前中 =>"]);
        assert_eq!(
            outcome.rows,
            ["A,17:00,", "B,,要予約 / 終了時間: 午前中", "C,9時,", "D,,終了時間: 17:00※夏は18:00", "E,25:00,", "F,,"]
        );
    }
}
