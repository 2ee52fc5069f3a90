//! Finding the heading row, the data set it belongs to, and the field of each column.

use std::collections::{BTreeMap, HashMap};

use super::{Document, ReadError, Rows, Sheet};
use crate::schema::{LabelMatch, Schema};
use crate::standard::{Form, Registry, Standard, Table};
use crate::text::{fold_label, trim};

/// How many rows from the top may be the heading.
const SEARCHED_ROWS: usize = 30;

/// Below this a file is said to belong to no data set. Real files of a data set score 0.2 and more.
const RECOGNISED: f64 = 0.12;

/// The weight of a heading that no data set knows.
const UNKNOWN_WEIGHT: f64 = 3.0;

/// An alias may be the name of something else elsewhere, so it says less than the name.
const ALIAS_SHARE: f64 = 0.7;

/// What a keyword of the data set adds to the score.
const KEYWORD_BONUS: f64 = 0.15;

/// The heading of a sheet, matched to a form of a table.
#[derive(Debug)]
pub struct Header<'a> {
    /// Index of the sheet in its document.
    pub sheet: usize,
    /// Excel's number of the heading row.
    pub row: u64,
    /// Excel's number of the last row before the data: the heading, its second row, or a remark below it.
    pub last_row: u64,
    /// How many rows were read before the first row of data, the heading included.
    pub skipped_rows: usize,
    /// Rows above the heading, and remarks right below it, that hold something.
    pub title_rows: usize,
    /// Whether two rows make up the heading.
    pub has_two_rows: bool,
    /// The columns, in file order.
    pub columns: Vec<Column>,
    /// The data set and form, where they were given or recognised.
    pub subject: Option<Subject<'a>>,
}

impl Header<'_> {
    fn labels(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.label.clone()).collect()
    }
}

/// What a sheet was recognised as.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The data set.
    pub standard: &'a Standard,
    /// Its table.
    pub table: &'a Table,
    /// The table's form.
    pub form: &'a Form,
}

/// One column of the file.
#[derive(Clone, Debug)]
pub struct Column {
    /// The heading, trimmed.
    pub label: String,
    /// The index of its field in the form's schema, and how it was matched. The second of two columns with one
    /// meaning has none.
    pub field: Option<(usize, LabelMatch)>,
    /// For a second column with one meaning, the index of the field it repeats.
    pub repeats: Option<usize>,
}

/// Finds the heading among all sheets. With `standard`, only its forms are tried; `given` says what headings mean.
///
/// # Errors
/// [`ReadError`] where a file cannot be read or holds no row.
pub fn find<'a>(
    document: &Document,
    registry: &'a Registry,
    standard: Option<&'a Standard>,
    given: Option<&BTreeMap<String, String>>,
    file_name: Option<&str>,
) -> Result<Header<'a>, ReadError> {
    let mut best: Option<(f64, Header<'a>)> = None;
    for (index, sheet) in document.sheets.iter().enumerate() {
        if let Some((score, header)) = find_in_sheet(index, sheet, registry, standard, file_name)?
            && best.as_ref().is_none_or(|(best_score, _)| score > *best_score)
        {
            best = Some((score, header));
        }
    }
    let (_, mut header) = best.ok_or(ReadError::Empty)?;
    if let (Some(given), Some(subject)) = (given, header.subject) {
        header.columns = match_columns(&header.labels(), Some(&subject.form.schema), given);
    }
    Ok(header)
}

