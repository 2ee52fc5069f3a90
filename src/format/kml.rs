//! KML 2.2 (OGC 07-147r2) for Google Earth and the like: each record with coordinates is a placemark.

use std::io::{self, Write};

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens, lack_of_coordinates};
use crate::{
    schema::{Record, Schema, token_text},
    text::Text,
};

pub(super) struct Kml;

impl Format for Kml {
    fn id(&self) -> &'static str {
        "kml"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.google-earth.kml+xml"
    }

    fn title(&self) -> Text {
        Text { ja: "KML（Google Earth 用）", en: "KML" }
    }

    fn lack(&self, schema: &Schema) -> Option<Text> {
        lack_of_coordinates(schema)
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Placemarks {
            columns,
            names: columns.names().map(escaped).collect(),
            title: columns.schema().record_name(),
            coordinates: columns.schema().coordinates(),
            tokens: Tokens::default(),
        })
    }
}

struct Placemarks<'a> {
    columns: &'a Columns<'a>,
    names: Vec<String>,
    title: Option<usize>,
    coordinates: Option<(usize, usize)>,
    tokens: Tokens,
}

impl Encoder for Placemarks<'_> {
    fn begin(&mut self, _: &Head, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
              <kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n",
        );
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let token = |field| self.tokens.get(&record.values, field);
        out.extend_from_slice(b"<Placemark>");
        if let Some(title) = self.title {
            out.extend_from_slice(format!("<name>{}</name>", escaped(&token_text(token(title)))).as_bytes());
        }
        out.extend_from_slice(b"<ExtendedData>");
        let mut names = self.names.iter();
        self.columns.each_text(record, &self.tokens, |text| {
            let name = names.next().map_or("", String::as_str);
            if !text.is_empty() {
                let data = format!("<Data name=\"{name}\"><value>{}</value></Data>", escaped(text));
                out.extend_from_slice(data.as_bytes());
            }
        });
        out.extend_from_slice(b"</ExtendedData>");
        match self.coordinates.map(|(latitude, longitude)| (token(latitude), token(longitude))) {
            Some((latitude, longitude)) if latitude != "null" && longitude != "null" => {
                let point = format!("<Point><coordinates>{longitude},{latitude}</coordinates></Point>");
                out.extend_from_slice(point.as_bytes());
            }
            Some(_) | None => {}
        }
        out.extend_from_slice(b"</Placemark>\n");
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"</Document></kml>\n")
    }
}

/// A text within XML 1.0, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A reader would take these for plain line breaks and blanks.
            '\r' => escaped.push_str("&#13;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event;

    use super::*;
    use crate::format::tests::{record, schema, write};

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[1, 4]), false, true);
        let mut records = [record(&schema, &["1", "市役所 <本館> & \"港\"\n\u{1b}", "34.660", "133.9", "10"])];
        records[0].distance_m = Some(12.0);
        let text = write(&Kml, &columns, &Head::default(), &[records[0].clone(), record(&schema, &["2"])]);
        assert_eq!(
            text.lines().skip(2).collect::<Vec<_>>(),
            [
                "<Placemark><ExtendedData><Data name=\"名称\">\
                 <value>市役所 &lt;本館&gt; &amp; &quot;港&quot;&#10;\u{fffd}</value></Data>\
                 <Data name=\"定員\"><value>10</value></Data><Data name=\"distance_m\"><value>12.0</value></Data>\
                 </ExtendedData><Point><coordinates>133.9,34.660</coordinates></Point></Placemark>",
                "<Placemark><ExtendedData></ExtendedData></Placemark>",
                "</Document></kml>"
            ]
        );
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut events = 0;
        while !matches!(reader.read_event().unwrap(), Event::Eof) {
            events += 1;
        }
        assert!(events > 20);
    }
}
