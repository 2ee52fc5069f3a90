//! More questions than the server can work on: who must wait, who must not, and for how long.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::store::{Settings, StoreError};

use crate::support::app::TestApp;
use crate::support::call::{Answer, Call};
use crate::support::database::{TestDatabase, connect};
use crate::support::tables::table;

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";

/// A server that lets four requests into the database, one of them with a question that takes long, and gives up soon
/// where there is no room. Its table says that it is large.
fn server(database: &TestDatabase) -> TestApp {
    let settings = Settings {
        pool_size: 4,
        permit_timeout: Duration::from_millis(300),
        statement_timeout: Duration::from_secs(60),
        ..Settings::new(database.url())
    };
    let app = TestApp::spawn_on(settings, Registry::embedded().clone(), |settings| settings.workers = Some(4));
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    // Too many different values for codes, too.
    let large = "UPDATE stored_tables SET row_count = 1000000, coded = '{}'";
    app.db.write_blocking(|c| c.batch_execute(large).map_err(StoreError::from)).expect("written");
    app
}

/// Nothing takes long on every machine; a lock does. While it is held, questions to records wait in the database.
struct Held<'a> {
    database: &'a TestDatabase,
    connection: PgConnection,
}

impl Held<'_> {
    fn hold(database: &TestDatabase) -> Held<'_> {
        let mut connection = connect(database.url());
        connection.batch_execute("BEGIN; LOCK TABLE records").expect("locked");
        Held { database, connection }
    }

    /// Waits until so many questions wait for the lock.
    fn wait_for(&self, count: i64) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Bool)]
            are_waiting: bool,
        }
        let mut observer = connect(self.database.url());
        loop {
            let row: Row = diesel::sql_query(
                "SELECT count(*) >= $1 AS are_waiting FROM pg_locks WHERE NOT granted AND relation = 'records'::regclass",
            )
            .bind::<BigInt, _>(count)
            .get_result(&mut observer)
            .expect("the locks");
            if row.are_waiting {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn release(mut self) {
        self.connection.batch_execute("ROLLBACK").expect("unlocked");
    }
}

/// Sends the requests at once, each on a connection of its own.
fn send_all(calls: Vec<Call>) -> mpsc::Receiver<Answer> {
    let (sender, answers) = mpsc::channel();
    for call in calls {
        let sender = sender.clone();
        // The test may have ended.
        thread::spawn(move || drop(sender.send(call.send())));
    }
    answers
}

#[test]
fn where_there_is_no_room_the_answer_is_503_and_says_when_to_come_again() {
    let database = TestDatabase::new();
    let app = server(&database);
    let held = Held::hold(&database);
    let answers = send_all((0..4).map(|offset| app.get(&format!("{ADDRESS}?offset={offset}"))).collect());
    held.wait_for(4);
    for path in
        [ADDRESS, "/api/v1/standards/aed/records", "/api/v1/datasets", "/api/v1/datasets/331007_aed/download.csv"]
    {
        let answer = app.get(path).expect(503);
        let seconds: u32 = answer.header("retry-after").parse().expect("whole seconds");
        assert!(seconds > 0, "{path}");
        app.get(path).fails(Code::Busy);
    }
    // What needs no database is answered.
    app.get("/healthz").expect(200);
    app.get("/api/v1/standards/aed").expect(200);
    held.release();
    assert!(answers.iter().all(|answer| answer.status == 200), "who was let in is answered");
    app.get(ADDRESS).expect(200);
}

#[test]
fn a_client_with_expensive_questions_does_not_keep_the_others_waiting() {
    let database = TestDatabase::new();
    let app = server(&database);
    let held = Held::hold(&database);
    let expensive = [
        "緯度__gt=1",
        "sort=名称",
        "aggregate=max(緯度)",
        "group_by=名称&aggregate=max(緯度)",
        "facets=名称",
        "open_at=2026-11-22T10:00",
        "filter=緯度 %2B 経度 > 1",
        "q=館&facets=名称",
    ];
    let answers = send_all(expensive.iter().map(|question| app.get(&format!("{ADDRESS}?{question}"))).collect());
    held.wait_for(1);
    // One of them is worked on, and all the others are sent away.
    for _ in 1..expensive.len() {
        let answer = answers.recv().expect("an answer");
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false), "{}", answer.text());
    }
    // Meanwhile everybody else is served.
    app.get("/api/v1/datasets").expect(200);
    app.get("/api/v1/datasets/331007_aed").expect(200);
    let pages = send_all((0..2).map(|offset| app.get(&format!("{ADDRESS}?offset={offset}"))).collect());
    held.wait_for(3);
    held.release();
    assert!(pages.iter().chain([answers.recv().expect("an answer")]).all(|answer| answer.status == 200));
}
