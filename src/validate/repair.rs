//! The corrected table: the second pass over an upload, which applies what the first one found to be wrong and writes the
//! current edition of the table. Everything that is changed is told, cell by cell.

use std::io::{self, Write};

use super::Request;
use super::column::ColumnChecks;
use super::engine::{self, Repairs};
use super::findings::Findings;
use super::lifting::Lifting;
use super::recipe::Recipe;
use super::report::Report;
use super::rule::{Amendment, Intake};
use crate::tabular::header::{self, Header};
use crate::tabular::{self, Container, Digest, ReadError, Upload, column_letters};
use crate::text::trim;

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
    pub before: &'a str,
    /// After.
    pub after: &'a str,
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
    out: &mut dyn Write,
    told: &mut dyn FnMut(&Patch<'_>) -> io::Result<()>,
) -> Result<Repaired, RepairError> {
    let request = &Request { columns: Some(&recipe.columns), ..*request };
    let digest = request.digest.then(|| upload.digest());
    let document = tabular::read(upload, &request.reading)?;
    if document.container == Container::Zip {
        return Err(RepairError::SeveralTables);
    }
    let header = header::find(&document, request.registry, request.standard, request.columns, upload.name())?;
    let mut findings = Findings::new(request.max_issues);
    let (table, repairs) = engine::run(upload, &document, &header, request, &mut findings)?;
    let sheet = &document.sheets[header.sheet];
    let intake = Intake {
        upload,
        document: &document,
        sheet,
        header: &header,
        registry: request.registry,
        organization: request.organization,
    };
    let is_filled: Vec<bool> = table.counts.filled.iter().map(|count| *count > 0).collect();
    let mut pass = Pass::new(&intake, recipe, repairs, &is_filled)?;
    out.write_all(b"\xEF\xBB\xBF").map_err(RepairError::Write)?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let written = |error: csv::Error| RepairError::Write(error.into());
    writer.write_record(pass.headings()).map_err(written)?;
    let mut rows = sheet.rows()?;
    let (mut read, mut row_numbers) = (0, Vec::new());
    while let Some(row) = rows.next_row()? {
        read += 1;
        if row.is_empty() {
            continue;
        }
        if read <= header.skipped_rows {
            let is_heading = row.number == header.row || (header.has_two_rows && row.number == header.row + 1);
            if !is_heading {
                let text: Vec<&str> = row.cells().map(trim).filter(|cell| !cell.is_empty()).collect();
                let (rules, before) = ("title-rows".to_owned(), &*text.join(" "));
                let cell = format!("A{}", row.number);
                told(&Patch { row: row.number, column: "", cell, rules, before, after: "" })
                    .map_err(RepairError::Write)?;
            }
            continue;
        }
        let cells: Vec<&str> = (0..is_filled.len()).map(|index| row.cell(index)).collect();
        let corrected = pass.row(row.number, &cells, told).map_err(RepairError::Write)?;
        writer.write_record(corrected).map_err(written)?;
        row_numbers.push(row.number);
    }
    writer.flush().map_err(RepairError::Write)?;
    drop(writer);
    let cells = pass.changed;
    let standard = header.subject.map(|subject| subject.standard.slug.clone());
    Ok(Repaired {
        recipe: Recipe {
            standard: standard.or_else(|| recipe.standard.clone()),
            organization: request.organization.map(|body| body.code.clone()).or_else(|| recipe.organization.clone()),
            ..recipe.clone()
        },
        cells,
        row_numbers,
        report: Report::new(upload, &document, digest.map(Digest::wait).transpose()?, vec![table], findings, request),
    })
}

/// The second pass.
struct Pass<'a> {
    recipe: &'a Recipe,
    header: &'a Header<'a>,
    /// How many columns stand before the first one, in what a person sees in Excel.
    first_column: usize,
    checks: Vec<ColumnChecks>,
    repairs: Repairs,
    /// How many fields the file lacks; their places stand behind the columns, and surplus cells behind those.
    absent: usize,
    /// The name of each place.
    place_names: Vec<String>,
    lifting: Option<Lifting>,
    /// Fields of the corrected table, and the value for their empty cells.
    constants: Vec<(usize, &'a str)>,
    changed: u64,
}

