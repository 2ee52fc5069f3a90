//! What `filter=` asks of a record: a tree of tests, plain data that can be walked.
//!
//! CQL2 knows three truths: true, false and unknown (a blank compared with anything). The tree needs only one: it says
//! when a filter is true. Every negation has been carried down to the tests when the filter was read, and each test says
//! by itself that a blank does not pass; so nobody who walks the tree has to think of the unknown.

use super::canonical;
use super::{Condition, Query, Test};
use crate::schema::{Comparison, Decimal, Schema};

/// A part of a filter: passes or does not, never unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Passes always, or never.
    Always(bool),
    /// Passes where all of these do; never empty.
    And(Vec<Expression>),
    /// Passes where one of these does; never empty.
    Or(Vec<Expression>),
    /// One field against values: the same as `FIELD__OP=VALUE`.
    Test(Condition),
    /// Two values that have to be worked out. Passes where neither is blank and they stand in this relation.
    Compare {
        /// The value on the left.
        left: Term,
        /// What must hold.
        comparator: Comparator,
        /// The value on the right, of the same kind.
        right: Term,
    },
    /// A text against a pattern. A blank passes neither way.
    Like {
        /// The text.
        term: Term,
        /// What it must look like, from its beginning to its end.
        pattern: Vec<Wildcard>,
        /// Whether it must not look like it.
        negated: bool,
    },
    /// Where the record stands, against a shape. A record without a place passes neither way.
    Spatial {
        /// How the record stands to the shape.
        relation: Relation,
        /// The shape.
        geometry: Geometry,
        /// Whether it must not stand so.
        negated: bool,
    },
    /// Whether the record has a place.
    Located(bool),
}

/// A value in a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// What stands in a field.
    Field(usize),
    /// A text field with differences taken away; what it is compared with has lost them already.
    Folded {
        /// The field.
        field: usize,
        /// Without upper and lower case.
        case: bool,
        /// Without accents and differences of width.
        accents: bool,
    },
    /// A number.
    Number(Decimal),
    /// A text. Never holds U+0000.
    Text(String),
    /// A sum, difference, product or quotient of numbers; blank where one of them is, or the divisor is zero.
    Arithmetic {
        /// The number on the left.
        left: Box<Term>,
        /// What is done.
        operator: Arithmetic,
        /// The number on the right.
        right: Box<Term>,
    },
}

impl Term {
    /// Whether it is compared by size or by code point.
    pub fn comparison(&self, schema: &Schema) -> Comparison {
        match self {
            Term::Field(field) => schema.fields().get(*field).map_or(Comparison::Text, |field| field.kind.comparison()),
            Term::Number(_) | Term::Arithmetic { .. } => Comparison::Number,
            Term::Folded { .. } | Term::Text(_) => Comparison::Text,
        }
    }
}

