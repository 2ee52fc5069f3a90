//! Random filters: as CQL2 text, and what they say of a row by the rules of three truths, written down independently of how
//! the server reads them.

use proptest::prelude::*;

use crate::common::{CAPACITY, DAY, NAME};
use crate::random::{day, degrees, name, whole_number};

const LATITUDE: usize = 3;
const LONGITUDE: usize = 4;
const SIGNS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

/// A filter.
#[derive(Clone, Debug)]
pub enum Formula {
    And(Vec<Formula>),
    Or(Vec<Formula>),
    Not(Box<Formula>),
    Name(usize, String),
    NameIn(Vec<String>, bool),
    NameLike(String, bool),
    NameFolded(String),
    Capacity(usize, String),
    CapacityBetween(String, String, bool),
    /// 定員 * a + b compared with 緯度.
    Calculated(i64, i64, usize),
    Day(usize, String),
    After(String),
    During(String, String),
    Blank(usize, bool),
    /// West, south, east, north.
    Intersects([f64; 4]),
    Within([f64; 4]),
    Located(bool),
    Always(bool),
}

/// Any filter of some depth.
pub fn formula() -> impl Strategy<Value = Formula> {
    let filled = || name().prop_filter("a value", |name| !name.is_empty());
    let sign = || 0..SIGNS.len();
    let rectangle = || {
        (degrees(133), degrees(133), degrees(34), degrees(34)).prop_map(|(one, other, third, fourth)| {
            [one.min(other), third.min(fourth), one.max(other), third.max(fourth)]
        })
    };
    let leaf = prop_oneof![
        (sign(), filled()).prop_map(|(sign, value)| Formula::Name(sign, value)),
        (prop::collection::vec(filled(), 1..3), any::<bool>())
            .prop_map(|(list, negated)| Formula::NameIn(list, negated)),
        (
            prop::sample::select(vec!["%a%", "a%", "%a", "_", "%\\%%", "あ_", "%_\\\\%", "null", "%", "A", "a\\_"]),
            any::<bool>()
        )
            .prop_map(|(pattern, negated)| Formula::NameLike(pattern.to_owned(), negated)),
        prop::sample::select(vec!["A", "ａ", "aA", "あ"]).prop_map(|value| Formula::NameFolded(value.to_owned())),
        (sign(), whole_number()).prop_map(|(sign, value)| Formula::Capacity(sign, value)),
        (whole_number(), whole_number(), any::<bool>())
            .prop_map(|(low, high, negated)| Formula::CapacityBetween(low, high, negated)),
        (1..6_i64, -9..40_i64, sign()).prop_map(|(factor, summand, sign)| Formula::Calculated(factor, summand, sign)),
        (sign(), day()).prop_map(|(sign, value)| Formula::Day(sign, value)),
        day().prop_map(Formula::After),
        (day(), day()).prop_map(|(from, to)| Formula::During(from, to)),
        (prop::sample::select(vec![NAME, CAPACITY, DAY]), any::<bool>())
            .prop_map(|(field, blank)| Formula::Blank(field, blank)),
        rectangle().prop_map(Formula::Intersects),
        rectangle().prop_map(Formula::Within),
        any::<bool>().prop_map(Formula::Located),
        any::<bool>().prop_map(Formula::Always),
    ];
    leaf.prop_recursive(4, 20, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Formula::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Formula::Or),
            inner.prop_map(|inner| Formula::Not(Box::new(inner))),
        ]
    })
}

impl Formula {
    /// The filter as CQL2.
    pub fn text(&self) -> String {
        let joined = |parts: &[Formula], between: &str| {
            parts.iter().map(|part| format!("({})", part.text())).collect::<Vec<_>>().join(between)
        };
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        match self {
            Formula::And(parts) => joined(parts, " AND "),
            Formula::Or(parts) => joined(parts, " or "),
            Formula::Not(inner) => format!("NOT ({})", inner.text()),
            Formula::Name(sign, value) => format!("名称 {} {}", SIGNS[*sign], quoted(value)),
            Formula::NameIn(list, negated) => {
                let list: Vec<String> = list.iter().map(|value| quoted(value)).collect();
                format!("名称 {}IN ({})", not(negated), list.join(", "))
            }
            Formula::NameLike(pattern, negated) => format!("名称 {}LIKE {}", not(negated), quoted(pattern)),
            Formula::NameFolded(value) => format!("CASEI(名称) = CASEI({})", quoted(value)),
            Formula::Capacity(sign, value) => format!("定員 {} {value}", SIGNS[*sign]),
            Formula::CapacityBetween(low, high, negated) => format!("定員 {}BETWEEN {low} AND {high}", not(negated)),
            Formula::Calculated(factor, summand, sign) => format!("定員 * {factor} + {summand} {} 緯度", SIGNS[*sign]),
            Formula::Day(sign, value) => format!("DATE('{value}') {} 開始日", SIGNS[*sign]),
            Formula::After(value) => format!("T_AFTER(開始日, DATE('{value}'))"),
            Formula::During(from, to) => format!("T_DURING(開始日, INTERVAL('{from}', '{to}'))"),
            Formula::Blank(field, blank) => {
                format!("{} IS {}NULL", ["", "名称", "定員", "", "", "開始日"][*field], not(&!blank))
            }
            Formula::Intersects([west, south, east, north]) => {
                format!("S_INTERSECTS(geometry, BBOX({west}, {south}, {east}, {north}))")
            }
            Formula::Within([west, south, east, north]) => {
                format!("S_CONTAINS(BBOX({west}, {south}, {east}, {north}), geometry)")
            }
            Formula::Located(located) => format!("geometry IS {}NULL", not(located)),
            Formula::Always(always) => always.to_string().to_uppercase(),
        }
    }

