//! `open_at`, `open` and `open_status`.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{id, sample, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";

/// Five places, called 1 to 5 here.
fn places() -> TestApp {
    let app = TestApp::spawn();
    #[rustfmt::skip]
    let places = [
        ["月火水木金",       "08:30", "17:15", "年末年始は休み"],
        ["月火水木金土日",   "00:00", "23:59", ""],
        ["火水木金土日",     "18:00", "02:00", ""],
        ["土日",             "",      "",      ""],
        ["",                 "09:00", "17:00", "第3水曜日は休館"],
    ];
    let changes = places.map(|[days, opens, closes, remarks]| {
        [("利用可能曜日", days), ("開始時間", opens), ("終了時間", closes), ("利用可能日時特記事項", remarks)]
    });
    app.publish("331007_aed", table_of("aed", &changes.each_ref().map(|change| &change[..])));
    app
}

fn numbers(page: &Value) -> Vec<usize> {
    let ids = page["records"].as_array().expect("records").iter().map(|record| record["ID"].as_str().expect("an id"));
    ids.map(|found| (0..).find(|number| id(*number) == found).expect("one of ours") + 1).collect()
}

#[test]
fn each_place_is_open_closed_or_says_neither() {
    let app = places();
    #[rustfmt::skip]
    let cases: &[(&str, [&[usize]; 3])] = &[
        // A Wednesday, the third of its month.  Open, closed, unknown.
        ("2026-11-18T10:00",          [&[1, 2],    &[3, 4],    &[5]]),
        ("2026-11-18T20:00",          [&[2, 3],    &[1, 4],    &[5]]),
        ("2026-11-19T01:30",          [&[2, 3],    &[1, 4, 5], &[]]),
        ("2026-11-18T16:30:00Z",      [&[2, 3],    &[1, 4, 5], &[]]),
        // A Saturday, and a holiday on a Monday.
        ("2026-11-21T10:00",          [&[2],       &[1, 3],    &[4, 5]]),
        ("2026-11-23T10:00",          [&[2],       &[3],       &[1, 4, 5]]),
        // The turn of the year, on a Wednesday.
        ("2026-12-30T10:00",          [&[2],       &[3, 4],    &[1, 5]]),
    ];
    for (time, expected) in cases {
        for (status, expected) in ["open", "closed", "unknown"].iter().zip(expected) {
            let page = app.get(&format!("{ADDRESS}?open_at={time}&open_status={status}")).json();
            assert_eq!(
                (numbers(&page), &page["total"]),
                (expected.to_vec(), &json!(expected.len())),
                "{time} {status}"
            );
        }
        let page = app.get(&format!("{ADDRESS}?open={time}&sort=-ID")).json();
        let mut turned = expected[0].to_vec();
        turned.reverse();
        assert_eq!(numbers(&page), turned, "open is the default: {time}");
    }
    let page = app.get(&format!("{ADDRESS}?open_at=2026-11-18T10:00&利用可能曜日=月火水木金")).json();
    assert_eq!(numbers(&page), [1], "other conditions hold too");
}

#[test]
fn now_is_the_time_of_the_question() {
    let app = places();
    let all: Vec<usize> = ["open", "closed", "unknown"]
        .iter()
        .flat_map(|status| numbers(&app.get(&format!("{ADDRESS}?open=now&open_status={status}")).json()))
        .collect();
    assert_eq!(all.len(), 5, "each place is one of the three: {all:?}");
    // The next page asks for the same time.
    let page = app.get(&format!("{ADDRESS}?open_at=now&open_status=unknown&limit=0")).json();
    assert_eq!(page["count"], 0);
    let page = app.get(&format!("{ADDRESS}?open_at=now&limit=1&offset=0")).json();
    if let Some(next) = page["next"].as_str() {
        assert!(!next.contains("now") && next.contains("open_at=2"), "{next}");
        app.get(next).expect(200);
    }
    let page = app.get("/api/v1/standards/aed/records?open=now&open_status=closed").json();
    assert!(page["total"].is_u64());
}

#[test]
fn pages_of_open_places_are_walked() {
    let app = places();
    let mut walked = Vec::new();
    let mut next = Some(format!("{ADDRESS}?open_at=2026-11-18T20:00&open_status=closed&limit=1"));
    while let Some(address) = next {
        let page = app.get(&address).json();
        assert_eq!(page["total"], 2);
        walked.extend(numbers(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(walked, [1, 4]);
}

#[test]
fn mistakes_and_tables_without_hours() {
    let app = places();
    app.publish("331007_event", sample("event"));
    for (address, parameter, hint) in [
        (format!("{ADDRESS}?open_at=2026-11-18"), "open_at", "2026-11-22T10:00"),
        (format!("{ADDRESS}?open_at=tomorrow"), "open_at", "2026-11-22T10:00"),
        (format!("{ADDRESS}?open_at=2126-11-18T10:00"), "open_at", "2026-11-22T10:00"),
        (format!("{ADDRESS}?open_at=now&open=now"), "open", "どちらか"),
        (format!("{ADDRESS}?open_status=open"), "open_status", "open_at="),
        (format!("{ADDRESS}?open=now&open_status=clsed"), "open_status", "closed"),
        (format!("{ADDRESS}?opn_at=now"), "opn_at", "open_at"),
        ("/api/v1/datasets/331007_event/records?open=now".to_owned(), "open", ""),
    ] {
        let problem = app.get(&address).fails(Code::InvalidParameter);
        let found = errors(&problem);
        assert_eq!((found.len(), &found[0]["parameter"]), (1, &json!(parameter)), "{address}: {problem}");
        assert!(found[0]["hint"].as_str().unwrap_or_default().contains(hint), "{problem}");
    }
}
