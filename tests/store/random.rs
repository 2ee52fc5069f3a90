//! Random tables and random questions: the database and [`crate::evaluate`] must agree on records, order, total and pages.

use std::cell::Cell;

use machikura::query::{self, Area, Condition, Query, Scope as QueryScope, Sort, Test};
use machikura::store::Db;
use machikura::store::beside::Content;
use machikura::store::records::Scope;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::beside::{beside, wait_for};
use crate::common::*;
use crate::evaluate::Table;
use crate::formula::{Formula, formula};

const CASES: u32 = 48;

/// Texts that break careless SQL, LIKE patterns, JSON and collations.
pub fn name() -> impl Strategy<Value = String> {
    let characters = prop::sample::select(vec![
        'a', 'A', 'ａ', 'Ａ', '%', '_', '\\', '"', '\'', '\n', '\t', '😀', 'あ', 'ア', 'ｱ', '亜', ' ', '　', '1', '１',
        'n', '[', '*',
    ]);
    prop_oneof![
        8 => prop::collection::vec(characters, 0..4).prop_map(|characters| characters.into_iter().collect()),
        1 => Just("null".to_owned()),
        1 => prop::sample::select(vec!["二十一丁目", "21丁目", "霞ヶ関", "霞が関一", "亞細亜", "ガｶﾞか\u{3099}", "四ッ谷（北）1・2", "四ツ谷北", "一之宮ヴィラ", "一ノ宮・ビラ"]).prop_map(str::to_owned),
        1 => Just("あa%".repeat(500)),
    ]
}

/// A part of such a text, never empty.
fn part() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "A", "%", "_", "\\", "\"", "'", "\n", "😀", "あ", "1", "n", "a%", "ul", "\\n"])
        .prop_map(str::to_owned)
}

pub fn whole_number() -> impl Strategy<Value = String> {
    (-3..12_i32).prop_map(|number| number.to_string())
}

pub fn day() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["2023-12-31", "2024-01-01", "2024-02-29", "2024-04-01", "2024-12-31"])
        .prop_map(str::to_owned)
}

/// Degrees in eighths: exact in binary, so that what lies on a border lies there for everybody.
pub fn degrees(from: i32) -> impl Strategy<Value = f64> {
    (0..9_i32).prop_map(move |eighths| f64::from(from) + f64::from(eighths) / 8.0)
}

fn blank_or(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop_oneof![1 => Just(String::new()), 3 => value]
}

/// The cells of a row but its ID.
fn row() -> impl Strategy<Value = Vec<String>> {
    let place = prop_oneof![
        1 => Just((String::new(), String::new())),
        4 => (degrees(34), degrees(133)).prop_map(|(latitude, longitude)| (latitude.to_string(), longitude.to_string())),
    ];
    (name(), blank_or(whole_number()), place, blank_or(day()))
        .prop_map(|(name, capacity, (latitude, longitude), day)| vec![name, capacity, latitude, longitude, day])
}

fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(row(), 1..40).prop_map(|rows| {
        let numbered = (0..).zip(rows).map(|(number, mut row): (usize, Vec<String>)| {
            row.insert(0, format!("R{number:03}"));
            row
        });
        numbered.collect()
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let texts = || prop::collection::vec(name().prop_filter("a value", |name| !name.is_empty()), 0..3);
    let numbers = || prop::collection::vec(whole_number(), 0..3);
    let list = |values: Vec<machikura::query::Operand>, null, negated| {
        if negated { Test::NotIn { values, null } } else { Test::In { values, null } }
    };
    let compared = |operand, which: u8| match which {
        0 => Test::Lt(operand),
        1 => Test::Lte(operand),
        2 => Test::Gt(operand),
        _ => Test::Gte(operand),
    };
    prop_oneof![
        (texts(), any::<bool>(), any::<bool>()).prop_map(move |(values, null, negated)| Condition {
            field: NAME,
            test: list(values.iter().map(|value| text(value)).collect(), null, negated)
        }),
        (numbers(), any::<bool>(), any::<bool>()).prop_map(move |(values, null, negated)| Condition {
            field: CAPACITY,
            test: list(values.iter().map(|value| number(value)).collect(), null, negated)
        }),
        (whole_number(), 0..4_u8)
            .prop_map(move |(value, which)| Condition { field: CAPACITY, test: compared(number(&value), which) }),
        (day(), 0..4_u8).prop_map(move |(value, which)| Condition { field: DAY, test: compared(text(&value), which) }),
        (name(), 0..4_u8)
            .prop_map(move |(value, which)| Condition { field: NAME, test: compared(text(&value), which) }),
        (part(), 0..3_u8).prop_map(|(part, which)| Condition {
            field: NAME,
            test: match which {
                0 => Test::Contains(part),
                1 => Test::StartsWith(part),
                _ => Test::EndsWith(part),
            }
        }),
        (prop::sample::select(vec![NAME, CAPACITY, DAY]), any::<bool>())
            .prop_map(|(field, null)| Condition { field, test: Test::IsNull(null) }),
    ]
}

/// Words that are written otherwise than they stand in the texts, long and short.
fn words() -> impl Strategy<Value = Vec<query::Word>> {
    let word = prop::sample::select(vec![
        "a",
        "Ａ",
        "ｱ",
        "ア亜",
        "亞",
        "1",
        "１1",
        "%",
        "_",
        "*",
        "\\",
        "\"",
        "n",
        "nul",
        "😀",
        "あa",
        "2024-02",
        "r01",
        "、",
        "十",
        "21丁目",
        "二十一丁目",
        "霞が関",
        "霞ヶ関",
        "ガ",
        "か\u{3099}",
        "四ツ谷",
        "谷（北",
        "谷北1",
        "宮ビラ",
        "ヴィ",
        "・",
    ]);
    prop::collection::vec(word, 0..3).prop_map(|words| query::words(&words.join(" ")))
}

fn box_of_degrees() -> impl Strategy<Value = Area> {
    (degrees(133), degrees(133), degrees(34), degrees(34)).prop_map(|(one, other, third, fourth)| Area::Box {
        west: one.min(other),
        east: one.max(other),
        south: third.min(fourth),
        north: third.max(fourth),
    })
}

fn sort() -> impl Strategy<Value = Vec<Sort>> {
    let key = (1..6_usize, any::<bool>()).prop_map(|(field, descending)| Sort { field, descending });
    prop::collection::vec(key, 0..3).prop_map(|mut keys| {
        keys.dedup_by_key(|key| key.field);
        keys
    })
}

/// A question without its filter, which is made from the formula beside it.
fn question() -> impl Strategy<Value = (Query, Option<Formula>)> {
    let conditions = prop::collection::vec(condition(), 0..3);
    let area = prop::option::weighted(0.3, box_of_degrees());
    let words = prop_oneof![2 => Just(Vec::new()), 1 => words()];
    (conditions, area, sort(), words, 1..15_usize, 0..6_usize, prop::option::weighted(0.6, formula())).prop_map(
        |(conditions, area, sort, words, limit, offset, formula)| {
            (Query { conditions, area, sort, words, limit, offset, ..all() }, formula)
        },
    )
}

/// Publishes a table; answers where it is.
fn published(db: &Db, rows: &[Vec<String>], number: usize) -> Scope {
    let cells: Vec<Cells> = rows.iter().map(|row| std::array::from_fn(|field| row[field].as_str())).collect();
    publish(db, "331007_aed", &format!("table {number}"), &cells);
    scope_of(db, "331007_aed")
}

/// The conditions of a filter, read as they are in a request.
fn read_filter(text: &str) -> Query {
    let scope =
        QueryScope { resource: "331007_aed", reserved: &[], is_across: false, now: jiff::Timestamp::UNIX_EPOCH };
    query::parse(&schema(), &[("filter".to_owned(), text.to_owned())], scope)
        .unwrap_or_else(|errors| panic!("{text}: {errors:#?}"))
}

#[test]
fn the_database_answers_as_the_plain_evaluation() {
    let (_database, db) = database();
    let schema = schema();
    let number = Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let tables = (rows(), prop::collection::vec(question(), 8));
    let result = runner.run(&tables, |(rows, questions)| {
        number.set(number.get() + 1);
        let scope = published(&db, &rows, number.get());
        let table = Table { schema: &schema, rows: &rows };
        let mut asked = Vec::new();
        for (mut query, formula) in questions {
            if let Some(formula) = formula {
                let read = read_filter(&formula.text());
                let only = Query { conditions: read.conditions.clone(), filter: read.filter.clone(), ..all() };
                // By the rules of three truths, which the reading of the filter has turned into two.
                let truly: Vec<usize> =
                    (0..rows.len()).filter(|row| formula.truth(&rows[*row]) == Some(true)).collect();
                prop_assert_eq!(&table.answer(&only), &truly, "{}", formula.text());
                query.conditions.extend(read.conditions);
                query.filter = read.filter;
            }
            agree(&db, &scope, &table, &query)?;
            asked.push(query);
        }
        // What the codes of columns answered is found in the records too.
        let scope = without_codes(&db, "331007_aed");
        asked.iter().try_for_each(|query| agree(&db, &scope, &table, query))
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Tables of this length are asked by the index.
const MANY: usize = 2_100;

#[test]
fn the_index_finds_what_the_plain_evaluation_finds() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let files = beside(&db, folder.path());
    let schema = schema();
    let number = Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() });
    let questions = prop::collection::vec((question(), words()), 16);
    let result = runner.run(&(rows(), questions), |(some, questions)| {
        number.set(number.get() + 1);
        let rows: Vec<Vec<String>> = (0..MANY)
            .map(|row| {
                let mut cells = some[(row * 7 + row / 50) % some.len()].clone();
                cells[0] = format!("R{row:04}");
                cells
            })
            .collect();
        let scope = published(&db, &rows, number.get());
        let table = Table { schema: &schema, rows: &rows };
        let questions = questions.into_iter().map(|((question, _), words)| Query { words, limit: 700, ..question });
        let questions: Vec<Query> = questions.collect();
        questions.iter().try_for_each(|query| agree(&db, &scope, &table, query))?;
        // So do the lines beside the database, where neither codes nor blocks answer.
        let scope = without_codes(&db, "331007_aed").beside(&files);
        let contents: Vec<Content> = [Content::Searched].into_iter().chain((0..6).map(Content::Field)).collect();
        wait_for(&db, &files, "331007_aed", &contents);
        let sorted = questions.iter().zip((1..6).cycle()).enumerate().map(|(number, (query, field))| {
            let sort = vec![Sort { field, descending: number % 2 == 0 }];
            // Some of all records, some of those that are found.
            let conditions = if number % 3 == 0 { Vec::new() } else { query.conditions.clone() };
            let words = if number % 3 == 0 { Vec::new() } else { query.words.clone() };
            Query { sort, conditions, words, limit: query.limit + 180, offset: query.offset, ..all() }
        });
        let sorted: Vec<Query> = sorted.collect();
        questions.iter().chain(&sorted).try_for_each(|query| agree(&db, &scope, &table, query))
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Whether records, order, total and the union of all pages are those of the plain evaluation.
fn agree(db: &Db, scope: &Scope, table: &Table, query: &Query) -> Result<(), TestCaseError> {
    let expected: Vec<String> = table.answer(query).into_iter().map(|row| table.rows[row][0].clone()).collect();
    let page = ask(db, scope, query);
    let on_page: Vec<String> = expected.iter().skip(query.offset).take(query.limit).cloned().collect();
    prop_assert_eq!(ids(&page), on_page, "{:#?}", query);
    prop_assert_eq!(page.total, u64::try_from(expected.len()).ok(), "{:#?}", query);
    let walked = walk(db, scope, &Query { offset: 0, ..query.clone() });
    let walked: Vec<String> = walked.iter().map(|record| record.text(0).into_owned()).collect();
    prop_assert_eq!(walked, expected, "{:#?}", query);
    Ok(())
}

#[test]
fn what_is_near_is_found_from_near_to_far() {
    let (_database, db) = database();
    let schema = schema();
    let number = Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let place = (degrees(34), degrees(133), prop::option::of(1.0..90_000.0));
    let questions = prop::collection::vec((place, prop::collection::vec(condition(), 0..2), 1..9_usize), 4);
    let result = runner.run(&(rows(), questions), |(rows, questions)| {
        number.set(number.get() + 1);
        let scope = published(&db, &rows, number.get());
        let table = Table { schema: &schema, rows: &rows };
        for ((latitude, longitude, radius_m), conditions, limit) in questions {
            let area = |radius_m| Area::Near { latitude, longitude, radius_m };
            let query = Query { conditions, area: Some(area(radius_m)), limit, ..all() };
            let walked = walk(&db, &scope, &query);
            prop_assert_eq!(ask(&db, &scope, &query).total, u64::try_from(walked.len()).ok());
            let distances: Vec<f64> = walked.iter().map(|record| record.distance_m.expect("a distance")).collect();
            prop_assert!(distances.is_sorted(), "{:?}", distances);
            // Between a sphere and the real earth lies half a percent.
            let within = |share: f64| {
                let area = Some(area(radius_m.map(|radius| radius * share)));
                table.answer(&Query { area, ..query.clone() })
            };
            let found: Vec<usize> = walked
                .iter()
                .map(|record| rows.iter().position(|row| row[0] == record.text(0)).expect("one of ours"))
                .collect();
            let (surely, perhaps) = (within(0.99), within(1.01));
            prop_assert!(surely.iter().all(|row| found.contains(row)), "{:?} {:?}", surely, found);
            prop_assert!(found.iter().all(|row| perhaps.contains(row)), "{:?} {:?}", perhaps, found);
            for (row, metres) in found.iter().zip(&distances) {
                let on_sphere = table.distance(*row, area(None)).expect("a place");
                prop_assert!((on_sphere - metres).abs() <= 0.01 * metres + 0.001, "{} {}", on_sphere, metres);
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
