//! A checked table on its way to the store: every value trimmed and typed, in the field order of the current edition.
//! What is no value of its field's type is blank there, and its text stands beside the values.

use std::borrow::Cow;
use std::sync::Arc;

use super::lifting::Lifting;
use super::report::TableReport;
use super::rules::coordinate_range::is_in_japan;
use crate::schema::{Decimal, Field, Kind, Schema, json_token};
use crate::standard::Edition;
use crate::tabular::header::Header;
use crate::tabular::{Document, ReadError, Row, Rows};
use crate::text::trim;

/// A table that was checked and may be published. Rows are read again from the upload, so memory stays bounded.
#[derive(Debug)]
pub struct Publishable {
    /// Slug of the data set.
    pub standard: String,
    /// Name of the table within it.
    pub table: String,
    /// How many columns are the standard's own.
    pub field_count: usize,
    /// Edition of the file; records are always in the current one.
    pub edition: Edition,
    /// Names of the columns behind the standard's own.
    pub extra_columns: Vec<String>,
    /// The current edition's schema with the extra columns.
    pub schema: Schema,
    /// Number of records.
    pub rows: u64,
    /// SHA-256 of the upload, in hexadecimal.
    pub sha256: String,
    /// For each field of `schema`, the columns whose values are joined into it.
    sources: Vec<Vec<usize>>,
    has_ids: bool,
    skipped_rows: usize,
    sheet: usize,
    document: Arc<Document>,
}

/// One record, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishableRecord {
    /// 1, 2, 3 … in file order.
    pub number: u64,
    /// The identifier in the dataset: the ID of the row, or its number.
    pub id: String,
    /// JSON tokens, one a line, in field order.
    pub values: String,
    /// The texts that are no values of their fields (see [`crate::schema::Record::raw`]).
    pub raw: Option<String>,
    /// Longitude and latitude in degrees.
    pub point: Option<(f64, f64)>,
}

impl Publishable {
    /// `None` where the file was recognised as no data set.
    pub(super) fn new(
        document: &Arc<Document>,
        sha256: &str,
        header: &Header<'_>,
        table: &TableReport,
    ) -> Option<Publishable> {
        let subject = header.subject?;
        let is_filled: Vec<bool> = table.counts.filled.iter().map(|count| *count > 0).collect();
        let (in_columns, beyond) = is_filled.split_at(header.columns.len());
        let first = header.columns.len();
        let surplus: Vec<usize> =
            (first..).zip(beyond).filter(|(_, is_filled)| **is_filled).map(|(column, _)| column).collect();
        let Lifting { schema, field_count, extra_columns, mut sources } =
            Lifting::new(subject, &header.columns, in_columns, &[], &surplus).ok()?;
        for place in sources.iter_mut().flatten().filter(|place| **place >= first) {
            *place = surplus[*place - first];
        }
        let id_columns = schema.record_id().map(|field| sources[field].clone()).unwrap_or_default();
        Some(Publishable {
            standard: subject.standard.slug.clone(),
            table: subject.table.name.clone(),
            field_count,
            edition: subject.form.edition,
            extra_columns,
            rows: table.rows,
            sha256: sha256.to_owned(),
            has_ids: id_columns.iter().any(|column| table.counts.filled[*column] > 0),
            sources,
            schema,
            skipped_rows: header.skipped_rows,
            sheet: header.sheet,
            document: Arc::clone(document),
        })
    }

    /// The records, read again from the upload in file order.
    ///
    /// # Errors
    /// [`ReadError`] where the upload can no longer be read.
    pub fn records(&self) -> Result<PublishableRecords<'_>, ReadError> {
        Ok(PublishableRecords { publishable: self, rows: self.document.sheets[self.sheet].rows()?, read: 0, number: 0 })
    }

    fn record(&self, row: &Row<'_>, number: u64) -> PublishableRecord {
        let mut values = String::with_capacity(512);
        let mut raw = None;
        for (index, (field, columns)) in self.schema.fields().iter().zip(&self.sources).enumerate() {
            if index > 0 {
                values.push('\n');
            }
            let text = match columns[..] {
                [column] => Cow::Borrowed(trim(row.cell(column))),
                _ => Cow::Owned(columns.iter().map(|column| trim(row.cell(*column))).collect()),
            };
            if is_value(field, &text) {
                json_token(field.kind, &text, &mut values);
            } else {
                values.push_str("null");
                push_raw(index, &text, raw.get_or_insert_default());
            }
        }
        PublishableRecord { number, id: self.id(row, number), values, raw, point: self.point(row) }
    }

    /// The ID of the row; its number where the table has no IDs, and `row-N` where only this row lacks one.
    fn id(&self, row: &Row<'_>, number: u64) -> String {
        let id = self.schema.record_id().map(|field| self.text(row, field)).unwrap_or_default();
        match (id.is_empty(), self.has_ids) {
            (false, _) => id,
            (true, true) => format!("row-{number}"),
            (true, false) => number.to_string(),
        }
    }

    fn point(&self, row: &Row<'_>) -> Option<(f64, f64)> {
        let (latitude, longitude) = self.schema.coordinates()?;
        let degrees = |field: usize| {
            let text = self.text(row, field);
            let is_valid = is_value(&self.schema.fields()[field], &text);
            Decimal::parse(&text).filter(|_| is_valid)?.as_str().parse::<f64>().ok()
        };
        Some((degrees(longitude)?, degrees(latitude)?))
    }

    fn text(&self, row: &Row<'_>, field: usize) -> String {
        self.sources[field].iter().map(|column| trim(row.cell(*column))).collect()
    }
}

/// The records of a [`Publishable`], one at a time.
pub struct PublishableRecords<'a> {
    publishable: &'a Publishable,
    rows: Rows,
    read: usize,
    number: u64,
}

impl PublishableRecords<'_> {
    /// The next record; `None` behind the last.
    ///
    /// # Errors
    /// [`ReadError`] where the upload can no longer be read.
    pub fn next_record(&mut self) -> Result<Option<PublishableRecord>, ReadError> {
        while let Some(row) = self.rows.next_row()? {
            self.read += 1;
            if self.read <= self.publishable.skipped_rows || row.is_empty() {
                continue;
            }
            self.number += 1;
            return Ok(Some(self.publishable.record(&row, self.number)));
        }
        Ok(None)
    }
}

/// Whether a typed answer can hold the text: it is blank, or of the field's type, and a coordinate lies where it can.
fn is_value(field: &Field, text: &str) -> bool {
    let kind = field.kind;
    text.is_empty() || !kind.is_typed() || (kind.check(text).is_ok() && is_in_japan(kind, text))
}

/// Adds a text that is no value of the field with this index.
fn push_raw(index: usize, text: &str, raw: &mut String) {
    if !raw.is_empty() {
        raw.push('\n');
    }
    raw.push_str(&(index + 1).to_string());
    raw.push(' ');
    json_token(Kind::String, text, raw);
}
