//! What a rule is: everything about one check and the correction it offers, in one file under `rules/`.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::municipality::Municipality;
use crate::schema::{Field, Role};
use crate::standard::Registry;
use crate::tabular::header::{Column, Header};
use crate::tabular::{Document, Row, Sheet, Upload};
use crate::text::Text;

use super::Request;
use super::coordinates::{Coordinates, Point};
use super::findings::{Findings, Severity};
use super::fingerprints;
use super::marks::Marks;
use super::repeated::Columns;
use super::repeats::Repeat;

/// Where a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The file as a whole: encoding, structure.
    File,
    /// The heading.
    Header,
    /// One cell.
    Cell,
    /// One row.
    Row,
    /// All rows.
    Table,
}

impl Level {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::File => "file",
            Level::Header => "header",
            Level::Cell => "cell",
            Level::Row => "row",
            Level::Table => "table",
        }
    }
}

/// One check. It implements the one method among [`Rule::examine`], [`Rule::bind_cell`], [`Rule::bind_table`] and
/// [`Rule::conclude`] that its level calls for.
pub trait Rule: Sync {
    /// Stable name, also the `code` in reports. Never reused.
    fn id(&self) -> &'static str;

    /// Where it looks.
    fn level(&self) -> Level;

    /// What is wrong and how to mend it, in words an officer understands. `{field}`, `{value}`, `{0}` and `{1}` are
    /// replaced by the column, the cell and the finding's details.
    fn message(&self) -> Text;

    /// Why it matters, and where the rule comes from.
    fn explanation(&self) -> Text;

    /// Whether its findings are gone once the table is written anew, because they are about how the file was written.
    fn vanishes_when_rewritten(&self) -> bool {
        false
    }

    /// Looks at the file and its heading before any row is read.
    fn examine(&self, _intake: &Intake<'_>, _findings: &mut Findings) {}

    /// A check of the cells of a field, where the rule has anything to say about them.
    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        None
    }

    /// Whether its checks of cells are asked about blank ones too.
    fn looks_at_blank_cells(&self) -> bool {
        false
    }

    /// The marks without one of which its checks of cells never find anything; `None` where they look at more than marks.
    fn looks_for(&self) -> Option<Marks> {
        None
    }

    /// Whether a finding of it says all there is to say about a cell: the rules behind it in the list are then not asked.
    fn settles_the_cell(&self) -> bool {
        false
    }

    /// A check that sees every row, where the rule has anything to say about this table.
    fn bind_table(&self, _intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        None
    }

    /// Looks at what was counted when every row has been read.
    fn conclude(&self, _intake: &Intake<'_>, _counts: &Counts, _findings: &mut Findings) {}
}

/// The file as it stands before its rows are read.
pub struct Intake<'a> {
    /// The bytes and their name.
    pub upload: &'a Upload,
    /// What they were found to be.
    pub document: &'a Document,
    /// The sheet that is checked.
    pub sheet: &'a Sheet,
    /// Its heading.
    pub header: &'a Header<'a>,
    /// The data sets known.
    pub registry: &'a Registry,
    /// Who publishes, where it is known.
    pub organization: Option<&'a Municipality>,
}

impl<'a> Intake<'a> {
    /// Of a table under this heading.
    pub(super) fn of(
        upload: &'a Upload,
        document: &'a Document,
        header: &'a Header<'a>,
        request: &Request<'a>,
    ) -> Intake<'a> {
        Intake {
            upload,
            document,
            sheet: &document.sheets[header.sheet],
            header,
            registry: request.registry,
            organization: request.organization,
        }
    }

    /// The columns of the file.
    pub fn columns(&self) -> &'a [Column] {
        &self.header.columns
    }

    /// The fields of the form that the file was recognised as; none where it was not.
    pub fn fields(&self) -> &'a [Field] {
        self.header.subject.map_or(&[], |subject| subject.form.schema.fields())
    }

    /// The field by which a column's cells are judged: the form's, or the current edition's for a column that only that
    /// one has.
    pub fn field_of(&self, column: &Column) -> Option<&'a Field> {
        match column.field {
            Some((index, _)) => self.fields().get(index),
            None if column.repeats.is_some() => None,
            None => self.header.subject.and_then(|subject| subject.table.schema().field(&column.label)),
        }
    }

    /// Where a repair finds or puts a field: its column, or the place behind the file's columns that stands for it.
    pub fn place_of(&self, field: usize) -> usize {
        let absent_before = || (0..field).filter(|index| self.column_of(*index).is_none()).count();
        self.column_of(field).unwrap_or_else(|| self.columns().len() + absent_before())
    }

    /// The column of a field of a role.
    pub fn column_with(&self, role: Role) -> Option<usize> {
        self.header.subject?.form.schema.with_role(role).find_map(|field| self.column_of(field))
    }

    /// As [`Intake::place_of`], of a field of a role: its column, or else the place of the first such field.
    pub fn place_with(&self, role: Role) -> Option<usize> {
        let first = || self.header.subject?.form.schema.with_role(role).next();
        self.column_with(role).or_else(|| Some(self.place_of(first()?)))
    }

    /// The column in which a field stands.
    pub fn column_of(&self, field: usize) -> Option<usize> {
        self.columns().iter().position(|column| column.field.is_some_and(|(index, _)| index == field))
    }
}