    /// What it says of a row: `None` where that is unknown.
    pub fn truth(&self, row: &[String]) -> Option<bool> {
        let filled = |field: usize| Some(row[field].as_str()).filter(|text| !text.is_empty());
        let number = |field: usize| filled(field).map(|digits| digits.parse::<f64>().expect("a number"));
        let parse = |digits: &str| digits.parse::<f64>().expect("a number");
        let place = || Some((number(LONGITUDE)?, number(LATITUDE)?));
        match self {
            Formula::And(parts) => {
                let truths: Vec<Option<bool>> = parts.iter().map(|part| part.truth(row)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else {
                    truths.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Formula::Or(parts) => {
                let truths: Vec<Option<bool>> = parts.iter().map(|part| part.truth(row)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else {
                    truths.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
            Formula::Not(inner) => inner.truth(row).map(|truth| !truth),
            Formula::Name(sign, value) => Some(holds(filled(NAME)?, *sign, value.as_str())),
            Formula::NameIn(list, negated) => {
                Some(list.iter().any(|value| Some(value.as_str()) == filled(NAME)) != *negated)
                    .filter(|_| filled(NAME).is_some())
            }
            Formula::NameLike(pattern, negated) => {
                let text: Vec<char> = filled(NAME)?.chars().collect();
                let pattern: Vec<char> = pattern.chars().collect();
                Some(is_like(&text, &pattern) != *negated)
            }
            Formula::NameFolded(value) => Some(filled(NAME)?.to_lowercase() == value.to_lowercase()),
            Formula::Capacity(sign, value) => Some(holds(number(CAPACITY)?, *sign, parse(value))),
            Formula::CapacityBetween(low, high, negated) => {
                Some((parse(low)..=parse(high)).contains(&number(CAPACITY)?) != *negated)
            }
            // Small numbers and eighths: exact in binary.
            Formula::Calculated(factor, summand, sign) => {
                let [factor, summand] = [factor, summand].map(|number| parse(&number.to_string()));
                Some(holds(number(CAPACITY)? * factor + summand, *sign, number(LATITUDE)?))
            }
            Formula::Day(sign, value) => Some(holds(value.as_str(), *sign, filled(DAY)?)),
            Formula::After(value) => Some(filled(DAY)? > value.as_str()),
            Formula::During(from, to) => filled(DAY).map(|day| from.as_str() < day && day < to.as_str()),
            Formula::Blank(field, blank) => Some(filled(*field).is_none() == *blank),
            Formula::Intersects([west, south, east, north]) => {
                let (longitude, latitude) = place()?;
                Some((west..=east).contains(&&longitude) && (south..=north).contains(&&latitude))
            }
            Formula::Within([west, south, east, north]) => {
                let (longitude, latitude) = place()?;
                let inside = |low: f64, high: f64, value: f64| low < value && value < high;
                // A rectangle without width is a line: its ends are its border; without height either, it is a point.
                Some(match (west < east, south < north) {
                    (true, true) => inside(*west, *east, longitude) && inside(*south, *north, latitude),
                    (true, false) => inside(*west, *east, longitude) && latitude == *south,
                    (false, true) => longitude == *west && inside(*south, *north, latitude),
                    (false, false) => (longitude, latitude) == (*west, *south),
                })
            }
            Formula::Located(located) => Some(place().is_some() == *located),
            Formula::Always(always) => Some(*always),
        }
    }
}

fn holds<T: PartialOrd>(left: T, sign: usize, right: T) -> bool {
    match SIGNS[sign] {
        "=" => left == right,
        "<>" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    }
}

fn is_like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| is_like(&text[skipped..], rest)),
        ['_', rest @ ..] => !text.is_empty() && is_like(&text[1..], rest),
        ['\\', exactly, rest @ ..] | [exactly, rest @ ..] => text.first() == Some(exactly) && is_like(&text[1..], rest),
    }
}
