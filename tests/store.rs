//! The store against a real PostgreSQL.
#![cfg(feature = "server")]

mod support;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use jiff::Timestamp;
use machikura::catalog::*;
use machikura::query::{Area, Condition, Cursor, Operand, Page, Query, Sort, Test};
use machikura::schema::{Decimal, Kind, Record, Schema};
use machikura::store::catalog::Which;
use machikura::store::records::{self, Scope};
use machikura::store::{Db, SchemaState, StoreError, audit, catalog, files, tokens};
use support::TestDatabase;

// ---- what is published -------------------------------------------------------------------------------------------

/// ID, 名称, 定員 (integer), 緯度, 経度, 開始日.
fn schema() -> Schema {
    let json = serde_json::json!({"recordId": "ID", "fields": [
        {"position": 1, "name": "ID", "kind": "string"},
        {"position": 2, "name": "名称", "kind": "string"},
        {"position": 3, "name": "定員", "kind": "integer"},
        {"position": 4, "name": "緯度", "kind": "latitude"},
        {"position": 5, "name": "経度", "kind": "longitude"},
        {"position": 6, "name": "開始日", "kind": "date"},
    ]});
    let schema: Schema = {
        let mut json = json;
        for field in json["fields"].as_array_mut().unwrap() {
            let name = field["name"].clone();
            field["name_en"] = name;
            field["type"] = "string".into();
        }
        Schema::from_json(&json.to_string()).expect("a schema")
    };
    schema
}

const NAME: usize = 1;
const CAPACITY: usize = 2;
const DAY: usize = 5;
const KINDS: [Kind; 6] = [Kind::String, Kind::String, Kind::Integer, Kind::Latitude, Kind::Longitude, Kind::Date];

/// A row of cells: ID, name, capacity, latitude, longitude, day.
type Cells<'a> = [&'a str; 6];

fn new_record(row: i32, cells: &Cells) -> NewRecord {
    let point = match (cells[4].parse(), cells[3].parse()) {
        (Ok(longitude), Ok(latitude)) => Some((longitude, latitude)),
        _ => None,
    };
    NewRecord {
        row_number: row,
        record_id: if cells[0].is_empty() { row.to_string() } else { cells[0].to_owned() },
        values: Record::lay_out(KINDS.into_iter().zip(cells.iter().copied())),
        point,
    }
}

fn id(text: &str) -> DatasetId {
    DatasetId::parse(text).expect("an id")
}

fn publication(dataset: &str, table: &str, content: &str) -> NewPublication {
    use sha2::Digest as _;
    let slug = id(dataset).slug;
    NewPublication {
        id: id(dataset),
        description: DatasetDescription {
            standard: Some(slug),
            title: format!("{dataset}の一覧"),
            license: "CC-BY-4.0".into(),
            ..DatasetDescription::default()
        },
        table: NewTable {
            name: table.into(),
            edition: "standard".into(),
            field_count: 6,
            extra_columns: vec![],
            treatment: String::new(),
            report: serde_json::json!({"valid": true}),
            score: 99.5,
            source: Source {
                sha256: Digest(sha2::Sha256::digest(content.as_bytes()).into()),
                bytes: content.len() as u64,
                name: "a.csv".into(),
                media_type: "text/csv".into(),
                encoding: "UTF-8".into(),
            },
        },
        expected_version: None,
        note: String::new(),
        actor: Actor { name: "tester".into(), address: Some("192.0.2.1".into()) },
    }
}

fn publish_rows(db: &Db, new: &NewPublication, rows: &[Cells]) -> Result<Published, StoreError> {
    let mut rows = (1..).zip(rows);
    db.write_blocking(|connection| {
        catalog::publish(connection, new, &mut || Ok(rows.next().map(|(row, cells)| new_record(row, cells))))
    })
}

fn publish(db: &Db, dataset: &str, content: &str, rows: &[Cells]) -> Published {
    publish_rows(db, &publication(dataset, &id(dataset).slug, content), rows).expect("publish")
}

fn add_organizations(db: &Db, codes: &[&str]) {
    for code in codes {
        let organization = Organization {
            code: (*code).to_owned(),
            name: format!("市{code}"),
            name_kana: "シ".into(),
            prefecture: "岡山県".into(),
            kind: OrganizationKind::Municipality,
            created_at: Timestamp::from_second(1_800_000_000).unwrap(),
        };
        db.write_blocking(|connection| catalog::add_organization(connection, &organization)).unwrap();
    }
}

