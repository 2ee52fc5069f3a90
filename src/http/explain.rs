//! `explain=true`: how a question was understood, instead of its answer.

use std::cmp::Ordering;

use super::as_of::AsOf;
use super::explain_body::{AreaBody, ExplainedFieldBody, ExplanationBody, OpenBody, TextsBody};
use super::resolve::Found;
use crate::format::Format;
use crate::query::grouping::Key;
use crate::query::{Area, Parameter, Query, instant, query_string};
use crate::schema::Schema;
use crate::store::records::{
    self,
    groups::{self, Source},
};
use crate::text::{Bilingual, Lang, nfkc};

/// What the question was asked as, besides itself.
pub struct Asked {
    /// The path.
    pub address: String,
    /// The parameters in the address.
    pub pairs: Vec<(String, String)>,
    /// The filter, wherever it stood.
    pub filter: Option<String>,
    /// The time of `as_of`.
    pub as_of: AsOf,
    /// What the answer would be written in.
    pub format: &'static dyn Format,
}

/// How a question was understood.
pub fn body(found: &Found, query: &Query, asked: &Asked) -> ExplanationBody {
    let schema: &Schema = &found.schema;
    let shown: &Schema = &query.answer_schema(schema);
    let used = query.conditions.iter().filter_map(|condition| schema.fields().get(condition.field));
    let names = |fields: &[usize]| -> Vec<String> {
        fields.iter().filter_map(|field| shown.fields().get(*field)).map(|field| field.name.clone()).collect()
    };
    let time = asked.as_of.time.map(|time| instant::in_japan(time).strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string());
    ExplanationBody {
        resource: found.resource.clone(),
        serial: found.scope.serial(),
        tables: found.scope.table_count(),
        records: found.scope.row_count(),
        as_of: time,
        conditions: query.conditions_in_words(schema).into_iter().map(TextsBody::from).collect(),
        filter: asked.filter.clone(),
        words: query.words.iter().map(|word| word.spellings.clone()).collect(),
        fields: used.map(ExplainedFieldBody::from).collect(),
        area: query.area.map(AreaBody::from),
        open: query.open.map(OpenBody::from),
        group_by: query.grouping.as_ref().map(|grouping| grouping.in_words(schema).into()),
        facets: query.facets.iter().map(|key: &Key| key.name(schema).to_owned()).collect(),
        order: query.order_in_words(shown).into_iter().map(TextsBody::from).collect(),
        select: query.select.as_deref().map(names),
        names: match query.names {
            Lang::Ja => "ja",
            Lang::En => "en",
        },
        limit: query.limit,
        offset: query.offset,
        continues: query.cursor.is_some(),
        count: if query.count { "exact" } else { "none" },
        format: asked.format.id(),
        answered_from: answered_from(found, query).into(),
        canonical: canonical(schema, asked, query),
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
    // Of a list that is given in parts the parts keep their order; of conditions it does not matter.
    pairs.sort_by(|(name, value), (other, other_value)| {
        let of_values = if is_parameter(name) { Ordering::Equal } else { value.cmp(other_value) };
        name.cmp(other).then(of_values)
    });
    pairs.dedup();
    if pairs.is_empty() { asked.address.clone() } else { format!("{}?{}", asked.address, query_string(&pairs)) }
}

/// A condition's parameter with the standard's name of the field.
fn in_standard(schema: &Schema, name: String) -> String {
    let field = |name: &str| schema.find(name).map(|index| schema.fields()[index].name.clone());
    match (is_parameter(&name), field(&name), name.rsplit_once("__")) {
        (true, ..) => name,
        (false, Some(found), _) => found,
        (false, None, Some((bare, op))) => field(bare).map_or(name.clone(), |found| format!("{found}__{op}")),
        (false, None, None) => name,
    }
}

fn is_parameter(name: &str) -> bool {
    Parameter::ALL.into_iter().any(|parameter| parameter.name() == name)
}
