//! Runs the rules over a table: once over file and heading, once over every row, once at the end.

use std::sync::Arc;

use super::cells::{CellFindings, Enough};
use super::column::{Batch, ColumnChecks};
use super::coordinates::Coordinates;
use super::findings::Findings;
use super::parallel;
use super::publishable::Publishable;
use super::remembered::Remembered;
use super::repeated::Columns;
use super::repeats::Repeats;
use super::report::{Report, TableReport};
use super::rule::{Counts, Intake, Repair, RowFacts, TableCheck, TableRow};
use super::rules::{self, RULES};
use super::{Checked, Request};
use crate::schema::Field;
use crate::tabular::header::{self, Column, Header};
use crate::tabular::{Block, Digest, Document, ParsedBlock, ReadError, Row, Upload};

/// Checks the sheet that a heading was found in.
pub(super) fn check_table(
    upload: &Upload,
    document: Document,
    digest: Option<Digest>,
    header: Header<'_>,
    request: &Request<'_>,
) -> Result<Checked, ReadError> {
    let mut findings = Findings::new(request.max_issues);
    let intake = Intake::of(upload, &document, &header, request);
    let table = check_only(&intake, request, &mut findings)?;
    let (document, sha256) = (Arc::new(document), digest.map(Digest::wait).transpose()?);
    let publishable = sha256.as_ref().and_then(|sha256| Publishable::new(&document, sha256, &header, &table));
    let report = Report::new(upload, &document, sha256, vec![table], findings, request);
    Ok(Checked { report, document, publishable })
}

/// Checks a zip of tables, each sheet by the table that its name or heading calls for.
pub(super) fn check_tables(
    upload: &Upload,
    document: Document,
    digest: Option<Digest>,
    request: &Request<'_>,
) -> Result<Checked, ReadError> {
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
        let intake = Intake::of(upload, &document, &header, request);
        tables.push(check_only(&intake, request, &mut findings)?);
    }
    for table in standard.iter().flat_map(|standard| &standard.tables) {
        if table.required && !present.contains(&table.name) {
            findings.add(rules::missing_table::finding(&table.name));
        }
    }
    let sha256 = digest.map(Digest::wait).transpose()?;
    let report = Report::new(upload, &document, sha256, tables, findings, request);
    Ok(Checked { report, document: Arc::new(document), publishable: None })
}

fn check_only(intake: &Intake<'_>, request: &Request<'_>, findings: &mut Findings) -> Result<TableReport, ReadError> {
    Ok(run(intake, request.threads, findings, |_, _, _| (), |()| ())?.0)
}

