//! Whether places are open, in SQL and in Rust: the same for random places and times.

use jiff::civil::{DateTime, date};
use machikura::query::open::Cells;
use machikura::query::{OpenAt, OpenStatus, Query};
use machikura::schema::{Kind, Schema};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::common::*;

/// ID, days, opens, closes, remarks, and something else; `opening` names what of it the table has.
fn places(opening: serde_json::Value) -> Schema {
    let kinds = ["string", "weekday_list", "time", "time", "string", "string"];
    let names = ["ID", "曜日", "開始", "終了", "備考", "ほか"];
    let fields: Vec<_> = (1..)
        .zip(names.iter().zip(kinds))
        .map(|(position, (name, kind))| {
            serde_json::json!({"position": position, "name": name, "name_en": name, "type": "string", "kind": kind})
        })
        .collect();
    Schema::from_json(&serde_json::json!({"opening": opening, "fields": fields}).to_string()).expect("a schema")
}

const KINDS_HERE: [Kind; 6] = [Kind::String, Kind::WeekdayList, Kind::Time, Kind::Time, Kind::String, Kind::String];

fn days() -> impl Strategy<Value = String> {
    prop_oneof![
        "(月|)(火|)(水|)(木|)(金|)(土|)(日|)(祝|)",
        "[月火水木金土日](曜日|曜|)[～~ー-][月火水木金土日](曜日|)(、祝日|・土|)",
        "(毎日|平日|年中無休|月～金|土・日|月火水)(（祝日を除く）|\\(祝日・年末年始は休み\\)|（年末年始休み）|)",
        "(毎日|平日|祝日|第2水曜|休|除く|[月火水 ・、（）]){0,5}",
        Just("\"\\ \n月".to_owned()),
    ]
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["", "00:00", "23:59", "24:00", "09:00", "17:00"]).prop_map(str::to_owned),
        (0..24, 0..60).prop_map(|(hour, minute): (i32, i32)| format!("{hour:02}:{minute:02}")),
    ]
}

fn remarks() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "(年末年始|祝日|翌日|土日|第[1-3]・4|水曜|月曜日|昼休み|お盆|8月|不定休|要予約|休館| )(は休み|)(第3金|)",
    ]
}

fn instant() -> impl Strategy<Value = DateTime> {
    let special = prop::sample::select(vec![
        date(2026, 12, 28),
        date(2026, 12, 29),
        date(2027, 1, 1),
        date(2027, 1, 3),
        date(2026, 8, 13),
        date(2026, 5, 6),
        date(2026, 9, 22),
        date(2026, 9, 24),
    ]);
    let day = prop_oneof![special, (0..2_000).prop_map(|days| date(2024, 1, 1) + jiff::Span::new().days(days))];
    (day, 0..24_i8, 0..60_i8).prop_map(|(day, hour, minute)| day.at(hour, minute, 0, 0))
}

#[test]
fn sql_and_rust_agree_on_random_places_and_times() {
    let (_database, db) = database();
    let mut runner = TestRunner::deterministic();
    let mut draw = |count: usize| -> Vec<[String; 4]> {
        let strategy = prop::collection::vec((days(), time(), time(), remarks()), count);
        let drawn = strategy.new_tree(&mut runner).expect("places").current();
        drawn.into_iter().map(|(days, opens, closes, remarks)| [days, opens, closes, remarks]).collect()
    };
    let drawn = draw(400);
    let ids: Vec<String> = (0..drawn.len()).map(|row| format!("P{row:04}")).collect();
    let mut rows = (1..).zip(ids.iter().zip(&drawn));
    let new = publication("331007_aed", "aed", "places");
    db.write_blocking(|connection| {
        store(connection, &new, &mut || {
            Ok::<_, machikura::store::StoreError>(rows.next().map(|(row, (id, place))| {
                let cells = [id, &place[0], &place[1], &place[2], &place[3], ""];
                let values = machikura::schema::Record::lay_out(KINDS_HERE.into_iter().zip(cells));
                machikura::catalog::NewRecord { row_number: row, record_id: id.clone(), values, raw: None, point: None }
            }))
        })
    })
    .expect("published");
    let scope = scope_of(&db, "331007_aed");
    let whole = serde_json::json!({"days": "曜日", "hours": ["開始", "終了"], "remarks": "備考"});
    let tables = [
        whole.clone(),
        whole.clone(),
        whole,
        serde_json::json!({"hours": ["開始", "終了"]}),
        serde_json::json!({"days": "曜日", "remarks": "備考"}),
    ];
    let mut runner = TestRunner::deterministic();
    let mut seen = [0_usize; 3];
    for round in 0..50 {
        let schema = places(tables[round % tables.len()].clone());
        let opening = schema.opening().expect("fields of opening");
        let at = instant().new_tree(&mut runner).expect("a time").current();
        let plan = OpenAt { at, status: OpenStatus::Open }.plan();
        let states: Vec<Option<bool>> = drawn
            .iter()
            .map(|place| {
                let cell = |index: usize| Some(place[index - 1].as_str()).filter(|text| !text.is_empty());
                plan.is_open(Cells {
                    days: opening.days.map(cell),
                    hours: opening.hours.map(|(opens, closes)| (cell(opens), cell(closes))),
                    remarks: opening.remarks.and_then(cell),
                })
            })
            .collect();
        for (status, expected) in OpenStatus::ALL.into_iter().zip([Some(true), Some(false), None]) {
            let by_hand: Vec<&String> =
                ids.iter().zip(&states).filter(|(_, state)| **state == expected).map(|(id, _)| id).collect();
            let query = Query { open: Some(OpenAt { at, status }), limit: 1_000, ..all() };
            let page =
                db.read_blocking(|c| machikura::store::records::page(c, &schema, &scope, &query)).expect("an answer");
            let found: Vec<String> = page.records.iter().map(|record| record.text(0).into_owned()).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), by_hand, "{at} {status:?} {opening:?}");
            assert_eq!(page.total, Some(found.len() as u64));
            seen[status as usize] += found.len();
        }
    }
    assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
}
