//! A question as one text: the same question gives the same text, however its parameters were ordered or spelt.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::grouping::{Aggregate, Key};
use super::{Area, Condition, OpenAt, Operand, Query, Sort, Test};

impl Query {
    /// The question as one text, for entity tags. The fields stand in it as indexes: it holds for one schema.
    pub fn canonical(&self) -> String {
        let mut text = self.canonical_walk();
        if let Some(select) = &self.select {
            push(&mut text, format_args!(" select {select:?}"));
        }
        if !self.facets.is_empty() {
            push(&mut text, format_args!(" facets {}", keys(&self.facets)));
        }
        push(&mut text, format_args!(" names {:?} explain {}", self.names, self.explain));
        push(&mut text, format_args!(" limit {} offset {} count {}", self.limit, self.offset, self.count));
        if let Some(cursor) = &self.cursor {
            push(&mut text, format_args!(" after {}", cursor.encode("")));
        }
        text
    }

    /// What a cursor is bound to: the records asked, the conditions and the order. Page size and selected fields may
    /// change on the way.
    pub fn fingerprint(&self, resource: &str) -> String {
        let digest = Sha256::digest(format!("{resource:?} {}", self.canonical_walk()));
        URL_SAFE_NO_PAD.encode(&digest[..12])
    }

    /// Which records, in which order.
    fn canonical_walk(&self) -> String {
        let mut conditions: Vec<String> = self.conditions.iter().map(condition).collect();
        conditions.sort_unstable();
        conditions.dedup();
        let mut text = format!("where [{}]", conditions.join(" and "));
        for word in &self.words {
            push(&mut text, format_args!(" word {:?}", word.spellings));
        }
        match self.area {
            Some(Area::Box { west, south, east, north }) => {
                push(&mut text, format_args!(" box {} {} {} {}", zero(west), zero(south), zero(east), zero(north)));
            }
            Some(Area::Near { latitude, longitude, radius_m }) => {
                push(&mut text, format_args!(" near {} {} {radius_m:?}", zero(latitude), zero(longitude)));
            }
            None => {}
        }
        if let Some(filter) = &self.filter {
            push(&mut text, format_args!(" filter {}", filter.canonical()));
        }
        if let Some(OpenAt { at, status }) = self.open {
            push(&mut text, format_args!(" {} {at}", status.name()));
        }
        if let Some(grouping) = &self.grouping {
            let aggregates = grouping.aggregates.iter().map(|aggregate| match aggregate {
                Aggregate::Count => "count".to_owned(),
                Aggregate::Of(function, field) => format!("{}({field})", function.name()),
            });
            let aggregates = aggregates.collect::<Vec<_>>().join(",");
            push(&mut text, format_args!(" group [{}] {aggregates}", keys(&grouping.keys)));
        }
        for Sort { field, descending } in &self.sort {
            push(&mut text, format_args!(" sort {}{field}", if *descending { '-' } else { '+' }));
        }
        text
    }
}

fn keys(keys: &[Key]) -> String {
    let names = keys.iter().map(|key| match key {
        Key::Field(field) => field.to_string(),
        Key::Dataset => "dataset".to_owned(),
    });
    names.collect::<Vec<_>>().join(",")
}

/// A condition as text; a filter holds conditions too.
pub(super) fn condition(Condition { field, test }: &Condition) -> String {
    let one = |name: &str, value: String| format!("{field} {name} {value}");
    match test {
        Test::In { values, null } => one("in", list(values, *null)),
        Test::NotIn { values, null } => one("notin", list(values, *null)),
        Test::Lt(value) => one("lt", operand(value)),
        Test::Lte(value) => one("lte", operand(value)),
        Test::Gt(value) => one("gt", operand(value)),
        Test::Gte(value) => one("gte", operand(value)),
        Test::Contains(text) => one("contains", format!("{text:?}")),
        Test::StartsWith(text) => one("startswith", format!("{text:?}")),
        Test::EndsWith(text) => one("endswith", format!("{text:?}")),
        // `isnull` and being equal to blank are the same question.
        Test::IsNull(true) => one("in", list(&[], true)),
        Test::IsNull(false) => one("notin", list(&[], true)),
    }
}

fn list(values: &[Operand], null: bool) -> String {
    let mut texts: Vec<String> = values.iter().map(operand).collect();
    texts.sort_unstable();
    texts.dedup();
    if null {
        texts.push("null".to_owned());
    }
    format!("[{}]", texts.join(","))
}

/// Quoted, so that no text can look like a part of the question.
fn operand(value: &Operand) -> String {
    match value {
        Operand::Number(decimal) => decimal.shortest().to_owned(),
        Operand::Text(text) => format!("{text:?}"),
    }
}

/// Minus zero as zero.
pub(super) fn zero(degrees: f64) -> f64 {
    if degrees == 0.0 { 0.0 } else { degrees }
}

fn push(text: &mut String, part: std::fmt::Arguments) {
    text.write_fmt(part).expect("a String can always grow");
}

#[cfg(test)]
mod tests {
    use crate::query::tests::{parsed, schema};

    #[test]
    fn the_same_question_gives_the_same_text() {
        for (one, other) in [
            ("名称=A&名称=B", "名称=B&名称=A"),
            ("名称=A&名称=B", "名称__in=B,A,A"),
            ("名称=A&定員__gte=10", "定員__gte=10.0&名称=A"),
            ("名称__isnull=true", "名称="),
            ("名称__isnull=false", "名称__ne="),
            ("名称__ne=A", "名称__notin=A"),
            ("bbox=-0,0,1,1", "bbox=0,0,1,1"),
            ("lat=34&lon=133", "lon=133.0&lat=34.0&radius=1000"),
            ("開始日=2024-04-01", "開始日=令和6年4月1日"),
            ("", "limit=100&offset=0&count=exact"),
            ("定員=-0.0", "定員=0"),
        ] {
            assert_eq!(parsed(one).canonical(), parsed(other).canonical(), "{one} | {other}");
        }
    }

    #[test]
    fn another_question_gives_another_text() {
        let questions = [
            "",
            "名称=A",
            "名称=A&名称=B",
            "名称=A\", \"B",
            "名称__contains=A",
            "名称__contains=A&名称__contains=B",
            "名称=null",
            "名称=",
            "名称__lt=A",
            "名称__lte=A",
            "select=名称",
            "select=名称,ID",
            "select=ID,名称",
            "sort=名称",
            "sort=-名称",
            "sort=名称,ID",
            "sort=ID,名称",
            "limit=1",
            "offset=1",
            "count=none",
            "bbox=133,34,134,35",
            "lat=34&lon=133",
            "lat=34&lon=133&limit=100",
            "lat=34&lon=133&radius=1",
        ];
        let texts: std::collections::BTreeSet<String> = questions.iter().map(|text| parsed(text).canonical()).collect();
        assert_eq!(texts.len(), questions.len());
        assert!(schema().coordinates().is_some());
    }

    #[test]
    fn a_walk_is_bound_to_its_records_conditions_and_order() {
        let fingerprint = |text: &str| parsed(text).fingerprint("331007_aed");
        assert_eq!(fingerprint("名称=A&sort=ID"), fingerprint("名称=A&sort=ID&limit=5&select=ID&count=none"));
        assert_ne!(fingerprint("名称=A&sort=ID"), fingerprint("名称=A&sort=-ID"));
        assert_ne!(fingerprint("名称=A"), fingerprint("名称=B"));
        assert_ne!(fingerprint("名称=A"), parsed("名称=A").fingerprint("332020_aed"));
    }
}
