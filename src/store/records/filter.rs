//! Conditions as SQL.
//!
//! A field is read with `cell_text` or `cell_number`; where a whole JSON token can be compared instead, it is, since that
//! costs less than half.

use super::statement::Statement;
use super::{expression, near, open};
use crate::query::{Area, Condition, Operand, Query, Test};
use crate::schema::{Comparison, Kind, Schema, json_token};

/// What a cell without a value is stored as; the empty text is what a record from before the field was added has there.
const BLANK: [&str; 2] = ["null", ""];
/// A longer text, in bytes, is not looked for in all of a record first: PostgreSQL may compare each byte with every byte.
const LONGEST_SOUGHT: usize = 100;
/// An operand of more characters can be no value: publications refuse such numbers.
const LONGEST_NUMBER: usize = 1_000;

/// All conditions of a query and its area, each with `AND` before it.
pub fn of_query(schema: &Schema, query: &Query) -> Statement {
    let mut statement = of_fields(schema, query);
    if let Some(area) = &query.area {
        statement.push(" AND ");
        statement.append(of_area(area));
    }
    statement
}

/// All conditions of a query, each with `AND` before it.
pub fn of_fields(schema: &Schema, query: &Query) -> Statement {
    let mut statement = Statement::default();
    for condition in &query.conditions {
        statement.push(" AND ").append(of_condition(schema, condition));
    }
    if let Some(filter) = &query.filter {
        statement.push(" AND ").append(expression::of_expression(schema, filter));
    }
    if let (Some(open), Some(opening)) = (&query.open, schema.opening()) {
        statement.push(" AND ").append(open::filter(opening, open));
    }
    statement
}

/// The field as a text or number, `NULL` where it is blank.
pub fn cell(schema: &Schema, field: usize) -> Statement {
    call(comparison(schema, field), field)
}

pub fn comparison(schema: &Schema, field: usize) -> Comparison {
    schema.fields().get(field).map_or(Comparison::Text, |field| field.kind.comparison())
}

fn call(comparison: Comparison, field: usize) -> Statement {
    let mut statement = Statement::new(match comparison {
        Comparison::Text => "cell_text(\"values\", ",
        Comparison::Number => "cell_number(\"values\", ",
    });
    statement.append(position(field)).push(")");
    statement
}

/// The number of the field with this index. Bound, so that statements about different fields are one statement.
fn position(field: usize) -> Statement {
    let mut statement = Statement::default();
    statement.integer(number(field));
    statement
}

/// Fields are numbered from 1.
pub fn number(field: usize) -> i32 {
    i32::try_from(field + 1).expect("a table has at most some thousand fields")
}

/// The field as a text, `NULL` where it is blank.
pub fn cell_text(field: usize) -> Statement {
    call(Comparison::Text, field)
}

/// The field's JSON token.
fn token(field: usize) -> Statement {
    let mut statement = Statement::new("split_part(\"values\", E'\\n', ");
    statement.append(position(field)).push(")");
    statement
}

/// A single condition.
pub fn of_condition(schema: &Schema, condition: &Condition) -> Statement {
    of_test(&condition.test, comparison(schema, condition.field), condition.field)
}

/// What a test demands of the field with this index in `"values"`.
pub fn of_test(test: &Test, comparison: Comparison, field: usize) -> Statement {
    match (test, comparison) {
        (Test::In { values, null }, Comparison::Text) => is_token(field, values, *null),
        (Test::NotIn { values, null }, Comparison::Text) => not(is_token(field, values, *null)),
        (Test::In { values, null }, Comparison::Number) => is_number(field, values, *null),
        (Test::NotIn { values, null }, Comparison::Number) => not(is_number(field, values, *null)),
        (Test::Lt(operand), comparison) => compare(comparison, field, " < ", operand),
        (Test::Lte(operand), comparison) => compare(comparison, field, " <= ", operand),
        (Test::Gt(operand), comparison) => compare(comparison, field, " > ", operand),
        (Test::Gte(operand), comparison) => compare(comparison, field, " >= ", operand),
        (Test::Contains(part), _) => contains(field, part),
        (Test::StartsWith(part), _) => starts_with(field, part),
        (Test::EndsWith(part), _) => ends_with(field, part),
        (Test::IsNull(true), _) => is_token(field, &[], true),
        (Test::IsNull(false), _) => not(is_token(field, &[], true)),
    }
}

fn not(condition: Statement) -> Statement {
    let mut statement = Statement::new("NOT (");
    statement.append(condition).push(")");
    statement
}

