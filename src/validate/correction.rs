//! The rows of a corrected table: every cell by the steps of [`correct`](super::correct), then what can only be known across
//! cells, then the fields of the current edition. Blocks of rows are corrected apart from one another.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::column::ColumnChecks;
use super::engine::{self, Repairs};
use super::lifting::Lifting;
use super::recipe::Recipe;
use super::repair::{Patch, RepairError};
use super::rule::{Amendment, Intake};
use super::verbatim::Verbatim;
use crate::tabular::header::Header;
use crate::tabular::{ParsedBlock, Row, column_letters};
use crate::text::trim;

/// The correction of one table: what is done to each of its rows.
pub(super) struct Correction<'a> {
    recipe: &'a Recipe,
    header: &'a Header<'a>,
    /// How many columns stand before the first one, in what a person sees in Excel.
    first_column: usize,
    checks: Vec<ColumnChecks>,
    repairs: Repairs,
    /// How many fields the file lacks; their places stand behind the columns.
    absent: usize,
    /// Columns beyond the heading that hold anything; their places stand behind the absent fields.
    surplus: Vec<usize>,
    /// The name of each place.
    place_names: Vec<String>,
    lifting: Option<Lifting>,
    /// Fields of the corrected table, and the value for their empty cells.
    constants: Vec<(usize, &'a str)>,
    verbatim: Option<Verbatim>,
}

/// A corrected block: its rows as they are in the new table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CorrectedBlock<'a> {
    /// As CSV.
    pub table: Vec<u8>,
    pub patches: Vec<Patch<'a>>,
    /// How many cells were changed.
    pub cells: u64,
    /// The rows by their numbers in Excel.
    pub row_numbers: Vec<u64>,
}

impl<'a> Correction<'a> {
    /// Of a table with such repairs, where `is_filled` tells of each column whether it holds anything.
    pub fn new(
        intake: &Intake<'a>,
        recipe: &'a Recipe,
        repairs: Repairs,
        is_filled: &[bool],
    ) -> Result<Correction<'a>, RepairError> {
        let columns = intake.columns();
        let absent: Vec<usize> =
            (0..intake.fields().len()).filter(|field| intake.column_of(*field).is_none()).collect();
        let (in_columns, beyond) = is_filled.split_at(columns.len());
        let surplus: Vec<usize> =
            (columns.len()..).zip(beyond).filter(|(_, is_filled)| **is_filled).map(|(column, _)| column).collect();
        let named = columns.iter().enumerate().map(|(index, column)| match column.label.as_str() {
            "" => column_letters(index),
            label => label.to_owned(),
        });
        let place_names: Vec<String> = named
            .chain(absent.iter().map(|field| intake.fields()[*field].name.clone()))
            .chain(surplus.iter().copied().map(column_letters))
            .collect();
        let lifting = match intake.header.subject {
            // A schema refuses names that are there twice, and extra columns are given new ones.
            Some(subject) => Lifting::new(subject, columns, in_columns, &absent, &surplus).ok(),
            None => None,
        };
        let constants: Vec<(usize, &'a str)> = recipe
            .values
            .iter()
            .map(|(field, value)| {
                let index = lifting.as_ref().and_then(|lifting| lifting.schema.index_of(field));
                index.map(|index| (index, value.as_str())).ok_or_else(|| RepairError::UnknownField(field.clone()))
            })
            .collect::<Result<_, _>>()?;
        let repairs: Repairs =
            repairs.into_iter().filter(|(rule, repair)| recipe.allows(rule, repair.class())).collect();
        let is_for_every_row = !repairs.is_empty() || !constants.is_empty();
        let verbatim = if is_for_every_row { None } else { Verbatim::of(lifting.as_ref(), place_names.len()) };
        Ok(Correction {
            recipe,
            header: intake.header,
            first_column: intake.sheet.first_column,
            checks: engine::column_checks(intake),
            repairs,
            absent: absent.len(),
            surplus,
            place_names,
            lifting,
            constants,
            verbatim,
        })
    }

