//! Records as bytes: one encoder per output format, all listed in [`FORMATS`]. Suffixes, content negotiation,
//! distributions and OpenAPI read that list. Knows no HTTP and no database.

mod accept;
mod columns;
mod csv;
mod geojson;
mod ics;
mod json;
mod kml;
mod map;
mod ndjson;
mod parquet;
mod shift_jis;
mod txt;
mod xlsx;

use std::io::{self, Write};
use std::ops::RangeInclusive;

pub use accept::by_media_type;
pub use columns::{Column, Columns, RAW, json_text};

use jiff::Timestamp;

use crate::{
    schema::{Record, Schema},
    text::Text,
};

/// Every output format; the first is what a client gets that does not care. Of two with the same media type, the first
/// is chosen by it.
pub static FORMATS: &[&dyn Format] = &[
    &json::Json,
    &csv::Csv,
    &geojson::GeoJson,
    &txt::Txt,
    &ndjson::NdJson,
    &xlsx::Xlsx,
    &parquet::Parquet,
    &ics::Ics,
    &map::Map,
    &kml::Kml,
];

/// The width of a terminal of which nothing is known.
const DEFAULT_WIDTH: usize = 80;

/// A way to write records.
pub trait Format: Sync {
    /// The name in `format=`, which is also the suffix of addresses.
    fn id(&self) -> &'static str;

    /// The media type with its parameters, for `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// What people call it.
    fn title(&self) -> Text;

    /// Of the options those that make a difference to it; the others as if nobody had chosen.
    fn heeded(&self, _: &Options) -> Options {
        Options::default()
    }

    /// The widths that it can be written in, where it heeds them; 0 is as wide as it takes.
    fn widths(&self) -> &'static [RangeInclusive<usize>] {
        const WIDTHS: [RangeInclusive<usize>; 2] = [0..=0, 10..=1_000];
        &WIDTHS
    }

    /// The media type of what is written with these options.
    fn content_type(&self, _: &Options) -> &'static str {
        self.media_type()
    }

    /// Whether it is packed already, so that compressing it is lost labour.
    fn is_packed(&self) -> bool {
        false
    }

    /// What a table would need to be written in it; `None`: it can be.
    fn lack(&self, _: &Schema) -> Option<Text> {
        None
    }

    /// Whether a table can be written in it.
    fn applies_to(&self, schema: &Schema) -> bool {
        self.lack(schema).is_none()
    }

    /// Writes records with these columns.
    fn encoder<'a>(&self, columns: &'a Columns<'a>, options: &Options) -> Box<dyn Encoder + 'a>;
}

/// What maps need.
fn lack_of_coordinates(schema: &Schema) -> Option<Text> {
    schema.coordinates().is_none().then_some(Text { ja: "緯度と経度", en: "coordinates" })
}

/// Writes one answer: `begin`, then `record` for each record, then `end`.
pub trait Encoder {
    /// What stands before the records.
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>);

    /// One record.
    fn record(&mut self, record: &Record, out: &mut Vec<u8>);

    /// Something more to say, behind the records, in formats that have a place for it: a name and a JSON value.
    fn aside(&mut self, _name: &str, _json: &str) {}

    /// What stands behind the records. A format that is only whole at its end is written here, and tells here what
    /// failed on the way.
    ///
    /// # Errors
    /// Those of `out`, and of temporary files where the format needs any.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// How many characters could not be written and stand replaced.
    fn replaced(&self) -> u64 {
        0
    }
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
    /// When the records were published, where that is one moment.
    pub published_at: Option<Timestamp>,
}

/// What the reader may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether CSV begins with a byte-order mark, without which Excel takes UTF-8 for Shift_JIS.
    pub bom: bool,
    /// The encoding of CSV.
    pub encoding: Encoding,
    /// How many columns of the terminal a table or map may take; 0: as many as it needs; `None`: `DEFAULT_WIDTH`.
    pub width: Option<usize>,
}

impl Default for Options {
    fn default() -> Options {
        Options { bom: true, encoding: Encoding::Utf8, width: None }
    }
}

impl Options {
    /// The same for a whole file, which leaves nothing out unless a width is asked for.
    #[must_use]
    pub fn of_file(self) -> Options {
        Options { width: self.width.or(Some(0)), ..self }
    }
}

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Shift_JIS as Windows has it (Windows-31J), for programs that know nothing else.
    ShiftJis,
}

impl Encoding {
    /// Every encoding; the first is the default.
    pub const ALL: [Encoding; 2] = [Encoding::Utf8, Encoding::ShiftJis];

    /// The word in `encoding=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::ShiftJis => "shift_jis",
        }
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
        String::from_utf8(bytes(format, columns, head, records, options).0).unwrap()
    }

    /// The whole answer, and how many characters were replaced in it.
    pub(super) fn bytes(
        format: &dyn Format,
        columns: &Columns,
        head: &Head,
        records: &[Record],
        options: &Options,
    ) -> (Vec<u8>, u64) {
        let mut out = Vec::new();
        let mut encoder = format.encoder(columns, options);
        encoder.begin(head, &mut out);
        for record in records {
            encoder.record(record, &mut out);
        }
        encoder.end(&mut out).unwrap();
        (out, encoder.replaced())
    }

    #[test]
    fn formats_are_found_by_their_id() {
        for format in FORMATS {
            assert_eq!(by_id(format.id()).unwrap().media_type(), format.media_type());
            assert!(!format.title().ja.is_empty() && !format.title().en.is_empty());
        }
        assert!(by_id("JSON").is_none() && by_id("").is_none());
        let ids: Vec<&str> = FORMATS.iter().map(|format| format.id()).collect();
        assert_eq!(ids, ["json", "csv", "geojson", "txt", "ndjson", "xlsx", "parquet", "ics", "map", "kml"]);
    }

    #[test]
    fn each_format_writes_any_table() {
        let flat = texts(&["名称"]);
        let mapped = schema();
        for format in FORMATS {
            let of_places = ["geojson", "map", "kml"].contains(&format.id());
            let of_events = format.id() == "ics";
            assert_eq!(format.applies_to(&mapped), !of_events, "{}", format.id());
            assert_eq!(format.applies_to(&flat), !of_places && !of_events, "{}", format.id());
            for schema in [&mapped, &flat] {
                let columns = Columns::new(schema, None, true, true);
                let records = [Record::default()];
                let head = Head { count: 1, ..Head::default() };
                let (body, _) = bytes(*format, &columns, &head, &records, &Options::default());
                assert!(!body.is_empty(), "{}", format.id());
            }
        }
    }
}
