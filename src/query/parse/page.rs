//! `limit`, `offset`, `count`, `cursor` and `q`.

use super::{Given, Parameter, both, error::Errors, names::meant};
use crate::{
    query::{self, Cursor, CursorError, Query, Word},
    schema::{Comparison, Decimal, Schema, nearest},
    text::{Lang, narrow, trim},
};

/// The most records on one page.
pub const MAX_LIMIT: usize = 10_000;
/// The furthest start of a page; no table is longer.
const MAX_OFFSET: usize = 1_000_000_000;

pub(super) fn limit(given: &Given, errors: &mut Errors) -> usize {
    whole_number(Parameter::Limit, given, MAX_LIMIT, errors).unwrap_or(Query::default().limit)
}

pub(super) fn offset(given: &Given, errors: &mut Errors) -> usize {
    if given.has(Parameter::Cursor) && given.has(Parameter::Offset) {
        let text = given.one(Parameter::Offset, errors).unwrap_or_default();
        let message = both("offset と cursor は同時に使えません。", "offset and cursor cannot be used together.");
        let hint = both("cursor だけで続きから読めます。", "The cursor alone continues where the last page ended.");
        errors.add(Parameter::Offset.name(), text, message, Some(hint));
        return 0;
    }
    whole_number(Parameter::Offset, given, MAX_OFFSET, errors).unwrap_or(0)
}

/// The most words of one question.
const MAX_WORDS: usize = 20;

pub(super) fn words(given: &Given, errors: &mut Errors) -> Vec<Word> {
    let Some(text) = given.all(Parameter::Q, " ") else { return Vec::new() };
    let mut words = query::words(&text);
    if words.len() > MAX_WORDS {
        let message = both(
            format!("検索する語が多すぎます。{MAX_WORDS} 語までにしてください。"),
            format!("Too many words; at most {MAX_WORDS} are allowed."),
        );
        errors.add(Parameter::Q.name(), &text, message, None);
        words.clear();
    }
    words
}

pub(super) fn count(given: &Given, errors: &mut Errors) -> bool {
    match given.one(Parameter::Count, errors) {
        None | Some("exact") => true,
        Some("none") => false,
        Some(text) => {
            let message = both("exact か none にしてください。", "Must be exact or none.");
            errors.add(Parameter::Count.name(), text, message, nearest(text, ["exact", "none"]).map(meant));
            true
        }
    }
}

pub(super) fn names(given: &Given, errors: &mut Errors) -> Lang {
    match given.one(Parameter::Names, errors) {
        None | Some("ja") => Lang::Ja,
        Some("en") => Lang::En,
        Some(text) => {
            let message = both("ja か en にしてください。", "Must be ja or en.");
            let hint = both("en にすると項目名が英語になります。", "With en the fields have English names.");
            errors.add(Parameter::Names.name(), text, message, Some(hint));
            Lang::Ja
        }
    }
}

pub(super) fn flag(parameter: Parameter, given: &Given, errors: &mut Errors) -> bool {
    match given.one(parameter, errors) {
        None | Some("false") => false,
        Some("true") => true,
        Some(text) => {
            errors.add(parameter.name(), text, both("true か false にしてください。", "Must be true or false."), None);
            false
        }
    }
}

/// The cursor, if it was made for this question. A forged one may lie about the place, not about the shape.
pub(super) fn cursor(
    schema: &Schema,
    query: &Query,
    resource: &str,
    text: &str,
    errors: &mut Errors,
) -> Option<Cursor> {
    let found = Cursor::decode(text, &query.fingerprint(resource));
    let found =
        found.and_then(|cursor| if fits(schema, query, &cursor) { Ok(cursor) } else { Err(CursorError::Unreadable) });
    let (message, hint) = match found {
        Ok(cursor) => return Some(cursor),
        Err(CursorError::Unreadable) => (
            both("cursor が読めません。", "This is not a cursor that was handed out here."),
            both(
                "前の応答の next をそのまま使ってください。最初のページは cursor なしです。",
                "Use the next link of the page before as it is; the first page has no cursor.",
            ),
        ),
        Err(CursorError::OtherQuestion) => (
            both("この cursor は別の条件・並び順のものです。", "This cursor belongs to another question or order."),
            both(
                "条件や並び順を変えたときは、cursor を外して最初のページから読んでください。",
                "After changing conditions or order start again without cursor.",
            ),
        ),
    };
    errors.add(Parameter::Cursor.name(), text, message, Some(hint));
    None
}

/// Whether there is a key for each part of the order, and numbers for numeric fields.
fn fits(schema: &Schema, query: &Query, cursor: &Cursor) -> bool {
    cursor.keys.len() == query.sort.len()
        && cursor.distance.is_some() == query.is_by_distance()
        && query.sort.iter().zip(&cursor.keys).all(|(sort, key)| match schema.fields()[sort.field].kind.comparison() {
            Comparison::Number => key.as_deref().is_none_or(|digits| Decimal::parse(digits).is_some()),
            Comparison::Text => true,
        })
}

fn whole_number(parameter: Parameter, given: &Given, most: usize, errors: &mut Errors) -> Option<usize> {
    let text = given.one(parameter, errors)?;
    let digits = narrow(trim(text));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| is_number && *number <= most);
    if number.is_none() {
        let message =
            both(format!("0～{most} の整数にしてください。"), format!("Must be a whole number between 0 and {most}."));
        let hint = (is_number && parameter == Parameter::Limit).then(|| {
            both(
                "続きは応答の next で読めます。全件は download が速くて確実です。",
                "Follow next for more records; for all of them use the download.",
            )
        });
        errors.add(parameter.name(), text, message, hint);
    }
    number
}
