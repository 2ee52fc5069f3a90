//! The filter of a query as SQL. Each part is true exactly where the part of the filter passes; where a blank makes it
//! `NULL`, that is as good as false, since nothing here negates a whole part.

use super::filter::{cell, digits, of_condition};
use super::statement::Statement;
use crate::query::{Arithmetic, Comparator, Expression, Geometry, Relation, Term, Wildcard};
use crate::schema::Schema;

/// A filter as a condition in brackets.
pub fn of_expression(schema: &Schema, expression: &Expression) -> Statement {
    let mut statement = Statement::new("(");
    match expression {
        Expression::Always(always) => {
            statement.push(if *always { "true" } else { "false" });
        }
        Expression::And(parts) => {
            statement.append(joined(schema, parts, " AND "));
        }
        Expression::Or(parts) => {
            statement.append(joined(schema, parts, " OR "));
        }
        Expression::Test(condition) => {
            statement.append(of_condition(schema, condition));
        }
        Expression::Compare { left, comparator, right } => {
            statement.append(of_term(schema, left)).push(sign(*comparator)).append(of_term(schema, right));
        }
        Expression::Like { term, pattern, negated } => {
            statement.append(of_term(schema, term)).push(if *negated { " NOT LIKE " } else { " LIKE " });
            statement.text(like_pattern(pattern));
        }
        Expression::Spatial { relation, geometry, negated } => {
            statement.push(if *negated { "NOT " } else { "" }).push(function(*relation));
            statement.append(of_geometry(geometry)).push(")");
        }
        Expression::Located(located) => {
            statement.push(if *located { "geometry IS NOT NULL" } else { "geometry IS NULL" });
        }
    }
    statement.push(")");
    statement
}

fn joined(schema: &Schema, parts: &[Expression], between: &'static str) -> Statement {
    let mut statement = Statement::default();
    for (index, part) in parts.iter().enumerate() {
        statement.push(if index == 0 { "" } else { between }).append(of_expression(schema, part));
    }
    statement
}

fn sign(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => " = ",
        Comparator::Unequal => " <> ",
        Comparator::Less => " < ",
        Comparator::AtMost => " <= ",
        Comparator::More => " > ",
        Comparator::AtLeast => " >= ",
    }
}

fn of_term(schema: &Schema, term: &Term) -> Statement {
    match term {
        Term::Field(field) => cell(schema, *field),
        Term::Folded { field, case, accents } => folded(cell(schema, *field), *case, *accents),
        Term::Number(number) => {
            let mut statement = Statement::default();
            statement.text(digits(number.as_str())).push("::numeric");
            statement
        }
        Term::Text(text) => {
            let mut statement = Statement::default();
            // Without a column beside it, a text would be compared by the rules of the database's language.
            statement.text(text.clone()).push("::text COLLATE \"C\"");
            statement
        }
        Term::Arithmetic { left, operator, right } => {
            let mut statement = Statement::new("(");
            statement.append(of_term(schema, left));
            let divides = matches!(operator, Arithmetic::Divide | Arithmetic::Remainder);
            statement.push(match operator {
                Arithmetic::Add => " + ",
                Arithmetic::Subtract => " - ",
                Arithmetic::Multiply => " * ",
                Arithmetic::Divide => " / ",
                Arithmetic::Remainder => " % ",
            });
            statement.push(if divides { "nullif(" } else { "(" }).append(of_term(schema, right));
            statement.push(if divides { ", 0))" } else { "))" });
            statement
        }
    }
}

/// What `query::parse` did to the literals: lower case by all of Unicode, not only by the letters that the collation of
/// the column knows; and accents, but not the marks of kana, taken off.
fn folded(cell: Statement, case: bool, accents: bool) -> Statement {
    let mut statement = Statement::new(if case { "(lower(" } else { "((" });
    statement.push(if accents { "normalize(regexp_replace(normalize(" } else { "" });
    statement.append(cell);
    statement.push(if accents { ", NFKD), '[\\u0300-\\u036f]', '', 'g'), NFKC)" } else { "" });
    statement.push(if case { " COLLATE \"default\") COLLATE \"C\")" } else { ") COLLATE \"C\")" });
    statement
}

fn like_pattern(pattern: &[Wildcard]) -> String {
    let mut text = String::new();
    for piece in pattern {
        match piece {
            Wildcard::Any => text.push('%'),
            Wildcard::One => text.push('_'),
            Wildcard::Text(part) => {
                for character in part.chars() {
                    if matches!(character, '%' | '_' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
            }
        }
    }
    text
}

/// The function up to the shape. PostGIS looks into the index for each of them by itself.
fn function(relation: Relation) -> &'static str {
    match relation {
        Relation::Intersects => "ST_Intersects(geometry, ",
        Relation::Contains => "ST_Contains(geometry, ",
        Relation::Within => "ST_Within(geometry, ",
        Relation::Equals => "ST_Equals(geometry, ",
        Relation::Touches => "ST_Touches(geometry, ",
        Relation::Crosses => "ST_Crosses(geometry, ",
        Relation::Overlaps => "ST_Overlaps(geometry, ",
    }
}

/// The shape. A polygon that its holes part, which `query::parse` lets pass, could end a question with an error: it becomes
/// the polygons that are left.
fn of_geometry(geometry: &Geometry) -> Statement {
    let (before, after) = match geometry {
        Geometry::Points(_) | Geometry::Lines(_) => ("ST_GeomFromText(", ", 4326)"),
        Geometry::Polygons(_) => ("ST_CollectionExtract(ST_MakeValid(ST_GeomFromText(", ", 4326)), 3)"),
        Geometry::Collection(_) => ("ST_MakeValid(ST_GeomFromText(", ", 4326))"),
    };
    let mut statement = Statement::new(before);
    statement.text(geometry.wkt()).push(after);
    statement
}
