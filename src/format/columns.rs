//! What stands in each record of an answer, made ready once per answer.

use memchr::memchr_iter;

use crate::schema::{Comparison, Kind, Record, Requirement, Schema, token_text};

/// The column in front that names the data set, in answers across organizations.
const DATASET: &str = "dataset";
/// The column behind that holds the distance, in answers around a place; where the publisher has such a column too, the
/// distance is numbered.
const DISTANCE: &str = "distance_m";
/// What holds, in JSON, the texts that are no values of their fields. Only records that have any hold it.
pub const RAW: &str = "_raw";

/// The columns of an answer.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    schema: &'a Schema,
    fields: Vec<Column<'a>>,
    has_dataset: bool,
    has_distance: bool,
    are_chosen: bool,
    distance_name: String,
    distance_key: String,
    raw_key: String,
}

/// One selected field.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// The index in the schema.
    pub index: usize,
    /// The name.
    pub name: &'a str,
    /// The kind of the values.
    pub kind: Kind,
    /// What stands before the value in a JSON object: separator, name and colon.
    key: String,
}

/// How much a column matters to a reader who sees only some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// It comes with the question: the data set, the distance.
    Beside,
    /// The standard requires it.
    Required,
    /// It names the record.
    Identifier,
    /// The standard recommends it.
    Recommended,
    /// It may be there.
    Optional,
}

impl<'a> Columns<'a> {
    /// The selected fields in their order (all where nothing is selected; indexes beyond the schema are left out), and
    /// whether the data set and the distance stand beside them.
    pub fn new(schema: &'a Schema, select: Option<&[usize]>, has_dataset: bool, has_distance: bool) -> Columns<'a> {
        let all: Vec<usize>;
        let indexes = match select {
            Some(indexes) => indexes,
            None => {
                all = (0..schema.fields().len()).collect();
                &all
            }
        };
        let mut is_first = !has_dataset;
        let mut key = |name: &str| {
            let separator = if is_first { "" } else { "," };
            is_first = false;
            format!("{separator}{}:", json_text(name))
        };
        let fields = indexes
            .iter()
            .filter_map(|index| Some((*index, schema.fields().get(*index)?)))
            .map(|(index, field)| Column { index, name: &field.name, kind: field.kind, key: key(&field.name) })
            .collect();
        let distance_name = schema.free_name(DISTANCE, &[]);
        let distance_key = key(&distance_name);
        let raw_key = format!(",{}:", json_text(&schema.free_name(RAW, &[])));
        let are_chosen = select.is_some();
        Columns { schema, fields, has_dataset, has_distance, are_chosen, distance_name, distance_key, raw_key }
    }

    /// The same where they were all asked for, as those of groups are.
    #[must_use]
    pub fn chosen(self) -> Columns<'a> {
        Columns { are_chosen: true, ..self }
    }

    /// Whether somebody asked for these columns, so that none may be left out.
    pub(super) fn are_chosen(&self) -> bool {
        self.are_chosen
    }

    /// The selected fields.
    pub fn fields(&self) -> &[Column<'a>] {
        &self.fields
    }

    /// How many bytes the names of the selected fields add to a record.
    pub fn key_bytes(&self) -> usize {
        self.fields.iter().map(|column| column.key.len()).sum()
    }