/// The corrections across cells that the rules offer, by the rule's id.
pub(super) type Repairs = Vec<(&'static str, Box<dyn Repair>)>;

/// A function that makes something of a block beside the check: of its rows from an index on, which are data, and of what was
/// found in their cells.
pub(super) trait Making<Made>: Fn(&ParsedBlock, usize, &CellFindings) -> Made + Sync {}

impl<Made, F: Fn(&ParsedBlock, usize, &CellFindings) -> Made + Sync> Making<Made> for F {}

/// Runs every rule over one table. What is `made` of each block is handed to `take` in their order.
pub(super) fn run<Made: Send>(
    intake: &Intake<'_>,
    threads: usize,
    findings: &mut Findings,
    make: impl Making<Made>,
    mut take: impl FnMut(Made) + Send,
) -> Result<(TableReport, Repairs), ReadError> {
    for rule in RULES {
        rule.examine(intake, findings);
    }
    let columns = column_checks(intake);
    let mut pass = Pass {
        table_checks: RULES.iter().filter_map(|rule| Some((rule.id(), rule.bind_table(intake)?))).collect(),
        counts: Counts { filled: vec![0; columns.len()], ..Counts::default() },
        columns: columns.len(),
        repeats: Repeats::of(intake),
        to_skip: intake.header.skipped_rows,
        last_number: intake.header.row,
    };
    let mut blocks = intake.sheet.blocks()?;
    let enough = Enough::new();
    let check = || check_cells(intake, &columns, &enough, Some(&make));
    parallel::in_order(
        worthwhile(threads, intake),
        || blocks.next_block(),
        check,
        |mut block: CheckedBlock<Made>| {
            take(block.take_made(&make, pass.to_skip));
            pass.take(block, &enough, findings);
        },
    )?;
    blocks.check_cells()?;
    let Pass { mut table_checks, mut counts, .. } = pass;
    counts.lines = blocks.line_facts();
    for (_, check) in &mut table_checks {
        check.finish(findings);
    }
    for rule in RULES {
        rule.conclude(intake, &counts, findings);
    }
    let repairs = table_checks.into_iter().filter_map(|(id, check)| Some((id, check.repair()?))).collect();
    Ok((TableReport::new(intake, counts), repairs))
}

/// Goes through a table that was checked once more, only for what is made of its blocks; `in_order`, one after the other.
pub(super) fn run_again<Made: Send>(
    intake: &Intake<'_>,
    threads: usize,
    in_order: bool,
    make: impl Making<Made>,
    mut take: impl FnMut(Made) + Send,
) -> Result<(), ReadError> {
    let columns = column_checks(intake);
    let mut blocks = intake.sheet.blocks()?;
    let mut to_skip = intake.header.skipped_rows;
    // Nothing is put into words again.
    let enough = Enough::of_all();
    let check = || check_cells(intake, &columns, &enough, (!in_order).then_some(&make));
    parallel::in_order(
        worthwhile(threads, intake),
        || blocks.next_block(),
        check,
        |mut block: CheckedBlock<Made>| {
            take(block.take_made(&make, to_skip));
            to_skip -= to_skip.min(block.facts.len());
        },
    )
}

/// A file of fewer bytes is checked before threads are up.
const WORTH_THREADS: u64 = 1 << 20;

fn worthwhile(threads: usize, intake: &Intake<'_>) -> usize {
    if intake.document.bytes < WORTH_THREADS { 1 } else { threads }
}

/// Rows whose cells are checked column by column: so many that a column's checks stay at hand, and so few that the rows do.
const BATCH: usize = 64;

/// A check of the cells of one block after the other. Up to the last row of the heading nothing is only counted, since what
/// is found there will be taken out again; nor is anything made, as long as nobody knows how many of the rows are data.
fn check_cells<Made>(
    intake: &Intake<'_>,
    columns: &[ColumnChecks],
    enough: &Enough,
    make: Option<&impl Making<Made>>,
) -> impl FnMut(Block) -> CheckedBlock<Made> {
    let (coordinates, heading_end) = (Coordinates::of(intake), intake.header.last_row);
    let mut seen: Vec<Remembered> = columns.iter().map(|_| Remembered::new()).collect();
    let never = Enough::new();
    move |block| {
        let rows = block.parse();
        let is_heading = rows.row(0).is_some_and(|row| row.number <= heading_end);
        let mut block =
            CheckedBlock::new(rows, columns, coordinates, if is_heading { &never } else { enough }, &mut seen);
        block.made = make.filter(|_| !is_heading).map(|make| make(&block.rows, 0, &block.cells));
        block
    }
}

/// Rows with what the checks of their cells found: all that can be known about them without the other rows.
struct CheckedBlock<Made> {
    rows: ParsedBlock,
    cells: CellFindings,
    /// Of each row; none of one that is blank.
    facts: Vec<Option<RowFacts>>,
    /// What was made of it, if anything yet.
    made: Option<Made>,
}

impl<Made> CheckedBlock<Made> {
    fn new(
        rows: ParsedBlock,
        columns: &[ColumnChecks],
        coordinates: Option<Coordinates>,
        enough: &Enough,
        seen: &mut [Remembered],
    ) -> CheckedBlock<Made> {
        let (mut facts, mut with_content) =
            (Vec::with_capacity(rows.row_count()), Vec::with_capacity(rows.row_count()));
        for (index, row) in rows.rows().enumerate() {
            let is_blank = row.is_empty();
            facts.push((!is_blank).then(|| RowFacts::of(&row, columns.len(), coordinates)));
            with_content.extend((!is_blank).then_some((index, row)));
        }
        let mut cells = CellFindings::of(facts.len(), columns.len());
        let mut above = None;
        for batch in with_content.chunks(BATCH) {
            for (place, (column, seen)) in columns.iter().zip(&mut *seen).enumerate() {
                column.check(place, Batch { above, rows: batch }, enough, seen, &mut cells);
            }
            above = batch.last().map(|(_, row)| *row);
        }
        cells.order();
        for (facts, repeated) in facts.iter_mut().zip(&cells.repeated) {
            if let Some(facts) = facts {
                facts.repeated = *repeated;
            }
        }
        CheckedBlock { rows, cells, facts, made: None }
    }

    /// What is made of it, of which so many rows are no data.
    fn take_made(&mut self, make: &impl Making<Made>, to_skip: usize) -> Made {
        self.made.take().unwrap_or_else(|| make(&self.rows, to_skip.min(self.facts.len()), &self.cells))
    }

    /// Takes what was found in the first rows out again: they are not data.
    fn forget_first(&mut self, rows: usize) {
        for row in self.rows.rows().take(rows) {
            for (place, filled) in self.cells.filled.iter_mut().enumerate() {
                *filled -= u64::from(!row.trimmed(place).is_empty());
            }
        }
        self.cells.told.retain(|(index, _)| *index >= rows);
    }
}

/// What sees every row of a table in order.
struct Pass {
    table_checks: Vec<(&'static str, Box<dyn TableCheck>)>,
    counts: Counts,
    /// How many columns the heading has.
    columns: usize,
    repeats: Repeats,
    /// How many rows are still to come that are not data, the heading included.
    to_skip: usize,
    /// Excel's number of the last row.
    last_number: u64,
}

impl Pass {
    fn take<Made>(&mut self, mut block: CheckedBlock<Made>, enough: &Enough, findings: &mut Findings) {
        block.forget_first(self.to_skip);
        for (all, filled) in self.counts.filled.iter_mut().zip(&block.cells.filled) {
            *all += filled;
        }
        findings.add_cells(block.cells, enough);
        let mut rows = Vec::with_capacity(block.facts.len());
        for (row, facts) in block.rows.rows().zip(block.facts) {
            let last_number = std::mem::replace(&mut self.last_number, row.number);
            if self.to_skip > 0 {
                self.to_skip -= 1;
                continue;
            }
            // Lines without a single character are not given as rows, but a person sees them in Excel.
            self.counts.blank_rows += row.number.saturating_sub(last_number + 1);
            let Some(mut facts) = facts else {
                self.counts.blank_rows += 1;
                continue;
            };
            if self.counts.rows == 0 {
                // No check saw the heading.
                facts.repeated = Columns::NONE;
            }
            self.counts.rows += 1;
            self.count_surplus(&row);
            rows.push(TableRow::new(row, facts));
        }
        self.repeats.see(&mut rows);
        for (_, check) in &mut self.table_checks {
            check.rows(&rows, findings);
        }
    }

    /// Counts filled cells behind the last column.
    fn count_surplus(&mut self, row: &Row<'_>) {
        for index in row.filled_from(self.columns) {
            self.counts.filled.resize(self.counts.filled.len().max(index + 1), 0);
            self.counts.filled[index] += 1;
        }
    }
}

/// The checks of every column of a file.
pub(super) fn column_checks(intake: &Intake<'_>) -> Vec<ColumnChecks> {
    let field = |column: &Column| intake.field_of(column).cloned().unwrap_or_else(|| Field::extra(&column.label, 1));
    intake.columns().iter().map(|column| ColumnChecks::new(field(column))).collect()
}

#[cfg(test)]
mod tests {
    use crate::standard::Registry;
    use crate::tabular::Upload;
    use crate::text::Lang;
    use crate::validate::{Request, check, report};

    #[test]
    fn a_text_that_goes_on_otherwise_than_it_begins_is_read_as_a_whole() {
        let row = "市民センター,1\n".as_bytes();
        let table = |fault: &[u8]| [b"\xE5\x90\x8D\xE7\xA7\xB0,ID\n", &row.repeat(100_000)[..], fault, b"\n"].concat();
        let is_told = |fault| {
            let checked = check(&Upload::from_bytes(table(fault), None), &Request::new(Registry::embedded()));
            let body = report::json::body(&checked.expect("a table").report, Lang::Ja);
            serde_json::to_string(&body).expect("JSON").contains("\"replacement-character\"")
        };
        assert!(is_told(b"\xFF,2") && !is_told(b"x,2"));
    }

    #[test]
    fn the_report_is_the_same_for_any_number_of_threads() {
        let faulty = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/aed/invalid.csv");
        let faulty = std::fs::read_to_string(faulty).expect("a file of the data set");
        let (heading, rows) = faulty.split_once('\n').expect("a heading");
        let table = format!("表題\n\n{heading}\n{}", format!("{rows}\n,,\n").repeat(2_000_000 / rows.len()));
        let report = |threads| {
            let request = Request { threads, max_issues: usize::MAX, ..Request::new(Registry::embedded()) };
            let checked = check(&Upload::from_bytes(table.as_bytes(), None), &request).expect("a table");
            serde_json::to_string(&report::json::body(&checked.report, Lang::Ja)).expect("JSON")
        };
        let alone = report(1);
        assert!(alone.len() > 1_000_000, "there is much to report");
        for threads in [2, 3, 8] {
            assert!(report(threads) == alone, "{threads} threads");
        }
    }
}
