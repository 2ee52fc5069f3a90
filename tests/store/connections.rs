//! Migrations, transactions and connections.

use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use machikura::store::{Db, SchemaState, StoreError, catalog};

use crate::common::*;
use crate::database::TestDatabase;

#[test]
fn migrations_go_up_down_and_up_again() {
    let database = TestDatabase::new();
    let state = || connections(&database).read_blocking(machikura::store::schema_state).unwrap();
    assert_eq!(state(), SchemaState::Current);
    assert!(machikura::store::migrate(database.url()).unwrap().is_empty(), "nothing is pending");
    machikura::store::revert_all(database.url()).unwrap();
    assert!(matches!(state(), SchemaState::Behind(pending) if pending > 2));
    assert!(!machikura::store::migrate(database.url()).unwrap().is_empty());
    assert_eq!(state(), SchemaState::Current);
    let stranger = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    connections(&database).write_blocking(|c| c.batch_execute(stranger).map_err(StoreError::from)).unwrap();
    assert_eq!(state(), SchemaState::Unknown("99990101000000".into()));
    assert!(matches!(machikura::store::migrate(database.url()), Err(StoreError::Migration(_))));
}

#[test]
fn what_is_searched_is_made_anew_when_its_folding_changes_and_where_that_was_cut_short() {
    #[derive(QueryableByName, PartialEq, Debug)]
    struct Lines {
        #[diesel(sql_type = diesel::sql_types::Text)]
        folded: String,
    }
    let (database, db) = database();
    publish(&db, "331007_aed", "一", &ROWS);
    let run = |sql: &str| db.write_blocking(|c| c.batch_execute(sql).map_err(StoreError::from)).unwrap();
    let lines = || {
        let read = |c: &mut PgConnection| diesel::sql_query("SELECT folded FROM search_blocks").load::<Lines>(c);
        db.read_blocking(|c| read(c).map_err(StoreError::from)).unwrap()
    };
    let expected = lines();
    assert_eq!(expected.len(), 1);
    run("UPDATE search_blocks SET folded = 'as folded before'; \
         DELETE FROM __diesel_schema_migrations WHERE version = '20261130000021'");
    assert_eq!(machikura::store::migrate(database.url()).unwrap().len(), 1);
    assert_eq!(lines(), expected);
    // The migration is there, but nothing was made after it.
    run("TRUNCATE search_blocks");
    assert!(machikura::store::migrate(database.url()).unwrap().is_empty());
    assert_eq!(lines(), expected);
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
    let db = connections_with(&database, |settings| settings.statement_timeout = Duration::from_millis(50));
    let sleep = |c: &mut PgConnection| c.batch_execute("SELECT pg_sleep(0.3)").map_err(StoreError::from);
    assert!(matches!(db.read_blocking(sleep), Err(StoreError::Timeout)));
    db.write_blocking(sleep).expect("writers have more time");
    let suicide = |c: &mut PgConnection| {
        c.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())").map_err(StoreError::from)
    };
    assert!(matches!(db.read_blocking(suicide), Err(StoreError::Unavailable(_))));
    // Kill all idle connections from outside: no reader notices.
    let other = connections_with(&database, |settings| settings.pool_size = 1);
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
    let db = connections_with(&database, |settings| {
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
