//! Conditions, orders and walks.

use std::collections::BTreeSet;

use machikura::query::{Condition, Cursor, Query, Sort, Test};
use machikura::store::records::{self, Scope};
use machikura::store::{Db, StoreError};

use crate::common::*;

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
