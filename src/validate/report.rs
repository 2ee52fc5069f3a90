//! Everything a check found, without a language; the formats below put it into words, one a file, all listed in
//! [`REPORT_FORMATS`].

mod advice;
mod csv;
mod format;
mod frictionless;
mod groups;
pub mod html;
pub mod json;
pub mod patches;
pub mod repair;
mod rows;
mod sarif;
mod text;
mod xlsx;

use std::collections::BTreeMap;

pub use format::{REPORT_FORMATS, ReportError, ReportFormat, Wording, by_id, ids};

use super::Request;
use super::findings::{Alike, Finding, Findings, Severity, Tally};
use super::plan::PlanEntry;
use super::rule::{Counts, Intake};
use crate::schema::LabelMatch;
use crate::standard::Edition;
use crate::tabular::decode::LineFacts;
use crate::tabular::{Container, Document, TextForm, Upload, column_letters};
use crate::text::Bilingual;

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name, size and hash of the file.
    pub file: FileReport,
    /// Whether the data set was recognised rather than given.
    pub standard_detected: bool,
    /// The table, or the tables of a zip.
    pub tables: Vec<TableReport>,
    /// How many findings of each rule.
    pub by_code: BTreeMap<&'static str, u64>,
    /// How many findings of each kind.
    tallies: BTreeMap<Alike, Tally>,
    /// How many errors.
    pub errors: u64,
    /// How many warnings.
    pub warnings: u64,
    /// How many pieces of information.
    pub infos: u64,
    /// How many findings have a suggestion.
    pub fixable: u64,
    /// How many rows have an error.
    pub rows_with_errors: u64,
    /// What a repair would do.
    pub fix_plan: Vec<PlanEntry>,
    rows_with_warnings: u64,
    is_unusable: bool,
    /// The findings listed.
    pub issues: Vec<Finding>,
}

/// The file as such.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Its name, where it came with one.
    pub name: Option<String>,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal, where the request wants it.
    pub sha256: Option<String>,
    /// What it is.
    pub container: Container,
}

/// One table of the file.
#[derive(Clone, Debug)]
pub struct TableReport {
    /// Name of the worksheet or zip member.
    pub sheet: Option<String>,
    /// How its text is written, where it is text.
    pub text_form: Option<TextForm>,
    /// Line ends, where it is text.
    pub lines: Option<(LineFacts, u64)>,
    /// How many columns stand before the first one, in what a person sees in Excel.
    pub first_column: usize,
    /// Index of its sheet in the document.
    pub sheet_index: usize,
    /// How many rows the reader gives before the first row of data, the heading included.
    pub skipped_rows: usize,
    /// Excel's number of the heading row.
    pub header_row: u64,
    /// Slug of the data set, where there is one.
    pub standard: Option<String>,
    /// Title of the data set.
    pub title: Option<Bilingual>,
    /// Name of the table within the data set.
    pub table: Option<String>,
    /// Edition of the form.
    pub edition: Option<Edition>,
    /// Name of the form.
    pub form: Option<String>,
    /// How many rows hold something.
    pub rows: u64,
    /// The columns of the file.
    pub columns: Vec<ColumnReport>,
    /// What was counted.
    pub counts: Counts,
}

/// One column of the file.
#[derive(Clone, Debug)]
pub struct ColumnReport {
    /// The heading.
    pub label: String,
    /// The field that it stands for.
    pub field: Option<String>,
    /// How it was matched.
    pub how: Option<LabelMatch>,
}

impl TableReport {
    pub(super) fn new(intake: &Intake<'_>, counts: Counts) -> TableReport {
        let subject = intake.header.subject;
        let columns = intake.columns().iter().map(|column| ColumnReport {
            label: column.label.clone(),
            field: column.field.map(|(index, _)| intake.fields()[index].name.clone()),
            how: column.field.map(|(_, how)| how),
        });
        TableReport {
            sheet: intake.sheet.name.clone(),
            text_form: intake.sheet.text_form(),
            lines: counts.lines,
            first_column: intake.sheet.first_column,
            sheet_index: intake.header.sheet,
            skipped_rows: intake.header.skipped_rows,
            header_row: intake.header.row,
            standard: subject.map(|subject| subject.standard.slug.clone()),
            title: subject.map(|subject| subject.standard.title.clone()),
            table: subject.map(|subject| subject.table.name.clone()),
            edition: subject.map(|subject| subject.form.edition),
            form: subject.map(|subject| subject.form.name.clone()),
            rows: counts.rows,
            columns: columns.collect(),
            counts,
        }
    }

