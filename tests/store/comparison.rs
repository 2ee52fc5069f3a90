//! What two stored tables have in common, and the texts that are no values.

use machikura::catalog::{NewRecord, StoredTable};
use machikura::query::{Query, Sort, Test};
use machikura::store::catalog;
use machikura::store::records::comparison::{self, Known, Moves};
use machikura::store::records::{self, Scope};
use machikura::store::{Db, StoreError};

use crate::common::*;

fn table(db: &Db, content: &str, rows: &[Cells]) -> StoredTable {
    publish(db, "331007_aed", content, rows).table
}

#[test]
fn values_known_before_are_counted() {
    let (_database, db) = database();
    let before =
        table(&db, "1", &[["A1", "甲", "", "", "", ""], ["A2", "甲", "", "", "", ""], ["", "乙", "", "", "", ""]]);
    let after = table(
        &db,
        "2",
        &[
            ["A2", "甲", "1", "", "", ""],
            ["A3", "甲", "", "", "", ""],
            ["A3", "", "", "", "", ""],
            ["", "丙", "", "", "", ""],
        ],
    );
    let known = |before: &StoredTable, after: &StoredTable, field| {
        db.read_blocking(|c| comparison::known_values(c, before, after, field)).unwrap()
    };
    assert_eq!(known(&before, &after, 0), Known { records: 3, known: 1 });
    assert_eq!(known(&before, &after, NAME), Known { records: 3, known: 2 });
    assert_eq!(known(&after, &before, NAME), Known { records: 3, known: 2 });
    assert_eq!(known(&before, &after, CAPACITY), Known { records: 1, known: 0 });
    assert_eq!(known(&before, &after, 99), Known { records: 0, known: 0 }, "a field that was never stored");
    assert_eq!((before.filled, after.filled), (vec![2, 3, 0, 0, 0, 0], vec![3, 3, 1, 0, 0, 0]));
}

#[test]
fn moves_are_measured_where_both_tables_have_the_record_once() {
    let (_database, db) = database();
    let place = |id, latitude, longitude| [id, "", "", latitude, longitude, ""];
    let before = table(
        &db,
        "1",
        &[
            place("A1", "34.6", "133.9"),
            place("A2", "34.6", "133.9"),
            place("A3", "34.6", "133.9"),
            place("A4", "", ""),
            place("A5", "34.6", "133.9"),
            place("A6", "34.6", "133.9"),
        ],
    );
    let after = table(
        &db,
        "2",
        &[
            place("A1", "34.6", "133.91"),
            place("A2", "34.6", "133.912"),
            place("A3", "", ""),
            place("A4", "34.6", "133.9"),
            place("A5", "35", "133.9"),
            place("A5", "36", "133.9"),
            place("A7", "34.6", "133.9"),
        ],
    );
    // A hundredth of a degree is 915 metres there.
    for (metres, moved) in [(1_000.0, 1), (900.0, 2), (2_000.0, 0)] {
        let moves = db.read_blocking(|c| comparison::moves(c, &before, &after, metres)).unwrap();
        assert_eq!(moves, Moves { placed: 2, moved }, "{metres}");
    }
}

#[test]
fn texts_that_are_no_values_come_back_with_every_record() {
    let (_database, db) = database();
    let texts =
        |row: i32| NewRecord { raw: (row % 2 == 0).then(|| format!("3 \"{row}人\"")), ..new_record(row, &ROWS[0]) };
    let mut rows = (1..=4).map(texts);
    let new = publication("331007_aed", "aed", "1");
    db.write_blocking(|c| store::<StoreError>(c, &new, &mut || Ok(rows.next()))).unwrap();
    let raw = |scope: &Scope, query: &Query| {
        ask(&db, scope, query).records.into_iter().map(|record| record.raw).collect::<Vec<_>>()
    };
    let some = |row: i32| Some(format!("3 \"{row}人\""));
    let scope = scope_of(&db, "331007_aed");
    let across = db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).unwrap();
    for scope in [&scope, &across] {
        assert_eq!(raw(scope, &all()), [None, some(2), None, some(4)]);
        assert_eq!(raw(scope, &with(NAME, Test::IsNull(false))), [None, some(2), None, some(4)]);
        let sorted = Query { sort: vec![Sort { field: NAME, descending: true }], ..all() };
        assert_eq!(raw(scope, &sorted), [None, some(2), None, some(4)]);
    }
    let mut each = Vec::new();
    db.read_blocking(|c| {
        records::each_record(c, &schema(), &scope, &mut |record| -> Result<(), StoreError> {
            each.push(record.raw);
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(each, [None, some(2), None, some(4)]);
}

#[test]
fn what_is_staged_can_be_taken_back() {
    let (_database, db) = database();
    publish(&db, "331007_aed", "1", &ROWS);
    let new = publication("331007_aed", "aed", "2");
    let mut rows = (1..).zip(&ROWS[..1]);
    let refused: Result<(), StoreError> = db.write_blocking(|c| {
        let staging = catalog::stage(c, &new, &mut || {
            Ok::<_, StoreError>(rows.next().map(|(row, cells)| new_record(row, cells)))
        })?;
        let catalog::Staging::Staged(staged) = staging else { panic!("it is new") };
        assert_eq!((staged.table().row_count, staged.published().map(|table| table.row_count)), (1, Some(3)));
        Err(StoreError::Interrupted)
    });
    assert!(matches!(refused, Err(StoreError::Interrupted)));
    assert_eq!(ask(&db, &scope_of(&db, "331007_aed"), &all()).total, Some(3));
}