    /// The table that they belong to.
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// All headings, those beside the fields included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let dataset = self.has_dataset.then_some(DATASET);
        let distance = self.has_distance.then_some(self.distance_name.as_str());
        dataset.into_iter().chain(self.fields.iter().map(|column| column.name)).chain(distance)
    }

    /// For each heading, what kind of value stands below it.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        let dataset = self.has_dataset.then_some(Kind::String);
        let distance = self.has_distance.then_some(Kind::Number);
        dataset.into_iter().chain(self.fields.iter().map(|column| column.kind)).chain(distance)
    }

    /// For each heading, whether numbers stand below it.
    pub(super) fn are_numbers(&self) -> impl Iterator<Item = bool> + '_ {
        self.kinds().map(|kind| kind.comparison() == Comparison::Number)
    }

    /// For each heading, how much it matters to a reader who sees only some.
    pub(super) fn ranks(&self) -> impl Iterator<Item = Rank> + '_ {
        let dataset = self.has_dataset.then_some(Rank::Beside);
        let distance = self.has_distance.then_some(Rank::Beside);
        let fields = self.fields.iter().map(|column| match self.schema.fields()[column.index].requirement {
            Requirement::Required => Rank::Required,
            _ if self.schema.record_id() == Some(column.index) => Rank::Identifier,
            Requirement::Recommended => Rank::Recommended,
            Requirement::Optional => Rank::Optional,
        });
        dataset.into_iter().chain(fields).chain(distance)
    }

    /// Hands over the text of each cell of a record, in the order of the headings. Blank is the empty text.
    pub(super) fn each_text(&self, record: &Record, tokens: &Tokens, mut each: impl FnMut(&str)) {
        if self.has_dataset {
            each(record.dataset.as_deref().unwrap_or_default());
        }
        for column in &self.fields {
            each(&token_text(tokens.get(&record.values, column.index)));
        }
        if self.has_distance {
            each(&distance(record).unwrap_or_default());
        }
    }

    /// Appends one record as a JSON object.
    pub fn push_record(&self, record: &Record, out: &mut Vec<u8>) {
        let mut tokens = Tokens::default();
        tokens.find(&record.values);
        self.push_object(record, &tokens, out);
    }

    /// Appends a record as a JSON object. The tokens are copied, never parsed.
    pub(super) fn push_object(&self, record: &Record, tokens: &Tokens, out: &mut Vec<u8>) {
        out.push(b'{');
        if self.has_dataset {
            out.extend_from_slice(b"\"dataset\":");
            let dataset = record.dataset.as_deref().map_or("null".to_owned(), json_text);
            out.extend_from_slice(dataset.as_bytes());
        }
        for column in &self.fields {
            out.extend_from_slice(column.key.as_bytes());
            out.extend_from_slice(tokens.get(&record.values, column.index).as_bytes());
        }
        if self.has_distance {
            out.extend_from_slice(self.distance_key.as_bytes());
            out.extend_from_slice(distance(record).as_deref().unwrap_or("null").as_bytes());
        }
        if record.raw.is_some() {
            self.push_raw(record, out);
        }
        out.push(b'}');
    }

    /// Appends the texts that are no values of the selected fields, where there are any.
    fn push_raw(&self, record: &Record, out: &mut Vec<u8>) {
        let mut texts = record.raw_tokens().filter_map(|(index, token)| {
            let column = self.fields.iter().find(|column| column.index == index)?;
            Some(format!("{}:{token}", json_text(column.name)))
        });
        let Some(first) = texts.next() else { return };
        out.extend_from_slice(format!("{}{{{first}", self.raw_key).as_bytes());
        for text in texts {
            out.push(b',');
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b'}');
    }
}

/// Metres with one decimal.
fn distance(record: &Record) -> Option<String> {
    record.distance_m.filter(|distance| distance.is_finite()).map(|distance| format!("{distance:.1}"))
}

/// A text as a JSON string.
pub fn json_text(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}

/// Where the tokens of one record end. One is used for a whole answer, so that only the first record allocates.
#[derive(Default)]
pub(super) struct Tokens {
    ends: Vec<usize>,
}

impl Tokens {
    /// Looks at another record.
    pub(super) fn find(&mut self, values: &str) {
        self.ends.clear();
        self.ends.extend(memchr_iter(b'\n', values.as_bytes()));
        self.ends.push(values.len());
    }

