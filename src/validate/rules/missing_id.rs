//! Rows without an identifier.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::schema::{Field, Role};
use crate::text::{Text, fold_label, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

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
        let schema = &intake.header.subject?.form.schema;
        // An older form says by what it becomes which column is the address, so that both editions make the same number.
        let current = intake.header.subject?.table.schema();
        let address = current.with_role(Role::JoinedAddress).next().map(|field| &current.fields()[field].name);
        let is_address =
            |field: &Field| address.is_some_and(|name| *name == field.name || field.becomes.as_ref() == Some(name));
        let named: Vec<usize> = [schema.record_name(), schema.fields().iter().position(is_address)]
            .into_iter()
            .flatten()
            .map(|field| intake.place_of(field))
            .collect();
        Some(Box::new(MissingIdCheck {
            place,
            column: intake.column_with(Role::Serial),
            name: field.name.clone(),
            named,
            columns: intake.columns().len(),
            filled: 0,
            empty: 0,
            first: None,
            numbers: Vec::new(),
        }))
    }
}

struct MissingIdCheck {
    place: usize,
    column: Option<usize>,
    name: String,
    /// Places of name and address: what stays when rows come and go.
    named: Vec<usize>,
    columns: usize,
    filled: u64,
    empty: u64,
    /// The identifier of the first row that has none.
    first: Option<String>,
    /// Identifiers that are numbers: mostly they count up, so the first and the last of each run.
    numbers: Vec<(u64, u64)>,
}

/// Ten digits, as the standard's examples have them.
const NUMBERS: u64 = 10_000_000_000;

impl MissingIdCheck {
    /// An identifier made of name and address (of all cells where neither is filled), so that the same place has the same
    /// one next month, whatever rows were put in before it.
    fn made_of<'c>(&self, cell: impl Fn(usize) -> &'c str) -> u64 {
        let joined = |places: &mut dyn Iterator<Item = usize>| {
            places.map(|place| fold_label(cell(place))).collect::<Vec<_>>().join("|")
        };
        let mut text = joined(&mut self.named.iter().copied());
        if text.chars().all(|character| character == '|') {
            text = joined(&mut (0..self.columns).filter(|column| Some(*column) != self.column));
        }
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().take(8).fold(0, |number: u64, byte| number.wrapping_mul(256).wrapping_add(u64::from(*byte)))
            % NUMBERS
    }
}

impl TableCheck for MissingIdCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        let id = value(row, self.column);
        if id.is_empty() {
            self.empty += 1;
            if self.first.is_none() {
                let columns = self.columns;
                let made = self.made_of(|place| if place < columns { row.cell(place) } else { "" });
                self.first = Some(format!("{made:010}"));
            }
        } else {
            self.filled += 1;
            if let Ok(number) = narrow(id).parse::<u64>() {
                match self.numbers.last_mut() {
                    Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                    Some(_) | None => self.numbers.push((number, number)),
                }
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let (name, rows) = (&self.name, self.empty);
        let Some(first) = &self.first else { return };
        let (severity, ja, en) = if self.filled == 0 {
            (
                Severity::Info,
                format!(
                    "「{name}」がありません。行番号を代わりに使って公開します。名称と所在地から作った 10 桁の番号を補うこともできます（同じ施設は次の月も同じ番号になります）。"
                ),
                format!(
                    "There is no \"{name}\"; row numbers stand in for it. Ten digits made of name and address can be filled in; the same place keeps them."
                ),
            )
        } else {
            (
                Severity::Warning,
                format!("「{name}」が空の行が {rows} 行あります。名称と所在地から作った 10 桁の番号を補えます。"),
                format!("\"{name}\" is empty in {rows} rows; ten digits made of name and address can be filled in."),
            )
        };
        let finding = Finding::new(&MissingId, severity).with_proposal(first).affecting(rows).with_details([ja, en]);
        findings.add(match self.column {
            Some(column) => finding.at_column(column),
            None => finding.about(name),
        });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        (self.empty > 0).then(|| -> Box<dyn Repair> {
            let taken = self.numbers.iter().flat_map(|(first, last)| *first..=*last).collect();
            Box::new(Numbering { check: *self, taken: Mutex::new(taken) })
        })
    }
}

/// Gives identifiers to the rows without one.
struct Numbering {
    check: MissingIdCheck,
    /// Identifiers that are numbers, those made here included.
    taken: Mutex<HashSet<u64>>,
}

impl Repair for Numbering {
    /// Of two places that would have the same identifier, the first one has it.
    fn needs_order(&self) -> bool {
        true
    }

    fn amend(&self, row: &mut Amendment<'_>) {
        if trim(row.cell(self.check.place)).is_empty() {
            let mut made = self.check.made_of(|place| row.cell(place));
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            // Two places of one name and address, or somebody else's number.
            while !taken.insert(made) {
                made = (made + 1) % NUMBERS;
            }
            row.set(self.check.place, format!("{made:010}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    fn ids(table: &str) -> Vec<String> {
        let outcome = Trial::of("aed", table).run(&MissingId);
        outcome.rows.iter().map(|row| row.split(',').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn what_is_empty_is_filled_and_what_is_there_stays() {
        for (table, severity) in [
            ("ID,名称\n0000000007,A\n8,B\n,B\nFF01,C\n　,D\n", Some("0 warning  => ")),
            ("ID,名称\n,A\n,B\n", Some("0 info  => ")),
            ("名称,所在地_町字\nA,大供\n", Some("0 info  => ")),
            ("ID,名称\n1,A\n", None),
        ] {
            let outcome = Trial::of("aed", table).run(&MissingId);
            let starts = |finding: &String| severity.is_some_and(|severity| finding.starts_with(severity));
            assert!(
                outcome.findings.iter().all(starts) && outcome.findings.is_empty() == severity.is_none(),
                "{table}"
            );
        }
        let made = ids("ID,名称\n0000000007,A\n,B\nFF01,C\n　,D\n");
        assert_eq!((&*made[0], &*made[2]), ("0000000007", "FF01"));
        assert!([&made[1], &made[3]].iter().all(|id| id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_digit())));
        assert_ne!(made[1], made[3]);
    }

    #[test]
    fn a_place_keeps_its_identifier_when_rows_come_and_go() {
        let before = ids("NO,名称,住所\n,甲,岡山市1\n,乙,岡山市2\n,乙,岡山市2\n");
        let after = ids("NO,名称,住所\n,新,岡山市9\n,甲,岡山市1\n,乙,岡山市2\n,乙,岡山市2\n");
        assert_eq!(before, after[1..]);
        assert_ne!(before[1], before[2], "each has one of its own");
    }
}
