//! A question answered in memory, as plainly as can be: the measure for the answers of the database. Only the tests know
//! this; it shares nothing with the store but the question.

use std::cmp::Ordering;

use machikura::query::{
    Area, Arithmetic, Comparator, Condition, Expression, Geometry, Operand, Position, Query, Relation, Sort, Term,
    Test, Wildcard, Word,
};
use machikura::schema::{Comparison, Schema};
use machikura::text::search;

/// A table as it was published: the rows in their order, a text for each field, empty where it is blank.
pub struct Table<'a> {
    pub schema: &'a Schema,
    pub rows: &'a [Vec<String>],
}

/// A value as it compares.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Value {
    Number(Fixed),
    Text(String),
}

/// A number with nine decimals: enough for what the tests calculate, and exact.
type Fixed = i128;
const ONE: Fixed = 1_000_000_000;

impl Table<'_> {
    /// The indexes of all rows that the question finds, in its order; paging is left to the caller. Nearest first is left
    /// to [`Table::distance`], since the earth is a sphere here.
    pub fn answer(&self, query: &Query) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.rows.len()).filter(|row| self.passes(*row, query)).collect();
        found.sort_by(|one, other| self.order(*one, *other, &query.sort));
        found
    }

    /// Everything that a record must fulfil.
    fn passes(&self, row: usize, query: &Query) -> bool {
        query.conditions.iter().all(|condition| self.fulfils(row, condition))
            && query.filter.as_ref().is_none_or(|filter| self.holds(row, filter))
            && query.area.is_none_or(|area| self.stands_in(row, area))
            && query.words.iter().all(|word| self.has(row, word))
    }

    /// Whether a word stands in a text of a row, as it is written or with its numerals as digits. Numbers are no texts.
    fn has(&self, row: usize, word: &Word) -> bool {
        let is_text = |field: &usize| self.schema.fields()[*field].kind.comparison() == Comparison::Text;
        let texts = (0..self.schema.fields().len()).filter(is_text).map(|field| self.text(row, field));
        let mut folded = texts.flat_map(|text| [Some(search::fold(text)), search::canonical(text)]).flatten();
        folded.any(|text| word.spellings.iter().any(|spelling| text.contains(spelling)))
    }

    fn order(&self, one: usize, other: usize, sort: &[Sort]) -> Ordering {
        let by_keys = sort.iter().map(|key| match (self.value(one, key.field), self.value(other, key.field)) {
            (None, None) => Ordering::Equal,
            // Blanks come last in either direction.
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => {
                let order = a.partial_cmp(&b).expect("values of one kind");
                if key.descending { order.reverse() } else { order }
            }
        });
        by_keys.fold(Ordering::Equal, Ordering::then).then(one.cmp(&other))
    }

    fn text(&self, row: usize, field: usize) -> &str {
        &self.rows[row][field]
    }

    fn value(&self, row: usize, field: usize) -> Option<Value> {
        let text = self.text(row, field);
        match self.schema.fields()[field].kind.comparison() {
            _ if text.is_empty() => None,
            Comparison::Number => Some(Value::Number(fixed(text))),
            Comparison::Text => Some(Value::Text(text.to_owned())),
        }
    }

    fn fulfils(&self, row: usize, Condition { field, test }: &Condition) -> bool {
        let value = self.value(row, *field);
        let is_among = |values: &[Operand], null: bool| match &value {
            None => null,
            Some(value) => values.iter().any(|operand| operand_value(operand) == *value),
        };
        let compares = |operand: &Operand, comparator: Comparator| {
            value.as_ref().is_some_and(|value| compare(value, comparator, &operand_value(operand)))
        };
        let text = self.text(row, *field);
        match test {
            Test::In { values, null } => is_among(values, *null),
            Test::NotIn { values, null } => !is_among(values, *null),
            Test::Lt(operand) => compares(operand, Comparator::Less),
            Test::Lte(operand) => compares(operand, Comparator::AtMost),
            Test::Gt(operand) => compares(operand, Comparator::More),
            Test::Gte(operand) => compares(operand, Comparator::AtLeast),
            Test::Contains(part) => text.contains(part),
            Test::StartsWith(part) => text.starts_with(part),
            Test::EndsWith(part) => text.ends_with(part),
            Test::IsNull(null) => value.is_none() == *null,
        }
    }

    fn holds(&self, row: usize, expression: &Expression) -> bool {
        match expression {
            Expression::Always(always) => *always,
            Expression::And(parts) => parts.iter().all(|part| self.holds(row, part)),
            Expression::Or(parts) => parts.iter().any(|part| self.holds(row, part)),
            Expression::Test(condition) => self.fulfils(row, condition),
            Expression::Compare { left, comparator, right } => match (self.term(row, left), self.term(row, right)) {
                (Some(left), Some(right)) => compare(&left, *comparator, &right),
                _ => false,
            },
            Expression::Like { term, pattern, negated } => match self.term(row, term) {
                Some(Value::Text(text)) => is_like(&text.chars().collect::<Vec<_>>(), pattern) != *negated,
                Some(Value::Number(_)) | None => false,
            },
            Expression::Spatial { relation, geometry, negated } => {
                self.place(row).is_some_and(|place| stands(place, *relation, geometry) != *negated)
            }
            Expression::Located(located) => self.place(row).is_some() == *located,
        }
    }

    fn term(&self, row: usize, term: &Term) -> Option<Value> {
        match term {
            Term::Field(field) => self.value(row, *field),
            // Of the foldings the tests use only those that a letter of the alphabet shows.
            Term::Folded { field, case, .. } => self.value(row, *field).map(|value| match value {
                Value::Text(text) if *case => Value::Text(text.to_lowercase()),
                other => other,
            }),
            Term::Number(number) => Some(Value::Number(fixed(number.as_str()))),
            Term::Text(text) => Some(Value::Text(text.clone())),
            Term::Arithmetic { left, operator, right } => match (self.term(row, left)?, self.term(row, right)?) {
                (Value::Number(left), Value::Number(right)) => calculate(left, *operator, right).map(Value::Number),
                _ => None,
            },
        }
    }

    /// Where the record stands.
    pub fn place(&self, row: usize) -> Option<Position> {
        let (latitude, longitude) = self.schema.coordinates()?;
        let degrees = |field| self.text(row, field).parse().ok();
        Some(Position { longitude: degrees(longitude)?, latitude: degrees(latitude)? })
    }

    fn stands_in(&self, row: usize, area: Area) -> bool {
        match (area, self.place(row)) {
            (_, None) => false,
            (Area::Box { west, south, east, north }, Some(place)) => {
                (west..=east).contains(&place.longitude) && (south..=north).contains(&place.latitude)
            }
            (Area::Near { radius_m, .. }, Some(_)) => {
                radius_m.is_none_or(|radius| self.distance(row, area).is_some_and(|metres| metres <= radius))
            }
        }
    }

    /// Metres from the place asked for, on a sphere: right to within half a percent.
    pub fn distance(&self, row: usize, area: Area) -> Option<f64> {
        let Area::Near { latitude, longitude, .. } = area else { return None };
        let place = self.place(row)?;
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let across = latitude.to_radians().cos() * place.latitude.to_radians().cos();
        let share = half(place.latitude - latitude) + across * half(place.longitude - longitude);
        Some(2.0 * 6_371_008.8 * share.sqrt().asin())
    }
}