/// Every text has exactly one token, so equal texts are equal tokens. Never `NULL`, so that its opposite is one.
fn is_token(field: usize, values: &[Operand], null: bool) -> Statement {
    let tokens = values.iter().map(|value| text_token(value.as_str()));
    let mut tokens: Vec<String> = tokens.collect();
    if null {
        tokens.extend(BLANK.map(str::to_owned));
    }
    match tokens.as_slice() {
        [single] if single.len() <= LONGEST_SOUGHT => {
            // That most rows do not hold it anywhere is seen ten times as quickly as where the field is.
            let mut statement = Statement::new("(strpos(\"values\", ");
            statement.text(single).push(") > 0 AND ").append(token(field)).push(" = ").text(single).push(")");
            statement
        }
        _ => {
            let mut statement = token(field);
            statement.push(" = ANY(").texts(tokens).push(")");
            statement
        }
    }
}

/// Never `NULL`, so that its opposite is one.
fn is_number(field: usize, values: &[Operand], null: bool) -> Statement {
    let numbers = values.iter().map(|value| digits(value.as_str())).collect();
    let mut statement = Statement::new("coalesce(");
    statement.append(call(Comparison::Number, field));
    statement.push(" = ANY(").texts(numbers).push("::numeric[]), false)");
    if !null {
        return statement;
    }
    let mut or_blank = Statement::new("(");
    or_blank.append(call(Comparison::Number, field)).push(" IS NULL OR ").append(statement).push(")");
    or_blank
}

fn compare(comparison: Comparison, field: usize, operator: &'static str, operand: &Operand) -> Statement {
    let mut statement = call(comparison, field);
    statement.push(operator);
    match comparison {
        Comparison::Text if operand.as_str().contains('\0') => return Statement::new("false"),
        Comparison::Text => statement.text(operand.as_str()),
        Comparison::Number => statement.text(digits(operand.as_str())).push("::numeric"),
    };
    statement
}

/// Most rows do not hold the text anywhere, which is quicker to see than where the field is. What a text is inside a
/// token, a part of it is inside the token too.
fn contains(field: usize, part: &str) -> Statement {
    if part.contains('\0') {
        return Statement::new("false");
    }
    let mut statement = Statement::new("(");
    if part.len() <= LONGEST_SOUGHT {
        statement.push("strpos(\"values\", ").text(inner(&text_token(part))).push(") > 0 AND ");
    }
    statement.push("strpos(").append(call(Comparison::Text, field)).push(", ").text(part).push(") > 0)");
    statement
}

fn starts_with(field: usize, part: &str) -> Statement {
    let token_of_part = text_token(part);
    let mut statement = Statement::new("starts_with(");
    statement.append(token(field)).push(", ");
    statement.text(token_of_part.strip_suffix('"').unwrap_or(&token_of_part)).push(")");
    statement
}

/// Not by token: one that ends in `\n"` does not end in the text `n`.
fn ends_with(field: usize, part: &str) -> Statement {
    if part.contains('\0') {
        return Statement::new("false");
    }
    let mut statement = Statement::new("right(");
    statement
        .append(call(Comparison::Text, field))
        .push(", ")
        .integer(i32::try_from(part.chars().count()).unwrap_or(i32::MAX));
    statement.push(") = ").text(part);
    statement
}

fn of_area(area: &Area) -> Statement {
    match *area {
        Area::Box { west, south, east, north } => {
            let mut statement = Statement::new("geometry && ");
            statement.append(near::envelope(west, south, east, north));
            // The index and its operator round to 32 bits, about a metre; these do not.
            statement.push(" AND ST_XMax(geometry) >= ").double(west);
            statement.push(" AND ST_XMin(geometry) <= ").double(east);
            statement.push(" AND ST_YMax(geometry) >= ").double(south);
            statement.push(" AND ST_YMin(geometry) <= ").double(north);
            statement
        }
        Area::Near { latitude, longitude, radius_m } => near::Place { latitude, longitude, radius_m }.filter(),
    }
}

/// The token of a text, in the only form that publications store.
fn text_token(text: &str) -> String {
    let mut token = String::new();
    json_token(Kind::String, text, &mut token);
    token
}

/// A token without its quotation marks.
fn inner(token: &str) -> &str {
    token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(token)
}

/// A number that PostgreSQL can read: one that is too long for it is as good as infinite, or loses decimals that no
/// stored number has.
pub fn digits(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    if whole > LONGEST_NUMBER {
        return if number.starts_with('-') { "-Infinity" } else { "Infinity" }.to_owned();
    }
    let end = number.len().min(whole + LONGEST_NUMBER);
    number[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_too_long_become_ones_that_compare_the_same() {
        assert_eq!(digits("-12.50"), "-12.50");
        assert_eq!(digits(&"9".repeat(200_000)), "Infinity");
        assert_eq!(digits(&format!("-{}.5", "9".repeat(2_000))), "-Infinity");
        assert_eq!(digits(&format!("0.{}", "3".repeat(20_000))).len(), 1_001);
    }
}