/// The ways to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Comparator {
    /// Every comparator and its sign.
    pub const ALL: [(Comparator, &str); 6] = [
        (Comparator::Equal, "="),
        (Comparator::Unequal, "<>"),
        (Comparator::Less, "<"),
        (Comparator::AtMost, "<="),
        (Comparator::More, ">"),
        (Comparator::AtLeast, ">="),
    ];

    /// The sign.
    pub fn sign(self) -> &'static str {
        Comparator::ALL.into_iter().find(|(comparator, _)| *comparator == self).expect("the list has every one").1
    }

    /// What holds of two values exactly where this does not.
    #[must_use]
    pub fn opposite(self) -> Comparator {
        match self {
            Comparator::Equal => Comparator::Unequal,
            Comparator::Unequal => Comparator::Equal,
            Comparator::Less => Comparator::AtLeast,
            Comparator::AtMost => Comparator::More,
            Comparator::More => Comparator::AtMost,
            Comparator::AtLeast => Comparator::Less,
        }
    }

    /// What holds of the right and the left value where this holds of the left and the right one.
    #[must_use]
    pub fn mirrored(self) -> Comparator {
        match self {
            Comparator::Equal | Comparator::Unequal => self,
            Comparator::Less => Comparator::More,
            Comparator::AtMost => Comparator::AtLeast,
            Comparator::More => Comparator::Less,
            Comparator::AtLeast => Comparator::AtMost,
        }
    }

    /// Whether it holds of two values of which this is known.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparator::Equal => order.is_eq(),
            Comparator::Unequal => order.is_ne(),
            Comparator::Less => order.is_lt(),
            Comparator::AtMost => order.is_le(),
            Comparator::More => order.is_gt(),
            Comparator::AtLeast => order.is_ge(),
        }
    }
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`: the remainder has the sign of the dividend.
    Remainder,
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wildcard {
    /// Exactly this.
    Text(String),
    /// `_`: one character, whichever.
    One,
    /// `%`: any characters, or none.
    Any,
}

/// How a record stands to a shape, in the words of the simple feature model (OGC 06-103r4). Standing apart is the negation
/// of `Intersects`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They have a point in common.
    Intersects,
    /// The shape lies in the record.
    Contains,
    /// The record lies in the shape.
    Within,
    /// They cover the same.
    Equals,
    /// They have only borders in common.
    Touches,
    /// One passes through the other.
    Crosses,
    /// Each covers a part of the other, in the same dimension.
    Overlaps,
}

/// A place in degrees, WGS 84; both numbers are finite and within their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

/// A valid shape. A single point, line or polygon is a list of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// Places.
    Points(Vec<Position>),
    /// Lines of two positions or more.
    Lines(Vec<Vec<Position>>),
    /// Polygons: the border and its holes, each closed.
    Polygons(Vec<Vec<Vec<Position>>>),
    /// Several shapes, none of them a collection.
    Collection(Vec<Geometry>),
}

impl Geometry {
    /// The shape as Well-Known Text.
    pub fn wkt(&self) -> String {
        let list = |parts: Vec<String>| format!("({})", parts.join(","));
        let line = |positions: &Vec<Position>| list(positions.iter().map(|position| position.wkt()).collect());
        match self {
            Geometry::Points(points) => {
                format!("MULTIPOINT{}", list(points.iter().map(|point| format!("({})", point.wkt())).collect()))
            }
            Geometry::Lines(lines) => format!("MULTILINESTRING{}", list(lines.iter().map(line).collect())),
            Geometry::Polygons(polygons) => {
                let polygon = |rings: &Vec<Vec<Position>>| list(rings.iter().map(line).collect());
                format!("MULTIPOLYGON{}", list(polygons.iter().map(polygon).collect()))
            }
            Geometry::Collection(members) => {
                format!("GEOMETRYCOLLECTION{}", list(members.iter().map(Geometry::wkt).collect()))
            }
        }
    }
}

impl Position {
    fn wkt(self) -> String {
        format!("{} {}", canonical::zero(self.longitude), canonical::zero(self.latitude))
    }
}

impl Expression {
    /// All of these, without needless nesting.
    pub fn all(parts: Vec<Expression>) -> Expression {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expression::And(inner) => flat.extend(inner),
                Expression::Always(true) => {}
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expression::Always(true),
            1 => flat.remove(0),
            _ => Expression::And(flat),
        }
    }

    /// One of these, without needless nesting.
    pub fn any(parts: Vec<Expression>) -> Expression {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expression::Or(inner) => flat.extend(inner),
                Expression::Always(false) => {}
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expression::Always(false),
            1 => flat.remove(0),
            _ => Expression::Or(flat),
        }
    }

    /// The expression as one text, for entity tags and cursors: the same question gives the same text.
    pub fn canonical(&self) -> String {
        let sorted = |parts: &[Expression], between: &str| {
            let mut texts: Vec<String> = parts.iter().map(Expression::canonical).collect();
            texts.sort_unstable();
            texts.dedup();
            format!("({})", texts.join(between))
        };
        let not = |negated: &bool| if *negated { "not " } else { "" };
        match self {
            Expression::Always(always) => always.to_string(),
            Expression::And(parts) => sorted(parts, " and "),
            Expression::Or(parts) => sorted(parts, " or "),
            Expression::Test(condition) => canonical::condition(condition),
            Expression::Compare { left, comparator, right } => {
                format!("{} {} {}", left.canonical(), comparator.sign(), right.canonical())
            }
            Expression::Like { term, pattern, negated } => {
                format!("{} {}like {pattern:?}", term.canonical(), not(negated))
            }
            Expression::Spatial { relation, geometry, negated } => {
                format!("{}{relation:?} {}", not(negated), geometry.wkt())
            }
            Expression::Located(located) => format!("located {located}"),
        }
    }
}

impl Term {
    fn canonical(&self) -> String {
        match self {
            Term::Field(field) => format!("field {field}"),
            Term::Folded { field, case, accents } => format!("folded {field} {case} {accents}"),
            Term::Number(number) => number.shortest().to_owned(),
            Term::Text(text) => format!("{text:?}"),
            Term::Arithmetic { left, operator, right } => {
                format!("({} {operator:?} {})", left.canonical(), right.canonical())
            }
        }
    }
}

impl Query {
    /// Asks for this too. What it demands of single fields becomes conditions like any other, so that whoever finds
    /// records by conditions finds them for a filter as well.
    pub(super) fn demand(&mut self, filter: Expression) {
        let parts = match filter {
            Expression::And(parts) => parts,
            other => vec![other],
        };
        let mut rest = Vec::new();
        for part in parts {
            match part {
                Expression::Test(condition) => self.conditions.push(condition),
                other => rest.push(other),
            }
        }
        match Expression::all(rest) {
            Expression::Always(true) => {}
            rest => self.filter = Some(rest),
        }
    }
}

impl Condition {
    /// A field that must not be blank.
    pub(super) fn filled(field: usize) -> Condition {
        Condition { field, test: Test::IsNull(false) }
    }
}
