//! URL parameters as a [`Query`]. All mistakes are reported at once, each with what was probably meant.

mod area;
mod condition;
mod error;
mod filter;
mod group;
mod items;
mod names;
mod open;
mod page;

pub use error::QueryError;
pub use filter::{LANGUAGES as FILTER_LANGUAGES, MAX_JSON as MAX_FILTER_JSON};
pub use open::{as_of, pinned};
pub use page::MAX_LIMIT;

use jiff::Timestamp;

use self::{condition::Conditions, error::Errors};
use super::{Op, Query};
use crate::{
    schema::Schema,
    text::{Bilingual, nfkc},
};

/// The most parameters that are looked at. One field may have to equal any of 1,000 values.
const MAX_PAIRS: usize = 2_000;
/// The longest value, in characters; a cursor has a limit of its own.
const MAX_VALUE: usize = 10_000;

/// What a question is asked of.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Names the records that are asked (`331007_aed`, `standards/aed`, `331007_aed/versions/3`): cursors of one
    /// resource do not fit another.
    pub resource: &'a str,
    /// Further parameters that the caller reads itself; they are not taken for fields.
    pub reserved: &'a [&'a str],
    /// Whether records of several data sets stand side by side.
    pub is_across: bool,
    /// What `now` means.
    pub now: Timestamp,
}

/// The parameters that are read here. A field that is named like one is reached as `NAME__eq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The fields to answer with.
    Select,
    /// The order.
    Sort,
    /// How many records at most.
    Limit,
    /// How many records to leave out.
    Offset,
    /// Where the page before ended.
    Cursor,
    /// A condition in CQL2.
    Filter,
    /// The form of the filter.
    FilterLang,
    /// A box of degrees.
    Bbox,
    /// Degrees north of a place.
    Lat,
    /// Degrees east of a place.
    Lon,
    /// Metres around the place.
    Radius,
    /// Whether to count the total.
    Count,
    /// Words to search for.
    Q,
    /// The language of the fields' names in the answer.
    Names,
    /// When a place must be open.
    OpenAt,
    /// The same.
    Open,
    /// Whether places are asked for that are open, closed, or do not say.
    OpenStatus,
    /// Whose version was current: see [`as_of`].
    AsOf,
    /// What records are grouped by.
    GroupBy,
    /// What is asked of each group.
    Aggregate,
    /// What is counted beside the records.
    Facets,
    /// Whether to answer how the question was understood.
    Explain,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Parameter; 22] = [
        Parameter::Select,
        Parameter::Sort,
        Parameter::Limit,
        Parameter::Offset,
        Parameter::Cursor,
        Parameter::Filter,
        Parameter::FilterLang,
        Parameter::Bbox,
        Parameter::Lat,
        Parameter::Lon,
        Parameter::Radius,
        Parameter::Count,
        Parameter::Q,
        Parameter::Names,
        Parameter::OpenAt,
        Parameter::Open,
        Parameter::OpenStatus,
        Parameter::AsOf,
        Parameter::GroupBy,
        Parameter::Aggregate,
        Parameter::Facets,
        Parameter::Explain,
    ];

    /// The name in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Parameter::Select => "select",
            Parameter::Sort => "sort",
            Parameter::Limit => "limit",
            Parameter::Offset => "offset",
            Parameter::Cursor => "cursor",
            Parameter::Filter => "filter",
            Parameter::FilterLang => "filter-lang",
            Parameter::Bbox => "bbox",
            Parameter::Lat => "lat",
            Parameter::Lon => "lon",
            Parameter::Radius => "radius",
            Parameter::Count => "count",
            Parameter::Q => "q",
            Parameter::Names => "names",
            Parameter::OpenAt => "open_at",
            Parameter::Open => "open",
            Parameter::OpenStatus => "open_status",
            Parameter::AsOf => "as_of",
            Parameter::GroupBy => "group_by",
            Parameter::Aggregate => "aggregate",
            Parameter::Facets => "facets",
            Parameter::Explain => "explain",
        }
    }
}