    /// How lines end: `CRLF`, `LF`, `CR` or `mixed`; none for a workbook.
    pub fn newline(&self) -> Option<&'static str> {
        let (lines, inside) = self.lines?;
        let kinds = [("CRLF", lines.crlf), ("LF", lines.lf), ("CR", lines.cr)];
        let mut present = kinds.iter().filter(|(_, count)| *count > 0);
        let first = present.next()?;
        match present.next() {
            None => Some(first.0),
            // Line breaks inside cells are no ends of rows: Excel writes CRLF between rows and LF within cells.
            Some(_) => {
                let between: Vec<_> = kinds.iter().filter(|(_, count)| *count > inside).collect();
                if let [only] = between[..] { Some(only.0) } else { Some("mixed") }
            }
        }
    }
}

impl Report {
    pub(super) fn new(
        upload: &Upload,
        document: &Document,
        sha256: Option<String>,
        tables: Vec<TableReport>,
        mut findings: Findings,
        request: &Request<'_>,
    ) -> Report {
        let (errors, warnings, infos) = findings.counts();
        let (rows_with_errors, rows_with_warnings) = findings.rows();
        Report {
            file: FileReport {
                name: upload.name().map(str::to_owned),
                bytes: document.bytes,
                sha256,
                container: document.container,
            },
            standard_detected: request.standard.is_none() && tables.iter().any(|table| table.standard.is_some()),
            tables,
            by_code: findings.by_code().clone(),
            tallies: findings.tallies().clone(),
            errors,
            warnings,
            infos,
            fixable: findings.fixable(),
            rows_with_errors,
            rows_with_warnings,
            fix_plan: findings.take_plan(),
            is_unusable: findings.is_unusable(),
            issues: findings.into_listed(request.max_issues),
        }
    }

    /// Adds what was found when the checked table was compared with the published one.
    pub fn add(&mut self, finding: Finding) {
        *self.by_code.entry(finding.rule.id()).or_default() += 1;
        match finding.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Info => self.infos += 1,
        }
        self.issues.push(finding);
        self.issues.sort_by_key(|finding| (finding.row, finding.column, finding.severity));
    }

    /// Whether there is no error.
    pub fn is_valid(&self) -> bool {
        self.errors == 0
    }

    /// How many rows hold something, in all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// How many findings there are in all.
    pub fn findings(&self) -> u64 {
        self.errors + self.warnings + self.infos
    }

    /// The share of rows that are right, from 0 to 100 with one decimal: a row with an error counts fully against it, a
    /// row with a warning by a quarter. A file that cannot be used as a table of its data set scores 0.
    pub fn score(&self) -> f64 {
        let rows = self.rows();
        if self.is_unusable || rows == 0 {
            return 0.0;
        }
        // Counts of rows are far below 2^53, so thousandths are exact.
        let lost = 4 * self.rows_with_errors + self.rows_with_warnings;
        let per_mille = 1000_u64.saturating_sub(1000 * lost / (4 * rows));
        f64::from(u32::try_from(per_mille).unwrap_or(1000)) / 10.0
    }

    /// The heading or name of what a finding is about.
    pub fn label<'a>(&'a self, finding: &'a Finding) -> &'a str {
        if let Some(subject) = &finding.subject {
            return subject;
        }
        finding.column.map_or("", |column| self.column_label(finding.table, column))
    }

    /// The name of a column: its field, or else its heading.
    fn column_label(&self, table: usize, column: usize) -> &str {
        let column = self.tables.get(table).and_then(|table| table.columns.get(column));
        column.map_or("", |column| column.field.as_deref().unwrap_or(&column.label))
    }

    /// The column of a finding as a person counts it, from 1.
    fn position(&self, finding: &Finding) -> Option<usize> {
        finding.column.map(|column| self.columns_before(finding.table) + column + 1)
    }

    /// The cell of a finding as Excel names it.
    pub fn cell(&self, finding: &Finding) -> Option<String> {
        self.cell_at(finding.table, finding.row, finding.column)
    }

    /// A cell of a table as Excel names it.
    fn cell_at(&self, table: usize, row: Option<u64>, column: Option<usize>) -> Option<String> {
        let (row, column) = row.zip(column)?;
        Some(format!("{}{row}", column_letters(self.columns_before(table) + column)))
    }

    fn columns_before(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |table| table.first_column)
    }

    /// How many findings are not listed.
    fn unlisted(&self) -> u64 {
        self.findings().saturating_sub(u64::try_from(self.issues.len()).unwrap_or(u64::MAX))
    }
}
