//! What becomes of a publication.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::prelude::*;
use jiff::Timestamp;
use machikura::catalog::*;
use machikura::query::{Condition, Query, Test};
use machikura::store::catalog::Which;
use machikura::store::records::{self, Scope};
use machikura::store::{Db, StoreError, audit, catalog};

use crate::common::*;

#[test]
fn what_is_published_can_be_read() {
    let (_database, db) = database();
    let published = publish(&db, "331007_aed", "v1", &ROWS);
    assert_eq!((published.created, published.unchanged, published.version.number), (true, false, 1));
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().unwrap();
    assert_eq!(entry.version, Some(published.version.clone()));
    assert_eq!(entry.tables, std::slice::from_ref(&published.table));
    assert_eq!((entry.records(), entry.organization_name.as_str()), (3, "市331007"));
    let bounds = entry.bounding_box().unwrap();
    assert_eq!((bounds.west, bounds.south, bounds.east, bounds.north), (133.93, 34.66, 133.95, 34.70));
    let report = db.read_blocking(|c| catalog::report(c, published.table.key)).unwrap();
    assert_eq!(report, Some(serde_json::json!({"valid": true})));

    let scope = scope_of(&db, "331007_aed");
    let page = ask(&db, &scope, &all());
    assert_eq!((page.total, page.next.is_none()), (Some(3), true));
    assert_eq!(page.records[0].values, "\"A1\"\n\"市民会館\"\n10\n34.66\n133.93\n\"2024-04-01\"");
    assert_eq!(page.records[2].values, "\"A3\"\nnull\n5\nnull\nnull\n\"2023-01-31\"");
    let one = |id: &str| db.read_blocking(|c| records::record(c, &schema(), &scope, id)).unwrap();
    assert_eq!(one("A2"), Some(page.records[1].clone()));
    assert_eq!((one("A9"), one("A\0")), (None, None));

    let summary = db.read_blocking(|c| catalog::find_organization(c, "331007")).unwrap().unwrap();
    assert_eq!((summary.datasets, summary.records), (1, 3));
    let organizations = db.read_blocking(catalog::list_organizations).unwrap();
    assert_eq!(organizations.iter().map(|one| one.datasets).collect::<Vec<_>>(), [1, 0]);
    let entries = db.read_blocking(|c| audit::list(c, Some("331007"), None, 10)).unwrap();
    assert_eq!((entries.len(), entries[0].action.as_str(), entries[0].version), (1, "publish", Some(1)));
    assert_eq!(entries[0].actor.address.as_deref(), Some("192.0.2.1"));
}

#[test]
fn the_same_bytes_are_the_same_version() {
    let (_database, db) = database();
    publish(&db, "331007_aed", "v1", &ROWS);
    let new = publication("331007_aed", "aed", "v1");
    let again = db.write_blocking(|c| {
        store(c, &new, &mut || -> Result<_, StoreError> { panic!("the rows are not even looked at") })
    });
    let again = again.unwrap();
    assert_eq!((again.unchanged, again.created, again.version.number), (true, false, 1));
    let mut otherwise = new.clone();
    otherwise.table.treatment = "fix".into();
    assert_eq!(publish_rows(&db, &otherwise, &ROWS).unwrap().version.number, 2);
    assert_eq!(publish(&db, "331007_aed", "v2", &ROWS[..1]).version.number, 3);
    assert_eq!(ask(&db, &scope_of(&db, "331007_aed"), &all()).total, Some(1));
}

#[test]
fn a_version_can_be_asked_to_be_the_current_one() {
    let (_database, db) = database();
    let expecting = |expected: i32, content: &str| {
        let new = NewPublication { expected_version: Some(expected), ..publication("331007_aed", "aed", content) };
        publish_rows(&db, &new, &ROWS)
    };
    assert!(matches!(expecting(1, "v1"), Err(StoreError::PreconditionFailed { expected: 1, found: None })));
    assert!(db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().is_none(), "nothing was made");
    assert_eq!(expecting(0, "v1").unwrap().version.number, 1);
    assert!(matches!(expecting(0, "v2"), Err(StoreError::PreconditionFailed { found: Some(1), .. })));
    assert_eq!(expecting(1, "v2").unwrap().version.number, 2);
    let unknown = publish_rows(&db, &publication("999999_aed", "aed", "v1"), &ROWS);
    assert!(matches!(unknown, Err(StoreError::UnknownOrganization(code)) if code == "999999"));
}

