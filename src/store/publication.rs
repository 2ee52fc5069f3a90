//! Publications: everything that makes a new version of a data set. Each function is to be called in one transaction of
//! [`super::Db::write`], which takes all of its effects back if it fails.

mod blocks;
mod copy;
mod profile;

use blocks::Blocks;
pub use blocks::enter_missing;

use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;

use super::StoreError;
use super::audit::{self, Action};
use super::catalog::{self, TableRow, VersionRow};
use super::tables::{datasets, stored_tables, version_tables, versions};
use super::timestamp::Stamp;
use crate::catalog::{
    Actor, BoundingBox, DatasetDescription, DatasetId, Entry, NewPublication, NewRecord, NewTable, Published,
    StoredTable,
};

diesel::define_sql_function! {
    /// The next number of a sequence.
    fn nextval(sequence: Text) -> diesel::sql_types::BigInt;
}
diesel::define_sql_function! {
    /// The time at this moment, while `now()` is that of the beginning of the transaction.
    fn clock_timestamp() -> diesel::sql_types::Timestamptz;
}

/// What [`stage`] came to.
pub enum Staging {
    /// The same upload is published already.
    Unchanged(Box<Published>),
    /// The rows are stored, and wait for [`publish`].
    Staged(Box<Staged>),
}

/// A table whose rows are stored and belong to no version yet. Between [`stage`] and [`publish`] it can be compared with
/// the published one; who does not like it ends the transaction, which takes it back.
pub struct Staged {
    dataset: i64,
    current: Entry,
    table: StoredTable,
}

impl Staged {
    /// The table.
    pub fn table(&self) -> &StoredTable {
        &self.table
    }

    /// The table of this name in the current version.
    pub fn published(&self) -> Option<&StoredTable> {
        self.current.table(&self.table.name)
    }
}

/// What was found suspicious in a staged table and is published on purpose.
pub struct Confirmed {
    /// The rules.
    pub rules: Vec<&'static str>,
    /// The report with what they found.
    pub report: serde_json::Value,
}

/// Stores the rows of a table of a data set, which begins to exist if it does not yet, and keeps other publishers of it
/// away. The rows are taken one at a time, so that any number of them needs little memory, and not at all where the same
/// upload is published already.
///
/// # Errors
/// What `rows` answers; [`StoreError::PreconditionFailed`], [`StoreError::UnknownOrganization`],
/// [`StoreError::InvalidRecord`]; and where the database fails.
pub fn stage<E: From<StoreError>>(
    connection: &mut PgConnection,
    publication: &NewPublication,
    rows: &mut dyn FnMut() -> Result<Option<NewRecord>, E>,
) -> Result<Staging, E> {
    let dataset = lock_or_create(connection, publication)?;
    let current = current_entry(connection, &publication.id)?;
    expect_version(publication.expected_version, &current)?;
    if let Some(unchanged) = published_already(&current, &publication.table) {
        return Ok(Staging::Unchanged(Box::new(unchanged)));
    }
    let table = insert_table(connection, dataset, &publication.table)?;
    let mut blocks = Blocks::of_table(connection, table)?;
    let loaded = copy::load(connection, table, &mut blocks, rows)?;
    blocks.enter(connection)?;
    let table = finish_table(connection, table, loaded)?;
    Ok(Staging::Staged(Box::new(Staged { dataset, current, table })))
}

/// Makes a staged table part of a new version of its data set. The other tables of the version before are carried over.
///
/// # Errors
/// Where the database fails.
pub fn publish(
    connection: &mut PgConnection,
    publication: &NewPublication,
    staged: Staged,
    confirmed: Option<&Confirmed>,
) -> Result<Published, StoreError> {
    let Staged { dataset, current, table } = staged;
    let mut detail = json!({"table": table.name, "rows": table.row_count, "sha256": table.source.sha256.to_string()});
    if table.errors > 0 {
        detail["errors"] = table.errors.into();
    }
    if let Some(confirmed) = confirmed {
        diesel::update(stored_tables::table.find(table.key))
            .set(stored_tables::report.eq(&confirmed.report))
            .execute(connection)?;
        detail["confirmed"] = json!(confirmed.rules);
    }
    let others = current.tables.iter().filter(|other| other.name != table.name).map(|other| other.key);
    let tables: Vec<i64> = others.chain([table.key]).collect();
    let version =
        NewVersion { dataset, id: &publication.id, tables, note: &publication.note, actor: &publication.actor };
    let version = insert_version(connection, &version, "publish", detail)?;
    Ok(Published { version, table, created: current.version.is_none(), unchanged: false })
}

