//! One typed question to the records of a table. Nothing here knows SQL or HTTP: `query::parse` makes a [`Query`] from
//! URL parameters, `store::records` alone turns it into SQL.

mod canonical;
mod cursor;
mod explanation;
mod expression;
pub mod grouping;
pub mod instant;
mod link;
pub mod open;
mod parse;
mod words;

pub use cursor::{Cursor, CursorError};
pub use expression::{Arithmetic, Comparator, Expression, Geometry, Position, Relation, Term, Wildcard};
pub use link::{next_link, query_string};
pub use open::{OpenAt, OpenStatus};
pub use parse::{FILTER_LANGUAGES, MAX_FILTER_JSON, MAX_LIMIT, Parameter, QueryError, Scope, as_of, parse, pinned};
pub use words::{Word, words};

use std::borrow::Cow;

use crate::schema::{Comparison, Decimal, Kind, Record, Schema};
use crate::text::Lang;
use grouping::{Grouping, Key};

/// One question. Fields are indexes into the schema it was parsed for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What a record must fulfil: all of these.
    pub conditions: Vec<Condition>,
    /// Words that must stand somewhere in its text: all of these.
    pub words: Vec<Word>,
    /// What else it must fulfil, where that is more than conditions can say.
    pub filter: Option<Expression>,
    /// Where it must stand.
    pub area: Option<Area>,
    /// When it must be open, or closed.
    pub open: Option<OpenAt>,
    /// Whether groups are asked for instead of records. `sort` and the cursor then belong to the table of the groups.
    pub grouping: Option<Grouping>,
    /// What is to be counted beside the records.
    pub facets: Vec<Key>,
    /// The fields to answer with, in this order; `None`: all.
    pub select: Option<Vec<usize>>,
    /// The order, most important first. Empty: nearest first if [`Area::Near`] is asked for, else as published.
    pub sort: Vec<Sort>,
    /// How many records at most.
    pub limit: usize,
    /// How many records to leave out at the start. Always 0 where there is a cursor.
    pub offset: usize,
    /// Where the page before ended. Its keys fit `sort` in number and kind.
    pub cursor: Option<Cursor>,
    /// Whether the total is to be counted.
    pub count: bool,
    /// The language of the fields' names in the answer.
    pub names: Lang,
    /// Whether the answer is how the question was understood.
    pub explain: bool,
}

impl Default for Query {
    /// The first page of everything.
    fn default() -> Query {
        Query {
            conditions: Vec::new(),
            words: Vec::new(),
            filter: None,
            area: None,
            open: None,
            grouping: None,
            facets: Vec::new(),
            select: None,
            sort: Vec::new(),
            limit: 100,
            offset: 0,
            cursor: None,
            count: true,
            names: Lang::default(),
            explain: false,
        }
    }
}

impl Query {
    /// Whether each record carries its distance from a place.
    pub fn has_distance(&self) -> bool {
        self.grouping.is_none() && matches!(self.area, Some(Area::Near { .. }))
    }

    /// Whether all records are asked for. Nearest first leaves out those without coordinates.
    pub fn is_unfiltered(&self) -> bool {
        self.words.is_empty() && self.is_words_only()
    }

    /// Whether all records with coordinates are asked for.
    pub fn is_anywhere(&self) -> bool {
        matches!(self.area, Some(Area::Near { radius_m: None, .. }))
            && self.words.is_empty()
            && self.conditions.is_empty()
            && self.filter.is_none()
            && self.open.is_none()
    }

    /// Whether words are all that a record must fulfil.
    pub fn is_words_only(&self) -> bool {
        self.conditions.is_empty() && self.filter.is_none() && self.area.is_none() && self.open.is_none()
    }

    /// The table that the answer is of: that of the groups, where there are any, with the names asked for.
    pub fn answer_schema<'a>(&self, schema: &'a Schema) -> Cow<'a, Schema> {
        match (&self.grouping, self.names) {
            (None, Lang::Ja) => Cow::Borrowed(schema),
            (None, Lang::En) => Cow::Borrowed(schema.in_english()),
            (Some(grouping), Lang::Ja) => Cow::Owned(grouping.schema(schema)),
            (Some(grouping), Lang::En) => Cow::Owned(grouping.schema(schema).in_english().clone()),
        }
    }

    /// Whether the order is nearest first.
    pub fn is_by_distance(&self) -> bool {
        self.has_distance() && self.sort.is_empty()
    }
}

/// What the value of one field must fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Index of the field in the schema.
    pub field: usize,
    /// The test.
    pub test: Test,
}

