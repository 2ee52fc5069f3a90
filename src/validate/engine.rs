//! Runs the rules over a table: once over file and heading, once over every row, once at the end.

use std::borrow::Cow;
use std::sync::Arc;

use super::correct::{correct, is_half_width};
use super::findings::{Finding, Findings};
use super::publishable::Publishable;
use super::report::{Report, TableReport};
use super::rule::{Cell, CellCheck, Class, Counts, Intake, Repair, Rule, TableCheck};
use super::rules::{self, RULES};
use super::{Checked, Request};
use crate::schema::Field;
use crate::tabular::header::{self, Column, Header};
use crate::tabular::{Document, ReadError, Upload};
use crate::text::{narrow, trim};

/// Checks the sheet that a heading was found in.
pub(super) fn check_table(
    upload: &Upload,
    document: Document,
    header: Header<'_>,
    request: &Request<'_>,
) -> Result<Checked, ReadError> {
    let mut findings = Findings::new(request.max_issues);
    let table = run(upload, &document, &header, request, &mut findings)?.0;
    let document = Arc::new(document);
    let publishable = Publishable::new(&document, &header, &table);
    let report = Report::new(upload, &document, vec![table], findings, request);
    Ok(Checked { report, document, publishable })
}

/// Checks a zip of tables, each sheet by the table that its name or heading calls for.
pub(super) fn check_tables(upload: &Upload, document: Document, request: &Request<'_>) -> Result<Checked, ReadError> {
    let mut findings = Findings::new(request.max_issues);
    let mut tables = Vec::new();
    let mut present = Vec::new();
    let standard = match request.standard {
        Some(standard) => Some(standard),
        None => header::find(&document, request.registry, None, None, upload.name())?
            .subject
            .map(|subject| subject.standard),
    };
    for (index, sheet) in document.sheets.iter().enumerate() {
        let found = header::find_in_sheet(index, sheet, request.registry, standard, sheet.name.as_deref())?;
        let Some((_, header)) = found else { continue };
        present.extend(header.subject.map(|subject| subject.table.name.clone()));
        findings.begin_table(tables.len());
        tables.push(run(upload, &document, &header, request, &mut findings)?.0);
    }
    for table in standard.iter().flat_map(|standard| &standard.tables) {
        if table.required && !present.contains(&table.name) {
            findings.add(rules::missing_table::finding(&table.name));
        }
    }
    let report = Report::new(upload, &document, tables, findings, request);
    Ok(Checked { report, document: Arc::new(document), publishable: None })
}