/// Finds the heading of one sheet, and how well it fits. `None` for a sheet without a row.
///
/// # Errors
/// [`ReadError::Io`].
pub fn find_in_sheet<'a>(
    index: usize,
    sheet: &Sheet,
    registry: &'a Registry,
    standard: Option<&'a Standard>,
    file_name: Option<&str>,
) -> Result<Option<(f64, Header<'a>)>, ReadError> {
    let head = Head::read(&mut sheet.rows()?)?;
    let outside = [sheet.name.as_deref(), file_name].into_iter().flatten().map(fold_label).collect::<String>();
    let folded: Vec<Vec<String>> =
        head.rows.iter().map(|(_, cells)| cells.iter().map(|cell| fold_label(cell)).collect()).collect();
    let mut best: Option<(f64, usize, Option<Subject<'a>>)> = None;
    for known in registry.standards().iter().filter(|known| standard.is_none_or(|it| it.slug == known.slug)) {
        let words = Words::of(known, &outside, &folded);
        for (table, form) in known.tables.iter().flat_map(|table| table.forms.iter().map(move |form| (table, form))) {
            for (row, labels) in folded.iter().enumerate() {
                let likeness = likeness(labels, form);
                let score = if likeness > 0.0 { likeness + words.bonus(row) } else { 0.0 };
                if score > best.as_ref().map_or(0.0, |(best_score, _, _)| best_score + 1e-9) {
                    best = Some((score, row, Some(Subject { standard: known, table, form })));
                }
            }
        }
    }
    let is_given = standard.is_some();
    let best = match best {
        Some(found) if is_given || found.0 >= RECOGNISED => Some(found),
        found => head.likely_heading().map(|row| (found.map_or(0.0, |found| found.0), row, None)),
    };
    Ok(best.map(|(score, row, subject)| (score, head.header(index, row, subject))))
}

/// Matches headings to the fields of a schema, each field at most once. `given` names the fields of some headings; an
/// empty name says that the heading stands for no field.
fn match_columns(labels: &[String], schema: Option<&Schema>, given: &BTreeMap<String, String>) -> Vec<Column> {
    let find = |label: &String| match (schema?, given.get(label)) {
        (schema, Some(name)) => schema.index_of(name).map(|field| (field, LabelMatch::Given)),
        (schema, None) => schema.match_label(label),
    };
    let matches: Vec<Option<(usize, LabelMatch)>> = labels.iter().map(find).collect();
    // An exact heading takes the field before one that only resembles it, wherever they stand.
    let mut owner: HashMap<usize, usize> = HashMap::new();
    for wanted in [LabelMatch::Given, LabelMatch::Exact, LabelMatch::Folded, LabelMatch::Alias] {
        for (column, found) in matches.iter().enumerate() {
            if let Some((field, how)) = found
                && *how == wanted
            {
                owner.entry(*field).or_insert(column);
            }
        }
    }
    labels
        .iter()
        .zip(&matches)
        .enumerate()
        .map(|(column, (label, found))| {
            let field = found.filter(|(field, _)| owner[field] == column);
            let repeats = found.filter(|(field, _)| owner[field] != column).map(|(field, _)| field);
            Column { label: label.clone(), field, repeats }
        })
        .collect()
}

/// The first rows of a sheet that hold something, with their numbers in Excel.
struct Head {
    rows: Vec<(u64, Vec<String>)>,
    /// For each of them, how many rows the reader gave before it.
    before: Vec<usize>,
}

impl Head {
    fn read(rows: &mut Rows) -> Result<Head, ReadError> {
        let mut head = Head { rows: Vec::new(), before: Vec::new() };
        let mut given = 0;
        while head.rows.len() < SEARCHED_ROWS
            && let Some(row) = rows.next_row()?
        {
            if !row.is_empty() {
                head.rows.push((row.number, row.cells().map(|cell| trim(cell).to_owned()).collect()));
                head.before.push(given);
            }
            given += 1;
        }
        Ok(head)
    }

    /// Where no data set fits: the first row that fills at least half as many cells as the widest.
    fn likely_heading(&self) -> Option<usize> {
        let widest = self.rows.iter().map(|(_, cells)| filled(cells)).max()?;
        self.rows.iter().position(|(_, cells)| 2 * filled(cells) >= widest)
    }

    fn header<'a>(&self, sheet: usize, row: usize, subject: Option<Subject<'a>>) -> Header<'a> {
        let (number, labels) = &self.rows[row];
        let second = self.rows.get(row + 1).map(|(_, cells)| cells).filter(|cells| is_second_heading(labels, cells));
        let labels = match second {
            Some(second) => join_headings(labels, second),
            None => labels.clone(),
        };
        let columns = match_columns(&labels, subject.map(|subject| &subject.form.schema), &BTreeMap::new());
        let last = if second.is_some() { row + 1 } else { row };
        // Remarks for machines, as LinkData puts them below the heading too.
        let is_remark = |(_, cells): &&(u64, Vec<String>)| cells.first().is_some_and(|cell| cell.starts_with('#'));
        let remarks = self.rows[last + 1..].iter().take_while(is_remark).count();
        Header {
            sheet,
            row: *number,
            last_row: self.rows[last + remarks].0,
            skipped_rows: self.before[last + remarks] + 1,
            title_rows: row + remarks,
            has_two_rows: second.is_some(),
            columns,
            subject,
        }
    }
}