fn fixed(digits: &str) -> Fixed {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let sign = if digits.starts_with('-') { -1 } else { 1 };
    let whole: Fixed = whole.trim_start_matches('-').parse().expect("digits");
    let fraction: Fixed = format!("{fraction:0<9}").parse().expect("nine digits at most");
    sign * (whole * ONE + fraction)
}

fn calculate(left: Fixed, operator: Arithmetic, right: Fixed) -> Option<Fixed> {
    Some(match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right / ONE,
        Arithmetic::Divide => (left * ONE).checked_div(right)?,
        Arithmetic::Remainder => left.checked_rem(right)?,
    })
}

fn operand_value(operand: &Operand) -> Value {
    match operand {
        Operand::Number(number) => Value::Number(fixed(number.as_str())),
        Operand::Text(text) => Value::Text(text.clone()),
    }
}

fn compare(left: &Value, comparator: Comparator, right: &Value) -> bool {
    comparator.holds(left.partial_cmp(right).expect("values of one kind"))
}

fn is_like(text: &[char], pattern: &[Wildcard]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [Wildcard::One, rest @ ..] => !text.is_empty() && is_like(&text[1..], rest),
        [Wildcard::Any, rest @ ..] => (0..=text.len()).any(|skipped| is_like(&text[skipped..], rest)),
        [Wildcard::Text(part), rest @ ..] => {
            let part: Vec<char> = part.chars().collect();
            text.starts_with(&part) && is_like(&text[part.len()..], rest)
        }
    }
}