    /// The token of a field; `null` where the record was stored before the table had that column.
    pub(super) fn get<'v>(&self, values: &'v str, index: usize) -> &'v str {
        let start = if index == 0 { Some(0) } else { self.ends.get(index - 1).map(|end| end + 1) };
        match (start, self.ends.get(index)) {
            (Some(start), Some(end)) if start < *end => &values[start..*end],
            _ => "null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{schema, texts};

    #[test]
    fn tokens_are_found_by_index() {
        let mut tokens = Tokens::default();
        for (values, expected) in [
            ("\"岡山市\"\nnull\n10", ["\"岡山市\"", "null", "10", "null"]),
            ("1", ["1", "null", "null", "null"]),
            ("", ["null", "null", "null", "null"]),
            ("\n\n1", ["null", "null", "1", "null"]),
        ] {
            tokens.find(values);
            assert_eq!([0, 1, 2, 3].map(|index| tokens.get(values, index)), expected);
        }
    }

    #[test]
    fn headings_stand_in_the_order_asked_for() {
        let schema = schema();
        let names = |columns: Columns| columns.names().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names(Columns::new(&schema, None, false, false)), ["ID", "名称", "緯度", "経度", "定員"]);
        let some = Columns::new(&schema, Some(&[4, 0, 99]), true, true);
        assert_eq!(some.are_numbers().collect::<Vec<_>>(), [false, true, false, true]);
        assert_eq!(names(some), ["dataset", "定員", "ID", "distance_m"]);
    }

    #[test]
    fn objects_hold_what_was_asked_for() {
        let schema = texts(&["a\"b", "c"]);
        let record = Record {
            dataset: Some("331007_aed".to_owned()),
            values: "\"x\"\n\"\\n\"".to_owned(),
            distance_m: Some(12.34),
            ..Record::default()
        };
        for (select, has_dataset, has_distance, expected) in [
            (None, false, false, r#"{"a\"b":"x","c":"\n"}"#),
            (None, true, true, r#"{"dataset":"331007_aed","a\"b":"x","c":"\n","distance_m":12.3}"#),
            (Some(&[1][..]), false, true, r#"{"c":"\n","distance_m":12.3}"#),
            (Some(&[]), false, false, "{}"),
            (Some(&[]), false, true, r#"{"distance_m":12.3}"#),
            (Some(&[]), true, false, r#"{"dataset":"331007_aed"}"#),
        ] {
            let mut out = Vec::new();
            Columns::new(&schema, select, has_dataset, has_distance).push_record(&record, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn what_stands_beside_the_fields_has_a_name_of_its_own() {
        let schema = texts(&["distance_m", "_raw"]);
        let columns = Columns::new(&schema, None, false, true);
        assert_eq!(columns.names().collect::<Vec<_>>(), ["distance_m", "_raw", "distance_m (2)"]);
        let record = Record {
            values: "\"far\"\nnull".to_owned(),
            raw: Some("2 \"x\"".to_owned()),
            distance_m: Some(1.0),
            ..Record::default()
        };
        let mut out = Vec::new();
        columns.push_record(&record, &mut out);
        let expected = r#"{"distance_m":"far","_raw":null,"distance_m (2)":1.0,"_raw (2)":{"_raw":"x"}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn texts_that_are_no_values_stand_beside_them() {
        let schema = schema();
        let record = Record {
            values: "\"1\"\n\"港\"\nnull\n133.9\nnull".to_owned(),
            raw: Some("3 \"北緯34度\"\n5 \"\\\"多数\\\"\"".to_owned()),
            distance_m: Some(1.0),
            ..Record::default()
        };
        for (select, has_distance, expected) in [
            (
                &[1, 2, 4][..],
                false,
                r#"{"名称":"港","緯度":null,"定員":null,"_raw":{"緯度":"北緯34度","定員":"\"多数\""}}"#,
            ),
            (&[4], true, r#"{"定員":null,"distance_m":1.0,"_raw":{"定員":"\"多数\""}}"#),
            (&[0, 3], false, r#"{"ID":"1","経度":133.9}"#),
            (&[], true, r#"{"distance_m":1.0}"#),
        ] {
            let mut out = Vec::new();
            Columns::new(&schema, Some(select), false, has_distance).push_record(&record, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