fn database() -> (TestDatabase, Db) {
    let database = TestDatabase::new();
    let db = database.db();
    add_organizations(&db, &["331007", "332020"]);
    (database, db)
}

// ---- what is asked -----------------------------------------------------------------------------------------------

fn all() -> Query {
    Query {
        conditions: vec![],
        area: None,
        select: None,
        sort: vec![],
        limit: 100,
        offset: 0,
        cursor: None,
        count: true,
    }
}

fn with(field: usize, test: Test) -> Query {
    Query { conditions: vec![Condition { field, test }], ..all() }
}

fn text(value: &str) -> Operand {
    Operand::Text(value.to_owned())
}

fn number(value: &str) -> Operand {
    Operand::Number(Decimal::parse(value).expect("a number"))
}

fn scope_of(db: &Db, dataset: &str) -> Scope {
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id(dataset))).unwrap().expect("the data set");
    Scope::of_table(&entry.tables[0], entry.version.expect("a version").serial)
}

fn ask(db: &Db, scope: &Scope, query: &Query) -> Page {
    db.read_blocking(|connection| records::page(connection, &schema(), scope, query)).expect("an answer")
}

fn ids(page: &Page) -> Vec<String> {
    page.records.iter().map(|record| record.text(0).into_owned()).collect()
}

/// Walks through all pages; checks on the way that every page is full but the last.
fn walk(db: &Db, scope: &Scope, query: &Query) -> Vec<Record> {
    let mut found = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = ask(db, scope, &Query { cursor: cursor.clone(), ..query.clone() });
        found.extend(page.records.iter().cloned());
        match page.next {
            Some(next) => {
                assert_eq!(page.records.len(), query.limit, "only the last page is short");
                assert_ne!(Some(&next), cursor.as_ref(), "the walk goes on");
                cursor = Some(next);
            }
            None => return found,
        }
    }
}

// ---- migrations and connections ----------------------------------------------------------------------------------

#[test]
fn migrations_go_up_down_and_up_again() {
    let database = TestDatabase::new();
    let state = || database.db().read_blocking(machikura::store::schema_state).unwrap();
    assert_eq!(state(), SchemaState::Current);
    assert!(machikura::store::migrate(database.url()).unwrap().is_empty(), "nothing is pending");
    machikura::store::revert_all(database.url()).unwrap();
    assert!(matches!(state(), SchemaState::Behind(pending) if pending > 2));
    assert!(!machikura::store::migrate(database.url()).unwrap().is_empty());
    assert_eq!(state(), SchemaState::Current);
    let stranger = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    database.db().write_blocking(|c| c.batch_execute(stranger).map_err(StoreError::from)).unwrap();
    assert_eq!(state(), SchemaState::Unknown("99990101000000".into()));
    assert!(matches!(machikura::store::migrate(database.url()), Err(StoreError::Migration(_))));
}

#[test]
fn several_processes_migrate_at_once() {
    let database = TestDatabase::new();
    machikura::store::revert_all(database.url()).unwrap();
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| machikura::store::migrate(database.url()).expect("migrate"));
        }
    });
}

#[test]
fn every_foreign_key_has_an_index() {
    #[derive(QueryableByName, Debug)]
    struct Missing {
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[allow(dead_code)]
        name: String,
    }
    let (_database, db) = database();
    let missing: Vec<Missing> = db
        .read_blocking(|connection| {
            diesel::sql_query(
                "SELECT c.conname::text AS name FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid \
                 WHERE c.contype = 'f' AND r.relnamespace = current_schema()::regnamespace AND NOT EXISTS \
                 (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])",
            )
            .load(connection)
            .map_err(StoreError::from)
        })
        .unwrap();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn reading_changes_nothing_and_a_failed_write_leaves_nothing() {
    let (_database, db) = database();
    let insert = |c: &mut PgConnection| {
        c.batch_execute("INSERT INTO organizations (code, name, kind) VALUES ('330001', '県', 'prefecture')")
            .map_err(StoreError::from)
    };
    assert!(matches!(db.read_blocking(insert), Err(StoreError::Database(_))));
    let given_up: Result<(), StoreError> = db.write_blocking(|c| insert(c).and(Err(StoreError::Busy)));
    assert!(matches!(given_up, Err(StoreError::Busy)));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write_blocking(|c| -> Result<(), StoreError> { insert(c).map(|()| panic!("on purpose")) })
    }));
    assert!(panicked.is_err());
    assert_eq!(db.read_blocking(|c| catalog::find_organization(c, "330001")).unwrap(), None);
    db.write_blocking(insert).unwrap();
    assert!(db.read_blocking(|c| catalog::find_organization(c, "330001")).unwrap().is_some());
}