/// What is counted while the rows are read.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Rows that hold something.
    pub rows: u64,
    /// Rows without a filled cell between and behind those.
    pub blank_rows: u64,
    /// For each column, how many cells are filled.
    pub filled: Vec<u64>,
    /// Line ends and quotes, for a text.
    pub lines: Option<(crate::tabular::decode::LineFacts, u64)>,
}

/// One cell, as the checks see it.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// As it stands in the file.
    pub raw: &'a str,
    /// Without blanks around.
    pub trimmed: &'a str,
    /// Trimmed, and narrowed where the field is half-width: what checks of form look at.
    pub text: &'a str,
}

/// What a check of a cell found.
#[derive(Clone, Debug)]
pub struct Fault {
    /// How grave it is.
    pub severity: Severity,
    /// Details for the message.
    details: Vec<Cow<'static, str>>,
    /// The sentence that the message ends with, by the cell.
    sentence: Option<fn(&str) -> Text>,
    /// What reports show instead of a cell that must not be repeated. Such a cell gets no correction either.
    pub masked: Option<String>,
}

impl Fault {
    /// A fault without details.
    pub fn new(severity: Severity) -> Fault {
        Fault::with(severity, [])
    }

    /// A fault with details for the message.
    pub fn with(severity: Severity, details: impl IntoIterator<Item = String>) -> Fault {
        Fault { severity, details: details.into_iter().map(Cow::Owned).collect(), sentence: None, masked: None }
    }

    /// A fault whose message ends with a sentence of its own: `{0}` in Japanese, `{1}` in English.
    pub fn saying(severity: Severity, sentence: Text) -> Fault {
        Fault { details: sentence_details(sentence), ..Fault::new(severity) }
    }

    /// As [`Fault::saying`], with a sentence that depends on the cell: most faults are only counted, so it is made for
    /// those that are told.
    pub fn diagnosed(severity: Severity, sentence: fn(&str) -> Text) -> Fault {
        Fault { sentence: Some(sentence), ..Fault::new(severity) }
    }

    /// A fault in a cell that reports must not repeat, but show like this.
    pub fn masked(severity: Severity, shown: String) -> Fault {
        Fault { masked: Some(shown), ..Fault::new(severity) }
    }

    /// The details for the message about a cell.
    pub fn into_details(self, text: &str) -> Vec<Cow<'static, str>> {
        self.sentence.map_or(self.details, |sentence| sentence_details(sentence(text)))
    }
}

fn sentence_details(sentence: Text) -> Vec<Cow<'static, str>> {
    [sentence.ja, sentence.en].map(Cow::Borrowed).into()
}

/// A check of one field's cells. It remembers nothing, so cells can be checked in any order.
pub trait CellCheck: Send + Sync {
    /// What is wrong with the cell, if anything.
    fn check(&self, cell: Cell<'_>) -> Option<Fault>;
}

impl<F: Fn(Cell<'_>) -> Option<Fault> + Send + Sync> CellCheck for F {
    fn check(&self, cell: Cell<'_>) -> Option<Fault> {
        self(cell)
    }
}

/// A row as the checks across cells and rows see it: with what several of them ask about it, worked out beforehand.
#[derive(Clone)]
pub struct TableRow<'a> {
    row: Row<'a>,
    /// What was worked out.
    pub facts: RowFacts,
}