/// Makes an earlier version current again, as a new version with the same tables.
///
/// # Errors
/// [`StoreError::UnknownVersion`], [`StoreError::PreconditionFailed`], and where the database fails.
pub fn restore(
    connection: &mut PgConnection,
    id: &DatasetId,
    number: i32,
    expected_version: Option<i32>,
    actor: &Actor,
) -> Result<crate::catalog::Version, StoreError> {
    let dataset = lock(connection, id)?.ok_or_else(|| StoreError::UnknownVersion(id.to_string()))?;
    expect_version(expected_version, &current_entry(connection, id)?)?;
    let tables: Vec<i64> = version_tables::table
        .inner_join(versions::table)
        .filter(versions::dataset_id.eq(dataset).and(versions::number.eq(number)))
        .order(version_tables::table_id)
        .select(version_tables::table_id)
        .load(connection)
        .map_err(StoreError::from)?;
    if tables.is_empty() {
        return Err(StoreError::UnknownVersion(format!("{id} {number}")));
    }
    let version = NewVersion { dataset, id, tables, note: "", actor };
    insert_version(connection, &version, "restore", json!({"of": number}))
}

/// Withdraws a data set: nothing of it is current any more, its history stays. Answers whether there was one.
///
/// # Errors
/// Where the database fails.
pub fn withdraw(connection: &mut PgConnection, id: &DatasetId, actor: &Actor) -> Result<bool, StoreError> {
    let Some(dataset) = lock(connection, id)? else { return Ok(false) };
    let changed = diesel::update(datasets::table.find(dataset))
        .filter(datasets::withdrawn_at.is_null().and(datasets::current_version_id.is_not_null()))
        .set((datasets::withdrawn_at.eq(now), datasets::updated_at.eq(now)))
        .execute(connection)?;
    if changed == 1 {
        audit::enter(connection, actor, &action("withdraw", id, None, json!({})))?;
    }
    Ok(changed == 1)
}

/// Changes what is said about a data set. Answers whether there is one.
///
/// # Errors
/// Where the database fails.
pub fn describe(
    connection: &mut PgConnection,
    id: &DatasetId,
    description: &DatasetDescription,
    actor: &Actor,
) -> Result<bool, StoreError> {
    let Some(dataset) = lock(connection, id)? else { return Ok(false) };
    diesel::update(datasets::table.find(dataset))
        .set((DescriptionRow::from(description), datasets::updated_at.eq(now)))
        .execute(connection)?;
    audit::enter(connection, actor, &action("describe", id, None, json!({"title": description.title})))?;
    Ok(true)
}

/// Deletes a data set with all its versions and records; only the audit remembers it. Answers whether there was one.
/// Uploaded files stay, since other data sets may have the same.
///
/// # Errors
/// Where the database fails.
pub fn purge(connection: &mut PgConnection, id: &DatasetId, actor: &Actor) -> Result<bool, StoreError> {
    let Some(dataset) = lock(connection, id)? else { return Ok(false) };
    diesel::update(datasets::table.find(dataset))
        .set(datasets::current_version_id.eq(None::<i64>))
        .execute(connection)?;
    diesel::delete(versions::table.filter(versions::dataset_id.eq(dataset))).execute(connection)?;
    diesel::delete(datasets::table.find(dataset)).execute(connection)?;
    audit::enter(connection, actor, &action("purge", id, None, json!({})))?;
    Ok(true)
}