#[test]
fn slow_statements_time_out_and_dead_connections_are_replaced() {
    let database = TestDatabase::new();
    let db = database.db_with(|settings| settings.statement_timeout = Duration::from_millis(50));
    let sleep = |c: &mut PgConnection| c.batch_execute("SELECT pg_sleep(0.3)").map_err(StoreError::from);
    assert!(matches!(db.read_blocking(sleep), Err(StoreError::Timeout)));
    db.write_blocking(sleep).expect("writers have more time");
    let suicide = |c: &mut PgConnection| {
        c.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())").map_err(StoreError::from)
    };
    assert!(matches!(db.read_blocking(suicide), Err(StoreError::Unavailable(_))));
    // Kill all idle connections from outside: no reader notices.
    let other = database.db_with(|settings| settings.pool_size = 1);
    let kill_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                       AND application_name = 'machikura' AND query LIKE '%here I am%'";
    db.read_blocking(|c| c.batch_execute("SELECT 'here I am'").map_err(StoreError::from)).unwrap();
    other.write_blocking(|c| c.batch_execute(kill_others).map_err(StoreError::from)).unwrap();
    for _ in 0..4 {
        db.read_blocking(catalog::newest_serial).expect("a new connection");
    }
    let nowhere = machikura::store::Settings {
        connection_timeout: Duration::from_millis(200),
        ..machikura::store::Settings::new("postgresql://nobody@127.0.0.1:1/none")
    };
    assert!(matches!(Db::connect(nowhere), Err(StoreError::Unavailable(_))));
}

#[actix_web::test]
async fn no_more_work_at_once_than_there_are_permits() {
    let database = TestDatabase::new();
    let db = database.db_with(|settings| {
        settings.pool_size = 2;
        settings.permit_timeout = Duration::from_millis(250);
    });
    let slow =
        |db: Db| async move { db.read(|c| c.batch_execute("SELECT pg_sleep(0.2)").map_err(StoreError::from)).await };
    let done = futures_util::future::join_all((0..12).map(|_| slow(db.clone()))).await;
    let ok = done.iter().filter(|answer| answer.is_ok()).count();
    let busy = done.iter().filter(|answer| matches!(answer, Err(StoreError::Busy))).count();
    assert_eq!(ok + busy, 12);
    assert!((2..=4).contains(&ok), "{ok} of 12 got their turn");
    assert_eq!(db.permits(), (2, 2));
}

// ---- publications ------------------------------------------------------------------------------------------------