/// Reads decoded parameters as a question to a table.
///
/// ```
/// use machikura::{query::{Scope, parse}, schema::{Field, Schema}};
/// let schema = Schema::new(vec![Field::extra("名称", 1)])?;
/// let now = jiff::Timestamp::UNIX_EPOCH;
/// let scope = Scope { resource: "331007_aed", reserved: &[], is_across: false, now };
/// let errors = parse(&schema, &[("名祢".to_owned(), "市役所".to_owned())], scope).unwrap_err();
/// assert_eq!(errors[0].hint.as_ref().unwrap().ja, "「名称」のことですか。");
/// # Ok::<(), machikura::schema::SchemaError>(())
/// ```
///
/// # Errors
/// Every [`QueryError`] there is, up to some dozens.
pub fn parse(schema: &Schema, pairs: &[(String, String)], scope: Scope) -> Result<Query, Vec<QueryError>> {
    let mut errors = Errors::default();
    let mut given = Given::default();
    let mut conditions = Conditions::default();
    if pairs.len() > MAX_PAIRS {
        let message = both(
            format!("パラメータが多すぎます（{} 個）。{MAX_PAIRS} 個までにしてください。", pairs.len()),
            format!("Too many parameters ({}); at most {MAX_PAIRS} are allowed.", pairs.len()),
        );
        errors.add("", "", message, None);
        return Err(errors.into_list());
    }
    for (name, value) in pairs {
        if errors.is_full() {
            break;
        }
        let meaning = meaning(schema, name, scope);
        if is_readable(meaning, name, value, &mut errors) {
            match meaning {
                Meaning::Parameter(parameter) => given.pairs.push((parameter, value)),
                Meaning::Condition(field, op) => conditions.add(schema, field, op, (name, value), &mut errors),
                Meaning::Reserved => {}
                Meaning::Unknown => names::unknown_parameter(schema, scope, name, value, &mut errors),
            }
        }
    }
    let grouping = group::read(schema, &given, scope, &mut errors);
    let select = if grouping.is_none() { names::select(schema, &given, scope, &mut errors) } else { None };
    let sort = match &grouping {
        None => names::sort(schema, &given, &mut errors),
        // What is wrong with the groups says all that could be said of their order.
        Some(_) if errors.names(&[Parameter::GroupBy, Parameter::Aggregate]) => Vec::new(),
        Some(grouping) => group::order(grouping, names::sort(&grouping.schema(schema), &given, &mut errors)),
    };
    let mut query = Query {
        words: page::words(&given, &mut errors),
        sort,
        open: open::read(schema, &given, scope, &mut errors),
        facets: if grouping.is_none() { group::facets(schema, &given, scope, &mut errors) } else { Vec::new() },
        grouping,
        names: page::names(&given, &mut errors),
        explain: page::flag(Parameter::Explain, &given, &mut errors),
        select,
        area: area::read(schema, &given, &mut errors),
        limit: page::limit(&given, &mut errors),
        offset: page::offset(&given, &mut errors),
        count: page::count(&given, &mut errors),
        conditions: conditions.into_list(),
        filter: None,
        cursor: None,
    };
    if let Some(filter) = filter::read(schema, &given, &mut errors) {
        query.demand(filter);
    }
    // A cursor fits one question, so the question must be sound before the cursor can be judged.
    if let (Some(text), true) = (given.one(Parameter::Cursor, &mut errors), errors.is_empty()) {
        query.cursor = page::cursor(&query.answer_schema(schema), &query, scope.resource, text, &mut errors);
    }
    if errors.is_empty() { Ok(query) } else { Err(errors.into_list()) }
}

/// What a parameter is, by its name alone.
#[derive(Clone, Copy)]
enum Meaning {
    Parameter(Parameter),
    Reserved,
    Condition(usize, Op),
    Unknown,
}

fn meaning(schema: &Schema, name: &str, scope: Scope) -> Meaning {
    let name = nfkc(name);
    if let Some(parameter) = Parameter::ALL.into_iter().find(|parameter| parameter.name() == name) {
        return Meaning::Parameter(parameter);
    }
    if scope.reserved.contains(&name.as_str()) {
        return Meaning::Reserved;
    }
    if let Some(field) = schema.find(&name) {
        return Meaning::Condition(field, Op::Eq);
    }
    let operator = name.rsplit_once("__").and_then(|(field, op)| {
        let op = Op::ALL.into_iter().find(|known| known.name() == op)?;
        Some(Meaning::Condition(schema.find(field)?, op))
    });
    operator.unwrap_or(Meaning::Unknown)
}

/// Refuses what no parameter may hold.
fn is_readable(meaning: Meaning, name: &str, value: &str, errors: &mut Errors) -> bool {
    if name.contains('\0') || value.contains('\0') {
        let message = both("使えない文字（U+0000）が入っています。", "Holds a character that cannot be used (U+0000).");
        errors.add(name, value, message, None);
        return false;
    }
    let has_own_limit = match meaning {
        Meaning::Parameter(Parameter::Cursor | Parameter::Filter) | Meaning::Condition(_, Op::In | Op::NotIn) => true,
        Meaning::Parameter(_) | Meaning::Reserved | Meaning::Condition(..) | Meaning::Unknown => false,
    };
    if !has_own_limit && is_too_long(value) {
        errors.add(name, value, too_long(), None);
        return false;
    }
    true
}

fn is_too_long(value: &str) -> bool {
    value.len() > MAX_VALUE && value.chars().count() > MAX_VALUE
}

fn too_long() -> Bilingual {
    both(
        format!("値が長すぎます。{MAX_VALUE} 文字までにしてください。"),
        format!("The value is too long; at most {MAX_VALUE} characters are allowed."),
    )
}

/// The parameters of the contract among those given.
#[derive(Default)]
struct Given<'a> {
    pairs: Vec<(Parameter, &'a str)>,
}

impl<'a> Given<'a> {
    fn has(&self, parameter: Parameter) -> bool {
        self.pairs.iter().any(|(given, _)| *given == parameter)
    }

    /// The value of a parameter that makes sense only once.
    fn one(&self, parameter: Parameter, errors: &mut Errors) -> Option<&'a str> {
        let mut values = self.pairs.iter().filter(|(given, _)| *given == parameter).map(|(_, value)| *value);
        let first = values.next()?;
        if let Some(second) = values.next() {
            let message = both("同じパラメータが二度あります。一つにしてください。", "Given more than once; keep one.");
            errors.add(parameter.name(), second, message, None);
        }
        Some(first)
    }

    /// All values of a parameter that holds a list.
    fn all(&self, parameter: Parameter, separator: &str) -> Option<String> {
        let values: Vec<&str> =
            self.pairs.iter().filter(|(given, _)| *given == parameter).map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| values.join(separator))
    }
}

/// A text in both languages.
fn both(ja: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual { ja: ja.into(), en: en.into() }
}

#[cfg(test)]
mod tests;
