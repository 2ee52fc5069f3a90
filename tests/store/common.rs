//! What the tests of the store share: a small table, and how it is published and asked.

use diesel::RunQueryDsl;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use jiff::Timestamp;
use machikura::catalog::*;
use machikura::query::{Condition, Cursor, Operand, Page, Query, Test};
use machikura::schema::{Decimal, Kind, Record, Schema};
use machikura::store::catalog::Staging;
use machikura::store::records::{self, Scope};
use machikura::store::{Db, Settings, StoreError, catalog};

use crate::database::TestDatabase;

/// ID, 名称, 定員 (integer), 緯度, 経度, 開始日.
pub fn schema() -> Schema {
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

pub const NAME: usize = 1;
pub const CAPACITY: usize = 2;
pub const DAY: usize = 5;
pub const KINDS: [Kind; 6] = [Kind::String, Kind::String, Kind::Integer, Kind::Latitude, Kind::Longitude, Kind::Date];

/// A row of cells: ID, name, capacity, latitude, longitude, day.
pub type Cells<'a> = [&'a str; 6];

pub fn new_record(row: i32, cells: &Cells) -> NewRecord {
    let point = match (cells[4].parse(), cells[3].parse()) {
        (Ok(longitude), Ok(latitude)) => Some((longitude, latitude)),
        _ => None,
    };
    NewRecord {
        row_number: row,
        record_id: if cells[0].is_empty() { row.to_string() } else { cells[0].to_owned() },
        values: Record::lay_out(KINDS.into_iter().zip(cells.iter().copied())),
        raw: None,
        point,
    }
}

pub fn id(text: &str) -> DatasetId {
    DatasetId::parse(text).expect("an id")
}

pub fn publication(dataset: &str, table: &str, content: &str) -> NewPublication {
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
            patches: None,
            name: table.into(),
            edition: "standard".into(),
            field_count: 6,
            extra_columns: vec![],
            treatment: String::new(),
            report: serde_json::json!({"valid": true}),
            score: 99.5,
            errors: 0,
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

pub fn publish_rows(db: &Db, new: &NewPublication, rows: &[Cells]) -> Result<Published, StoreError> {
    let mut rows = (1..).zip(rows);
    db.write_blocking(|connection| {
        store(connection, new, &mut || Ok(rows.next().map(|(row, cells)| new_record(row, cells))))
    })
}

/// Stages and publishes.
pub fn store<E: From<StoreError>>(
    connection: &mut PgConnection,
    new: &NewPublication,
    rows: &mut dyn FnMut() -> Result<Option<NewRecord>, E>,
) -> Result<Published, E> {
    match catalog::stage(connection, new, rows)? {
        Staging::Unchanged(published) => Ok(*published),
        Staging::Staged(staged) => Ok(catalog::publish(connection, new, *staged, None)?),
    }
}

pub fn publish(db: &Db, dataset: &str, content: &str, rows: &[Cells]) -> Published {
    publish_rows(db, &publication(dataset, &id(dataset).slug, content), rows).expect("publish")
}

pub fn add_organizations(db: &Db, codes: &[&str]) {
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

/// Connections to a database.
pub fn connections(database: &TestDatabase) -> Db {
    connections_with(database, |_| {})
}

/// Connections to a database, with other settings.
pub fn connections_with(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Db {
    let mut settings = Settings { pool_size: 4, ..Settings::new(database.url()) };
    change(&mut settings);
    Db::connect(settings).expect("connect")
}

pub fn database() -> (TestDatabase, Db) {
    let database = TestDatabase::new();
    let db = connections(&database);
    add_organizations(&db, &["331007", "332020"]);
    (database, db)
}

pub fn all() -> Query {
    Query::default()
}

pub fn with(field: usize, test: Test) -> Query {
    Query { conditions: vec![Condition { field, test }], ..all() }
}

pub fn text(value: &str) -> Operand {
    Operand::Text(value.to_owned())
}

pub fn number(value: &str) -> Operand {
    Operand::Number(Decimal::parse(value).expect("a number"))
}

pub fn scope_of(db: &Db, dataset: &str) -> Scope {
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id(dataset))).unwrap().expect("the data set");
    Scope::of_table(&entry.tables[0], entry.version.expect("a version").serial)
}

/// Lets a data set be as if its columns had neither codes nor counts; answers where it is.
pub fn without_codes(db: &Db, dataset: &str) -> Scope {
    let entry = db.read_blocking(|c| catalog::find_dataset(c, &id(dataset))).unwrap().expect("the data set");
    let table = entry.tables[0].key;
    let forget = |connection: &mut PgConnection| {
        for sql in
            ["DELETE FROM column_profiles WHERE table_id = $1", "UPDATE stored_tables SET coded = '{}' WHERE id = $1"]
        {
            diesel::sql_query(sql).bind::<BigInt, _>(table).execute(connection)?;
        }
        Ok::<_, StoreError>(())
    };
    db.write_blocking(forget).expect("forgotten");
    scope_of(db, dataset)
}

pub fn ask(db: &Db, scope: &Scope, query: &Query) -> Page {
    db.read_blocking(|connection| records::page(connection, &schema(), scope, query)).expect("an answer")
}

pub fn ids(page: &Page) -> Vec<String> {
    page.records.iter().map(|record| record.text(0).into_owned()).collect()
}

/// Walks through all pages; checks on the way that every page is full but the last.
pub fn walk(db: &Db, scope: &Scope, query: &Query) -> Vec<Record> {
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

/// Three records.
pub const ROWS: [Cells<'static>; 3] = [
    ["A1", "市民会館", "10", "34.66", "133.93", "2024-04-01"],
    ["A2", "図書館", "", "34.70", "133.95", ""],
    ["A3", "", "5", "", "", "2023-01-31"],
];
