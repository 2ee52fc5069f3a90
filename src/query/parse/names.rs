//! Names of fields, operators and parameters: lists of them, and what a misspelt one was probably meant to be.

use super::{Given, Parameter, Scope, both, error::Errors, error::shorten};
use crate::{
    query::grouping::DATASET,
    query::{Op, Sort},
    schema::{Field, Role, Schema, nearest},
    text::{Bilingual, nfkc},
};

/// Longer names are compared with nothing; it would only cost time.
const MAX_COMPARED: usize = 100;
/// How many fields are named where nothing is near.
const FIELDS_SHOWN: usize = 8;

/// What stands beside the fields in answers around a place.
const DISTANCE: &str = "distance_m";

/// Words of other services for our parameters that are too unlike to be found by spelling.
const OTHER_PARAMETERS: [(&str, &str); 12] = [
    ("latitude", "lat"),
    ("longitude", "lon"),
    ("long", "lon"),
    ("lng", "lon"),
    ("order", "sort"),
    ("order_by", "sort"),
    ("orderby", "sort"),
    ("fields", "select"),
    ("columns", "select"),
    ("page_size", "limit"),
    ("per_page", "limit"),
    ("size", "limit"),
];

/// The same for operators.
const OTHER_OPERATORS: [(&str, Op); 6] = [
    ("like", Op::Contains),
    ("ilike", Op::Contains),
    ("icontains", Op::Contains),
    ("not", Op::Ne),
    ("neq", Op::Ne),
    ("null", Op::IsNull),
];

/// `select`: the fields in the order asked for, each once. What stands beside them in any case may be named too.
pub(super) fn select(schema: &Schema, given: &Given, scope: Scope, errors: &mut Errors) -> Option<Vec<usize>> {
    let text = given.all(Parameter::Select, ",")?;
    let text = text.as_str();
    let is_beside =
        |name: &str| (scope.is_across && name == DATASET) || (given.has(Parameter::Lat) && name == DISTANCE);
    let mut fields = Vec::new();
    for name in split(schema, text, |name| schema.find(name).is_some()) {
        match schema.find(name) {
            Some(field) if fields.contains(&field) => {}
            Some(field) => fields.push(field),
            None if is_beside(&nfkc(name)) => {}
            None => unknown_field(schema, Parameter::Select.name(), text, name, "", errors),
        }
    }
    Some(fields)
}

/// `sort`: the fields by importance; a second mention of a field changes nothing.
pub(super) fn sort(schema: &Schema, given: &Given, errors: &mut Errors) -> Vec<Sort> {
    let Some(text) = given.all(Parameter::Sort, ",") else { return Vec::new() };
    let text = text.as_str();
    let mut keys: Vec<Sort> = Vec::new();
    for name in split(schema, text, |name| sort_key(schema, name).is_some()) {
        match sort_key(schema, name) {
            Some(key) if keys.iter().any(|known| known.field == key.field) => {}
            Some(key) => keys.push(key),
            None => {
                let (sign, bare) = name.strip_prefix('-').map_or(("", name), |bare| ("-", bare));
                match direction_in_words(schema, bare) {
                    Some(hint) => {
                        let (message, _) = no_field(schema, bare, str::to_owned);
                        errors.add(Parameter::Sort.name(), text, message, Some(hint));
                    }
                    None => unknown_field(schema, Parameter::Sort.name(), text, bare, sign, errors),
                }
            }
        }
    }
    keys
}

/// What was meant by `FIELD desc` and `FIELD:asc`, or by the distance.
fn direction_in_words(schema: &Schema, name: &str) -> Option<Bilingual> {
    if name == DISTANCE {
        return Some(both(
            "sort を付けなければ、lat・lon の地点から近い順です。",
            "Without sort, the nearest to lat and lon come first.",
        ));
    }
    let lower = name.to_ascii_lowercase();
    [("desc", "-"), ("asc", "")].into_iter().find_map(|(word, sign)| {
        let bare = name.get(..lower.strip_suffix(word)?.len())?.trim_end_matches([' ', ':', '.']);
        let field = &schema.fields()[schema.find(bare)?];
        Some(meant(&format!("{sign}{}", field.name)))
    })
}