#[test]
fn other_tables_are_carried_over_and_versions_can_be_restored() {
    let (_database, db) = database();
    let bid = |table: &str, content: &str, rows: &[Cells]| {
        publish_rows(&db, &publication("331007_procurement", table, content), rows).unwrap()
    };
    bid("plan", "p1", &ROWS[..1]);
    bid("award", "a1", &ROWS[..2]);
    let third = bid("plan", "p2", &ROWS);
    let tables_of = |which: Which| {
        let dataset = db.read_blocking(|c| catalog::find_dataset(c, &id("331007_procurement"))).unwrap().unwrap();
        let found = db.read_blocking(|c| catalog::find_version(c, dataset.dataset.key, which)).unwrap();
        found.map(|(_, tables)| tables.into_iter().map(|table| (table.name, table.row_count)).collect::<BTreeSet<_>>())
    };
    let set = |plan: u64| Some(BTreeSet::from([("plan".to_owned(), plan), ("award".to_owned(), 2)]));
    assert_eq!(tables_of(Which::Number(1)), Some(BTreeSet::from([("plan".to_owned(), 1)])));
    assert_eq!(tables_of(Which::Number(2)), set(1));
    assert_eq!(tables_of(Which::Number(3)), set(3));
    assert_eq!(tables_of(Which::Number(4)), None);
    assert_eq!(tables_of(Which::Serial(third.version.serial - 1)), set(1));
    assert_eq!(tables_of(Which::At(third.version.published_at)), set(3));
    assert_eq!(tables_of(Which::At(Timestamp::UNIX_EPOCH)), None);

    let actor = Actor { name: "tester".into(), address: None };
    let dataset = id("331007_procurement");
    let restored = db.write_blocking(|c| catalog::restore(c, &dataset, 2, Some(3), &actor)).unwrap();
    assert_eq!(restored.number, 4);
    assert_eq!(tables_of(Which::Number(4)), set(1));
    assert!(matches!(
        db.write_blocking(|c| catalog::restore(c, &dataset, 9, None, &actor)),
        Err(StoreError::UnknownVersion(_))
    ));
    let key = db.read_blocking(|c| catalog::find_dataset(c, &dataset)).unwrap().unwrap().dataset.key;
    let versions = db.read_blocking(|c| catalog::list_versions(c, key, Some(4), 2)).unwrap();
    assert_eq!(versions.iter().map(|(version, _)| version.number).collect::<Vec<_>>(), [3, 2]);

    assert!(db.write_blocking(|c| catalog::withdraw(c, &dataset, &actor)).unwrap());
    assert!(!db.write_blocking(|c| catalog::withdraw(c, &dataset, &actor)).unwrap(), "it is withdrawn already");
    let list = |db: &Db| db.read_blocking(|c| catalog::list_datasets(c, &DatasetFilter::default(), 10)).unwrap();
    assert_eq!(list(&db).total, 0);
    let again = bid("plan", "p2", &ROWS);
    assert_eq!((again.unchanged, again.created, again.version.number), (false, true, 5));
    assert_eq!(tables_of(Which::Number(5)), Some(BTreeSet::from([("plan".to_owned(), 3)])));
    assert_eq!(list(&db).total, 1);

    assert!(db.write_blocking(|c| catalog::purge(c, &dataset, &actor)).unwrap());
    assert!(db.read_blocking(|c| catalog::find_dataset(c, &dataset)).unwrap().is_none());
    assert_eq!(rows_in_database(&db), 0);
}

fn rows_in_database(db: &Db) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let query = diesel::sql_query("SELECT count(*) AS count FROM records");
    db.read_blocking(|c| query.get_result::<Count>(c).map_err(StoreError::from)).unwrap().count
}

