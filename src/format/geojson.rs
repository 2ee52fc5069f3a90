//! GeoJSON (RFC 7946): each record a point, or no geometry where it has no coordinates. The counts and links beside
//! the features are those of OGC API - Features.

use std::io::{self, Write};

use super::{
    Columns, Encoder, Format, Head, Options,
    columns::{Tokens, json_text},
    lack_of_coordinates,
};
use crate::{
    schema::{Record, Schema},
    text::Text,
};

pub(super) struct GeoJson;

const MEDIA_TYPE: &str = "application/geo+json";

impl Format for GeoJson {
    fn id(&self) -> &'static str {
        "geojson"
    }

    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn title(&self) -> Text {
        Text { ja: "GeoJSON（地図用）", en: "GeoJSON" }
    }

    fn lack(&self, schema: &Schema) -> Option<Text> {
        lack_of_coordinates(schema)
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Features {
            columns,
            record_id: columns.schema().record_id(),
            coordinates: columns.schema().coordinates(),
            tokens: Tokens::default(),
            is_first: true,
        })
    }
}

struct Features<'a> {
    columns: &'a Columns<'a>,
    record_id: Option<usize>,
    coordinates: Option<(usize, usize)>,
    tokens: Tokens,
    is_first: bool,
}

impl Encoder for Features<'_> {
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>) {
        let matched = head.total.map_or(String::new(), |total| format!("\"numberMatched\":{total},"));
        let links = head.next.as_deref().map_or(String::new(), |next| {
            format!("{{\"rel\":\"next\",\"type\":\"{MEDIA_TYPE}\",\"href\":{}}}", json_text(next))
        });
        let text = format!(
            "{{\"type\":\"FeatureCollection\",{matched}\"numberReturned\":{},\"links\":[{links}],\"features\":[",
            head.count
        );
        out.extend_from_slice(text.as_bytes());
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.is_first { b"\n" } else { b",\n" });
        self.is_first = false;
        self.tokens.find(&record.values);
        out.extend_from_slice(b"{\"type\":\"Feature\"");
        let token = |field| self.tokens.get(&record.values, field);
        if let Some(id) = self.record_id.map(token).filter(|id| *id != "null") {
            out.extend_from_slice(b",\"id\":");
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(b",\"geometry\":");
        match self.coordinates.map(|(latitude, longitude)| (token(latitude), token(longitude))) {
            Some((latitude, longitude)) if latitude != "null" && longitude != "null" => {
                out.extend_from_slice(b"{\"type\":\"Point\",\"coordinates\":[");
                out.extend_from_slice(longitude.as_bytes());
                out.push(b',');
                out.extend_from_slice(latitude.as_bytes());
                out.extend_from_slice(b"]}");
            }
            Some(_) | None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"properties\":");
        self.columns.push_object(record, &self.tokens, out);
        out.push(b'}');
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.is_first { b"]}\n" } else { b"\n]}\n" })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::format::tests::{record, schema, write};

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[1]), true, true);
        let records = [
            Record {
                dataset: Some("331007_aed".to_owned()),
                distance_m: Some(0.25),
                ..record(&schema, &["1", "市役所", "34.660", "133.9", ""])
            },
            record(&schema, &["", "港", "34.660", "", ""]),
        ];
        let head = Head { total: Some(812), count: 2, next: Some("/next".to_owned()), ..Head::default() };
        let text = write(&GeoJson, &columns, &head, &records);
        assert!(text.contains("[133.9,34.660]"), "longitude first, digits as published: {text}");
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({
                "type": "FeatureCollection", "numberMatched": 812, "numberReturned": 2,
                "links": [{"rel": "next", "type": "application/geo+json", "href": "/next"}],
                "features": [
                    {"type": "Feature", "id": "1", "geometry": {"type": "Point", "coordinates": [133.9, 34.66]},
                     "properties": {"dataset": "331007_aed", "名称": "市役所", "distance_m": 0.2}},
                    {"type": "Feature", "geometry": null, "properties": {"dataset": null, "名称": "港", "distance_m": null}},
                ]
            })
        );
    }

    #[test]
    fn an_empty_page() {
        let schema = schema();
        let text = write(&GeoJson, &Columns::new(&schema, None, false, false), &Head::default(), &[]);
        assert_eq!(text, "{\"type\":\"FeatureCollection\",\"numberReturned\":0,\"links\":[],\"features\":[]}\n");
    }
}
