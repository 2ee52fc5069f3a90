//! Days and intervals. Every relation of the standard (OGC 21-065r2, section 7.8 "Temporal functions", after Allen) is some
//! comparisons of where two intervals begin and end; a day begins and ends on itself.

use cql2::Expr;
use jiff::{Timestamp, tz::Offset};

use super::reader::Reader;
use super::term::Value;
use super::words;
use crate::{
    query::{
        Comparator, Condition, Expression,
        parse::{both, error::shorten},
    },
    schema::Kind,
    text::{narrow, trim},
};

/// An end of the first interval, what must hold, and an end of the second.
type Rule = (End, Comparator, End);

#[derive(Clone, Copy)]
pub(super) enum End {
    Start,
    Stop,
}

use Comparator::{AtLeast, AtMost, Equal, Less, More};
use End::{Start, Stop};

/// A relation of two intervals: the rules, and whether all of them must hold.
pub(super) struct Relation {
    name: &'static str,
    rules: &'static [Rule],
    is_all: bool,
}

#[rustfmt::skip]
const RELATIONS: [Relation; 15] = [
    Relation { name: "t_after", is_all: true, rules: &[(Start, More, Stop)] },
    Relation { name: "t_before", is_all: true, rules: &[(Stop, Less, Start)] },
    Relation { name: "t_contains", is_all: true, rules: &[(Start, Less, Start), (Stop, More, Stop)] },
    Relation { name: "t_disjoint", is_all: false, rules: &[(Stop, Less, Start), (Start, More, Stop)] },
    Relation { name: "t_during", is_all: true, rules: &[(Start, More, Start), (Stop, Less, Stop)] },
    Relation { name: "t_equals", is_all: true, rules: &[(Start, Equal, Start), (Stop, Equal, Stop)] },
    Relation { name: "t_finishedby", is_all: true, rules: &[(Start, Less, Start), (Stop, Equal, Stop)] },
    Relation { name: "t_finishes", is_all: true, rules: &[(Start, More, Start), (Stop, Equal, Stop)] },
    Relation { name: "t_intersects", is_all: true, rules: &[(Start, AtMost, Stop), (Stop, AtLeast, Start)] },
    Relation { name: "t_meets", is_all: true, rules: &[(Stop, Equal, Start)] },
    Relation { name: "t_metby", is_all: true, rules: &[(Start, Equal, Stop)] },
    Relation { name: "t_overlappedby", is_all: true, rules: &[(Start, More, Start), (Start, Less, Stop), (Stop, More, Stop)] },
    Relation { name: "t_overlaps", is_all: true, rules: &[(Start, Less, Start), (Stop, More, Start), (Stop, Less, Stop)] },
    Relation { name: "t_startedby", is_all: true, rules: &[(Start, Equal, Start), (Stop, More, Stop)] },
    Relation { name: "t_starts", is_all: true, rules: &[(Start, Equal, Start), (Stop, Less, Stop)] },
];

/// The relation with this name, in lower case.
pub(super) fn relation(name: &str) -> Option<&'static Relation> {
    RELATIONS.iter().find(|relation| relation.name == name)
}

/// Where an interval begins or ends.
#[derive(Clone)]
enum Bound {
    /// Before every day.
    Past,
    At(Value),
    /// After every day.
    Future,
}

/// Two days or intervals in a relation, or not in it.
pub(super) fn read(
    reader: &mut Reader,
    relation: &Relation,
    (one, other): (&Expr, &Expr),
    negated: bool,
) -> Option<Expression> {
    let (one, other) = (span(reader, one, relation.name), span(reader, other, relation.name));
    let (one, other) = (one?, other?);
    let end = |(start, stop): &(Bound, Bound), end: End| match end {
        Start => start.clone(),
        Stop => stop.clone(),
    };
    let mut parts = Vec::new();
    for (left, comparator, right) in relation.rules {
        let comparator = if negated { comparator.opposite() } else { *comparator };
        parts.push(compare(reader, end(&one, *left), comparator, end(&other, *right)));
    }
    let parts = parts.into_iter().collect::<Option<Vec<Expression>>>()?;
    Some(if relation.is_all != negated { Expression::all(parts) } else { Expression::any(parts) })
}

