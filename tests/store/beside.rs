//! Files of lines beside the database: made by the first question, read by the next, and never needed.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use machikura::folder::Folder;
use machikura::query::grouping::{Grouping, Key};
use machikura::query::{self, Query, Test};
use machikura::store::beside::{Beside, Content, Of};
use machikura::store::records::Scope;
use machikura::store::{Db, Settings, StoreError, catalog};

use crate::common::*;
use crate::groups::ask_groups;

pub fn beside(db: &Db, folder: &Path) -> Arc<Beside> {
    Arc::new(Beside::new(Arc::new(Folder::new(folder.to_owned(), 1 << 30)), db.clone()))
}

/// Waits until these are there for the current table of a data set.
pub fn wait_for(db: &Db, files: &Beside, dataset: &str, contents: &[Content]) {
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id(dataset))).unwrap().expect("the data set");
    let of = Of { table: entry.tables[0].key, stored: entry.tables[0].created_at.as_microsecond() };
    let begin = Instant::now();
    let last_row = entry.tables[0].last_row;
    let rows = usize::try_from(last_row).unwrap();
    let is_there = |content: &Content| match content {
        Content::Codes(field) => files.codes(of, *field, rows).is_some(),
        Content::Searched | Content::Field(_) => files.lines(of, *content, last_row).is_some(),
    };
    while !contents.iter().all(is_there) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the files are not made");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn forget(db: &Db, sql: &str) {
    db.write_blocking(|connection| diesel::sql_query(sql).execute(connection).map_err(StoreError::from)).unwrap();
}

fn words(text: &str) -> Query {
    Query { words: query::words(text), ..all() }
}

#[test]
fn the_next_question_needs_no_lines_of_the_database() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let files = beside(&db, folder.path());
    publish(&db, "331007_aed", "一", &ROWS);
    let scope = scope_of(&db, "331007_aed").beside(&files);
    let expected = ask(&db, &scope, &words("市民会館"));
    assert!(expected.total.is_some_and(|total| total > 0));
    wait_for(&db, &files, "331007_aed", &[Content::Searched]);
    // What was cut off, by a disk that failed, is made anew.
    let file = fs::read_dir(folder.path()).unwrap().next().expect("a file").unwrap().path();
    fs::write(&file, &fs::read(&file).unwrap()[..20]).unwrap();
    assert_eq!(ask(&db, &scope, &words("市民会館")), expected);
    wait_for(&db, &files, "331007_aed", &[Content::Searched]);
    forget(&db, "DELETE FROM search_blocks");
    assert_eq!(ask(&db, &scope, &words("市民会館")), expected);
    assert_eq!(ask(&db, &scope_of(&db, "331007_aed"), &words("市民会館")).total, Some(0), "the lines are gone");
}

#[test]
fn making_files_takes_no_connection_from_requests() {
    let (database, _) = database();
    let db = Db::connect(Settings { pool_size: 1, ..Settings::new(database.url()) }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = beside(&db, folder.path());
    publish(&db, "331007_aed", "一", &ROWS);
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id("331007_aed"))).unwrap().expect("the data set");
    let (of, rows) = (
        Of { table: entry.tables[0].key, stored: entry.tables[0].created_at.as_microsecond() },
        entry.tables[0].last_row,
    );
    // The only connection of the pool is taken until the file is there.
    let taken = db.read_blocking(|_| {
        let begin = Instant::now();
        while files.lines(of, Content::Searched, rows).is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the file is not made");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok::<_, StoreError>(())
    });
    taken.unwrap();
}

#[test]
fn what_has_no_room_is_answered_by_the_database() {
    let (_database, db) = database();
    let place = tempfile::tempdir().unwrap();
    let files = Arc::new(Beside::new(Arc::new(Folder::new(place.path().to_owned(), 100)), db.clone()));
    publish(&db, "331007_aed", "一", &ROWS);
    let scope = scope_of(&db, "331007_aed").beside(&files);
    let begin = Instant::now();
    // As long as the first attempt may take.
    while begin.elapsed() < Duration::from_millis(500) {
        assert_eq!(ask(&db, &scope, &words("市民会館")).total, Some(1));
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_version_has_lines_of_its_own() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let files = beside(&db, folder.path());
    for (name, count) in [("旧公民館", 1), ("新公民館", 2)] {
        let rows: Vec<[String; 6]> = (0..2_100)
            .map(|row| {
                [
                    format!("{row}"),
                    format!("{}第{row}", if row < count { name } else { "別の館" }),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                ]
            })
            .collect();
        let cells: Vec<Cells> = rows.iter().map(|row| std::array::from_fn(|field| row[field].as_str())).collect();
        publish(&db, "331007_aed", name, &cells);
        let scope = scope_of(&db, "331007_aed").beside(&files);
        let query = with(NAME, Test::Contains(name.to_owned()));
        for _ in 0..2 {
            assert_eq!(ask(&db, &scope, &query).total, Some(count));
            assert_eq!(ask(&db, &scope, &words(name)).total, Some(count));
            wait_for(&db, &files, "331007_aed", &[Content::Searched, Content::Field(NAME)]);
        }
    }
}

#[test]
fn the_next_question_needs_no_codes_of_the_database() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let files = beside(&db, folder.path());
    // Short codes of the capacity, long ones of the name.
    let rows: Vec<[String; 6]> = (0..10_500)
        .map(|row| {
            let blank = String::new;
            [row.to_string(), format!("第{}", row % 700), (row % 3).to_string(), blank(), blank(), blank()]
        })
        .collect();
    let cells: Vec<Cells> = rows.iter().map(|row| std::array::from_fn(|field| row[field].as_str())).collect();
    publish(&db, "331007_aed", "一", &cells);
    let scope = scope_of(&db, "331007_aed").beside(&files);
    let few = with(CAPACITY, Test::In { values: vec![number("2")], null: false });
    let many = with(NAME, Test::In { values: vec![text("第7"), text("第699")], null: false });
    let grouping = Grouping::counts_of(Key::Field(CAPACITY));
    let grouped =
        |query: &Query| Query { sort: grouping.usual_order(), grouping: Some(grouping.clone()), ..query.clone() };
    let ask_all = |scope: &Scope| {
        let groups = [grouped(&few), grouped(&many), grouped(&Query { words: query::words("第7"), ..all() })];
        (
            ask(&db, scope, &Query { limit: 3, ..few.clone() }),
            walk(&db, scope, &many),
            groups.map(|query| ask_groups(&db, scope, &query)),
        )
    };
    let expected = ask_all(&scope);
    assert_eq!((expected.0.total, expected.1.len()), (Some(3_500), 30));
    let contents = [Content::Codes(CAPACITY), Content::Codes(NAME), Content::Searched];
    wait_for(&db, &files, "331007_aed", &contents);
    forget(&db, "UPDATE column_profiles SET codes = NULL");
    assert_eq!(ask_all(&scope), expected);
}
