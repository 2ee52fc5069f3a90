//! From the names in an address to what they stand for.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::web;
use diesel::pg::PgConnection;
use jiff::Timestamp;
use quick_cache::sync::Cache;

use super::App;
use super::problem::{Code, Problem};
use crate::catalog::{DatasetId, Entry, StoredTable, Version};
use crate::query::instant;
use crate::schema::{Schema, municipality_check_digit, nearest};
use crate::standard::{Registry, Standard, Table};
use crate::store::catalog::{self, Which};
use crate::store::records::Scope;

/// The records that a question is asked of. They never change, nor does anything else in here; that these are the ones
/// that an address means can change.
pub struct Found {
    /// What they are called in messages, tags and cursors.
    pub resource: String,
    /// What files of them are called, but for the time and the suffix.
    name: String,
    /// Their columns.
    pub schema: Schema,
    /// The table that they are of.
    pub definition: Table,
    /// For each column, in how many records it holds a value, where that is known.
    pub filled: Vec<u64>,
    /// Where they are.
    pub scope: Scope,
    /// Changes when the records do.
    pub state: String,
    /// When they were stored, where that is one moment.
    pub stored_at: Option<Timestamp>,
    /// Whether they are of several organizations.
    pub is_across: bool,
    /// Whether the address asks for them as they were.
    pub is_past: bool,
}

impl Found {
    /// What a file of them is called: `331007_aed.csv`, `331007_aed_v2.csv` of a version, `aed_2026-04-01.csv` as they were
    /// at a time.
    pub fn file_name(&self, as_of: Option<Timestamp>, suffix: &str) -> String {
        let day = as_of.map(|time| instant::in_japan(time).strftime("_%Y-%m-%d").to_string());
        format!("{}{}.{suffix}", self.name, day.unwrap_or_default())
    }
}

/// Records as an address names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Of what.
    pub of: Of,
    /// Of which table, where there are several; `None`: of the first.
    pub table: Option<String>,
    /// As they were at this publication; `None`: as they are.
    pub serial: Option<i64>,
}

/// What has records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// A data set.
    Dataset {
        /// Its id.
        id: String,
        /// One of its versions; `None`: the current one.
        number: Option<i32>,
    },
    /// A standard, across all organizations.
    Standard {
        /// Its slug.
        slug: String,
    },
}

/// Records that addresses were found to name, each for a state of the catalogue.
pub struct Known(Cache<(u64, Address), Arc<Found>>);

impl Default for Known {
    fn default() -> Known {
        Known(Cache::new(1_000))
    }
}

/// Finds the records that an address names, where nothing has changed since the last time without the database.
///
/// # Errors
/// As [`table`] and [`across`].
pub async fn find(app: &web::Data<App>, address: Address) -> Result<Arc<Found>, Problem> {
    let key = app.db.state().map(|state| (state, address.clone()));
    if let Some(found) = key.as_ref().and_then(|key| app.known.0.get(key)) {
        return Ok(found);
    }
    check_names(app, &address)?;
    let shared = app.clone();
    let found = app.db.read(move |connection| look_up(&shared, connection, &address)).await?;
    let found = Arc::new(found);
    if let Some(key) = key {
        app.known.0.insert(key, Arc::clone(&found));
    }
    Ok(found)
}

/// Refuses names that no database can hold.
fn check_names(app: &App, address: &Address) -> Result<(), Problem> {
    match &address.of {
        Of::Dataset { id, .. } => dataset_id(id).map(drop),
        Of::Standard { slug } => table_of_standard(app, slug, address.table.as_deref()).map(drop),
    }
}

fn look_up(app: &App, connection: &mut PgConnection, address: &Address) -> Result<Found, Problem> {
    let name = address.table.as_deref();
    match &address.of {
        Of::Dataset { id, number } => table(app, connection, id, *number, name, address.serial),
        Of::Standard { slug } => across(app, connection, slug, name, address.serial),
    }
}