/// Where a point stands to a shape.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Outside,
    Border,
    Inside,
}

/// A single point against a shape that is not twisted.
fn stands(place: Position, relation: Relation, geometry: &Geometry) -> bool {
    let is_all_of_it = matches!(geometry, Geometry::Points(points) if points.iter().all(|point| *point == place));
    match relation {
        Relation::Intersects => standing(place, geometry) != Standing::Outside,
        Relation::Within => standing(place, geometry) == Standing::Inside,
        Relation::Touches => standing(place, geometry) == Standing::Border,
        Relation::Contains | Relation::Equals => is_all_of_it,
        // For these it takes more than one point.
        Relation::Crosses | Relation::Overlaps => false,
    }
}

fn standing(place: Position, geometry: &Geometry) -> Standing {
    let among = |all: &mut dyn Iterator<Item = Standing>| {
        all.fold(Standing::Outside, |found, next| if next == Standing::Outside { found } else { next })
    };
    match geometry {
        Geometry::Points(points) if points.contains(&place) => Standing::Inside,
        Geometry::Points(_) => Standing::Outside,
        Geometry::Lines(lines) => among(&mut lines.iter().map(|line| {
            let is_end = line.first() == Some(&place) || line.last() == Some(&place);
            match line.windows(2).any(|edge| is_on(place, edge[0], edge[1])) {
                true if is_end && line.first() != line.last() => Standing::Border,
                true => Standing::Inside,
                false => Standing::Outside,
            }
        })),
        Geometry::Polygons(polygons) => among(&mut polygons.iter().map(|rings| {
            let edges = || rings.iter().flat_map(|ring| ring.windows(2).map(|edge| (edge[0], edge[1])));
            if edges().any(|(from, to)| is_on(place, from, to)) {
                return Standing::Border;
            }
            // A ray to the east crosses the border an odd number of times.
            let crossed = edges().filter(|(from, to)| {
                (from.latitude > place.latitude) != (to.latitude > place.latitude)
                    && (turn(*from, *to, place) > 0.0) == (to.latitude > from.latitude)
            });
            if crossed.count() % 2 == 1 { Standing::Inside } else { Standing::Outside }
        })),
        Geometry::Collection(members) => among(&mut members.iter().map(|member| standing(place, member))),
    }
}

/// Positive where the point lies to the left of the way; exact for degrees in eighths, as the tests have them.
fn turn(from: Position, to: Position, point: Position) -> f64 {
    (to.longitude - from.longitude) * (point.latitude - from.latitude)
        - (to.latitude - from.latitude) * (point.longitude - from.longitude)
}

fn is_on(point: Position, from: Position, to: Position) -> bool {
    let between = |value: f64, one: f64, other: f64| one.min(other) <= value && value <= one.max(other);
    turn(from, to, point) == 0.0
        && between(point.longitude, from.longitude, to.longitude)
        && between(point.latitude, from.latitude, to.latitude)
}
