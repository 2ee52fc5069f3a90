//! NDJSON: one record a line, each a JSON object like those of JSON. The next page stands in the `Link` header only.

use std::io::{self, Write};

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens};
use crate::{schema::Record, text::Text};

pub(super) struct NdJson;

impl Format for NdJson {
    fn id(&self) -> &'static str {
        "ndjson"
    }

    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn title(&self) -> Text {
        Text { ja: "NDJSON（1 行に 1 件の JSON）", en: "NDJSON" }
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Lines { columns, tokens: Tokens::default() })
    }
}

struct Lines<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
}

impl Encoder for Lines<'_> {
    fn begin(&mut self, _: &Head, _: &mut Vec<u8>) {}

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        self.columns.push_object(record, &self.tokens, out);
        out.push(b'\n');
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{record, schema, write};

    #[test]
    fn each_line_is_a_record() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[0, 1, 2]), false, false);
        let records = [record(&schema, &["1", "一行目\n二行目", "34.660"]), record(&schema, &["2"])];
        assert_eq!(
            write(&NdJson, &columns, &Head::default(), &records),
            "{\"ID\":\"1\",\"名称\":\"一行目\\n二行目\",\"緯度\":34.660}\n{\"ID\":\"2\",\"名称\":null,\"緯度\":null}\n"
        );
        assert_eq!(write(&NdJson, &columns, &Head::default(), &[]), "");
    }
}