    /// Whether it does the same as another one of the same table and recipe.
    pub fn is_like(&self, other: &Correction<'_>) -> bool {
        let sources = |correction: &Correction<'_>| {
            correction.lifting.as_ref().map(|lifting| lifting.sources.clone()).unwrap_or_default()
        };
        self.repairs.is_empty()
            && other.repairs.is_empty()
            && self.place_names == other.place_names
            && self.headings() == other.headings()
            && sources(self) == sources(other)
    }

    /// Whether the rows must be corrected one after the other.
    pub fn needs_order(&self) -> bool {
        self.repairs.iter().any(|(_, repair)| repair.needs_order())
    }

    /// The heading of the corrected table.
    pub fn headings(&self) -> Vec<&str> {
        match &self.lifting {
            Some(lifting) => lifting.schema.fields().iter().map(|field| field.name.as_str()).collect(),
            None => {
                let label = |place: usize| self.header.columns.get(place).map_or("", |column| column.label.as_str());
                (0..self.place_names.len()).map(label).collect()
            }
        }
    }

    /// Corrects the rows of a block from the index `first` on, which are data. `wrong` are the cells in which something was
    /// found, row by row.
    pub fn block(&self, rows: &ParsedBlock, first: usize, mut wrong: &[(usize, usize)]) -> CorrectedBlock<'_> {
        let mut out = CorrectedBlock::default();
        let mut cells = Vec::new();
        for (index, row) in rows.rows().enumerate() {
            let here = wrong.iter().take_while(|(row, _)| *row == index).count();
            let (wrong_here, rest) = wrong.split_at(here);
            wrong = rest;
            if row.is_empty() {
                continue;
            }
            if index < first {
                self.title(&row, &mut out);
                continue;
            }
            out.row_numbers.push(row.number);
            let is_untouched =
                wrong_here.is_empty() && self.verbatim.is_some_and(|verbatim| verbatim.write(&row, &mut out.table));
            if !is_untouched {
                self.row(&row, wrong_here.iter().map(|(_, column)| *column), &mut cells, &mut out);
            }
        }
        out
    }

    /// A row above the data: what is not the heading is left out.
    fn title<'s>(&'s self, row: &Row<'_>, out: &mut CorrectedBlock<'s>) {
        let Header { row: heading, has_two_rows, .. } = *self.header;
        let is_heading = row.number == heading || (has_two_rows && row.number == heading + 1);
        if !is_heading {
            let text: Vec<&str> = row.cells().map(trim).filter(|cell| !cell.is_empty()).collect();
            out.patches.push(Patch {
                row: row.number,
                column: "",
                cell: format!("A{}", row.number),
                rules: "title-rows".to_owned(),
                before: text.join(" "),
                after: String::new(),
            });
        }
    }

    /// A row of data. Room for its `cells` is brought along.
    fn row<'s>(
        &'s self,
        row: &Row<'_>,
        wrong: impl Iterator<Item = usize>,
        cells: &mut Vec<String>,
        out: &mut CorrectedBlock<'s>,
    ) {
        let (columns, absent) = (self.header.columns.len(), self.absent);
        let original = |place: usize| match place {
            place if place < columns => row.cell(place),
            place if place < columns + absent => "",
            place => row.cell(self.surplus[place - columns - absent]),
        };
        cells.resize_with(self.place_names.len(), String::new);
        for (place, cell) in cells.iter_mut().enumerate() {
            original(place).clone_into(cell);
        }
        // What changed which place.
        let mut causes: Vec<(usize, &'static str)> = Vec::new();
        for place in wrong {
            let is_allowed = |rule: &str, class| self.recipe.allows(rule, class);
            if let Some((value, rules)) = self.checks[place].correct(row.cell(place), is_allowed) {
                cells[place] = value;
                causes.extend(rules.into_iter().map(|rule| (place, rule)));
            }
        }
        for (rule, repair) in &self.repairs {
            let mut amendment = Amendment::new(row.number, cells);
            repair.amend(&mut amendment);
            causes.extend(amendment.changed().map(|place| (place, *rule)));
        }
        for (place, after) in cells.iter().enumerate() {
            let before = original(place);
            if before != after {
                let letters = if place < columns { column_letters(self.first_column + place) } else { String::new() };
                let rules: Vec<&str> =
                    causes.iter().filter(|(changed, _)| *changed == place).map(|(_, rule)| *rule).collect();
                out.cells += 1;
                out.patches.push(Patch {
                    row: row.number,
                    column: &self.place_names[place],
                    cell: format!("{letters}{}", row.number),
                    rules: rules.join("+"),
                    before: before.to_owned(),
                    after: after.clone(),
                });
            }
        }
        match &self.lifting {
            Some(lifting) => self.lift(lifting, row.number, cells, out),
            None => write_record(&mut out.table, cells.iter()),
        }
    }

    /// Brings the cells of a row into the fields of the current edition.
    fn lift<'s>(&'s self, lifting: &'s Lifting, number: u64, cells: &[String], out: &mut CorrectedBlock<'s>) {
        let joined = |places: &Vec<usize>| match places[..] {
            [place] => Cow::Borrowed(cells[place].as_str()),
            _ => Cow::Owned(places.iter().map(|place| trim(&cells[*place])).collect()),
        };
        let mut lifted: Vec<Cow<'_, str>> = lifting.sources.iter().map(joined).collect();
        for (field, value) in &self.constants {
            if trim(&lifted[*field]).is_empty() && !value.is_empty() {
                out.cells += 1;
                out.patches.push(Patch {
                    row: number,
                    column: &lifting.schema.fields()[*field].name,
                    cell: number.to_string(),
                    rules: "recipe".to_owned(),
                    before: String::new(),
                    after: (*value).to_owned(),
                });
                lifted[*field] = Cow::Borrowed(value);
            }
        }
        write_record(&mut out.table, lifted.iter().map(|cell| cell.as_bytes()));
    }
}

/// Adds a line of CSV.
pub(super) fn write_record(table: &mut Vec<u8>, cells: impl Iterator<Item: AsRef<[u8]>>) {
    let mut line = csv::WriterBuilder::new();
    let mut line = line.terminator(csv::Terminator::CRLF).buffer_capacity(USUAL_LINE).from_writer(table);
    line.write_record(cells).and_then(|()| Ok(line.flush()?)).expect("a Vec takes everything");
}

/// Bytes that a line mostly takes at most.
const USUAL_LINE: usize = 1 << 10;
