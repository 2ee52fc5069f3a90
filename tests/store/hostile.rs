//! Questions that are made to cost as much as they can: each is refused at once or ends soon after the time that a statement
//! may take. PostgreSQL looks at the time between records, and what takes long within one can hardly be cancelled.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use machikura::query::{self, Query, Scope as QueryScope};
use machikura::store::{StoreError, records};

use crate::common::*;

/// What a statement may take.
const LIMIT: Duration = Duration::from_secs(1);
/// When a question must have ended, on a machine that is busy with other things.
const END: Duration = Duration::from_secs(8);

fn line(points: impl Iterator<Item = (f64, f64)>) -> String {
    let points: Vec<String> = points.map(|(east, north)| format!("[{east:.6},{north:.6}]")).collect();
    format!("[{}]", points.join(","))
}

/// Shapes by type and coordinates, around all records.
fn shapes() -> Vec<(&'static str, String)> {
    let turn = |step: f64| move |at: i32| ((f64::from(at) * step).cos(), (f64::from(at) * step).sin());
    let around = |(east, north): (f64, f64)| (134.0 + east / 2.0, 34.7 + north / 2.0);
    // Every edge of a star crosses nearly all others.
    let star = |corners: i32| line((0..=corners).map(move |at| around(turn(2.399_963)(at % corners))));
    let zigzag = |count: i32, height: f64| {
        line(
            (0..count)
                .map(move |at| (133.5 + f64::from(at) / 1e3, if at % 2 == 0 { 34.7 - height } else { 34.7 + height })),
        )
    };
    let bars = |count: i32| {
        let bar = |at: i32| {
            let east = 133.5 + f64::from(at) / 250.0;
            line([(east, 34.2), (east + 0.003, 34.2), (east + 0.003, 35.2), (east, 34.2)].into_iter())
        };
        (0..count).map(bar).collect::<Vec<_>>()
    };
    let border = line([(133.0, 34.0), (135.0, 34.0), (135.0, 36.0), (133.0, 36.0), (133.0, 34.0)].into_iter());
    let circle = line((0..400).map(|at| around(turn(TAU / 399.0)(at % 399))));
    let crossing = (0..500).map(|at| line([around(turn(1.7)(at)), around(turn(2.3)(at + 7))].into_iter()));
    vec![
        ("Polygon", format!("[{}]", star(699))),
        ("Polygon", format!("[{}]", star(4_999))),
        ("Polygon", format!("[{circle}]")),
        ("Polygon", format!("[{border},{}]", bars(248).join(","))),
        ("MultiPolygon", format!("[[{}]]", bars(250).join("],["))),
        ("LineString", star(999)),
        ("LineString", zigzag(600, 0.4)),
        ("MultiLineString", format!("[{}]", crossing.collect::<Vec<_>>().join(","))),
        ("MultiPoint", circle),
    ]
}