fn sort_key(schema: &Schema, name: &str) -> Option<Sort> {
    let key = |name: &str, descending| schema.find(name.trim()).map(|field| Sort { field, descending });
    name.strip_prefix('-')
        .and_then(|bare| key(bare, true))
        .or_else(|| name.strip_prefix('+').and_then(|bare| key(bare, false)))
        .or_else(|| key(name, false))
}

/// The names of a comma-separated list. A field whose own name holds commas is recognised.
pub(super) fn split<'t>(schema: &Schema, text: &'t str, is_known: impl Fn(&str) -> bool) -> Vec<&'t str> {
    let most_commas = schema.fields().iter().map(|field| nfkc(&field.name).matches(',').count()).max().unwrap_or(0);
    let mut names = Vec::new();
    let mut rest = Some(text);
    while let Some(list) = rest {
        // A name reaches no further than its own number of commas: looking at the whole rest would be quadratic.
        let commas = list.match_indices(',').map(|(end, _)| end);
        let ends: Vec<usize> = commas.chain([list.len()]).take(most_commas + 1).collect();
        let end = ends.iter().rev().copied().find(|end| is_known(list[..*end].trim())).unwrap_or(ends[0]);
        names.push(list[..end].trim());
        rest = list.get(end + 1..);
    }
    names
}

pub(super) fn unknown_field(
    schema: &Schema,
    parameter: &str,
    value: &str,
    name: &str,
    sign: &str,
    errors: &mut Errors,
) {
    if errors.is_full() {
        return;
    }
    let (message, hint) = no_field(schema, name, |near| format!("{sign}{near}"));
    errors.add(parameter, value, message, Some(hint));
}

/// What to say of a field that is not there; `write` makes of the nearest one what should have been written.
pub(super) fn no_field(schema: &Schema, name: &str, write: impl Fn(&str) -> String) -> (Bilingual, Bilingual) {
    if name.is_empty() {
        return (both("項目名が空です。", "A field name is empty."), some_fields(schema));
    }
    let shown = shorten(name);
    let message = both(format!("「{shown}」という項目はありません。"), format!("There is no field named {shown}."));
    (message, near(name, names(schema)).map_or_else(|| some_fields(schema), |near| meant(&write(near))))
}

/// Says what is wrong with a parameter that is neither known nor a condition.
pub(super) fn unknown_parameter(schema: &Schema, scope: Scope, name: &str, value: &str, errors: &mut Errors) {
    if name.is_empty() && value.is_empty() {
        // `?a=1&` and `?&a=1` say nothing wrong.
        return;
    }
    let shown = shorten(name);
    let folded = nfkc(name);
    if let Some((field, op)) = folded.rsplit_once("__") {
        let known_op = Op::ALL.into_iter().find(|known| known.name() == op);
        match (schema.find(field).map(|index| &schema.fields()[index]), known_op) {
            (Some(field), _) => return unknown_operator(field, op, name, value, errors),
            (None, Some(op)) => {
                let shown = shorten(field);
                let message =
                    both(format!("「{shown}」という項目はありません。"), format!("There is no field named {shown}."));
                let near = near(field, names(schema)).map(|near| meant(&format!("{near}__{}", op.name())));
                return errors.add(name, value, message, Some(near.unwrap_or_else(|| some_fields(schema))));
            }
            (None, None) => {}
        }
    }
    let message = both(
        format!("「{shown}」というパラメータや項目はありません。"),
        format!("Unknown parameter: {shown} (and no field has this name)."),
    );
    let mut candidates: Vec<&str> = names(schema).collect();
    candidates.extend(Parameter::ALL.map(Parameter::name));
    candidates.extend(scope.reserved);
    let ours = OTHER_PARAMETERS.iter().find(|(theirs, _)| *theirs == folded).map(|(_, ours)| *ours);
    let hint = match as_condition(schema, &folded) {
        Some(condition) => meant(&condition),
        None if scope.is_across && OF_A_PUBLISHER.contains(&folded.as_str()) => of_a_publisher(schema),
        None => ours.or_else(|| near(&folded, candidates)).map_or_else(|| some_fields(schema), meant),
    };
    errors.add(name, value, message, Some(hint));
}