#[test]
fn a_failing_source_of_rows_leaves_nothing() {
    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("stopped at the thousandth row, on purpose, with a NUL \0 in the message")]
        Stopped,
        #[error(transparent)]
        Store(#[from] StoreError),
    }
    let (_database, db) = database();
    let new = publication("331007_aed", "aed", "v1");
    let mut row = 0;
    let stopped: Result<Published, Failure> = db.write_blocking(|c| {
        store(c, &new, &mut || {
            row += 1;
            if row == 5_000 { Err(Failure::Stopped) } else { Ok(Some(new_record(row, &ROWS[0]))) }
        })
    });
    assert!(matches!(stopped, Err(Failure::Stopped)), "{stopped:?}");
    assert_eq!(rows_in_database(&db), 0);
    assert!(db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().is_none());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write_blocking(|c| store(c, &new, &mut || -> Result<_, StoreError> { panic!("in the middle of COPY") }))
    }));
    assert!(panicked.is_err());
    let bad = |record: NewRecord| {
        let mut rows = [Some(new_record(1, &ROWS[0])), Some(record)].into_iter();
        db.write_blocking(|c| store(c, &new, &mut || Ok(rows.next().flatten())))
    };
    let good = new_record(2, &ROWS[1]);
    for record in [
        NewRecord { row_number: 1, ..good.clone() },
        NewRecord { values: "\"a\\u0000\"".into(), ..good.clone() },
        NewRecord { point: Some((200.0, 0.0)), ..good.clone() },
    ] {
        assert!(matches!(bad(record), Err(StoreError::InvalidRecord { .. })));
    }
    assert_eq!(rows_in_database(&db), 0);
    assert_eq!(bad(good).unwrap().table.row_count, 2);
}

#[test]
fn publishers_of_one_data_set_wait_for_each_other() {
    let (_database, db) = database();
    let barrier = Barrier::new(4);
    thread::scope(|threads| {
        for publisher in 0..4 {
            let (db, barrier) = (&db, &barrier);
            threads.spawn(move || {
                barrier.wait();
                for round in 0..5 {
                    publish(db, "331007_aed", &format!("{publisher} {round}"), &ROWS);
                }
            });
        }
    });
    let key = db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().unwrap().dataset.key;
    let versions = db.read_blocking(|c| catalog::list_versions(c, key, None, 100)).unwrap();
    assert_eq!(
        versions.iter().map(|(version, _)| version.number).collect::<Vec<_>>(),
        (1..=20).rev().collect::<Vec<_>>()
    );
    assert!(versions.windows(2).all(|pair| pair[0].0.serial > pair[1].0.serial));
    assert!(versions.windows(2).all(|pair| pair[0].0.published_at >= pair[1].0.published_at));
}

#[test]
fn readers_see_the_old_version_or_the_new_one() {
    let (_database, db) = database();
    let name = |version: usize| format!("版{version}");
    let rows = |name: &str| -> Vec<NewRecord> {
        let cells = ["", name, "", "", "", ""];
        (1..=500).map(|row| new_record(row, &cells)).collect()
    };
    let publish_version = |version: usize| {
        let mut rows = rows(&name(version)).into_iter();
        let new = publication("331007_aed", "aed", &name(version));
        db.write_blocking(|c| store::<StoreError>(c, &new, &mut || Ok(rows.next()))).unwrap();
    };
    publish_version(0);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let page = db
                        .read_blocking(|c| {
                            let entry = catalog::find_dataset(c, &id("331007_aed"))?.expect("it is there");
                            let scope = Scope::of_table(&entry.tables[0], entry.version.expect("a version").serial);
                            let test = Test::IsNull(false);
                            let conditions = vec![Condition { field: NAME, test }];
                            records::page(c, &schema(), &scope, &Query { limit: 1_000, conditions, ..all() })
                        })
                        .unwrap();
                    assert_eq!((page.total, page.records.len()), (Some(500), 500));
                    let names: BTreeSet<_> = page.records.iter().map(|record| record.text(NAME)).collect();
                    assert_eq!(names.len(), 1, "{names:?}");
                }
            });
        }
        for version in 1..=10 {
            publish_version(version);
        }
        done.store(true, Ordering::Relaxed);
    });
}
