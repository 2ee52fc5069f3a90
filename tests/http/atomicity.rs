//! Readers see the old version or the new one, never a mixture, and a walk stays in the version in which it began.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::tables::{rows, table};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";
const PUBLICATIONS: u32 = 24;

/// Two versions that differ in every record and in length.
const VERSIONS: [(&str, usize); 2] = [("甲", 120), ("乙", 210)];

fn version(which: usize) -> String {
    let (mark, count) = VERSIONS[which];
    table("aed", count, |_, set| set("備考", mark))
}

/// The version that consists of these records' marks, all of them.
fn whole<'a>(marks: impl Iterator<Item = &'a str>) -> (&'static str, usize) {
    let marks: Vec<&str> = marks.collect();
    let found = VERSIONS.into_iter().find(|(mark, _)| marks.first() == Some(mark));
    let (mark, count) = found.unwrap_or_else(|| panic!("a mark in {marks:?}"));
    assert_eq!(marks.len(), count, "not all of {mark}");
    assert!(marks.iter().all(|found| *found == mark), "a mixture: {marks:?}");
    (mark, count)
}

fn marks(page: &Value) -> impl Iterator<Item = &str> {
    let records = page["records"].as_array().expect("records");
    records.iter().map(|record| record["備考"].as_str().expect("a mark"))
}

fn read_page(app: &TestApp) {
    let page = app.get(&format!("{ADDRESS}/records?limit=10000&select=備考")).json();
    let (_, count) = whole(marks(&page));
    assert_eq!((&page["total"], &page["count"]), (&count.into(), &count.into()));
}

fn read_download(app: &TestApp) {
    let table = rows(&app.get(&format!("{ADDRESS}/download.csv")).text());
    whole(table[1..].iter().map(|row| row.last().expect("cells").as_str()));
}

fn read_source(app: &TestApp) {
    let table = rows(&app.get(&format!("{ADDRESS}/download.source")).text());
    whole(table[1..].iter().map(|row| row.last().expect("cells").as_str()));
}

fn read_counts(app: &TestApp) {
    let known = |count: &Value| VERSIONS.iter().any(|(_, known)| *count == *known);
    let about = app.get(ADDRESS).json();
    assert!(known(&about["records"]), "{about}");
    assert_eq!(about["records"], about["tables"][0]["records"]);
    let page = app.get("/api/v1/standards/aed/records?limit=1&select=備考").json();
    let mark = marks(&page).next().map(str::to_owned);
    assert!(VERSIONS.iter().any(|(known, count)| mark.as_deref() == Some(known) && page["total"] == *count), "{page}");
    assert!(known(&app.get("/api/v1/organizations/331007").json()["records"]));
}

/// Walks through one version while others take its place.
fn walk(app: &TestApp) {
    let mut ids = BTreeSet::new();
    let mut seen = Vec::new();
    let mut next = Some(format!("{ADDRESS}/records?limit=31&select=ID,備考&sort=-ID"));
    while let Some(address) = next {
        let page = app.get(&address).json();
        seen.extend(marks(&page).map(str::to_owned));
        for record in page["records"].as_array().expect("records") {
            assert!(ids.insert(record["ID"].as_str().expect("an id").to_owned()), "{record} twice");
        }
        next = page["next"].as_str().map(str::to_owned);
    }
    let (_, count) = whole(seen.iter().map(String::as_str));
    assert_eq!(ids.len(), count);
}

#[test]
fn every_answer_is_wholly_of_one_version() {
    let app = TestApp::spawn();
    app.publish("331007_aed", version(0));
    let is_done = AtomicBool::new(false);
    let readings = AtomicU32::new(0);
    thread::scope(|threads| {
        for read in [read_page, read_download, read_source, read_counts, walk] {
            let (app, is_done, readings) = (&app, &is_done, &readings);
            threads.spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    read(app);
                    readings.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=PUBLICATIONS {
            app.publish("331007_aed", version(usize::from(number % 2 == 1)));
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert_eq!(app.get(&format!("{ADDRESS}/versions")).json()["total"], PUBLICATIONS + 1);
    assert!(readings.into_inner() >= 5, "every reader has read");
}

#[test]
fn a_walk_that_began_before_sees_its_version_only() {
    let app = TestApp::spawn();
    app.publish("331007_aed", version(0));
    for records in [format!("{ADDRESS}/records"), "/api/v1/standards/aed/records".to_owned()] {
        for query in [
            "select=備考",
            "select=備考&sort=-名称,ID",
            "select=備考&lat=34.6&lon=133.9",
            "select=備考&bbox=133,34,135,35",
            "select=備考&q=岡山",
            "select=備考&filter=緯度 > 0 OR 名称 IS NULL",
        ] {
            let now = app.get(&format!("{ADDRESS}/versions")).json()["total"].as_u64().expect("a number");
            let is_second = usize::from(now.is_multiple_of(2));
            let mut page = app.get(&format!("{records}?{query}&limit=50")).json();
            // The other version takes its place in the middle of the walk.
            app.publish("331007_aed", version(1 - is_second));
            let mut seen: Vec<String> = marks(&page).map(str::to_owned).collect();
            while let Some(next) = page["next"].as_str() {
                page = app.get(next).json();
                assert_eq!(page["total"], VERSIONS[is_second].1);
                seen.extend(marks(&page).map(str::to_owned));
            }
            assert_eq!(whole(seen.iter().map(String::as_str)), VERSIONS[is_second], "{records}?{query}");
        }
    }
}
