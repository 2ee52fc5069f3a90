//! CQL2 JSON: its shape is checked here, so that what is wrong can be said with its place; then the crate reads it.

use cql2::Expr;
use serde_json::Value;

use super::scan::{too_deep, too_many_digits};
use crate::{
    query::parse::{both, condition::Mistake, error::shorten, names},
    text::Bilingual,
};

/// The most objects within objects, as with brackets in a text.
const MAX_DEPTH: usize = 32;
/// The largest number up to which every whole number is exact in the crate's tree.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
/// What an object of CQL2 JSON may have to say; the first word decides what it is.
const MEMBERS: [&[&str]; 8] = [
    &["op", "args"],
    &["property"],
    &["date"],
    &["timestamp"],
    &["interval"],
    &["bbox"],
    &["type", "coordinates", "bbox"],
    &["type", "geometries", "bbox"],
];

/// Reads a filter.
///
/// # Errors
/// The first thing that is not CQL2 JSON.
pub(super) fn parse(text: &str) -> Result<Expr, Mistake> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = both(
            format!("filter が JSON として読めません（{line} 行目 {column} 桁目）。"),
            format!("The filter is not JSON (line {line}, column {column})."),
        );
        (message, Some(example()))
    })?;
    check(&value, "filter", 0)?;
    Expr::try_from(value).map_err(|_| {
        let message = both(
            "filter が CQL2 JSON として読めません。図形の座標を確かめてください。",
            "The filter is not CQL2 JSON; look at the coordinates of its shapes.",
        );
        (message, Some(example()))
    })
}

fn check(value: &Value, path: &str, depth: usize) -> Result<(), Mistake> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    match value {
        Value::Object(members) => object(members, path, depth),
        Value::Array(items) => (0..).zip(items).try_for_each(|(index, item)| {
            let index: usize = index;
            check(item, &format!("{path}[{index}]"), depth + 1)
        }),
        Value::Number(number) if number.as_f64().is_none_or(|number| number.abs() > MOST_EXACT) => {
            Err(too_many_digits(None))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn object(members: &serde_json::Map<String, Value>, path: &str, depth: usize) -> Result<(), Mistake> {
    let Some(known) = MEMBERS.iter().find(|known| {
        let is_collection = known.contains(&"geometries") == members.contains_key("geometries");
        members.contains_key(known[0]) && (known[0] != "type" || is_collection)
    }) else {
        let key = members.keys().next().map_or("", String::as_str);
        let words = ["op", "args", "property", "date", "timestamp", "interval", "bbox", "type", "coordinates"];
        return Err(wrong(path, names::near(key, words).map(names::meant)));
    };
    if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(wrong(&format!("{path}.{other}"), names::near(other, known.iter().copied()).map(names::meant)));
    }
    let is = |name: &str, right: fn(&Value) -> bool| members.get(name).is_some_and(right);
    let is_right = match known[0] {
        "op" => is("op", Value::is_string) && is("args", Value::is_array),
        "property" | "date" | "timestamp" => is(known[0], Value::is_string),
        "interval" => is("interval", |value| value.as_array().is_some_and(|ends| ends.len() == 2)),
        "bbox" => is("bbox", is_numbers),
        // Coordinates are numbers in arrays; the crate reads them.
        _ => return if is("type", Value::is_string) { Ok(()) } else { Err(wrong(path, None)) },
    };
    if !is_right {
        return Err(wrong(path, None));
    }
    members.get("args").into_iter().chain(members.get("interval")).try_for_each(|list| {
        let name = known[known.len() - 1];
        check(list, &format!("{path}.{name}"), depth + 1)
    })
}

fn is_numbers(value: &Value) -> bool {
    value.as_array().is_some_and(|numbers| [4, 6].contains(&numbers.len()) && numbers.iter().all(Value::is_number))
}

fn wrong(path: &str, hint: Option<Bilingual>) -> Mistake {
    let path = shorten(path);
    let message = both(
        format!("{path} は CQL2 JSON の形になっていません。"),
        format!("{path} does not have the form of CQL2 JSON."),
    );
    (message, hint.or_else(|| Some(example())))
}

fn example() -> Bilingual {
    let json = r#"{"op": ">=", "args": [{"property": "定員"}, 10]}"#;
    both(format!("例: {json}"), format!("For example: {json}"))
}
