//! `group_by`, `aggregate` and `facets`.

use super::{
    Given, Parameter, Scope, both,
    error::{Errors, shorten},
    names::{self, meant},
};
use crate::{
    query::Sort,
    query::grouping::{Aggregate, COUNT, DATASET, Function, Grouping, Key},
    schema::{Schema, nearest},
    text::{Bilingual, nfkc, trim},
};

/// The most keys, aggregates or facets of one question.
const MOST: usize = 20;

pub(super) fn read(schema: &Schema, given: &Given, scope: Scope, errors: &mut Errors) -> Option<Grouping> {
    let keys = given.all(Parameter::GroupBy, ",").map(|text| keys(schema, Parameter::GroupBy, &text, scope, errors));
    let aggregates = given.all(Parameter::Aggregate, ",").map(|text| aggregates(schema, &text, errors));
    if keys.is_none() && aggregates.is_none() {
        return None;
    }
    for parameter in [Parameter::Select, Parameter::Facets] {
        if let Some(text) = given.all(parameter, ",") {
            let message = both(
                format!("group_by や aggregate と {} は同時に使えません。", parameter.name()),
                format!("{} cannot be used together with group_by or aggregate.", parameter.name()),
            );
            let hint = both(
                "返るのは group_by の項目と aggregate の値です。",
                "The answer holds the fields of group_by and the values of aggregate.",
            );
            errors.add(parameter.name(), &text, message, Some(hint));
        }
    }
    let aggregates = aggregates.unwrap_or_else(|| vec![Aggregate::Count]);
    Some(Grouping { keys: keys.unwrap_or_default(), aggregates })
}

/// The order of groups: what is asked for, else the most records first; then by keys, so that no two groups are equal.
pub(super) fn order(grouping: &Grouping, mut sort: Vec<Sort>) -> Vec<Sort> {
    if sort.is_empty() {
        return grouping.usual_order();
    }
    for field in 0..grouping.keys.len() {
        if !sort.iter().any(|key| key.field == field) {
            sort.push(Sort { field, descending: false });
        }
    }
    sort
}

/// `facets`, which stand beside records.
pub(super) fn facets(schema: &Schema, given: &Given, scope: Scope, errors: &mut Errors) -> Vec<Key> {
    given
        .all(Parameter::Facets, ",")
        .map_or_else(Vec::new, |text| keys(schema, Parameter::Facets, &text, scope, errors))
}

fn keys(schema: &Schema, parameter: Parameter, text: &str, scope: Scope, errors: &mut Errors) -> Vec<Key> {
    let key = |name: &str| match schema.find(name) {
        Some(field) => Some(Key::Field(field)),
        None => (scope.is_across && nfkc(name) == DATASET).then_some(Key::Dataset),
    };
    let mut keys = Vec::new();
    for name in names::split(schema, text, |name| key(name).is_some()) {
        match key(name) {
            Some(key) if keys.contains(&key) => {}
            Some(key) => keys.push(key),
            None => names::unknown_field(schema, parameter.name(), text, name, "", errors),
        }
    }
    if keys.len() > MOST {
        errors.add(parameter.name(), text, too_many(), None);
    }
    keys
}

fn aggregates(schema: &Schema, text: &str, errors: &mut Errors) -> Vec<Aggregate> {
    let mut aggregates = Vec::new();
    for part in outside_brackets(&nfkc(text)) {
        match aggregate(schema, trim(part)) {
            Ok(aggregate) if aggregates.contains(&aggregate) => {}
            Ok(aggregate) => aggregates.push(aggregate),
            Err((message, hint)) => errors.add(Parameter::Aggregate.name(), text, message, Some(hint)),
        }
    }
    if aggregates.len() > MOST {
        errors.add(Parameter::Aggregate.name(), text, too_many(), None);
    }
    aggregates
}

/// The parts between commas; names of fields may hold brackets and commas of their own.
fn outside_brackets(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let is_split = |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    };
    text.split(is_split).collect()
}

fn aggregate(schema: &Schema, part: &str) -> Result<Aggregate, (Bilingual, Bilingual)> {
    if part == COUNT || part == "count()" || part == "count(*)" {
        return Ok(Aggregate::Count);
    }
    let shown = shorten(part);
    let Some((name, field)) = part.strip_suffix(')').and_then(|inner| inner.split_once('(')) else {
        let message = both(format!("「{shown}」という集計はありません。"), format!("There is no aggregate {shown}."));
        // Without brackets it was meant to have some, or to be `count`.
        let near = nearest(part, [COUNT]).map_or_else(example, meant);
        return Err((message, near));
    };
    if name == COUNT {
        let message = both("count は行を数えるもので、項目は書きません。", "count counts records and takes no field.");
        let hint = both(
            format!("「{COUNT}」のことですか。空欄でない行だけを数えるには「{field}__isnull=false」を加えます。"),
            format!("Did you mean {COUNT}? To count where the field is not blank add {field}__isnull=false."),
        );
        return Err((message, hint));
    }
    let Some(function) = Function::ALL.into_iter().find(|function| function.name() == name) else {
        let message = both(
            format!("「{}」という集計はありません。", shorten(name)),
            format!("There is no aggregate {}.", shorten(name)),
        );
        let near = match name.to_ascii_lowercase().as_str() {
            "average" | "mean" => Some(Function::Avg.name()),
            name => nearest(name, Function::ALL.map(Function::name).into_iter().chain([COUNT])),
        };
        return Err(match near {
            Some(COUNT) => (message, meant(COUNT)),
            Some(near) => (message, meant(&format!("{near}({field})"))),
            None => (message, example()),
        });
    };
    let Some(index) = schema.find(field.trim()) else {
        return Err(names::no_field(schema, field.trim(), |near| format!("{}({near})", function.name())));
    };
    let kind = schema.fields()[index].kind;
    if !function.applies_to(kind) {
        let message = both(
            format!("「{}」は数値の項目ではないので {} は使えません。", schema.fields()[index].name, function.name()),
            format!("{} does not hold numbers and does not take {}.", schema.fields()[index].name, function.name()),
        );
        return Err((message, both("数値でない項目には min と max が使えます。", "Other fields take min and max.")));
    }
    Ok(Aggregate::Of(function, index))
}

fn example() -> Bilingual {
    both(
        "例: aggregate=count,sum(定員)。使えるのは count、sum、avg、min、max です。",
        "For example aggregate=count,sum(FIELD); there are count, sum, avg, min and max.",
    )
}

fn too_many() -> Bilingual {
    both(format!("{MOST} 個までにしてください。"), format!("At most {MOST} are allowed."))
}