/// Keeps other writers away from a data set until the transaction ends, and answers its key.
fn lock(connection: &mut PgConnection, id: &DatasetId) -> Result<Option<i64>, StoreError> {
    let key = datasets::table
        .filter(datasets::organization_code.eq(&id.organization).and(datasets::slug.eq(&id.slug)))
        .select(datasets::id)
        .for_update()
        .get_result(connection)
        .optional()?;
    Ok(key)
}

fn lock_or_create(connection: &mut PgConnection, publication: &NewPublication) -> Result<i64, StoreError> {
    let id = &publication.id;
    if let Some(key) = lock(connection, id)? {
        return Ok(key);
    }
    // Of two who publish it for the first time, one waits here for the other.
    diesel::insert_into(datasets::table)
        .values((
            datasets::organization_code.eq(&id.organization),
            datasets::slug.eq(&id.slug),
            DescriptionRow::from(&publication.description),
        ))
        .on_conflict((datasets::organization_code, datasets::slug))
        .do_nothing()
        .execute(connection)
        .map_err(StoreError::from)
        .map_err(|error| match error {
            error if error.violates("datasets_organization_code_fkey") => {
                StoreError::UnknownOrganization(id.organization.clone())
            }
            error => error,
        })?;
    lock(connection, id)?.ok_or_else(|| StoreError::Conflict(format!("{id} was purged")))
}

/// The columns of a description.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = datasets, treat_none_as_null = true)]
struct DescriptionRow<'a> {
    standard: Option<&'a str>,
    title: &'a str,
    title_en: &'a str,
    description: &'a str,
    license: &'a str,
    contact: &'a str,
    update_frequency: &'a str,
    sample: bool,
}

impl<'a> From<&'a DatasetDescription> for DescriptionRow<'a> {
    fn from(description: &'a DatasetDescription) -> DescriptionRow<'a> {
        DescriptionRow {
            standard: description.standard.as_deref(),
            title: &description.title,
            title_en: &description.title_en,
            description: &description.description,
            license: &description.license,
            contact: &description.contact,
            update_frequency: &description.update_frequency,
            sample: description.sample,
        }
    }
}

/// The data set as it is now; a withdrawn one as if nothing were published.
fn current_entry(connection: &mut PgConnection, id: &DatasetId) -> Result<Entry, StoreError> {
    let entry = catalog::find_dataset(connection, id)?.ok_or_else(|| StoreError::UnknownVersion(id.to_string()))?;
    Ok(if entry.dataset.withdrawn_at.is_some() { Entry { version: None, tables: Vec::new(), ..entry } } else { entry })
}

fn expect_version(expected: Option<i32>, current: &Entry) -> Result<(), StoreError> {
    let found = current.version.as_ref().map(|version| version.number);
    match expected {
        Some(expected) if expected != found.unwrap_or(0) => Err(StoreError::PreconditionFailed { expected, found }),
        Some(_) | None => Ok(()),
    }
}

fn published_already(current: &Entry, table: &NewTable) -> Option<Published> {
    let version = current.version.as_ref()?;
    let stored = current.table(&table.name)?;
    let same = stored.source.sha256 == table.source.sha256
        && stored.edition == table.edition
        && stored.field_count == table.field_count
        && stored.extra_columns == table.extra_columns
        && stored.treatment == table.treatment;
    same.then(|| Published { version: version.clone(), table: stored.clone(), created: false, unchanged: true })
}

fn insert_table(connection: &mut PgConnection, dataset: i64, table: &NewTable) -> Result<i64, StoreError> {
    let key = diesel::insert_into(stored_tables::table)
        .values((
            stored_tables::dataset_id.eq(dataset),
            stored_tables::name.eq(&table.name),
            stored_tables::edition.eq(&table.edition),
            stored_tables::field_count.eq(table.field_count),
            stored_tables::extra_columns.eq(&table.extra_columns),
            stored_tables::treatment.eq(&table.treatment),
            stored_tables::report.eq(&table.report),
            stored_tables::score.eq(table.score),
            stored_tables::errors.eq(i64::try_from(table.errors).unwrap_or(i64::MAX)),
            stored_tables::source_sha256.eq(&table.source.sha256.0[..]),
            stored_tables::source_bytes.eq(i64::try_from(table.source.bytes).unwrap_or(i64::MAX)),
            stored_tables::source_name.eq(table.source.name.replace('\0', "")),
            stored_tables::source_media_type.eq(&table.source.media_type),
            stored_tables::source_encoding.eq(&table.source.encoding),
            stored_tables::patches_sha256.eq(table.patches.as_ref().map(|patches| &patches.0[..])),
        ))
        .returning(stored_tables::id)
        .get_result(connection)?;
    Ok(key)
}

