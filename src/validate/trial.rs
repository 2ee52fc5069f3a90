//! One rule alone on a small table, for the tests beside the rules.

use std::collections::BTreeMap;

use super::coordinates::Coordinates;
use super::findings::{Finding, Findings};
use super::repeated::Columns;
use super::repeats::Repeats;
use super::rule::{Amendment, Counts, Intake, Repair, RowFacts, Rule, TableRow};
use crate::municipality;
use crate::standard::Registry;
use crate::tabular::{self, Upload, header};
use crate::text::trim;

/// A table to try a rule on.
pub(super) struct Trial {
    pub standard: &'static str,
    pub file_name: &'static str,
    pub publisher: Option<&'static str>,
    pub table: String,
}

/// What a rule found in a table and made of it.
pub(super) struct Outcome {
    /// Row (0 for none), severity and value, and what is meant instead: `2 warning 9時 => 09:00`.
    pub findings: Vec<String>,
    /// The corrected rows, and columns that the file lacked as `name=value`.
    pub rows: Vec<String>,
}

impl Trial {
    /// A table of a data set, as CSV.
    pub fn of(standard: &'static str, table: impl Into<String>) -> Trial {
        Trial { standard, file_name: "data.csv", publisher: None, table: table.into() }
    }

    /// Runs the rule and its repair, and the rule again on what the repair made: there must be nothing left to repair.
    pub fn run(&self, rule: &dyn Rule) -> Outcome {
        let (findings, rows) = self.run_once(rule);
        let (_, again) = Trial { table: text(&rows, self.columns()), ..*self }.run_once(rule);
        assert_eq!(named(&rows), named(&again), "the repair of {} is not idempotent", rule.id());
        let shown = |row: &Vec<String>| {
            let (own, added) = row.split_at(self.columns().min(row.len()));
            let added = added.iter().zip(&rows[0][own.len()..]).filter(|(value, _)| !value.is_empty());
            let added = added.map(|(value, name)| format!("{name}={value}"));
            own.iter().cloned().chain(added).collect::<Vec<_>>().join(",")
        };
        Outcome { findings, rows: rows[1..].iter().map(shown).collect() }
    }

    fn columns(&self) -> usize {
        self.table.lines().next().map_or(0, |heading| heading.split(',').count())
    }

    /// The findings, and heading and rows after the repair with all columns that the form has.
    fn run_once(&self, rule: &dyn Rule) -> (Vec<String>, Vec<Vec<String>>) {
        let registry = Registry::embedded();
        let upload = Upload::from_bytes(self.table.as_bytes(), Some(self.file_name));
        let document = tabular::read(&upload, &tabular::ReadOptions::default()).expect("a table");
        let standard = Some(registry.find(self.standard).expect("a data set"));
        let header = header::find(&document, registry, standard, None, None).expect("a heading");
        let sheet = &document.sheets[header.sheet];
        let organization = self.publisher.map(|code| municipality::find(code).expect("a code"));
        let intake = Intake { upload: &upload, document: &document, sheet, header: &header, registry, organization };
        let mut findings = Findings::new(100);
        rule.examine(&intake, &mut findings);
        let mut check = rule.bind_table(&intake);
        let mut counts = Counts { filled: vec![0; intake.columns().len()], ..Counts::default() };
        let mut heading: Vec<String> = intake.columns().iter().map(|column| column.label.clone()).collect();
        let absent = intake.fields().iter().enumerate().filter(|(index, _)| intake.column_of(*index).is_none());
        heading.extend(absent.map(|(_, field)| field.name.clone()));
        let width = heading.len();
        let mut lines = vec![heading];
        let mut numbers = vec![header.row];
        let mut repeats = Repeats::of(&intake);
        let mut rows = sheet.rows().expect("in memory");
        for _ in 0..header.skipped_rows {
            rows.next_row().expect("in memory");
        }
        while let Some(row) = rows.next_row().expect("in memory") {
            counts.rows += 1;
            for (index, filled) in counts.filled.iter_mut().enumerate() {
                *filled += u64::from(!trim(row.cell(index)).is_empty());
            }
            let cells: Vec<String> = (0..width).map(|index| row.cell(index).to_owned()).collect();
            // What stands above the first row was not seen by the rule.
            let above = if lines.len() > 1 { lines.last().map_or(&[][..], Vec::as_slice) } else { &[] };
            let mut repeated = Columns::NONE;
            let is_repeated = |index: &usize| above.get(*index) == Some(&cells[*index]);
            (0..intake.columns().len()).filter(is_repeated).for_each(|index| repeated.add(index));
            lines.push(cells);
            numbers.push(row.number);
            if let Some(check) = &mut check {
                let facts = RowFacts::of(&row, intake.columns().len(), Coordinates::of(&intake));
                let facts = RowFacts { repeated, ..facts };
                let mut row = [TableRow::new(row, facts)];
                repeats.see(&mut row);
                check.rows(&row, &mut findings);
            }
        }
        if let Some(check) = &mut check {
            check.finish(&mut findings);
        }
        rule.conclude(&intake, &counts, &mut findings);
        let repair: Option<Box<dyn Repair>> = check.and_then(|check| check.repair());
        if let Some(repair) = repair {
            for (line, number) in lines.iter_mut().zip(&numbers).skip(1) {
                repair.amend(&mut Amendment::new(*number, line));
            }
        }
        (findings.into_listed(100).iter().map(describe).collect(), lines)
    }
}

fn describe(finding: &Finding) -> String {
    let meant = finding.suggestion.as_ref().or(finding.proposal.as_ref());
    let value = finding.value.as_deref().unwrap_or_default();
    let meant = meant.map(|meant| format!(" => {meant}")).unwrap_or_default();
    format!("{} {} {value}{meant}", finding.row.unwrap_or(0), finding.severity.as_str()).trim_end().to_owned()
}

/// The filled cells of every row with their columns' names.
fn named(rows: &[Vec<String>]) -> Vec<BTreeMap<&str, &str>> {
    let filled =
        |row: &'_ Vec<String>| -> Vec<usize> { (0..row.len()).filter(|column| !row[*column].is_empty()).collect() };
    let row = |row| filled(row).into_iter().map(|column| (rows[0][column].as_str(), row[column].as_str())).collect();
    rows[1..].iter().map(row).collect()
}

/// Rows as CSV: the file's own columns, and of the others those that hold something.
fn text(rows: &[Vec<String>], own: usize) -> String {
    let is_used = |column: &usize| *column < own || rows[1..].iter().any(|row| !row[*column].is_empty());
    let used: Vec<usize> = (0..rows[0].len()).filter(is_used).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(used.iter().map(|column| &row[*column])).expect("in memory");
    }
    String::from_utf8(writer.into_inner().expect("in memory")).expect("text")
}
