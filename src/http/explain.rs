//! `explain=true`: how a question was understood, instead of its answer.

use serde::Serialize;
use serde_json::{Value, json};

use super::as_of::AsOf;
use super::resolve::Found;
use crate::format::Format;
use crate::query::grouping::Key;
use crate::query::{Area, Parameter, Query, instant, query_string};
use crate::schema::{Field, Schema};
use crate::store::records::{
    self,
    groups::{self, Source},
};
use crate::text::{Bilingual, nfkc};

/// A field of the question.
#[derive(Serialize)]
struct FieldBody<'a> {
    name: &'a str,
    name_en: Option<&'a str>,
    kind: crate::schema::Kind,
}

impl<'a> From<&'a Field> for FieldBody<'a> {
    fn from(field: &'a Field) -> FieldBody<'a> {
        FieldBody { name: &field.name, name_en: field.english(), kind: field.kind }
    }
}

/// What the question was asked as, besides itself.
pub struct Asked {
    /// The path.
    pub address: String,
    /// The parameters.
    pub pairs: Vec<(String, String)>,
    /// The time of `as_of`.
    pub as_of: AsOf,
    /// What the answer would be written in.
    pub format: &'static dyn Format,
}

/// How a question was understood.
pub fn body(found: &Found, query: &Query, asked: &Asked) -> Value {
    let schema: &Schema = &found.schema;
    let shown: &Schema = &query.answer_schema(schema);
    let texts = |texts: Vec<Bilingual>| -> Vec<Value> { texts.iter().map(in_both).collect() };
    let used = query.conditions.iter().map(|condition| condition.field).filter_map(|field| schema.fields().get(field));
    let names = |fields: &[usize]| -> Vec<&str> {
        fields.iter().filter_map(|field| shown.fields().get(*field)).map(|field| field.name.as_str()).collect()
    };
    let facets: Vec<&str> = query.facets.iter().map(|key: &Key| key.name(schema)).collect();
    let time = asked.as_of.time.map(|time| instant::in_japan(time).strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string());
    let open = query.open.map(|open| {
        json!({"at": open.at.strftime("%Y-%m-%dT%H:%M").to_string(), "status": open.status.name(),
            "holiday": crate::holiday::name(open.at.date()).map(|name| json!({"ja": name.ja, "en": name.en}))})
    });
    json!({
        "resource": found.resource,
        "serial": found.scope.serial(),
        "tables": found.scope.table_count(),
        "records": found.scope.row_count(),
        "as_of": time,
        "conditions": texts(query.conditions_in_words(schema)),
        "filter": asked.pairs.iter().find(|(name, _)| name == "filter").map(|(_, filter)| filter),
        "words": query.words.iter().map(|word| &word.spellings).collect::<Vec<_>>(),
        "fields": used.map(FieldBody::from).collect::<Vec<_>>(),
        "area": query.area.map(area),
        "open": open,
        "group_by": query.grouping.as_ref().map(|grouping| in_both(&grouping.in_words(schema))),
        "facets": facets,
        "order": texts(query.order_in_words(shown)),
        "select": query.select.as_deref().map(names),
        "names": match query.names { crate::text::Lang::Ja => "ja", crate::text::Lang::En => "en" },
        "limit": query.limit,
        "offset": query.offset,
        "continues": query.cursor.is_some(),
        "count": if query.count { "exact" } else { "none" },
        "format": asked.format.id(),
        "answered_from": in_both(&answered_from(found, query)),
        "canonical": canonical(schema, asked, query),
    })
}

fn in_both(text: &Bilingual) -> Value {
    json!({"ja": text.ja, "en": text.en})
}

fn area(area: Area) -> Value {
    match area {
        Area::Box { west, south, east, north } => json!({"bbox": [west, south, east, north]}),
        Area::Near { latitude, longitude, radius_m } => {
            json!({"lat": latitude, "lon": longitude, "radius": radius_m})
        }
    }
}

/// What must be looked at for the answer.
fn answered_from(found: &Found, query: &Query) -> Bilingual {
    let text = |ja: &str, en: &str| Bilingual { ja: ja.to_owned(), en: en.to_owned() };
    let codes =
        || text("公開のときに作った、列の値の符号", "the codes of the columns' values that were made at publication");
    if let Some(grouping) = &query.grouping {
        match groups::source_of(&found.scope, query, grouping) {
            Source::Profile(_) => {
                return text(
                    "公開のときに数えた、列の値ごとの件数",
                    "the counts of the column's values that were made at publication",
                );
            }
            Source::Counts => {
                return text("公開のときに数えた、表の件数", "the counts of records that were made at publication");
            }
            Source::Codes => return codes(),
            Source::Scan => {}
        }
    } else if records::is_coded(&found.scope, query) {
        return codes();
    }
    if !query.words.is_empty() {
        return text("語の索引", "the index of words");
    }
    match (query.area, query.is_unfiltered(), query.sort.is_empty() && query.grouping.is_none()) {
        (Some(_), ..) => text("位置の索引", "the spatial index"),
        (None, true, true) => text("公開された順の、そのページの行だけ", "only the rows of the page, as published"),
        (None, true, false) => text("表のすべての行", "every row of the table"),
        (None, false, _) => text(
            "条件に合いそうな行を見て確かめる（値で絞れる条件は索引から）",
            "rows that may fulfil the conditions, found by the index where it knows their values",
        ),
    }
}

/// The address of the same question, however it was written: names as in the standard, in order of the alphabet, and
/// without what goes without saying.
fn canonical(schema: &Schema, asked: &Asked, query: &Query) -> String {
    const USUAL: [(&str, &str); 5] =
        [("count", "exact"), ("names", "ja"), ("limit", "100"), ("offset", "0"), ("bom", "true")];
    // A limit without a radius asks for the nearest ones, however far.
    let is_nearest = matches!(query.area, Some(Area::Near { radius_m: None, .. }));
    let is_said = |(name, value): &(String, String)| {
        let is_usual = USUAL.contains(&(name.as_str(), value.as_str())) && !(is_nearest && name == "limit");
        !matches!(name.as_str(), "explain" | "cursor" | "lang") && !is_usual
    };
    let mut pairs: Vec<(String, String)> = crate::query::pinned(&asked.pairs, query.open)
        .into_iter()
        .map(|(name, value)| match nfkc(&name) {
            name if name == "open" => ("open_at".to_owned(), value),
            name => (in_standard(schema, name), value),
        })
        .filter(is_said)
        .collect();
    pairs.sort();
    pairs.dedup();
    if pairs.is_empty() { asked.address.clone() } else { format!("{}?{}", asked.address, query_string(&pairs)) }
}

/// A condition's parameter with the standard's name of the field.
fn in_standard(schema: &Schema, name: String) -> String {
    let is_parameter = Parameter::ALL.into_iter().any(|parameter| parameter.name() == name);
    let field = |name: &str| schema.find(name).map(|index| schema.fields()[index].name.clone());
    match (is_parameter, field(&name), name.rsplit_once("__")) {
        (true, ..) => name,
        (false, Some(found), _) => found,
        (false, None, Some((bare, op))) => field(bare).map_or(name.clone(), |found| format!("{found}__{op}")),
        (false, None, None) => name,
    }
}
