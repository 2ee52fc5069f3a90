//! Files of lines beside the database: made by the first question, read by the next, and never needed.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use machikura::folder::Folder;
use machikura::query::{self, Query, Test};
use machikura::store::lines::{Content, Lines, Of};
use machikura::store::{Db, StoreError, catalog};

use crate::common::*;

pub fn lines(db: &Db, folder: &Path) -> Arc<Lines> {
    Arc::new(Lines::new(Arc::new(Folder::new(folder.to_owned(), 1 << 30)), db.clone()))
}

/// Waits until these are there for the current table of a data set.
pub fn wait_for(db: &Db, lines: &Lines, dataset: &str, contents: &[Content]) {
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id(dataset))).unwrap().expect("the data set");
    let of = Of { table: entry.tables[0].key, stored: entry.tables[0].created_at.as_microsecond() };
    let begin = Instant::now();
    while !contents.iter().all(|content| lines.find(of, *content).is_some()) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the lines are not made");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn words(text: &str) -> Query {
    Query { words: query::words(text), ..all() }
}

#[test]
fn the_next_question_needs_no_lines_of_the_database() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let lines = lines(&db, folder.path());
    publish(&db, "331007_aed", "一", &ROWS);
    let scope = scope_of(&db, "331007_aed").beside(&lines);
    let expected = ask(&db, &scope, &words("市民会館"));
    assert!(expected.total.is_some_and(|total| total > 0));
    wait_for(&db, &lines, "331007_aed", &[Content::Searched]);
    // What was cut off, by a disk that failed, is made anew.
    let file = fs::read_dir(folder.path()).unwrap().next().expect("a file").unwrap().path();
    fs::write(&file, &fs::read(&file).unwrap()[..20]).unwrap();
    assert_eq!(ask(&db, &scope, &words("市民会館")), expected);
    wait_for(&db, &lines, "331007_aed", &[Content::Searched]);
    let forget = |connection: &mut diesel::PgConnection| {
        diesel::sql_query("DELETE FROM search_blocks").execute(connection)?;
        Ok::<_, StoreError>(())
    };
    db.write_blocking(forget).unwrap();
    assert_eq!(ask(&db, &scope, &words("市民会館")), expected);
    assert_eq!(ask(&db, &scope_of(&db, "331007_aed"), &words("市民会館")).total, Some(0), "the lines are gone");
}

#[test]
fn a_version_has_lines_of_its_own() {
    let (_database, db) = database();
    let folder = tempfile::tempdir().unwrap();
    let lines = lines(&db, folder.path());
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
        let scope = scope_of(&db, "331007_aed").beside(&lines);
        let query = with(NAME, Test::Contains(name.to_owned()));
        for _ in 0..2 {
            assert_eq!(ask(&db, &scope, &query).total, Some(count));
            assert_eq!(ask(&db, &scope, &words(name)).total, Some(count));
            wait_for(&db, &lines, "331007_aed", &[Content::Searched, Content::Field(NAME)]);
        }
    }
}