/// Notes what the rows came to.
fn finish_table(connection: &mut PgConnection, table: i64, loaded: copy::Loaded) -> Result<StoredTable, StoreError> {
    let side = |of: fn(&BoundingBox) -> f64| loaded.bounding_box.as_ref().map(of);
    let coded = loaded.profile.store(connection, table)?;
    let row: TableRow = diesel::update(stored_tables::table.find(table))
        .set((
            stored_tables::row_count.eq(loaded.rows),
            stored_tables::last_row.eq(loaded.last_row),
            stored_tables::located.eq(loaded.located),
            stored_tables::filled.eq(&loaded.filled),
            stored_tables::coded.eq(&coded),
            stored_tables::west.eq(side(|bounds| bounds.west)),
            stored_tables::south.eq(side(|bounds| bounds.south)),
            stored_tables::east.eq(side(|bounds| bounds.east)),
            stored_tables::north.eq(side(|bounds| bounds.north)),
        ))
        .returning(TableRow::as_returning())
        .get_result(connection)?;
    row.into_table()
}

struct NewVersion<'a> {
    dataset: i64,
    id: &'a DatasetId,
    tables: Vec<i64>,
    note: &'a str,
    actor: &'a Actor,
}

/// Makes a list of tables the current version. From here on every other publication waits, so it comes last.
fn insert_version(
    connection: &mut PgConnection,
    new: &NewVersion<'_>,
    action_name: &str,
    detail: serde_json::Value,
) -> Result<crate::catalog::Version, StoreError> {
    let newest: Option<i32> = versions::table
        .filter(versions::dataset_id.eq(new.dataset))
        .select(diesel::dsl::max(versions::number))
        .get_result(connection)?;
    let number = newest.unwrap_or(0) + 1;
    audit::enter(connection, new.actor, &action(action_name, new.id, Some(number), detail))?;
    take_turn(connection)?;
    let row: VersionRow = diesel::insert_into(versions::table)
        .values((
            versions::dataset_id.eq(new.dataset),
            versions::number.eq(number),
            versions::serial.eq(nextval("version_serial")),
            versions::published_at.eq(clock_timestamp()),
            versions::published_by.eq(&new.actor.name),
            versions::note.eq(new.note),
        ))
        .returning(VersionRow::as_returning())
        .get_result(connection)?;
    let links: Vec<_> = new
        .tables
        .iter()
        .map(|table| (version_tables::version_id.eq(row.id), version_tables::table_id.eq(*table)))
        .collect();
    diesel::insert_into(version_tables::table).values(links).execute(connection)?;
    diesel::update(datasets::table.find(new.dataset))
        .set((
            datasets::current_version_id.eq(row.id),
            datasets::withdrawn_at.eq(None::<Stamp>),
            datasets::updated_at.eq(Stamp(row.published_at.into())),
        ))
        .execute(connection)?;
    Ok(row.into_version())
}

/// From here to the end of the transaction no other one draws a serial, so that serials come in the order of commits.
fn take_turn(connection: &mut PgConnection) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection;
    connection.batch_execute("SELECT pg_advisory_xact_lock(1296122697, hashtext(current_schema()))")?;
    Ok(())
}

fn action<'a>(name: &'a str, id: &'a DatasetId, version: Option<i32>, detail: serde_json::Value) -> Action<'a> {
    Action { name, organization: Some(&id.organization), dataset: Some(id.to_string()), version, detail }
}