/// The parameter for a condition as other services write it: `FIELD>=1`, `FIELD[gte]=1`, `FIELD.gte=1`.
fn as_condition(schema: &Schema, name: &str) -> Option<String> {
    let (field, op) = match name.find(['>', '<', '!']).map(|at| name.split_at(at)) {
        Some((field, sign)) => (
            field,
            match sign {
                ">" => Op::Gte,
                "<" => Op::Lte,
                "!" => Op::Ne,
                _ if sign.starts_with('>') => Op::Gt,
                _ if sign.starts_with('<') => Op::Lt,
                _ => return None,
            },
        ),
        None => {
            let in_brackets = name.strip_suffix(']').and_then(|name| name.split_once('['));
            let (field, word) = in_brackets.or_else(|| name.rsplit_once('.'))?;
            (field, Op::ALL.into_iter().find(|op| op.name() == word)?)
        }
    };
    let field = &schema.fields()[schema.find(field.trim())?];
    op.applies_to(field.kind).then(|| format!("{}__{}", field.name, op.name()))
}

/// What asks, across organizations, for the records of one of them.
const OF_A_PUBLISHER: [&str; 4] = [DATASET, "organization", "municipality", "code"];

fn of_a_publisher(schema: &Schema) -> Bilingual {
    let code = schema.with_role(Role::PublisherCode).next().map(|field| schema.fields()[field].name.as_str());
    let (ja, en) = code.map_or_else(Default::default, |code| {
        (format!("団体で絞るには {code}=331007 のように書きます。"), format!("Add {code}=331007 for one publisher. "))
    });
    both(
        format!("{ja}一つのデータセットは /api/v1/datasets/331007_aed/records のようなアドレスで検索できます。"),
        format!("{en}A single dataset has an address such as /api/v1/datasets/331007_aed/records."),
    )
}

fn unknown_operator(field: &Field, op: &str, name: &str, value: &str, errors: &mut Errors) {
    let shown = shorten(op);
    let message =
        both(format!("「{shown}」という演算子はありません。"), format!("There is no operator named {shown}."));
    let ours = match OTHER_OPERATORS.iter().find(|(theirs, _)| *theirs == op) {
        Some((_, ours)) => ours.applies_to(field.kind).then(|| ours.name()),
        None => near(op, Op::ALL.into_iter().filter(|op| op.applies_to(field.kind)).map(Op::name)),
    };
    let hint = ours.map_or_else(|| operators_of(field), |ours| meant(&format!("{}__{ours}", field.name)));
    errors.add(name, value, message, Some(hint));
}

/// Which operators a field takes.
pub(super) fn operators_of(field: &Field) -> Bilingual {
    let names = Op::ALL.into_iter().filter(|op| *op != Op::Eq && op.applies_to(field.kind)).map(Op::name);
    let names = names.collect::<Vec<_>>().join(", ");
    both(
        format!("「{}」に使える演算子は {names} です。", field.name),
        format!("{} takes the operators {names}.", field.name),
    )
}

/// The candidate that was probably meant.
pub(super) fn near<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_COMPARED { None } else { nearest(name, candidates) }
}

pub(super) fn meant(name: &str) -> Bilingual {
    both(format!("「{name}」のことですか。"), format!("Did you mean {name}?"))
}

pub(super) fn some_fields(schema: &Schema) -> Bilingual {
    let names: Vec<&str> = fields(schema).take(FIELDS_SHOWN).collect();
    let more = schema.fields().len() - names.len();
    let (more_ja, more_en) = if more > 0 {
        (format!("（ほか {more} 項目）"), format!(" and {more} more"))
    } else {
        Default::default()
    };
    both(
        format!("項目は {}{more_ja} です。", names.join("、")),
        format!("The fields are {}{more_en}.", names.join(", ")),
    )
}

/// All names under which fields are found.
fn names(schema: &Schema) -> impl Iterator<Item = &str> {
    fields(schema).chain(schema.fields().iter().filter_map(Field::english))
}

pub(super) fn fields(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name.as_str())
}