fn compare(reader: &mut Reader, left: Bound, comparator: Comparator, right: Bound) -> Option<Expression> {
    let rank = |bound: &Bound| match bound {
        Bound::Past => -1,
        Bound::At(_) => 0,
        Bound::Future => 1,
    };
    let holds = comparator.holds(rank(&left).cmp(&rank(&right)));
    match (left, right) {
        (Bound::At(left), Bound::At(right)) => reader.compare(left, comparator, right),
        // Of a blank nothing is known, not even that it lies before the end of time.
        (Bound::At(Value::Field(field)), _) | (_, Bound::At(Value::Field(field))) if holds => {
            Some(Expression::Test(Condition::filled(field)))
        }
        _ => Some(Expression::Always(holds)),
    }
}

/// A day or an interval: where it begins and ends.
fn span(reader: &mut Reader, tree: &Expr, function: &str) -> Option<(Bound, Bound)> {
    match tree {
        Expr::Interval { interval } => {
            let [start, stop] = interval.as_slice() else { return reader.wrong(words::wrong_arguments("interval")) };
            let (start, stop) = (bound(reader, start, Bound::Past), bound(reader, stop, Bound::Future));
            Some((start?, stop?))
        }
        Expr::Operation { op, args } if op == words::GROUP && args.len() == 1 => span(reader, &args[0], function),
        Expr::Property { .. } | Expr::Date { .. } | Expr::Timestamp { .. } | Expr::Literal(_) => {
            let value = instant(reader, tree)?;
            Some((Bound::At(value.clone()), Bound::At(value)))
        }
        _ => reader.wrong(words::wrong_arguments(function)),
    }
}

fn bound(reader: &mut Reader, tree: &Expr, open: Bound) -> Option<Bound> {
    match tree {
        Expr::Literal(text) if trim(text) == ".." => Some(open),
        Expr::Property { .. } | Expr::Date { .. } | Expr::Timestamp { .. } | Expr::Literal(_) => {
            instant(reader, tree).map(Bound::At)
        }
        _ => reader.wrong(words::wrong_arguments("interval")),
    }
}

fn instant(reader: &mut Reader, tree: &Expr) -> Option<Value> {
    let Expr::Property { property } = tree else { return day(reader, tree).map(Value::Day) };
    let index = reader.field(property)?;
    let field = &reader.schema.fields()[index];
    if field.kind == Kind::Date {
        return Some(Value::Field(index));
    }
    let hint = both("T_… の関数は日付の項目に使います。", "The functions T_… are for fields that hold dates.");
    reader.wrong(words::wrong_kind(field, "日付の項目", "a date", hint))
}

/// The day of `DATE('…')`, `TIMESTAMP('…')` or a text: of a moment, the day in Japan.
pub(super) fn day(reader: &mut Reader, tree: &Expr) -> Option<String> {
    let (function, text) = match tree {
        Expr::Date { date } => ("date", &**date),
        Expr::Timestamp { timestamp } => ("timestamp", &**timestamp),
        other => ("date", other),
    };
    let Expr::Literal(text) = text else { return reader.wrong(words::wrong_arguments(function)) };
    let narrowed = narrow(trim(text)).into_owned();
    let is_day = |day: &String| Kind::Date.check(day).is_ok();
    let day = Some(narrowed.clone()).filter(is_day).or_else(|| Kind::Date.normalise(&narrowed).filter(is_day));
    if let Some(day) = day.or_else(|| day_of_moment(&narrowed)) {
        return Some(day);
    }
    let shown = shorten(text);
    let message = both(
        format!("filter の「{shown}」は日付・日時として読めません。"),
        format!("{shown} in the filter cannot be read as a date or time."),
    );
    let hint = both(
        "2026-04-01、または 2026-04-01T09:00:00+09:00 のように書いてください。",
        "Write it like 2026-04-01, or 2026-04-01T09:00:00+09:00.",
    );
    reader.wrong((message, Some(hint)))
}

/// A moment with its distance from Greenwich; without it, in Japan.
fn day_of_moment(text: &str) -> Option<String> {
    let japan = Offset::constant(9);
    match text.parse::<Timestamp>() {
        Ok(moment) => Some(japan.to_datetime(moment).date().to_string()),
        Err(_) => {
            let local: jiff::civil::DateTime = text.parse().ok()?;
            text.contains(['T', ' ']).then(|| local.date().to_string())
        }
    }
    .filter(|day| Kind::Date.check(day).is_ok())
}