/// The corrections across cells that the rules offer, by the rule's id.
pub(super) type Repairs = Vec<(&'static str, Box<dyn Repair>)>;

/// Runs every rule over one table.
pub(super) fn run(
    upload: &Upload,
    document: &Document,
    header: &Header<'_>,
    request: &Request<'_>,
    findings: &mut Findings,
) -> Result<(TableReport, Repairs), ReadError> {
    let sheet = &document.sheets[header.sheet];
    let intake =
        Intake { upload, document, sheet, header, registry: request.registry, organization: request.organization };
    for rule in RULES {
        rule.examine(&intake, findings);
    }
    let columns = column_checks(&intake);
    let mut table_checks: Vec<(&'static str, Box<dyn TableCheck>)> =
        RULES.iter().filter_map(|rule| Some((rule.id(), rule.bind_table(&intake)?))).collect();
    let mut counts = Counts { filled: vec![0; columns.len()], ..Counts::default() };
    let mut rows = sheet.rows()?;
    let mut read = 0;
    let mut last_number = header.row;
    while let Some(row) = rows.next_row()? {
        read += 1;
        if read <= header.skipped_rows {
            last_number = row.number;
            continue;
        }
        // Lines without a single character are not given as rows, but a person sees them in Excel.
        counts.blank_rows += row.number.saturating_sub(last_number + 1);
        last_number = row.number;
        if row.is_empty() {
            counts.blank_rows += 1;
            continue;
        }
        counts.rows += 1;
        for (index, column) in columns.iter().enumerate() {
            let raw = row.cell(index);
            if column.check(raw, row.number, index, findings) {
                counts.filled[index] += 1;
            }
        }
        for index in columns.len()..row.len() {
            if !trim(row.cell(index)).is_empty() {
                counts.filled.resize(counts.filled.len().max(index + 1), 0);
                counts.filled[index] += 1;
            }
        }
        for (_, check) in &mut table_checks {
            check.row(&row, findings);
        }
    }
    counts.lines = rows.line_facts();
    for (_, check) in &mut table_checks {
        check.finish(findings);
    }
    for rule in RULES {
        rule.conclude(&intake, &counts, findings);
    }
    let repairs = table_checks.into_iter().filter_map(|(id, check)| Some((id, check.repair()?))).collect();
    Ok((TableReport::new(&intake, counts), repairs))
}

/// The checks of every column of a file.
pub(super) fn column_checks(intake: &Intake<'_>) -> Vec<ColumnChecks> {
    let field = |column: &Column| intake.field_of(column).cloned().unwrap_or_else(|| Field::extra(&column.label, 1));
    intake.columns().iter().map(|column| ColumnChecks::new(field(column))).collect()
}

/// The checks of one column.
pub(super) struct ColumnChecks {
    field: Field,
    half_width: bool,
    /// Asked about every cell, blank ones too.
    always: Vec<(&'static dyn Rule, Box<dyn CellCheck>)>,
    /// Asked about filled cells.
    filled: Vec<(&'static dyn Rule, Box<dyn CellCheck>)>,
}

impl ColumnChecks {
    pub(super) fn new(field: Field) -> ColumnChecks {
        let mut always = Vec::new();
        let mut filled = Vec::new();
        for rule in RULES {
            if let Some(check) = rule.bind_cell(&field) {
                if rule.looks_at_blank_cells() { &mut always } else { &mut filled }.push((*rule, check));
            }
        }
        ColumnChecks { half_width: is_half_width(&field), field, always, filled }
    }

    /// Checks one cell and tells whether it is filled.
    pub(super) fn check(&self, raw: &str, row: u64, column: usize, findings: &mut Findings) -> bool {
        let trimmed = trim(raw);
        let text = self.text(trimmed);
        let cell = Cell { raw, trimmed, text: &text };
        let is_filled = !trimmed.is_empty();
        let filled: &[_] = if is_filled { &self.filled } else { &[] };
        let mut faults = Vec::new();
        for (rule, check) in self.always.iter().chain(filled) {
            if let Some(fault) = check.check(cell) {
                faults.push((*rule, check, fault));
                if rule.settles_the_cell() {
                    break;
                }
            }
        }
        let masked = faults.iter().find_map(|(_, _, fault)| fault.masked.clone());
        for (rule, check, fault) in faults {
            let (suggestion, proposal) =
                if masked.is_some() { (None, None) } else { self.offers(rule, check.as_ref(), raw) };
            findings.add(Finding {
                rule,
                severity: fault.severity,
                table: 0,
                row: Some(row),
                column: Some(column),
                subject: None,
                value: Some(masked.clone().unwrap_or_else(|| raw.to_owned())),
                suggestion,
                proposal,
                cells: 1,
                details: fault.details,
            });
        }
        is_filled
    }

    /// The cell with the corrections of the rules that complain about it and are allowed, and those rules.
    pub(super) fn correct(
        &self,
        raw: &str,
        is_allowed: impl Fn(&str, Class) -> bool,
    ) -> Option<(String, Vec<&'static str>)> {
        let trimmed = trim(raw);
        let text = self.text(trimmed);
        let cell = Cell { raw, trimmed, text: &text };
        let filled: &[_] = if trimmed.is_empty() { &[] } else { &self.filled };
        let mut is_wrong = false;
        for fault in self.always.iter().chain(filled).filter_map(|(_, check)| check.check(cell)) {
            // What must not be repeated must not stand in a list of changes either.
            if fault.masked.is_some() {
                return None;
            }
            is_wrong = true;
        }
        is_wrong.then(|| correct(&self.field, raw, is_allowed))?
    }

    fn text<'c>(&self, trimmed: &'c str) -> Cow<'c, str> {
        if self.half_width && !trimmed.is_ascii() { Cow::Owned(narrow(trimmed)) } else { Cow::Borrowed(trimmed) }
    }

    /// The value meant beyond doubt, or else the one probably meant, if it no longer draws this finding.
    fn offers(&self, rule: &dyn Rule, check: &dyn CellCheck, raw: &str) -> (Option<String>, Option<String>) {
        let meant = |allowed: Class| {
            let (value, _) = correct(&self.field, raw, |_, class| class <= allowed)?;
            self.passes(rule, check, &value).then_some(value)
        };
        match meant(Class::Lossless) {
            Some(sure) => (Some(sure), None),
            None => (None, meant(Class::Likely)),
        }
    }

    /// Whether a corrected value no longer draws this finding.
    fn passes(&self, rule: &dyn Rule, check: &dyn CellCheck, value: &str) -> bool {
        let text = self.text(value);
        let is_asked = !value.is_empty() || rule.looks_at_blank_cells();
        !is_asked || check.check(Cell { raw: value, trimmed: value, text: &text }).is_none()
    }
}
