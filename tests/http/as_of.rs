//! `as_of`: what was current at a time.

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};
use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{table, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";
const ACROSS: &str = "/api/v1/standards/aed/records";

/// One data set with versions of the first of April and May, another one of May.
fn history() -> TestApp {
    let app = TestApp::spawn();
    app.publish("331007_aed", table_of("aed", &[&[("名称", "一")], &[("名称", "二")]]));
    app.publish("331007_aed", table_of("aed", &[&[("名称", "三")], &[("名称", "四")], &[("名称", "五")]]));
    app.publish("332020_aed", table("aed", 1, |_, set| set("全国地方公共団体コード", "332020")));
    for (serial, time) in [(1, "2026-04-01T10:00+09:00"), (2, "2026-05-01T10:00+09:00"), (3, "2026-05-01T12:00+09:00")]
    {
        app.db
            .write_blocking(|connection| {
                diesel::sql_query("UPDATE versions SET published_at = $2::timestamptz WHERE serial = $1")
                    .bind::<BigInt, _>(serial)
                    .bind::<Text, _>(time)
                    .execute(connection)
                    .map_err(machikura::store::StoreError::from)
            })
            .expect("the past");
    }
    app
}

fn names(page: &Value) -> Vec<&str> {
    page["records"].as_array().expect("records").iter().map(|record| record["名称"].as_str().expect("a name")).collect()
}

#[test]
fn the_version_of_a_time_is_asked() {
    let app = history();
    let new = ["三", "四", "五"];
    for (time, expected) in [
        ("2026-04-01", &["一", "二"][..]),
        ("令和8年4月1日", &["一", "二"]),
        ("2026-04-01T10:00", &["一", "二"]),
        ("2026-04-01T01:00:00Z", &["一", "二"]),
        ("2026-05-01T09:59", &["一", "二"]),
        ("2026-05-01", &new),
        ("2036-05-01", &new),
    ] {
        let page = app.get(&format!("{ADDRESS}?as_of={time}")).json();
        assert_eq!((names(&page), &page["total"]), (expected.to_vec(), &json!(expected.len())), "{time}");
    }
    for time in ["2026-03-31", "2026-04-01T09:59"] {
        let problem = app.get(&format!("{ADDRESS}?as_of={time}")).fails(Code::NotFound);
        assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("2026-04-01T10:00:00")), "{problem}");
    }
}

#[test]
fn all_organizations_as_of_a_time() {
    let app = history();
    for (time, total) in [("2026-03-31", 0), ("2026-04-30", 2), ("2026-05-01T11:00", 3), ("2026-05-01", 4)] {
        assert_eq!(app.get(&format!("{ACROSS}?as_of={time}")).json()["total"], total, "{time}");
        let grouped = app.get(&format!("{ACROSS}?as_of={time}&aggregate=count")).json();
        assert_eq!(grouped["records"][0]["count"], total, "{time}");
    }
}

#[test]
fn walks_stay_at_their_time() {
    let app = history();
    let page = app.get(&format!("{ADDRESS}?as_of=2026-04-15&limit=1")).json();
    let next = page["next"].as_str().expect("a next page");
    assert_eq!(names(&app.get(next).json()), ["二"]);
    let cursor = next.split("cursor=").nth(1).expect("a cursor");
    let problem = app.get(&format!("{ADDRESS}?as_of=2026-05-02&cursor={cursor}")).fails(Code::InvalidParameter);
    assert_eq!(errors(&problem)[0]["parameter"], "cursor");
    // A walk as of a time to come goes on with what it began with.
    let page = app.get(&format!("{ADDRESS}?as_of=2099-01-01&limit=1")).json();
    app.publish("331007_aed", table_of("aed", &[&[("名称", "六")]]));
    assert_eq!(names(&app.get(page["next"].as_str().expect("a next page")).json()), ["四"]);
}

#[test]
fn for_ever_is_a_time_too() {
    let app = history();
    for time in ["9999-12-31", "9999-12-31T23:59:59"] {
        assert_eq!(app.get(&format!("{ADDRESS}?as_of={time}")).json(), app.get(ADDRESS).json(), "{time}");
    }
}

#[test]
fn mistakes() {
    let app = history();
    for (address, parameter) in [
        (format!("{ADDRESS}?as_of=yesterday"), "as_of"),
        (format!("{ADDRESS}?as_of=2026-02-30"), "as_of"),
        (format!("{ADDRESS}?as_of="), "as_of"),
        (format!("{ADDRESS}?as_of=2026-04-01&as_of=2026-04-02"), "as_of"),
        (format!("{ADDRESS}?asof=2026-04-01"), "asof"),
        ("/api/v1/datasets/331007_aed/versions/1/records?as_of=2026-04-01".to_owned(), "as_of"),
    ] {
        let problem = app.get(&address).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem)[0]["parameter"], parameter, "{address}");
    }
}