/// The data set with this id, withdrawn ones excluded.
///
/// # Errors
/// 404 for one that there is not, 410 for one that was withdrawn.
pub fn entry(connection: &mut PgConnection, id: &str) -> Result<Entry, Problem> {
    let entry = catalog::find_dataset(connection, &dataset_id(id)?)?.ok_or_else(|| no_dataset(id))?;
    if entry.dataset.withdrawn_at.is_some() {
        return Err(Problem::new(
            Code::Gone,
            format!("データセット {id} は公開が取り下げられました。"),
            format!("The dataset {id} has been withdrawn."),
        ));
    }
    Ok(entry)
}

fn dataset_id(id: &str) -> Result<DatasetId, Problem> {
    DatasetId::parse(&with_check_digit(id)).ok_or_else(|| no_dataset(id))
}

fn no_dataset(id: &str) -> Problem {
    Problem::not_found(format!("データセット {id} はありません。"), format!("There is no dataset {id}.")).hint(
        "一覧は /api/v1/datasets にあります。ID は 331007_aed のように「団体コード_標準」です。",
        "See /api/v1/datasets; ids are like 331007_aed: organization code and standard.",
    )
}

/// The data set of the standard with this slug.
///
/// # Errors
/// 404 with the nearest slug.
pub fn standard<'a>(app: &'a App, slug: &str) -> Result<&'a Standard, Problem> {
    app.registry.find(slug).ok_or_else(|| {
        let problem =
            Problem::not_found(format!("標準「{slug}」はありません。"), format!("There is no standard \"{slug}\"."));
        with_nearest_standard(problem, &app.registry, slug)
    })
}

/// The problem with the standard that was probably meant, or where to look for it.
pub fn with_nearest_standard(problem: Problem, registry: &Registry, slug: &str) -> Problem {
    match nearest(slug, registry.standards().iter().map(|standard| standard.slug.as_str())) {
        Some(near) => problem.hint(format!("{near} のことですか。"), format!("Did you mean {near}?")),
        None => problem.hint("一覧は /api/v1/standards にあります。", "See /api/v1/standards."),
    }
}

/// The stored table of a data set: of the version `number` where one is named, else as it was at the publication
/// `serial`, else as it is now.
///
/// # Errors
/// 404 and 410 for data sets, versions and tables that are not there.
pub fn table(
    app: &App,
    connection: &mut PgConnection,
    id: &str,
    number: Option<i32>,
    table: Option<&str>,
    serial: Option<i64>,
) -> Result<Found, Problem> {
    let entry = entry(connection, id)?;
    let (version, tables) = match (number.map(Which::Number).or(serial.map(Which::Serial)), &entry.version) {
        (None, Some(version)) => (version.clone(), entry.tables.clone()),
        (Some(which), _) => match catalog::find_version(connection, entry.dataset.key, which)? {
            Some(found) => found,
            None if number.is_some() => return Err(no_version(id)),
            None => return Err(not_yet(connection, &entry)?),
        },
        (None, None) => return Err(no_version(id)),
    };
    let standard = standard_of(app, &entry)?;
    let (definition, stored) = choose_table(standard, &tables, table)?;
    let parts = |before: &str| -> Vec<String> {
        let version = number.map(|number| format!("{before}{number}"));
        let table = (tables.len() > 1).then(|| stored.name.clone());
        [Some(entry.dataset.id.to_string()), version, table].into_iter().flatten().collect()
    };
    Ok(Found {
        resource: parts("versions/").join("/"),
        name: parts("v").join("_"),
        schema: schema(definition, stored).into_owned(),
        definition: definition.clone(),
        filled: stored.filled.clone(),
        scope: Scope::of_table(stored, version.serial).beside(&app.beside),
        state: stored.key.to_string(),
        stored_at: Some(stored.created_at),
        is_across: false,
        is_past: number.is_some() || serial.is_some(),
    })
}

/// The table of a standard across all organizations.
///
/// # Errors
/// 404 for a standard or table that there is not.
fn across(
    app: &App,
    connection: &mut PgConnection,
    slug: &str,
    table: Option<&str>,
    serial: Option<i64>,
) -> Result<Found, Problem> {
    let definition = table_of_standard(app, slug, table)?;
    let scope = Scope::across(connection, slug, &definition.name, serial)?.beside(&app.beside);
    Ok(Found {
        resource: format!("standards/{slug}/{}", definition.name),
        name: if self::standard(app, slug)?.tables.len() > 1 {
            format!("{slug}_{}", definition.name)
        } else {
            slug.to_owned()
        },
        schema: definition.schema().clone(),
        definition: definition.clone(),
        filled: Vec::new(),
        state: scope.serial().to_string(),
        scope,
        stored_at: None,
        is_across: true,
        is_past: serial.is_some(),
    })
}