impl<'a> Pass<'a> {
    fn new(
        intake: &Intake<'a>,
        recipe: &'a Recipe,
        repairs: Repairs,
        is_filled: &[bool],
    ) -> Result<Pass<'a>, RepairError> {
        let columns = intake.columns();
        let absent: Vec<usize> =
            (0..intake.fields().len()).filter(|field| intake.column_of(*field).is_none()).collect();
        let (in_columns, surplus) = is_filled.split_at(columns.len());
        let named = columns.iter().enumerate().map(|(index, column)| match column.label.as_str() {
            "" => column_letters(index),
            label => label.to_owned(),
        });
        let place_names = named
            .chain(absent.iter().map(|field| intake.fields()[*field].name.clone()))
            .chain((columns.len()..is_filled.len()).map(column_letters))
            .collect();
        let is_filled = [in_columns, &vec![false; absent.len()], surplus].concat();
        let lifting = match intake.header.subject {
            // A schema refuses names that are there twice, and extra columns are given new ones.
            Some(subject) => Lifting::new(subject, columns, &is_filled, &absent).ok(),
            None => None,
        };
        let constants = recipe
            .values
            .iter()
            .map(|(field, value)| {
                let index = lifting.as_ref().and_then(|lifting| lifting.schema.index_of(field));
                index.map(|index| (index, value.as_str())).ok_or_else(|| RepairError::UnknownField(field.clone()))
            })
            .collect::<Result<_, _>>()?;
        let repairs = repairs.into_iter().filter(|(rule, repair)| recipe.allows(rule, repair.class())).collect();
        Ok(Pass {
            recipe,
            header: intake.header,
            first_column: intake.sheet.first_column,
            checks: engine::column_checks(intake),
            repairs,
            absent: absent.len(),
            place_names,
            lifting,
            constants,
            changed: 0,
        })
    }

    fn headings(&self) -> Vec<&str> {
        match &self.lifting {
            Some(lifting) => lifting.schema.fields().iter().map(|field| field.name.as_str()).collect(),
            None => self.header.columns.iter().map(|column| column.label.as_str()).collect(),
        }
    }

    fn row(
        &mut self,
        number: u64,
        raw: &[&str],
        told: &mut dyn FnMut(&Patch<'_>) -> io::Result<()>,
    ) -> io::Result<Vec<String>> {
        let mut cells: Vec<String> = vec![String::new(); self.place_names.len()];
        let mut rules: Vec<Vec<&'static str>> = vec![Vec::new(); cells.len()];
        let (columns, absent) = (self.header.columns.len(), self.absent);
        let place_of = |index: usize| if index < columns { index } else { index + absent };
        let mut original = vec![""; cells.len()];
        for (index, raw) in raw.iter().enumerate() {
            let (recipe, place) = (self.recipe, place_of(index));
            original[place] = raw;
            let corrected =
                self.checks.get(place).and_then(|checks| checks.correct(raw, |rule, class| recipe.allows(rule, class)));
            (cells[place], rules[place]) = corrected.unwrap_or_else(|| ((*raw).to_owned(), Vec::new()));
        }
        for (rule, repair) in &mut self.repairs {
            let before = cells.clone();
            repair.amend(&mut Amendment::new(number, &mut cells));
            for (place, before) in before.iter().enumerate() {
                if *before != cells[place] {
                    rules[place].push(rule);
                }
            }
        }
        let first_column = self.first_column;
        let mut tell = |place: Option<usize>, column: &str, rules: String, before: &str, after: &str| {
            self.changed += 1;
            let letters = place.map(|place| column_letters(first_column + place)).unwrap_or_default();
            told(&Patch { row: number, column, cell: format!("{letters}{number}"), rules, before, after })
        };
        for (place, after) in cells.iter().enumerate() {
            let before = original[place];
            if before != after {
                tell(
                    (place < columns).then_some(place),
                    &self.place_names[place],
                    rules[place].join("+"),
                    before,
                    after,
                )?;
            }
        }
        let Some(lifting) = &self.lifting else {
            return Ok(cells);
        };
        let mut lifted: Vec<String> = lifting
            .sources
            .iter()
            .map(|places| match places[..] {
                [place] => std::mem::take(&mut cells[place]),
                _ => places.iter().map(|place| trim(&cells[*place])).collect(),
            })
            .collect();
        for (field, value) in &self.constants {
            if trim(&lifted[*field]).is_empty() && !value.is_empty() {
                tell(None, &lifting.schema.fields()[*field].name, "recipe".to_owned(), "", value)?;
                lifted[*field] = (*value).to_owned();
            }
        }
        Ok(lifted)
    }
}
