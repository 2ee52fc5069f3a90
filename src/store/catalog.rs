//! Organizations, data sets, versions and stored tables: reading them. What changes them is in `publication`.

mod list;
mod rows;

use std::collections::HashMap;

use diesel::dsl::{AsSelect, max};
use diesel::pg::Pg;
use diesel::prelude::*;
use jiff::Timestamp;

pub use super::publication::{Confirmed, Staged, Staging, describe, publish, purge, restore, stage, withdraw};
pub use list::{count_datasets, list_datasets};
pub(super) use rows::{TableRow, VersionRow};

use super::StoreError;
use super::tables::{datasets, organizations, stored_tables, version_tables, versions};
use super::timestamp::Stamp;
use crate::catalog::{DatasetId, Entry, Organization, OrganizationSummary, StoredTable, Version};
use rows::{DatasetRow, SummaryRow};

/// Registers an organization, or brings its name up to date. Answers whether it is new.
///
/// # Errors
/// Where the database fails.
pub fn add_organization(connection: &mut PgConnection, organization: &Organization) -> Result<bool, StoreError> {
    let values = (
        organizations::name.eq(&organization.name),
        organizations::name_kana.eq(&organization.name_kana),
        organizations::prefecture.eq(&organization.prefecture),
        organizations::kind.eq(organization.kind.as_str()),
    );
    let added = diesel::insert_into(organizations::table)
        .values((
            organizations::code.eq(&organization.code),
            organizations::created_at.eq(Stamp(organization.created_at)),
            values,
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    if added == 0 {
        diesel::update(organizations::table.find(&organization.code)).set(values).execute(connection)?;
    }
    Ok(added == 1)
}

/// Every organization and how much it publishes, by code.
///
/// # Errors
/// Where the database fails.
pub fn list_organizations(connection: &mut PgConnection) -> Result<Vec<OrganizationSummary>, StoreError> {
    let rows: Vec<SummaryRow> = diesel::sql_query(include_str!("catalog/organizations.sql"))
        .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>(None::<&str>)
        .load(connection)?;
    rows.into_iter().map(SummaryRow::into_summary).collect()
}

/// One organization and how much it publishes.
///
/// # Errors
/// Where the database fails.
pub fn find_organization(connection: &mut PgConnection, code: &str) -> Result<Option<OrganizationSummary>, StoreError> {
    if code.contains('\0') {
        return Ok(None);
    }
    let row: Option<SummaryRow> = diesel::sql_query(include_str!("catalog/organizations.sql"))
        .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>(Some(code))
        .get_result(connection)
        .optional()?;
    row.map(SummaryRow::into_summary).transpose()
}

/// A data set with its current version; a withdrawn one too, with what was current last.
///
/// # Errors
/// Where the database fails.
pub fn find_dataset(connection: &mut PgConnection, id: &DatasetId) -> Result<Option<Entry>, StoreError> {
    if id.organization.contains('\0') || id.slug.contains('\0') {
        return Ok(None);
    }
    let row: Option<EntryRow> = entries()
        .filter(datasets::organization_code.eq(&id.organization).and(datasets::slug.eq(&id.slug)))
        .get_result(connection)
        .optional()?;
    Ok(with_tables(connection, row.into_iter().collect())?.pop())
}

/// The versions of a data set with their tables, newest first, of those before the version `before`.
///
/// # Errors
/// Where the database fails.
pub fn list_versions(
    connection: &mut PgConnection,
    dataset: i64,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<(Version, Vec<StoredTable>)>, StoreError> {
    let rows: Vec<VersionRow> = versions::table
        .filter(versions::dataset_id.eq(dataset).and(versions::number.lt(before.unwrap_or(i32::MAX))))
        .order(versions::number.desc())
        .limit(limit)
        .select(VersionRow::as_select())
        .load(connection)?;
    let mut tables: HashMap<i64, Vec<StoredTable>> = HashMap::new();
    for (version, table) in tables_of(connection, &rows.iter().map(|row| row.id).collect::<Vec<_>>())? {
        tables.entry(version).or_default().push(table);
    }
    let of_version = |row: VersionRow| (row.id, row.into_version());
    Ok(rows
        .into_iter()
        .map(of_version)
        .map(|(key, version)| (version, tables.remove(&key).unwrap_or_default()))
        .collect())
}

/// Which version of a data set is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The n-th.
    Number(i32),
    /// The newest of those with this serial or less: what a walk through pages that began then sees.
    Serial(i64),
    /// The one that was current at this time.
    At(Timestamp),
}

/// A version of a data set, with its tables.
///
/// # Errors
/// Where the database fails.
pub fn find_version(
    connection: &mut PgConnection,
    dataset: i64,
    which: Which,
) -> Result<Option<(Version, Vec<StoredTable>)>, StoreError> {
    let query = versions::table
        .filter(versions::dataset_id.eq(dataset))
        .order(versions::number.desc())
        .select(VersionRow::as_select())
        .into_boxed();
    let query = match which {
        Which::Number(number) => query.filter(versions::number.eq(number)),
        Which::Serial(serial) => query.filter(versions::serial.le(serial)),
        Which::At(time) => query.filter(versions::published_at.le(Stamp(time))),
    };
    let Some(row) = query.first(connection).optional()? else { return Ok(None) };
    let tables = tables_of(connection, &[row.id])?.into_iter().map(|(_, table)| table).collect();
    Ok(Some((row.into_version(), tables)))
}

/// The report of the check of a stored table. It can be long, so it does not come with the table.
///
/// # Errors
/// Where the database fails.
pub fn report(connection: &mut PgConnection, table: i64) -> Result<Option<serde_json::Value>, StoreError> {
    Ok(stored_tables::table.find(table).select(stored_tables::report).get_result(connection).optional()?)
}

/// What was last done with an upload of a data set besides storing it (see [`NewTable::treatment`]); `None` where all
/// were stored as they came.
///
/// # Errors
/// Where the database fails.
///
/// [`NewTable::treatment`]: crate::catalog::NewTable::treatment
pub fn latest_treatment(connection: &mut PgConnection, id: &DatasetId) -> Result<Option<String>, StoreError> {
    Ok(stored_tables::table
        .inner_join(datasets::table.on(stored_tables::dataset_id.eq(datasets::id)))
        .filter(datasets::organization_code.eq(&id.organization).and(datasets::slug.eq(&id.slug)))
        .filter(stored_tables::treatment.ne(""))
        .order(stored_tables::id.desc())
        .select(stored_tables::treatment)
        .first(connection)
        .optional()?)
}

/// The serial of the newest publication of all; 0 before the first. It changes exactly when a publication becomes visible.
///
/// # Errors
/// Where the database fails.
pub fn newest_serial(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let newest: Option<i64> = versions::table.select(max(versions::serial)).get_result(connection)?;
    Ok(newest.unwrap_or(0))
}

/// The serial of the newest publication that there was at a time; 0 before the first.
///
/// # Errors
/// Where the database fails.
pub fn serial_at(connection: &mut PgConnection, time: Timestamp) -> Result<i64, StoreError> {
    let serial: Option<i64> = versions::table
        .filter(versions::published_at.le(Stamp(time)))
        .order((versions::published_at.desc(), versions::serial.desc()))
        .select(versions::serial)
        .first(connection)
        .optional()?;
    Ok(serial.unwrap_or(0))
}

/// A data set, its publisher's name and its current version.
type EntryRow = (DatasetRow, String, Option<VersionRow>);

/// All data sets, to be filtered.
#[diesel::dsl::auto_type]
fn entries() -> _ {
    let dataset: AsSelect<DatasetRow, Pg> = DatasetRow::as_select();
    let version: AsSelect<Option<VersionRow>, Pg> = Option::<VersionRow>::as_select();
    datasets::table
        .inner_join(organizations::table)
        .left_join(versions::table.on(datasets::current_version_id.eq(versions::id.nullable())))
        .select((dataset, organizations::name, version))
}

/// Puts the tables of the current versions to their data sets.
fn with_tables(connection: &mut PgConnection, rows: Vec<EntryRow>) -> Result<Vec<Entry>, StoreError> {
    let keys: Vec<i64> = rows.iter().filter_map(|(_, _, version)| version.as_ref().map(|version| version.id)).collect();
    let tables = if keys.is_empty() { Vec::new() } else { tables_of(connection, &keys)? };
    let entries = rows.into_iter().map(|(dataset, organization_name, version)| {
        let key = version.as_ref().map(|version| version.id);
        let of_version = tables.iter().filter(|(version, _)| Some(*version) == key).map(|(_, table)| table.clone());
        let tables = of_version.collect();
        Entry {
            dataset: dataset.into_dataset(),
            organization_name,
            version: version.map(VersionRow::into_version),
            tables,
        }
    });
    Ok(entries.collect())
}

/// The tables of versions, each with the key of its version.
fn tables_of(connection: &mut PgConnection, versions: &[i64]) -> Result<Vec<(i64, StoredTable)>, StoreError> {
    let rows: Vec<(i64, TableRow)> = version_tables::table
        .inner_join(stored_tables::table)
        .filter(version_tables::version_id.eq_any(versions))
        .order((version_tables::version_id, stored_tables::id))
        .select((version_tables::version_id, TableRow::as_select()))
        .load(connection)?;
    rows.into_iter().map(|(version, row)| Ok((version, row.into_table()?))).collect()
}