fn table_of_standard<'a>(app: &'a App, slug: &str, table: Option<&str>) -> Result<&'a Table, Problem> {
    let standard = standard(app, slug)?;
    match table {
        None => Ok(standard.main_table()),
        Some(name) => standard.table(name).ok_or_else(|| no_table(standard, name)),
    }
}

/// The standard that a data set follows.
///
/// # Errors
/// 404 where this server no longer knows it.
pub fn standard_of<'a>(app: &'a App, entry: &Entry) -> Result<&'a Standard, Problem> {
    standard(app, entry.dataset.description.standard.as_deref().unwrap_or_default())
}

/// The columns of a stored table: the standard's and those behind them.
pub fn schema<'a>(definition: &'a Table, stored: &StoredTable) -> Cow<'a, Schema> {
    if stored.extra_columns.is_empty() {
        return Cow::Borrowed(definition.schema());
    }
    let extra = stored.extra_columns.iter().map(String::as_str);
    definition.schema().with_extra_columns(extra).map_or(Cow::Borrowed(definition.schema()), Cow::Owned)
}

/// `33100` becomes `331007`, also in front of `_aed`.
pub fn with_check_digit(id: &str) -> Cow<'_, str> {
    let (code, rest) = id.split_at(id.find('_').unwrap_or(id.len()));
    match municipality_check_digit(code) {
        Some(digit) => Cow::Owned(format!("{code}{digit}{rest}")),
        None => Cow::Borrowed(id),
    }
}

/// The table with this name, or the first that is published.
///
/// # Errors
/// 404 for a table that there is not.
pub fn choose_table<'a, 's>(
    standard: &'a Standard,
    tables: &'s [StoredTable],
    name: Option<&str>,
) -> Result<(&'a Table, &'s StoredTable), Problem> {
    let mut published = standard.tables.iter().filter_map(|definition| {
        tables.iter().find(|stored| stored.name == definition.name).map(|stored| (definition, stored))
    });
    match name {
        None => published.next().ok_or_else(|| no_table(standard, "")),
        Some(name) => published.find(|(definition, _)| definition.name == name).ok_or_else(|| no_table(standard, name)),
    }
}

fn no_table(standard: &Standard, name: &str) -> Problem {
    let names: Vec<&str> = standard.tables.iter().map(|table| table.name.as_str()).collect();
    Problem::not_found(
        format!("表「{name}」はありません。{} の表は {} です。", standard.slug, names.join(", ")),
        format!("There is no table \"{name}\"; the tables of {} are {}.", standard.slug, names.join(", ")),
    )
}

fn no_version(id: &str) -> Problem {
    Problem::not_found(format!("{id} にその版はありません。"), format!("{id} has no such version.")).hint(
        format!("一覧は /api/v1/datasets/{id}/versions にあります。"),
        format!("See /api/v1/datasets/{id}/versions."),
    )
}

/// Nothing was published by then.
fn not_yet(connection: &mut PgConnection, entry: &Entry) -> Result<Problem, Problem> {
    let id = entry.dataset.id.to_string();
    let first = catalog::find_version(connection, entry.dataset.key, Which::Number(1))?;
    let Some((first, _)) = first else { return Ok(no_version(&id)) };
    let time = instant::in_japan(first.published_at).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let problem = Problem::not_found(
        format!("{id} はその時点ではまだ公開されていません。"),
        format!("{id} had not been published by then."),
    );
    Ok(problem.hint(
        format!("最初の版は {time}（日本時間）に公開されました。"),
        format!("Its first version was published at {time} (Japan time)."),
    ))
}

/// The version and tables that an address names.
///
/// # Errors
/// 404 for a version that there is not.
pub fn version(
    connection: &mut PgConnection,
    entry: &Entry,
    number: i32,
) -> Result<(Version, Vec<StoredTable>), Problem> {
    catalog::find_version(connection, entry.dataset.key, Which::Number(number))?
        .ok_or_else(|| no_version(&entry.dataset.id.to_string()))
}