fn questions() -> Vec<Vec<(&'static str, String)>> {
    let mut filters = Vec::new();
    for relation in ["intersects", "disjoint", "contains", "within", "equals", "touches", "crosses", "overlaps"] {
        for (kind, coordinates) in shapes() {
            let shape = format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#);
            filters
                .push((format!(r#"{{"op":"s_{relation}","args":[{{"property":"geometry"}},{shape}]}}"#), "cql2-json"));
        }
    }
    let any = |test: &dyn Fn(usize) -> String, count| (0..count).map(test).collect::<Vec<_>>().join(" OR ");
    let (a_1000, a_9000) = ("a".repeat(980), "a".repeat(9_000));
    for filter in [
        format!("名称 LIKE '{}%b%'", "%a".repeat(450)),
        format!("名称 LIKE '%{a_1000}b%'"),
        format!("名称 LIKE '%{a_9000}b%'"),
        format!("名称 LIKE '%{}b%'", "a_".repeat(450)),
        format!("名称 LIKE '%{}b%'", "a_".repeat(4_500)),
        format!("名称 NOT LIKE '%b{a_1000}%'"),
        format!("名称 = '{a_9000}' OR ID = '1'"),
        any(&|at| format!("名称 LIKE '%b{at}{}%'", "a".repeat(90)), 90),
        any(&|at| format!("名称 LIKE '%{at}a%a%a%b_b'"), 90),
        any(&|at| format!("ACCENTI(名称) = '{at}'"), 25),
        any(&|at| format!("ACCENTI(CASEI(名称)) LIKE '%{at}%'"), 25),
        any(&|at| format!("ACCENTI(名称) = '{at}'"), 90),
        any(&|at| format!("CASEI(名称) = '{at}'"), 90),
        format!("{} > 1", ["定員 * 1E300"; 10].join(" * ")),
        format!("1E300 / 定員 % 1E-300 > {} / 3", ["定員 / 7"; 8].join(" / ")),
        format!("名称 IN ({})", (0..1_000).map(|at| format!("'a{at}'")).collect::<Vec<_>>().join(",")),
        format!("{}定員 = 1{}", "NOT (".repeat(30), ")".repeat(30)),
    ] {
        filters.push((filter, "cql2-text"));
    }
    let mut questions: Vec<Vec<(&str, String)>> = filters
        .into_iter()
        .map(|(filter, language)| vec![("filter", filter), ("filter-lang", language.to_owned())])
        .collect();
    let many = |name: &'static str, value: &dyn Fn(usize) -> String| (0..100).map(|at| (name, value(at))).collect();
    let list = (0..100).map(|at| format!("{at}{}", "a".repeat(100))).collect::<Vec<_>>().join(",");
    questions.extend([
        many("名称__contains", &|at| format!("b{at}{a_9000}")),
        many("名称__contains", &|_| "aaaaaaaaab".to_owned()),
        many("名称__ne", &|at| format!("b{at}{a_9000}")),
        many("名称__notin", &|_| list.clone()),
        many("名称__endswith", &|at| format!("{at}{a_9000}")),
        vec![("q", format!("b{a_9000} {a_9000}b"))],
        vec![("lat", "-90".to_owned()), ("lon", "180".to_owned()), ("radius", "1e300".to_owned())],
        vec![("bbox", "-180,-90,180,90".to_owned())],
    ]);
    questions
}

#[test]
fn no_question_outlives_its_time() {
    let (database, plain) = database();
    let long = "a".repeat(100_000);
    let places: Vec<String> = (0..20).map(|at| format!("{}", 133.9 + f64::from(at) / 100.0)).collect();
    let rows: Vec<Cells> = places.iter().map(|east| ["", long.as_str(), "12", "34.7", east.as_str(), ""]).collect();
    publish(&plain, "331007_aed", "hostile", &rows);
    let scope = scope_of(&plain, "331007_aed");
    let db = connections_with(&database, |settings| settings.statement_timeout = LIMIT);
    let mut outlived = Vec::new();
    for pairs in questions() {
        let begin = Instant::now();
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let asked: String = format!("{pairs:?}").chars().take(150).collect();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let within = QueryScope { resource: "331007_aed", reserved: &[], is_across: false, now };
        let how = match query::parse(&schema(), &pairs, within) {
            Err(_) => "refused",
            Ok(query) => {
                let query = Query { limit: 1, ..query };
                match db.read_blocking(|connection| records::page(connection, &schema(), &scope, &query)) {
                    Ok(_) => "answered",
                    Err(StoreError::Timeout) => "cancelled",
                    Err(other) => panic!("{asked}: {other}"),
                }
            }
        };
        if begin.elapsed() > END {
            outlived.push(format!("{how} after {:?}: {asked}", begin.elapsed()));
        }
        println!("{how} {:?} {asked}", begin.elapsed());
    }
    assert!(outlived.is_empty(), "{}", outlived.join("\n"));
}