const ROWS: [Cells<'static>; 3] = [
    ["A1", "市民会館", "10", "34.66", "133.93", "2024-04-01"],
    ["A2", "図書館", "", "34.70", "133.95", ""],
    ["A3", "", "5", "", "", "2023-01-31"],
];

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
        catalog::publish(c, &new, &mut || -> Result<_, StoreError> { panic!("the rows are not even looked at") })
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
    assert_eq!(versions.iter().map(|version| version.number).collect::<Vec<_>>(), [3, 2]);

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
        catalog::publish(c, &new, &mut || {
            row += 1;
            if row == 5_000 { Err(Failure::Stopped) } else { Ok(Some(new_record(row, &ROWS[0]))) }
        })
    });
    assert!(matches!(stopped, Err(Failure::Stopped)), "{stopped:?}");
    assert_eq!(rows_in_database(&db), 0);
    assert!(db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().is_none());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write_blocking(|c| {
            catalog::publish(c, &new, &mut || -> Result<_, StoreError> { panic!("in the middle of COPY") })
        })
    }));
    assert!(panicked.is_err());
    let bad = |record: NewRecord| {
        let mut rows = [Some(new_record(1, &ROWS[0])), Some(record)].into_iter();
        db.write_blocking(|c| catalog::publish(c, &new, &mut || Ok(rows.next().flatten())))
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
    assert_eq!(versions.iter().map(|version| version.number).collect::<Vec<_>>(), (1..=20).rev().collect::<Vec<_>>());
    assert!(versions.windows(2).all(|pair| pair[0].serial > pair[1].serial));
    assert!(versions.windows(2).all(|pair| pair[0].published_at >= pair[1].published_at));
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
        db.write_blocking(|c| catalog::publish::<StoreError>(c, &new, &mut || Ok(rows.next()))).unwrap();
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

// ---- questions ---------------------------------------------------------------------------------------------------

/// Names that break careless SQL, LIKE patterns, COPY and JSON.
const NAMES: [&str; 12] =
    ["100%", "100", "a_c", "abc", "back\\slash", "quote\"d'", "行1\n行2", "tab\tn", "null", "ｱあA", "\\n", "n"];

fn named(db: &Db) -> Scope {
    let rows: Vec<(String, &str)> =
        NAMES.iter().enumerate().map(|(index, name)| (format!("N{index:02}"), *name)).collect();
    let mut cells: Vec<Cells> = rows.iter().map(|(id, name)| [id.as_str(), *name, "", "", "", ""]).collect();
    cells.push(["N99", "", "", "", "", ""]);
    publish(db, "331007_aed", "names", &cells);
    scope_of(db, "331007_aed")
}

#[test]
fn texts_are_compared_as_they_are() {
    let (_database, db) = database();
    let scope = named(&db);
    let found = |test: Test| {
        let page = ask(&db, &scope, &with(NAME, test));
        assert_eq!(page.total, Some(page.records.len() as u64));
        page.records.iter().map(|record| record.text(NAME).into_owned()).collect::<BTreeSet<String>>()
    };
    let expect = |passes: &dyn Fn(&str) -> bool| {
        NAMES.iter().filter(|name| passes(name)).map(|name| (*name).to_owned()).collect::<BTreeSet<String>>()
    };
    let blank = |mut names: BTreeSet<String>| {
        names.insert(String::new());
        names
    };
    for value in NAMES.into_iter().chain(["%", "_", "\\", "\"", "'", "\n", "行", "A", "x", "あ", "a\0", "\u{10ffff}"])
    {
        let list = |null: bool| (vec![text(value), text("abc")], null);
        let ((values, null), (values_with_null, with_null)) = (list(false), list(true));
        assert_eq!(found(Test::In { values: vec![text(value)], null: false }), expect(&|name| name == value));
        assert_eq!(found(Test::In { values: values.clone(), null }), expect(&|name| name == value || name == "abc"));
        assert_eq!(
            found(Test::In { values: values_with_null.clone(), null: with_null }),
            blank(expect(&|name| name == value || name == "abc"))
        );
        assert_eq!(found(Test::NotIn { values, null }), blank(expect(&|name| name != value && name != "abc")));
        assert_eq!(
            found(Test::NotIn { values: values_with_null, null: with_null }),
            expect(&|name| name != value && name != "abc")
        );
        assert_eq!(found(Test::Contains(value.into())), expect(&|name| name.contains(value)), "{value:?}");
        assert_eq!(found(Test::StartsWith(value.into())), expect(&|name| name.starts_with(value)), "{value:?}");
        assert_eq!(found(Test::EndsWith(value.into())), expect(&|name| name.ends_with(value)), "{value:?}");
        if !value.contains('\0') {
            assert_eq!(found(Test::Lt(text(value))), expect(&|name| name < value), "{value:?}");
            assert_eq!(found(Test::Lte(text(value))), expect(&|name| name <= value), "{value:?}");
            assert_eq!(found(Test::Gt(text(value))), expect(&|name| name > value), "{value:?}");
            assert_eq!(found(Test::Gte(text(value))), expect(&|name| name >= value), "{value:?}");
        }
    }
    assert_eq!(found(Test::IsNull(true)), blank(BTreeSet::new()));
    assert_eq!(found(Test::IsNull(false)), expect(&|_| true));
}

#[test]
fn numbers_are_compared_as_numbers() {
    let (_database, db) = database();
    let capacities = ["10", "9", "-5", "0", "100", "", "12345678901234567890"];
    let rows: Vec<Cells> = capacities.iter().map(|capacity| [*capacity, "", capacity, "", "", ""]).collect();
    publish(&db, "331007_aed", "numbers", &rows);
    let scope = scope_of(&db, "331007_aed");
    let found = |test: Test| ids(&ask(&db, &scope, &with(CAPACITY, test)));
    assert_eq!(found(Test::In { values: vec![number("10.0")], null: false }), ["10"]);
    assert_eq!(found(Test::In { values: vec![number("9"), number("0")], null: true }), ["9", "0", ""]);
    assert_eq!(found(Test::NotIn { values: vec![number("9"), number("100")], null: false }).len(), 5);
    assert_eq!(found(Test::NotIn { values: vec![], null: true }).len(), 6);
    assert_eq!(found(Test::In { values: vec![], null: true }), [""]);
    assert_eq!(found(Test::NotIn { values: vec![number("-5"), number("0")], null: true }).len(), 4);
    assert_eq!(found(Test::Lt(number("9"))), ["-5", "0"]);
    assert_eq!(found(Test::Lte(number("9"))), ["9", "-5", "0"]);
    assert_eq!(found(Test::Gt(number("99.5"))), ["100", "12345678901234567890"]);
    assert_eq!(found(Test::Gte(number("12345678901234567889"))), ["12345678901234567890"]);
    assert_eq!(found(Test::IsNull(true)), [""]);
    let endless = "9".repeat(200_000);
    assert_eq!(found(Test::Lt(number(&endless))).len(), 6);
    assert_eq!(found(Test::Lt(number(&format!("0.{}", "3".repeat(50_000))))), ["-5", "0"]);
    let both = Query {
        conditions: vec![
            Condition { field: CAPACITY, test: Test::Gt(number("0")) },
            Condition { field: CAPACITY, test: Test::Lt(number("10")) },
        ],
        ..all()
    };
    assert_eq!(ids(&ask(&db, &scope, &both)), ["9"]);
}

#[test]
fn a_walk_visits_every_record_once_in_order() {
    let (_database, db) = database();
    let days = ["", "2024-01-01", "2024-01-02", "2023-12-31"];
    let names = ["い", "あ", "", "back\\slash", "a\"b", "い"];
    let numbers = ["", "10", "9", "-1", "2"];
    let rows: Vec<(String, usize)> = (0..157).map(|row| (format!("R{row:03}"), row)).collect();
    let cells: Vec<Cells> = rows
        .iter()
        .map(|(id, row)| [id.as_str(), names[row % 6], numbers[row * 7 % 5], "", "", days[row * 3 % 4]])
        .collect();
    publish(&db, "331007_aed", "rows", &cells);
    let scope = scope_of(&db, "331007_aed");
    // The same order by hand.
    let sorted = |sort: &[Sort]| {
        let mut expected = cells.clone();
        expected.sort_by(|one, other| {
            for key in sort {
                let (a, b) = (one[key.field], other[key.field]);
                let order = match (a.is_empty(), b.is_empty()) {
                    (true, true) => std::cmp::Ordering::Equal,
                    (true, false) => return std::cmp::Ordering::Greater,
                    (false, true) => return std::cmp::Ordering::Less,
                    (false, false) if key.field == CAPACITY => {
                        a.parse::<i64>().unwrap().cmp(&b.parse::<i64>().unwrap())
                    }
                    (false, false) => a.cmp(b),
                };
                let order = if key.descending { order.reverse() } else { order };
                if order.is_ne() {
                    return order;
                }
            }
            one[0].cmp(other[0])
        });
        expected.iter().map(|cells| cells[0].to_owned()).collect::<Vec<_>>()
    };
    let mut sorts = vec![vec![]];
    for first in [NAME, CAPACITY, DAY] {
        for descending in [false, true] {
            sorts.push(vec![Sort { field: first, descending }]);
            for second in [NAME, CAPACITY, DAY].into_iter().filter(|field| *field != first) {
                sorts.push(vec![Sort { field: first, descending }, Sort { field: second, descending: !descending }]);
            }
        }
    }
    for sort in sorts {
        let expected = sorted(&sort);
        for limit in [1_000, 157, 156, 40, 7] {
            let walked = walk(&db, &scope, &Query { sort: sort.clone(), limit, ..all() });
            let walked: Vec<String> = walked.iter().map(|record| record.text(0).into_owned()).collect();
            assert_eq!(walked, expected, "{sort:?} by {limit}");
        }
        for offset in [0, 1, 100, 156, 157, 1_000] {
            let page = ask(&db, &scope, &Query { sort: sort.clone(), limit: 5, offset, ..all() });
            assert_eq!(ids(&page), expected.iter().skip(offset).take(5).cloned().collect::<Vec<_>>());
            assert_eq!(page.next.is_some(), offset + 5 < 157);
        }
    }
    for (field, key) in [(NAME, "a\0"), (CAPACITY, "no number"), (CAPACITY, "-")] {
        let forged = Cursor { serial: 0, keys: vec![Some(key.into())], distance: None, table: -1, row: -1 };
        let sort = vec![Sort { field, descending: false }];
        ask(&db, &scope, &Query { sort, cursor: Some(forged), ..all() });
    }
    let some = with(DAY, Test::Gte(text("2024-01-01")));
    assert_eq!(
        walk(&db, &scope, &Query { limit: 9, ..some.clone() }).len() as u64,
        ask(&db, &scope, &some).total.unwrap()
    );
    let mut seen = Vec::new();
    db.read_blocking(|c| {
        records::each_record(c, &schema(), &scope, &mut |record| {
            seen.push(record.text(0).into_owned());
            Ok::<(), StoreError>(())
        })
    })
    .unwrap();
    assert_eq!(seen, sorted(&[]));
}

// ---- places ------------------------------------------------------------------------------------------------------

fn places(db: &Db) -> (Scope, Vec<(String, f64, f64)>) {
    // A grid around 岡山, finer from north to south than from east to west, and twins at every seventh place.
    let mut points: Vec<(String, f64, f64)> = (0..400)
        .map(|index| {
            let (row, column) = (index / 20, index % 20);
            (format!("P{index:03}"), 34.5 + f64::from(row) * 0.011, 133.8 + f64::from(column) * 0.017)
        })
        .collect();
    let twins: Vec<_> = points.iter().step_by(7).map(|(id, lat, lon)| (format!("{id}b"), *lat, *lon)).collect();
    points.extend(twins);
    let texts: Vec<[String; 3]> =
        points.iter().map(|(id, lat, lon)| [id.clone(), lat.to_string(), lon.to_string()]).collect();
    let mut cells: Vec<Cells> = texts.iter().map(|[id, lat, lon]| [id.as_str(), "点", "", lat, lon, ""]).collect();
    cells.push(["X", "どこか", "", "", "", ""]);
    publish(db, "331007_aed", "places", &cells);
    (scope_of(db, "331007_aed"), points)
}

#[test]
fn boxes_hold_what_is_in_them_borders_included() {
    let (_database, db) = database();
    let (scope, points) = places(&db);
    for (west, south, east, north) in [
        (133.9, 34.55, 134.0, 34.6),
        (133.8, 34.5, 133.8, 34.5),
        (133.8 + 0.017, 34.5, 133.8 + 0.034, 34.511),
        (133.800001, 34.500001, 133.816999, 34.510999),
        (0.0, 0.0, 1.0, 1.0),
    ] {
        let inside = |lat: f64, lon: f64| (west..=east).contains(&lon) && (south..=north).contains(&lat);
        let expected: Vec<String> =
            points.iter().filter(|(_, lat, lon)| inside(*lat, *lon)).map(|(id, ..)| id.clone()).collect();
        let query = Query { area: Some(Area::Box { west, south, east, north }), limit: 1_000, ..all() };
        let page = ask(&db, &scope, &query);
        assert_eq!(ids(&page), expected);
        assert_eq!(page.total, Some(expected.len() as u64));
        let walked = walk(&db, &scope, &Query { limit: 2, ..query });
        assert_eq!(walked.len(), expected.len());
    }
}

/// Distances by PostGIS itself, for every point.
fn measured(db: &Db, latitude: f64, longitude: f64) -> Vec<(f64, i32)> {
    #[derive(QueryableByName)]
    struct Measured {
        #[diesel(sql_type = diesel::sql_types::Double)]
        metres: f64,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        row_number: i32,
    }
    let sql = format!(
        "SELECT round(ST_Distance(geometry::geography, ST_SetSRID(ST_MakePoint({longitude}, {latitude}), 4326)::geography) \
         * 1000) / 1000 AS metres, row_number FROM records WHERE geometry IS NOT NULL"
    );
    let rows: Vec<Measured> = db.read_blocking(|c| diesel::sql_query(sql).load(c).map_err(StoreError::from)).unwrap();
    let mut all: Vec<(f64, i32)> = rows.into_iter().map(|row| (row.metres, row.row_number)).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    all
}

#[test]
fn the_nearest_come_first_exactly() {
    let (_database, db) = database();
    let (scope, points) = places(&db);
    for (latitude, longitude) in
        [(34.6, 133.95), (34.5, 133.8), (34.61, 133.962), (36.0, 140.0), (89.99, 10.0), (0.0, 179.99)]
    {
        let truth = measured(&db, latitude, longitude);
        for radius_m in [None, Some(500.0), Some(3_000.0), Some(30_000.0), Some(2.0e7)] {
            let reach = radius_m.unwrap_or(f64::INFINITY);
            let expected: Vec<(f64, String)> = truth
                .iter()
                .filter(|(metres, _)| *metres <= reach)
                .map(|(metres, row)| (*metres, points[usize::try_from(*row).unwrap() - 1].0.clone()))
                .collect();
            let area = Some(Area::Near { latitude, longitude, radius_m });
            let pairs = |records: &[Record]| -> Vec<(f64, String)> {
                records.iter().map(|one| (one.distance_m.expect("a distance"), one.text(0).into_owned())).collect()
            };
            let page = ask(&db, &scope, &Query { area, limit: 1_000, ..all() });
            assert_eq!(pairs(&page.records), expected);
            assert_eq!(page.total, Some(expected.len() as u64));
            for limit in [1, 13, 100] {
                let page = ask(&db, &scope, &Query { area, limit, offset: 3, ..all() });
                let wanted: Vec<_> = expected.iter().skip(3).take(limit).cloned().collect();
                assert_eq!(pairs(&page.records), wanted, "{limit} around {latitude} {longitude} within {radius_m:?}");
            }
            let walked = walk(&db, &scope, &Query { area, limit: 37, ..all() });
            assert_eq!(pairs(&walked), expected, "a walk");
        }
    }
    let area = Some(Area::Near { latitude: 34.6, longitude: 133.95, radius_m: Some(3_000.0) });
    let sort = vec![Sort { field: 0, descending: true }];
    let sorted = walk(&db, &scope, &Query { area, sort, limit: 5, ..all() });
    assert!(sorted.windows(2).all(|pair| pair[0].text(0) > pair[1].text(0)));
    assert!(sorted.iter().all(|record| record.distance_m.is_some_and(|metres| metres <= 3_000.0)));
}

// ---- across organizations ----------------------------------------------------------------------------------------

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

// ---- the catalogue, files and tokens -----------------------------------------------------------------------------

#[test]
fn data_sets_are_listed_filtered_and_paged() {
    let (_database, db) = database();
    for dataset in ["331007_aed", "331007_toilet", "332020_aed", "332020_event"] {
        publish(&db, dataset, dataset, &ROWS);
    }
    let near_tokyo: [Cells; 1] = [["T", "東京", "", "35.6", "139.7", ""]];
    publish(&db, "332020_event", "東京", &near_tokyo);
    let list = |filter: DatasetFilter| -> Vec<String> {
        let page = db.read_blocking(|c| catalog::list_datasets(c, &filter, 100)).unwrap();
        assert_eq!(page.total, page.entries.len() as u64);
        page.entries.iter().map(|entry| entry.dataset.id.to_string()).collect()
    };
    let none = DatasetFilter::default;
    assert_eq!(list(none()), ["331007_aed", "331007_toilet", "332020_aed", "332020_event"]);
    assert_eq!(list(DatasetFilter { organization: Some("332020".into()), ..none() }).len(), 2);
    assert_eq!(list(DatasetFilter { standard: Some("aed".into()), ..none() }), ["331007_aed", "332020_aed"]);
    assert_eq!(list(DatasetFilter { words: vec!["市332020".into(), "ＡＥＤ".into()], ..none() }), ["332020_aed"]);
    assert_eq!(list(DatasetFilter { words: vec!["%".into()], ..none() }), [""; 0]);
    assert_eq!(list(DatasetFilter { words: vec!["a\0".into()], ..none() }), [""; 0]);
    assert_eq!(list(DatasetFilter { license: Some("CC0-1.0".into()), ..none() }), [""; 0]);
    let tokyo = BoundingBox { west: 139.0, south: 35.0, east: 140.0, north: 36.0 };
    assert_eq!(list(DatasetFilter { bounding_box: Some(tokyo), ..none() }), ["332020_event"]);
    let event = db.read_blocking(|c| catalog::find_dataset(c, &id("332020_event"))).unwrap().unwrap();
    let updated_since = Some(event.dataset.updated_at);
    assert_eq!(list(DatasetFilter { updated_since, ..none() }), ["332020_event"]);
    for (sort, first) in
        [(DatasetSort::Id, "331007_aed"), (DatasetSort::Title, "331007_aed"), (DatasetSort::Newest, "332020_event")]
    {
        let all = list(DatasetFilter { sort, ..none() });
        assert_eq!(all[0], first);
        let mut walked = Vec::new();
        let mut filter = DatasetFilter { sort, ..none() };
        loop {
            let page = db.read_blocking(|c| catalog::list_datasets(c, &filter, 1)).unwrap();
            assert_eq!((page.entries.len(), page.total), (1, 4));
            walked.push(page.entries[0].dataset.id.to_string());
            match page.next {
                Some(_) => filter.after = page.next,
                None => break,
            }
        }
        assert_eq!(walked, all);
    }
    let described =
        DatasetDescription { title: "新しい題".into(), license: "CC0-1.0".into(), ..event.dataset.description };
    assert!(db.write_blocking(|c| catalog::describe(c, &id("332020_event"), &described, &Actor::default())).unwrap());
    assert_eq!(list(DatasetFilter { license: Some("CC0-1.0".into()), ..none() }), ["332020_event"]);
    publish(&db, "332020_event", "新版", &near_tokyo);
    assert_eq!(list(DatasetFilter { words: vec!["新しい題".into()], ..none() }), ["332020_event"]);
}

#[test]
fn files_come_back_byte_for_byte() {
    use sha2::Digest as _;
    let (_database, db) = database();
    for length in [0, 1, files::PIECE - 1, files::PIECE, files::PIECE + 1, 3 * files::PIECE] {
        let bytes: Vec<u8> = (0..length).map(|index| (index * 31 % 251) as u8).collect();
        let sha256 = Digest(sha2::Sha256::digest(&bytes).into());
        assert_eq!(db.read_blocking(|c| files::size(c, sha256)).unwrap(), None);
        for _ in 0..2 {
            let stored = db.write_blocking(|c| files::put(c, sha256, &mut bytes.as_slice())).unwrap();
            assert_eq!(stored, length as u64);
        }
        assert_eq!(db.read_blocking(|c| files::size(c, sha256)).unwrap(), Some(length as u64));
        let mut back = Vec::new();
        assert_eq!(db.read_blocking(|c| files::get(c, sha256, &mut back)).unwrap(), Some(length as u64));
        assert_eq!(back, bytes);
    }
    let wrong = Digest([7; 32]);
    let put = db.write_blocking(|c| files::put(c, wrong, &mut &b"abc"[..]));
    assert!(matches!(put, Err(StoreError::WrongDigest(_))));
    assert_eq!(db.read_blocking(|c| files::size(c, wrong)).unwrap(), None);
    assert_eq!(db.read_blocking(|c| files::get(c, wrong, &mut Vec::new())).unwrap(), None);
}

#[test]
fn tokens_open_what_they_should() {
    let (_database, db) = database();
    let new = tokens::NewToken {
        organization: Some("331007".into()),
        role: AccessRole::Publisher,
        label: "課".into(),
        expires_at: None,
    };
    let create = |new: &tokens::NewToken, seed: u8| db.write_blocking(|c| tokens::create(c, new, [seed; 32]));
    let who = |clear: &str| db.read_blocking(|c| tokens::authenticate(c, clear)).unwrap();
    let (clear, holder) = create(&new, 1).unwrap();
    assert!(clear.starts_with("mk_") && clear.len() == 67);
    assert_eq!(who(&clear), Some(holder.clone()));
    assert_eq!((who(&clear[..66]), who("mk_"), who(""), who("mk_\0")), (None, None, None, None));
    let used_at = Timestamp::from_second(1_900_000_000).unwrap();
    db.write_blocking(|c| tokens::touch(c, holder.id, used_at)).unwrap();
    db.write_blocking(|c| tokens::touch(c, holder.id, Timestamp::from_second(1_900_000_030).unwrap())).unwrap();
    assert_eq!(who(&clear).unwrap().last_used_at, Some(used_at));
    assert!(!db.write_blocking(|c| tokens::revoke(c, holder.id, Some("332020"))).unwrap());
    assert!(db.write_blocking(|c| tokens::revoke(c, holder.id, Some("331007"))).unwrap());
    assert_eq!(who(&clear), None);
    let expired = tokens::NewToken { expires_at: Some(Timestamp::from_second(1).unwrap()), ..new.clone() };
    assert_eq!(who(&create(&expired, 2).unwrap().0), None);
    let operator = tokens::NewToken { organization: None, role: AccessRole::Operator, ..new.clone() };
    assert_eq!(who(&create(&operator, 3).unwrap().0).unwrap().role, AccessRole::Operator);
    let unknown = tokens::NewToken { organization: Some("999999".into()), ..new };
    assert!(matches!(create(&unknown, 4), Err(StoreError::UnknownOrganization(_))));
    assert_eq!(db.read_blocking(|c| tokens::list(c, Some("331007"))).unwrap().len(), 2);
    assert_eq!(db.read_blocking(|c| tokens::list(c, None)).unwrap().len(), 3);
}