/// Whether a row goes on with the heading above it: it names most of the columns that the heading leaves unnamed between
/// named ones, and says little where the heading speaks.
fn is_second_heading(labels: &[String], cells: &[String]) -> bool {
    let Some(last_named) = labels.iter().rposition(|label| !label.is_empty()) else { return false };
    let cell = |index: usize| cells.get(index).map_or("", String::as_str);
    let is_word = |text: &str| !text.is_empty() && !text.chars().any(|character| character.is_ascii_digit());
    let gaps: Vec<usize> = (0..last_named).filter(|index| labels[*index].is_empty()).collect();
    let named_gaps = gaps.iter().filter(|index| is_word(cell(**index))).count();
    let spoken = (0..=last_named).filter(|index| !labels[*index].is_empty() && !cell(*index).is_empty()).count();
    !gaps.is_empty() && 2 * named_gaps > gaps.len() && 2 * spoken < filled(labels)
}

/// Two rows of headings as one: the upper word goes on to the right until the next.
fn join_headings(upper: &[String], lower: &[String]) -> Vec<String> {
    let mut current = "";
    upper
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let below = lower.get(index).map_or("", String::as_str);
            if !label.is_empty() {
                current = label;
            }
            match (label.is_empty() && below.is_empty(), below.is_empty()) {
                (true, _) => String::new(),
                (false, true) => label.clone(),
                (false, false) => format!("{current}_{below}"),
            }
        })
        .collect()
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.is_empty()).count()
}

/// Between 0 (nothing in common) and 1 (the same headings): the harmonic mean of how much of the file and how much of the
/// form the two share, telling headings counting more.
fn likeness(folded_labels: &[String], form: &Form) -> f64 {
    let mut seen = vec![false; form.weights.len()];
    let mut shared = 0.0;
    let mut in_file = 0.0;
    for label in folded_labels.iter().filter(|label| !label.is_empty()) {
        match form.schema.match_folded(label) {
            Some((field, how)) if !seen[field] => {
                seen[field] = true;
                shared += form.weights[field] * if how == LabelMatch::Alias { ALIAS_SHARE } else { 1.0 };
                in_file += form.weights[field];
            }
            Some(_) => {}
            None => in_file += UNKNOWN_WEIGHT,
        }
    }
    let in_form: f64 = form.weights.iter().sum();
    if shared == 0.0 { 0.0 } else { 2.0 * shared / (in_file + in_form) }
}

/// Where a file speaks of a data set in the data set's own words.
struct Words {
    outside: bool,
    rows: Vec<bool>,
}

impl Words {
    fn of(standard: &Standard, outside: &str, rows: &[Vec<String>]) -> Words {
        let keywords: Vec<String> = standard.keywords.iter().map(|word| fold_label(word)).collect();
        let says = |text: &str| keywords.iter().any(|word| text.contains(word.as_str()));
        let rows = rows.iter().map(|cells| cells.iter().any(|cell| says(cell))).collect();
        Words { outside: says(outside), rows }
    }

    /// What they add to the score of a heading: once in the name of the sheet or file, in the heading or above it; twice
    /// in a third of the rows, which is what tells apart lists that say no more than name, address and coordinates.
    fn bonus(&self, heading: usize) -> f64 {
        let (above, below) = self.rows.split_at(heading + 1);
        let in_heading = self.outside || above.contains(&true);
        let in_rows = !below.is_empty() && 3 * below.iter().filter(|says| **says).count() >= below.len();
        KEYWORD_BONUS * f64::from(u8::from(in_heading) + 2 * u8::from(in_rows))
    }
}