/// A test of one value. A blank (null) passes only where this says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Is one of the values, or blank if `null`. (`FIELD=`, `FIELD__in=`)
    In {
        /// The values, in the kind of the field.
        values: Vec<Operand>,
        /// Whether blank is among the values.
        null: bool,
    },
    /// Is none of the values: the opposite of `In`, so a blank passes unless `null`. (`FIELD__ne=`, `FIELD__notin=`)
    NotIn {
        /// The values, in the kind of the field.
        values: Vec<Operand>,
        /// Whether blank is among the values.
        null: bool,
    },
    /// Is less, or earlier.
    Lt(Operand),
    /// Is not more, or not later.
    Lte(Operand),
    /// Is more, or later.
    Gt(Operand),
    /// Is not less, or not earlier.
    Gte(Operand),
    /// Holds this text somewhere; never on a numeric field, never empty.
    Contains(String),
    /// Starts with this text; never on a numeric field, never empty.
    StartsWith(String),
    /// Ends with this text; never on a numeric field, never empty.
    EndsWith(String),
    /// Is blank (`true`) or is not (`false`).
    IsNull(bool),
}

/// A value to compare with, in the form in which the kind of the field compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A number: exactly the fields whose [`crate::schema::Comparison`] is `Number` have these.
    Number(Decimal),
    /// A text; days as `YYYY-MM-DD` and times as `hh:mm`, so that they compare by code point. Never holds U+0000.
    Text(String),
}

impl Operand {
    /// The digits or the text.
    pub fn as_str(&self) -> &str {
        match self {
            Operand::Number(decimal) => decimal.as_str(),
            Operand::Text(text) => text,
        }
    }
}

/// The operators of `FIELD__OP=VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Equal: the same as no operator. Reaches a field that is named like a parameter.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Lte,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gte,
    /// Holds the text.
    Contains,
    /// Starts with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
    /// One of a comma-separated list.
    In,
    /// None of a comma-separated list.
    NotIn,
    /// Blank or not.
    IsNull,
}

impl Op {
    /// Every operator.
    pub const ALL: [Op; 12] = [
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Lte,
        Op::Gt,
        Op::Gte,
        Op::Contains,
        Op::StartsWith,
        Op::EndsWith,
        Op::In,
        Op::NotIn,
        Op::IsNull,
    ];

    /// The name in `FIELD__OP`.
    pub fn name(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Ne => "ne",
            Op::Lt => "lt",
            Op::Lte => "lte",
            Op::Gt => "gt",
            Op::Gte => "gte",
            Op::Contains => "contains",
            Op::StartsWith => "startswith",
            Op::EndsWith => "endswith",
            Op::In => "in",
            Op::NotIn => "notin",
            Op::IsNull => "isnull",
        }
    }

    /// Whether fields of a kind take it: numbers have no beginning and no end.
    pub fn applies_to(self, kind: Kind) -> bool {
        match self {
            Op::Contains | Op::StartsWith | Op::EndsWith => kind.comparison() == Comparison::Text,
            Op::Eq | Op::Ne | Op::Lt | Op::Lte | Op::Gt | Op::Gte | Op::In | Op::NotIn | Op::IsNull => true,
        }
    }
}

/// Where a record must stand. All numbers are finite and within their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Area {
    /// Between these degrees, borders included; `west <= east` and `south <= north`.
    Box {
        /// Western longitude.
        west: f64,
        /// Southern latitude.
        south: f64,
        /// Eastern longitude.
        east: f64,
        /// Northern latitude.
        north: f64,
    },
    /// Around a place.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Metres; `None`: however far.
        radius_m: Option<f64>,
    },
}

/// One key of the order. Blanks come last in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the field in the schema.
    pub field: usize,
    /// Largest first.
    pub descending: bool,
}

/// One page of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The records, in the order asked for.
    pub records: Vec<Record>,
    /// How many records there are on all pages together, where it was asked for.
    pub total: Option<u64>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::schema::Field;

    /// A small table with a field of each way to compare.
    pub(super) fn schema() -> Schema {
        let kinds = [
            ("ID", Kind::String),
            ("名称", Kind::String),
            ("建物名等（方書）", Kind::String),
            ("緯度", Kind::Latitude),
            ("経度", Kind::Longitude),
            ("定員", Kind::Integer),
            ("開始日", Kind::Date),
            ("開始時間", Kind::Time),
            ("limit", Kind::Integer),
            ("料金，税込", Kind::Number),
            ("-印", Kind::String),
        ];
        let fields = kinds
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| Field { kind: *kind, ..Field::extra(name, index + 1) });
        Schema::new(fields.collect()).unwrap()
    }

    /// The pairs of `A=1&B=2`; nothing is percent-decoded.
    pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
        let parts = text.split('&').filter(|part| !part.is_empty());
        parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    pub(super) const SCOPE: Scope =
        Scope { resource: "331007_test", reserved: &["format", "lang"], is_across: false, now: Timestamp::UNIX_EPOCH };

    pub(super) fn parsed(text: &str) -> Query {
        parse(&schema(), &pairs(text), SCOPE).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"))
    }

    #[test]
    fn nearest_first_is_the_order_only_where_no_other_is_asked_for() {
        assert!(parsed("lat=34&lon=133").is_by_distance());
        assert!(!parsed("lat=34&lon=133&sort=ID").is_by_distance());
        assert!(parsed("lat=34&lon=133&sort=ID").has_distance());
        assert!(!parsed("bbox=133,34,134,35").has_distance());
    }

    #[test]
    fn no_parameters_ask_for_the_first_page_of_everything() {
        assert_eq!(parsed(""), Query::default());
    }
}
