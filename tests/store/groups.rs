//! Groups from the profiles that publications leave behind, and by looking at every record: the same either way.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use machikura::query::grouping::{Aggregate, Function, Grouping, Key};
use machikura::query::{Condition, Query, Test};
use machikura::schema::Record;
use machikura::store::records::Scope;
use machikura::store::records::groups::{self, Source};
use machikura::store::{Db, StoreError, catalog};

use crate::common::*;

fn grouped(grouping: Grouping) -> Query {
    Query { sort: grouping.usual_order(), grouping: Some(grouping), ..all() }
}

pub fn ask_groups(db: &Db, scope: &Scope, query: &Query) -> (Source, Vec<String>, Option<u64>) {
    let grouping = query.grouping.as_ref().expect("groups");
    db.read_blocking(|connection| {
        let source = groups::source_of(scope, query, grouping);
        let page = groups::page(connection, &schema(), scope, query, grouping)?;
        Ok::<_, StoreError>((source, page.records.into_iter().map(|group: Record| group.values).collect(), page.total))
    })
    .expect("groups")
}

fn profile_count(db: &Db) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count = |connection: &mut _| {
        diesel::sql_query("SELECT count(*) AS count FROM column_profiles")
            .get_result(connection)
            .map_err(StoreError::from)
    };
    let Count { count } = db.read_blocking(count).expect("a count");
    count
}

#[test]
fn a_profile_and_a_scan_give_the_same_groups() {
    let (_database, db) = database();
    let names = ["い", "あ", "", "back\\slash", "a\"b\n", "い", "null"];
    let numbers = ["", "10", "9", "10.0", "-0", "0", "9.50"];
    let rows: Vec<(String, usize)> = (0..1_500).map(|row| (format!("R{row:04}"), row)).collect();
    let cells: Vec<Cells> = rows
        .iter()
        .map(|(id, row)| [id.as_str(), names[row * 5 % 7], numbers[row / 3 % 7], "", "", ["2026-01-01", ""][row % 2]])
        .collect();
    publish(&db, "331007_aed", "rows", &cells);
    publish(&db, "332020_aed", "others", &cells[..40]);
    let one = scope_of(&db, "331007_aed");
    let across = db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).expect("a scope");
    let questions: Vec<Query> =
        [0, NAME, CAPACITY, 3, DAY].map(|field| grouped(Grouping::counts_of(Key::Field(field)))).to_vec();
    let mut answers = Vec::new();
    for scope in [&one, &across] {
        for (field, query) in [0, NAME, CAPACITY, 3, DAY].into_iter().zip(&questions) {
            let (source, groups, total) = ask_groups(&db, scope, query);
            assert_eq!(source, if field == 0 { Source::Scan } else { Source::Profile(field) }, "field {field}");
            assert_eq!(total, Some(if field == 0 { 1_500 } else { groups.len() as u64 }));
            let pages = Query { limit: 2, offset: 1, ..query.clone() };
            let is_one = std::ptr::eq(scope, &one);
            answers.push((is_one, query.clone(), groups));
            answers.push((is_one, pages.clone(), ask_groups(&db, scope, &pages).1));
        }
    }
    assert_eq!(profile_count(&db), 12);
    // A table without a profile is looked at, and with it all others of the question.
    let without = without_codes(&db, "331007_aed");
    let without_across = db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).expect("a scope");
    for (is_one, query, expected) in &answers {
        let scope = if *is_one { &without } else { &without_across };
        let (source, groups, _) = ask_groups(&db, scope, query);
        assert_eq!((source, &groups), (Source::Scan, expected));
    }
    let numbers: Vec<String> = ask_groups(&db, &without, &questions[2]).1;
    assert_eq!(numbers.len(), 5, "equal numbers are one group: {numbers:?}");
    // They go with their table.
    let actor = publication("331007_aed", "aed", "").actor;
    db.write_blocking(|c| catalog::purge(c, &id("332020_aed"), &actor)).expect("purged");
    assert_eq!(profile_count(&db), 0);
}

