//! The corrected table: what the check of an upload finds to be wrong is put right in the current edition of the table.
//! Everything that is changed is told, cell by cell.

use std::io;

use super::Request;
use super::correction::{CorrectedBlock, Correction, write_record};
use super::engine;
use super::findings::Findings;
use super::recipe::Recipe;
use super::report::Report;
use super::rule::Intake;
use crate::tabular::header;
use crate::tabular::{self, Container, Digest, Document, ReadError, Upload};

/// A corrected table, after it was written.
#[derive(Debug)]
pub struct Repaired {
    /// What was found in the file as it came.
    pub report: Report,
    /// The decisions that were followed, with the data set and publisher filled in.
    pub recipe: Recipe,
    /// How many cells were changed.
    pub cells: u64,
    /// The rows that were written, by their numbers in Excel.
    pub row_numbers: Vec<u64>,
}

/// One changed cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch<'a> {
    /// Row in Excel, from 1.
    pub row: u64,
    /// Heading or field of the column.
    pub column: &'a str,
    /// Excel's name of the cell; of a field that the file lacks, only its row.
    pub cell: String,
    /// The rules that changed it, joined by `+`; `recipe` for a value of the recipe.
    pub rules: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// A sink for a corrected table and its patches.
pub trait Sink: Send {
    /// Takes the next lines of the table, as CSV, and what was changed in them.
    ///
    /// # Errors
    /// The operating system's.
    fn write(&mut self, table: &[u8], patches: Vec<Patch<'_>>) -> io::Result<()>;

    /// Forgets everything that it took: it will come again.
    ///
    /// # Errors
    /// The operating system's.
    fn clear(&mut self) -> io::Result<()>;
}

/// Takes the table alone.
impl Sink for Vec<u8> {
    fn write(&mut self, table: &[u8], _: Vec<Patch<'_>>) -> io::Result<()> {
        self.extend_from_slice(table);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.truncate(0);
        Ok(())
    }
}

/// Why a table was not corrected.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// There is no table to read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The corrected table could not be written.
    #[error("the corrected table could not be written: {0}")]
    Write(io::Error),
    /// A zip of tables is not one table.
    #[error("a zip of several tables is not corrected; correct its tables one by one")]
    SeveralTables,
    /// The recipe names a field that the table does not have.
    #[error("the recipe names the field \"{0}\", which the table does not have")]
    UnknownField(String),
}

/// Writes the corrected table as CSV (UTF-8 with a byte-order mark, which Excel needs; CRLF) and tells every patch.
///
/// # Errors
/// [`RepairError`].
pub fn repair(
    upload: &Upload,
    request: &Request<'_>,
    recipe: &Recipe,
    out: &mut dyn Sink,
) -> Result<Repaired, RepairError> {
    match repair_as(upload, &tabular::read_by_beginning(upload, &request.reading)?, request, recipe, out) {
        Err(RepairError::Read(error)) if error.is_misjudgement() => {
            out.clear().map_err(RepairError::Write)?;
            repair_as(upload, &tabular::read(upload, &request.reading)?, request, recipe, out)
        }
        repaired => repaired,
    }
}

fn repair_as(
    upload: &Upload,
    document: &Document,
    request: &Request<'_>,
    recipe: &Recipe,
    out: &mut dyn Sink,
) -> Result<Repaired, RepairError> {
    let request = &Request { columns: Some(&recipe.columns), ..*request };
    let digest = request.digest.then(|| upload.digest());
    if document.container == Container::Zip {
        return Err(RepairError::SeveralTables);
    }
    let header = header::find(document, request.registry, request.standard, request.columns, upload.name())?;
    let intake = Intake::of(upload, document, &header, request);
    let mut findings = Findings::new(request.max_issues);

    // Most tables need nothing that can only be known across cells, and what their columns hold shows in the beginning. So
    // they are corrected while they are checked; where it turns out otherwise, they are corrected anew.
    let guess = Correction::new(&intake, recipe, Vec::new(), &filled_at_first(&intake)?).ok();
    let mut written = Written::begin(out, guess.as_ref());
    let (table, repairs) = engine::run(
        &intake,
        request.threads,
        &mut findings,
        |rows, first, cells| guess.as_ref().map(|guess| guess.block(rows, first, &cells.wrong)),
        |block| written.take(block.unwrap_or_default()),
    )?;
    let is_filled: Vec<bool> = table.counts.filled.iter().map(|count| *count > 0).collect();
    let correction = Correction::new(&intake, recipe, repairs, &is_filled)?;
    if !guess.as_ref().is_some_and(|guess| correction.is_like(guess)) {
        written.out.clear().map_err(RepairError::Write)?;
        written = Written::begin(written.out, Some(&correction));
        engine::run_again(
            &intake,
            request.threads,
            correction.needs_order(),
            |rows, first, cells| correction.block(rows, first, &cells.wrong),
            |block| written.take(block),
        )?;
    }
    let Written { cells, row_numbers, fault, .. } = written;
    fault.map_err(RepairError::Write)?;
    let standard = header.subject.map(|subject| subject.standard.slug.clone());
    Ok(Repaired {
        recipe: Recipe {
            standard: standard.or_else(|| recipe.standard.clone()),
            organization: request.organization.map(|body| body.code.clone()).or_else(|| recipe.organization.clone()),
            ..recipe.clone()
        },
        cells,
        row_numbers,
        report: Report::new(upload, document, digest.map(Digest::wait).transpose()?, vec![table], findings, request),
    })
}

/// For each column, whether its cells in the first block of the table hold anything.
fn filled_at_first(intake: &Intake<'_>) -> Result<Vec<bool>, ReadError> {
    let mut is_filled = vec![false; intake.columns().len()];
    let Some(block) = intake.sheet.blocks()?.next_block()? else { return Ok(is_filled) };
    for row in block.parse().rows().skip(intake.header.skipped_rows) {
        for column in row.filled_from(0) {
            is_filled.resize(is_filled.len().max(column + 1), false);
            is_filled[column] = true;
        }
    }
    Ok(is_filled)
}

/// What was written so far.
struct Written<'o> {
    out: &'o mut dyn Sink,
    cells: u64,
    row_numbers: Vec<u64>,
    /// Why nothing more is written.
    fault: io::Result<()>,
}

impl<'o> Written<'o> {
    /// Begins with the heading.
    fn begin(out: &'o mut dyn Sink, correction: Option<&Correction<'_>>) -> Written<'o> {
        let mut table = b"\xEF\xBB\xBF".to_vec();
        if let Some(correction) = correction {
            write_record(&mut table, correction.headings().iter());
        }
        let fault = out.write(&table, Vec::new());
        Written { out, cells: 0, row_numbers: Vec::new(), fault }
    }

    fn take(&mut self, block: CorrectedBlock<'_>) {
        self.cells += block.cells;
        self.row_numbers.extend(block.row_numbers);
        if self.fault.is_ok() {
            self.fault = self.out.write(&block.table, block.patches);
        }
    }
}
