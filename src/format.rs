//! Records as bytes: one encoder per output format, all listed in [`FORMATS`]. Suffixes, content negotiation,
//! distributions and OpenAPI read that list. Knows no HTTP and no database; encoding cannot fail.

mod accept;
mod columns;
mod csv;
mod geojson;
mod json;
mod txt;

pub use accept::by_media_type;
pub use columns::{Column, Columns, RAW, json_text};

use crate::{
    schema::{Record, Schema},
    text::Text,
};

/// Every output format; the first is what a client gets that does not care.
pub static FORMATS: &[&dyn Format] = &[&json::Json, &csv::Csv, &geojson::GeoJson, &txt::Txt];

/// A way to write records.
pub trait Format: Sync {
    /// The name in `format=`, which is also the suffix of addresses.
    fn id(&self) -> &'static str;

    /// The media type with its parameters, for `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// What people call it.
    fn title(&self) -> Text;

    /// Whether a table can be written in it.
    fn applies_to(&self, schema: &Schema) -> bool;

    /// Writes records with these columns.
    fn encoder<'a>(&self, columns: &'a Columns<'a>, options: &Options) -> Box<dyn Encoder + 'a>;
}

/// Writes one answer: `begin`, then `record` for each record, then `end`.
pub trait Encoder {
    /// What stands before the records.
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>);

    /// One record.
    fn record(&mut self, record: &Record, out: &mut Vec<u8>);

    /// Something more to say, behind the records, in formats that have a place for it: a name and a JSON value.
    fn aside(&mut self, _name: &str, _json: &str) {}

    /// What stands behind the records.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// What is known of an answer before its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many records there are on all pages together; `None`: not asked for.
    pub total: Option<u64>,
    /// How many records follow.
    pub count: usize,
    /// The address of the next page.
    pub next: Option<String>,
}

/// What the reader may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether CSV begins with a byte-order mark, without which Excel takes UTF-8 for Shift_JIS.
    pub bom: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { bom: true }
    }
}

/// The format with this id, which is also its suffix.
pub fn by_id(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Field;

    /// A table with coordinates, a number and texts.
    pub(super) fn schema() -> Schema {
        let descriptor = serde_json::json!({
            "recordId": "ID",
            "fields": [
                {"position": 1, "name": "ID", "name_en": "id", "type": "string", "kind": "string"},
                {"position": 2, "name": "名称", "name_en": "name", "type": "string", "kind": "string"},
                {"position": 3, "name": "緯度", "name_en": "latitude", "type": "number", "kind": "latitude"},
                {"position": 4, "name": "経度", "name_en": "longitude", "type": "number", "kind": "longitude"},
                {"position": 5, "name": "定員", "name_en": "capacity", "type": "integer", "kind": "integer"},
            ]
        });
        Schema::from_json(&descriptor.to_string()).unwrap()
    }

    /// A table of texts, without coordinates.
    pub(super) fn texts(names: &[&str]) -> Schema {
        Schema::new(names.iter().enumerate().map(|(index, name)| Field::extra(name, index + 1)).collect()).unwrap()
    }

    pub(super) fn record(schema: &Schema, cells: &[&str]) -> Record {
        let kinds = schema.fields().iter().map(|field| field.kind);
        Record { values: Record::lay_out(kinds.zip(cells.iter().copied())), ..Record::default() }
    }

    /// The whole answer as text.
    pub(super) fn write(format: &dyn Format, columns: &Columns, head: &Head, records: &[Record]) -> String {
        write_with(format, columns, head, records, &Options::default())
    }

    pub(super) fn write_with(
        format: &dyn Format,
        columns: &Columns,
        head: &Head,
        records: &[Record],
        options: &Options,
    ) -> String {
        let mut out = Vec::new();
        let mut encoder = format.encoder(columns, options);
        encoder.begin(head, &mut out);
        for record in records {
            encoder.record(record, &mut out);
        }
        encoder.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formats_are_found_by_their_id() {
        for format in FORMATS {
            assert_eq!(by_id(format.id()).unwrap().media_type(), format.media_type());
            assert!(!format.title().ja.is_empty() && !format.title().en.is_empty());
        }
        assert!(by_id("JSON").is_none() && by_id("").is_none());
        assert_eq!(FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>(), ["json", "csv", "geojson", "txt"]);
    }

    #[test]
    fn each_format_writes_any_table_it_applies_to() {
        let flat = texts(&["名称"]);
        let mapped = schema();
        for format in FORMATS {
            assert!(format.applies_to(&mapped));
            assert_eq!(format.applies_to(&flat), format.id() != "geojson");
            for schema in [&mapped, &flat] {
                let columns = Columns::new(schema, None, true, true);
                let empty = Record::default();
                let text = write(*format, &columns, &Head { count: 1, ..Head::default() }, &[empty]);
                assert!(text.contains("名称"), "{}: {text}", format.id());
            }
        }
    }
}