/// What is worked out about a row.
#[derive(Clone, Debug)]
pub struct RowFacts {
    /// The same number for rows that are alike.
    pub fingerprint: u64,
    /// The place of the row, where both its coordinates can be read and it lies in Japan. Most rows have one, and then there is
    /// nothing wrong with the coordinates by themselves.
    pub point: Option<Point>,
    /// Columns whose cells are surely those of the row that a check saw before.
    pub repeated: Columns,
    /// What it repeats of earlier rows, if anything. Known only once those were seen.
    pub repeat: Option<Box<Repeat>>,
}

impl RowFacts {
    /// Of a row under so many headings, by itself.
    pub fn of(row: &Row<'_>, columns: usize, coordinates: Option<Coordinates>) -> RowFacts {
        RowFacts {
            fingerprint: fingerprints::of_row(row, columns),
            point: coordinates.and_then(|coordinates| coordinates.point(row)),
            repeated: Columns::NONE,
            repeat: None,
        }
    }
}

impl<'a> TableRow<'a> {
    /// A row and what was worked out about it.
    pub fn new(row: Row<'a>, facts: RowFacts) -> TableRow<'a> {
        TableRow { row, facts }
    }
}

impl<'a> Deref for TableRow<'a> {
    type Target = Row<'a>;

    fn deref(&self) -> &Row<'a> {
        &self.row
    }
}

/// A check across cells or rows.
pub trait TableCheck: Send {
    /// Sees one row.
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings);

    /// Sees the next rows. Which check it is, is looked up once for all of them.
    fn rows(&mut self, rows: &[TableRow<'_>], findings: &mut Findings) {
        rows.iter().for_each(|row| self.row(row, findings));
    }

    /// After the last row.
    fn finish(&mut self, _findings: &mut Findings) {}

    /// What it would change, now that every row has been seen; none where there is nothing to change.
    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        None
    }
}

/// How far a correction can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Class {
    /// Beyond doubt: nothing is lost, and no other value can have been meant.
    #[default]
    Lossless,
    /// Probably what was meant; somebody should look.
    Likely,
}

impl Class {
    /// The word used in reports and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Lossless => "lossless",
            Class::Likely => "likely",
        }
    }
}

/// A correction across cells, made once the checks have seen every row. Cells have had their own corrections before.
pub trait Repair: Send + Sync {
    /// How far it can be trusted.
    fn class(&self) -> Class {
        Class::Likely
    }

    /// Whether it must see the rows in their order, one after the other. Others may see them in any order.
    fn needs_order(&self) -> bool {
        false
    }

    /// Changes the cells of one row.
    fn amend(&self, row: &mut Amendment<'_>);
}

/// A row on its way to the corrected table, by the columns of the file and, behind them, a column for every field of the
/// form that the file lacks (see [`Intake::place_of`]).
pub struct Amendment<'a> {
    /// Row in Excel, from 1.
    pub number: u64,
    cells: &'a mut [String],
    /// The columns that were given another value, and the first one that each had.
    replaced: Vec<(usize, String)>,
}

impl<'a> Amendment<'a> {
    pub(super) fn new(number: u64, cells: &'a mut [String]) -> Amendment<'a> {
        Amendment { number, cells, replaced: Vec::new() }
    }

    /// The cell of a column as it stands now.
    pub fn cell(&self, column: usize) -> &str {
        &self.cells[column]
    }

    /// Gives the cell of a column another value.
    pub fn set(&mut self, column: usize, value: impl Into<String>) {
        let before = std::mem::replace(&mut self.cells[column], value.into());
        if self.replaced.iter().all(|(replaced, _)| *replaced != column) {
            self.replaced.push((column, before));
        }
    }

    /// The columns whose cells are others now.
    pub(super) fn changed(&self) -> impl Iterator<Item = usize> + '_ {
        self.replaced.iter().filter(|(column, before)| self.cells[*column] != *before).map(|(column, _)| *column)
    }
}

/// The trimmed cell of a column that may be missing.
#[inline]
pub fn value<'a>(row: &Row<'a>, column: Option<usize>) -> &'a str {
    column.map_or("", |column| row.trimmed(column))
}
