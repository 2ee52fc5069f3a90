//! One question to all organizations.

use std::collections::BTreeSet;

use machikura::catalog::*;
use machikura::query::{Area, Page, Query, Sort};
use machikura::store::catalog;
use machikura::store::records::Scope;

use crate::common::*;

#[test]
fn a_walk_across_organizations_is_pinned() {
    let (_database, db) = database();
    let codes: Vec<String> = (0..7).map(|index| format!("40100{index}")).collect();
    add_organizations(&db, &codes.iter().map(String::as_str).collect::<Vec<_>>());
    let content = |code: &str, version: usize| format!("{code} {version}");
    let publish_version = |code: &str, version: usize, count: usize| {
        let name = content(code, version);
        let cells: Cells = ["", &name, "3", "34.6", "133.9", ""];
        publish(&db, &format!("{code}_aed"), &name, &vec![cells; count]);
    };
    for (index, code) in codes.iter().enumerate() {
        publish_version(code, 1, 3 + index);
        publish(&db, &format!("{code}_toilet"), "other", &ROWS);
    }
    let across = |serial: Option<i64>| db.read_blocking(|c| Scope::across(c, "aed", "aed", serial)).unwrap();
    let scope = across(None);
    let total: usize = (0..7).map(|index| 3 + index).sum();
    assert_eq!((scope.row_count(), scope.table_count()), (total as u64, 7));
    for (sort, area, offset) in [
        (vec![], None, 0),
        (vec![Sort { field: NAME, descending: true }], None, 0),
        (vec![], Some(Area::Near { latitude: 34.0, longitude: 133.0, radius_m: None }), 0),
        (vec![], Some(Area::Box { west: 133.0, south: 34.0, east: 134.0, north: 35.0 }), 0),
        (vec![], None, 17),
    ] {
        let query = Query { sort, area, limit: 4, offset, ..all() };
        let first = ask(&db, &scope, &query);
        assert_eq!(first.total, Some(total as u64));
        // Everybody publishes something else in the middle of the walk, and one anew.
        let newest = db.read_blocking(catalog::newest_serial).unwrap() as usize;
        for code in &codes {
            publish_version(code, newest + 1, 2);
        }
        let mut seen = first.records;
        let mut next = first.next;
        while let Some(cursor) = next {
            let scope = across(Some(cursor.serial));
            let page = ask(&db, &scope, &Query { cursor: Some(cursor), offset: 0, ..query.clone() });
            seen.extend(page.records);
            next = page.next;
        }
        assert_eq!(seen.len(), total - offset);
        assert!(seen.iter().all(|record| record.text(NAME).ends_with(" 1")));
        let per_dataset: BTreeSet<_> = seen.iter().map(|record| record.dataset.clone().expect("a data set")).collect();
        assert!(per_dataset.contains("401006_aed"));
        for record in &seen {
            let dataset = record.dataset.as_deref().expect("a data set");
            assert!(record.text(NAME).starts_with(&dataset[..6]));
        }
    }
    let now = across(None);
    assert_eq!(now.row_count(), 14);
    let actor = Actor::default();
    db.write_blocking(|c| catalog::withdraw(c, &id("401000_aed"), &actor)).unwrap();
    assert_eq!(across(None).row_count(), 12);
    assert_eq!(across(Some(0)).row_count(), 0);
    assert_eq!(ask(&db, &across(Some(0)), &all()), Page { total: Some(0), ..Page::default() });
    let near = Some(Area::Near { latitude: 34.0, longitude: 133.0, radius_m: None });
    assert_eq!(ask(&db, &across(Some(0)), &Query { area: near, ..all() }).total, Some(0));
}
