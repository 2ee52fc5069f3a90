//! `filter=` as CQL2 (OGC 21-065r2), text or JSON. The crate `cql2` reads the grammar; here its tree, which knows no fields
//! and no kinds, becomes an [`Expression`] typed by the schema.

mod cost;
mod geometry;
mod json;
mod reader;
mod scan;
mod temporal;
mod term;
mod validity;
mod words;

use super::{Given, Parameter, both, condition::Mistake, error::Errors};
use crate::{
    query::Expression,
    schema::Schema,
    text::{Bilingual, nfkc},
};
use reader::Reader;

/// The longest filter as text, in characters. Whoever has more to say sends JSON.
const MAX_TEXT: usize = 10_000;
/// The longest filter as JSON, in bytes: room for the border of a town.
pub const MAX_JSON: usize = 256 * 1024;

/// The values of `filter-lang`, the default first.
pub const LANGUAGES: [&str; 2] = ["cql2-text", "cql2-json"];

/// Reads the filter, if there is one.
pub(super) fn read(schema: &Schema, given: &Given, errors: &mut Errors) -> Option<Expression> {
    let text = given.one(Parameter::Filter, errors);
    let language = given.one(Parameter::FilterLang, errors).unwrap_or(LANGUAGES[0]);
    if !LANGUAGES.contains(&nfkc(language).to_ascii_lowercase().as_str()) {
        let message = both("filter-lang は cql2-text か cql2-json です。", "filter-lang is cql2-text or cql2-json.");
        errors.add(Parameter::FilterLang.name(), language, message, None);
        return None;
    }
    let text = text?;
    let is_json = nfkc(language).eq_ignore_ascii_case(LANGUAGES[1]);
    let read = if is_json { of_json(schema, text) } else { of_text(schema, text) };
    read.map_err(|mistakes| {
        for (message, hint) in mistakes {
            errors.add(Parameter::Filter.name(), text, message, hint);
        }
    })
    .ok()
}

fn of_text(schema: &Schema, text: &str) -> Result<Expression, Vec<Mistake>> {
    if text.chars().nth(MAX_TEXT).is_some() {
        let message = both(
            format!("filter が長すぎます。{MAX_TEXT} 文字までにしてください。"),
            format!("The filter is too long; at most {MAX_TEXT} characters are allowed."),
        );
        let hint = both(
            "長い式は CQL2 JSON にして、同じアドレスへ POST できます。",
            "A longer one can be sent as CQL2 JSON by POST to the same address.",
        );
        return Err(vec![(message, Some(hint))]);
    }
    let scanned = scan::scan(schema, text).map_err(|mistake| vec![mistake])?;
    let tree = cql2::parse_text(&scanned.text).map_err(|error| vec![syntax_error(&scanned, text, &error)])?;
    Reader::new(schema, Some(&scanned)).read(&tree)
}

fn of_json(schema: &Schema, text: &str) -> Result<Expression, Vec<Mistake>> {
    if text.len() > MAX_JSON {
        let message = both(
            format!("filter が長すぎます。{MAX_JSON} バイトまでにしてください。"),
            format!("The filter is too long; at most {MAX_JSON} bytes are allowed."),
        );
        return Err(vec![(message, None)]);
    }
    let tree = json::parse(text).map_err(|mistake| vec![mistake])?;
    Reader::new(schema, None).read(&tree)
}

/// Where the grammar could not go on.
fn syntax_error(scanned: &scan::Scanned, source: &str, error: &cql2::Error) -> Mistake {
    let cql2::Error::Pest(error) = error else {
        let message = both(
            "filter に読み取れない部分があります（図形か関数の引数）。",
            "A part of the filter cannot be read: a shape, or what a function is given.",
        );
        return (message, Some(example()));
    };
    let at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    };
    let place = scanned.place(at);
    let is_end = at >= scanned.text.trim_end().len();
    let rest = source.chars().skip(if is_end { usize::MAX } else { place - 1 });
    let shown: String = rest.take_while(|character| !character.is_whitespace()).take(20).collect();
    let message = if shown.is_empty() {
        both("filter の式が途中で終わっています。", "The filter ends before it is complete.")
    } else {
        both(
            format!("filter の {place} 文字目の「{shown}」が、ここでは読めません。"),
            format!("The filter cannot be read at character {place}: {shown} does not belong there."),
        )
    };
    let hint = if source.contains("==") {
        both("等しいことは = ひとつで書きます。", "Equality is written with a single =.")
    } else if source.contains("=>") || source.contains("=<") {
        both("以上は >=、以下は <= と書きます。", "Write >= and <=, with the = behind.")
    } else {
        example()
    };
    (message, Some(hint))
}

/// A filter as it should be.
fn example() -> Bilingual {
    both(
        "例: 定員 >= 10 AND 名称 LIKE '%会館%'（文字の値は ' で囲みます）",
        "For example: 定員 >= 10 AND 名称 LIKE '%会館%' (texts stand between single quotes)",
    )
}

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;
