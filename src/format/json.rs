//! JSON, the default: `{"total": …, "count": …, "next": …, "records": [{…}]}`, one record a line.

use std::io::{self, Write};

use super::{
    Columns, Encoder, Format, Head, Options,
    columns::{Tokens, json_text},
};
use crate::{schema::Record, text::Text};

pub(super) struct Json;

impl Format for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn title(&self) -> Text {
        Text { ja: "JSON", en: "JSON" }
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Objects { columns, tokens: Tokens::default(), is_first: true, aside: String::new() })
    }
}

struct Objects<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
    is_first: bool,
    aside: String,
}

impl Encoder for Objects<'_> {
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>) {
        let total = head.total.map_or(String::new(), |total| format!("\"total\":{total},"));
        let next = head.next.as_deref().map_or("null".to_owned(), json_text);
        out.extend_from_slice(format!("{{{total}\"count\":{},\"next\":{next},\"records\":[", head.count).as_bytes());
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.is_first { b"\n" } else { b",\n" });
        self.is_first = false;
        self.tokens.find(&record.values);
        self.columns.push_object(record, &self.tokens, out);
    }

    fn aside(&mut self, name: &str, json: &str) {
        self.aside.push_str(&format!(",{}:{json}", json_text(name)));
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.is_first { b"]" } else { b"\n]" })?;
        out.write_all(self.aside.as_bytes())?;
        out.write_all(b"}\n")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::format::tests::{record, schema, texts, write};

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, None, false, false);
        let head = Head {
            total: Some(812),
            count: 2,
            next: Some("/api/v1/datasets/x/records?cursor=\"".to_owned()),
            ..Head::default()
        };
        let records = [record(&schema, &["1", "市役所", "34.660", "133.9", ""]), record(&schema, &["2"])];
        assert_eq!(
            write(&Json, &columns, &head, &records),
            concat!(
                r#"{"total":812,"count":2,"next":"/api/v1/datasets/x/records?cursor=\"","records":["#,
                "\n",
                r#"{"ID":"1","名称":"市役所","緯度":34.660,"経度":133.9,"定員":null},"#,
                "\n",
                r#"{"ID":"2","名称":null,"緯度":null,"経度":null,"定員":null}"#,
                "\n]}\n"
            )
        );
    }

    #[test]
    fn an_empty_page_without_a_total() {
        let schema = schema();
        let columns = Columns::new(&schema, None, false, false);
        assert_eq!(write(&Json, &columns, &Head::default(), &[]), "{\"count\":0,\"next\":null,\"records\":[]}\n");
    }

    proptest! {
        #[test]
        fn the_values_come_out_as_they_went_in(
            rows in prop::collection::vec(prop::collection::vec(any::<String>(), 3), 0..5),
            names in prop::collection::hash_set("[ぁ-んA-Z\"\\\\(),_]{1,8}", 3),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let schema = texts(&names);
            let records: Vec<Record> = rows
                .iter()
                .map(|row| record(&schema, &row.iter().map(String::as_str).collect::<Vec<_>>()))
                .collect();
            let head = Head { total: Some(5), count: rows.len(), next: None, ..Head::default() };
            let text = write(&Json, &Columns::new(&schema, None, false, false), &head, &records);
            let answer: Value = serde_json::from_str(&text).unwrap();
            let expected: Vec<Value> = rows
                .iter()
                .map(|row| {
                    let cell = |text: &String| if text.is_empty() { Value::Null } else { json!(text) };
                    names.iter().zip(row).map(|(name, text)| ((*name).to_owned(), cell(text))).collect()
                })
                .collect();
            prop_assert_eq!(answer, json!({"total": 5, "count": rows.len(), "next": null, "records": expected}));
        }

        #[test]
        fn numbers_come_out_as_they_went_in(latitude in -90.0..90.0_f64, capacity: i64) {
            let schema = schema();
            let cells = ["1".to_owned(), String::new(), format!("{latitude:.6}"), String::new(), capacity.to_string()];
            let row = record(&schema, &cells.each_ref().map(String::as_str));
            let columns = Columns::new(&schema, Some(&[4, 2]), false, false);
            let text = write(&Json, &columns, &Head { count: 1, ..Head::default() }, &[row]);
            let answer: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&answer["records"][0]["定員"], &json!(capacity));
            let expected: f64 = cells[2].parse().unwrap();
            prop_assert!((answer["records"][0]["緯度"].as_f64().unwrap() - expected).abs() < 1e-9);
            prop_assert!(text.contains(&cells[2]), "the digits are those that were published");
        }
    }
}