#[test]
fn groups_across_count_the_records_of_each_data_set() {
    let (_database, db) = database();
    let row = |name| ["", name, "1", "", "", ""];
    publish(&db, "331007_aed", "rows", &[row("あ"), row("い"), row("い")]);
    publish(&db, "332020_aed", "others", &[row("い")]);
    let across = db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).expect("a scope");
    let counts = grouped(Grouping::counts_of(Key::Dataset));
    let expected = vec!["\"331007_aed\"\n3".to_owned(), "\"332020_aed\"\n1".to_owned()];
    assert_eq!(ask_groups(&db, &across, &counts), (Source::Counts, expected, Some(2)));
    let filtered = Query {
        conditions: vec![Condition { field: NAME, test: Test::In { values: vec![text("い")], null: false } }],
        ..counts
    };
    let expected = vec!["\"331007_aed\"\n2".to_owned(), "\"332020_aed\"\n1".to_owned()];
    assert_eq!(ask_groups(&db, &across, &filtered), (Source::Codes, expected, Some(2)));
    let sums = grouped(Grouping {
        keys: vec![Key::Dataset, Key::Field(NAME)],
        aggregates: vec![Aggregate::Of(Function::Sum, CAPACITY)],
    });
    let expected = ["\"331007_aed\"\n\"あ\"\n1", "\"331007_aed\"\n\"い\"\n2", "\"332020_aed\"\n\"い\"\n1"];
    assert_eq!(ask_groups(&db, &across, &sums), (Source::Scan, expected.map(str::to_owned).to_vec(), Some(3)));
}

#[test]
fn codes_and_a_scan_give_the_same_groups() {
    let (_database, db) = database();
    let names = ["い", "あ", "", "back\\slash", "a\"b\n", "い", "null"];
    let numbers = ["", "10", "9", "10.0", "-0", "0", "9.50"];
    let rows: Vec<Cells> = (0..90)
        .map(|row| ["", names[row * 5 % 7], numbers[row / 3 % 7], "", "", ["2026-01-01", ""][row % 2]])
        .collect();
    publish(&db, "331007_aed", "rows", &rows);
    publish(&db, "332020_aed", "others", &rows[7..20]);
    let conditions = vec![
        Condition { field: CAPACITY, test: Test::Gte(number("9")) },
        Condition { field: NAME, test: Test::NotIn { values: vec![text("い")], null: true } },
    ];
    let keys = [
        vec![],
        vec![Key::Field(NAME)],
        vec![Key::Field(DAY), Key::Field(CAPACITY)],
        vec![Key::Field(CAPACITY), Key::Dataset, Key::Field(NAME)],
    ];
    // Only across organizations are there data sets to group by.
    let scopes = |db: &Db, keys: &[Key]| {
        let across = db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).expect("a scope");
        if keys.contains(&Key::Dataset) { vec![across] } else { vec![scope_of(db, "331007_aed"), across] }
    };
    let mut answers = Vec::new();
    for conditions in
        [vec![], conditions[..1].to_vec(), conditions, vec![Condition { field: DAY, test: Test::Lt(text("")) }]]
    {
        for keys in &keys {
            let grouping = Grouping { keys: keys.clone(), aggregates: vec![Aggregate::Count] };
            let query = Query { conditions: conditions.clone(), ..grouped(grouping) };
            let found: Vec<_> = scopes(&db, keys).iter().map(|scope| ask_groups(&db, scope, &query)).collect();
            let by_codes = match (keys.as_slice(), conditions.is_empty()) {
                ([], true) => Source::Scan,
                ([Key::Field(field)], true) => Source::Profile(*field),
                (_, _) => Source::Codes,
            };
            assert!(found.iter().all(|(source, ..)| *source == by_codes), "{query:?}");
            answers.push((keys, query, found));
        }
    }
    without_codes(&db, "331007_aed");
    for (keys, query, found) in answers {
        for (scope, (_, groups, total)) in scopes(&db, keys).iter().zip(found) {
            assert_eq!(ask_groups(&db, scope, &query), (Source::Scan, groups, total), "{query:?}");
        }
    }
}
