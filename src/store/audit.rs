//! The audit: every change leaves an entry in the transaction that makes it.

use diesel::prelude::*;
use serde_json::Value;

use super::StoreError;
use super::tables::audit;
use super::timestamp::Stamp;
use crate::catalog::{Actor, AuditEntry};

/// What was done to what.
#[derive(Clone, Debug, Default)]
pub struct Action<'a> {
    /// What was done, e.g. `publish`.
    pub name: &'a str,
    /// To which organization.
    pub organization: Option<&'a str>,
    /// To which data set, by its public id.
    pub dataset: Option<String>,
    /// To which version.
    pub version: Option<i32>,
    /// What else is to be known.
    pub detail: Value,
}

/// Enters an action.
///
/// # Errors
/// Where the database fails.
pub fn enter(connection: &mut PgConnection, actor: &Actor, action: &Action<'_>) -> Result<(), StoreError> {
    diesel::insert_into(audit::table)
        .values((
            audit::actor.eq(&actor.name),
            audit::action.eq(action.name),
            audit::organization_code.eq(action.organization),
            audit::dataset.eq(&action.dataset),
            audit::version.eq(action.version),
            audit::detail.eq(&action.detail),
            audit::address.eq(&actor.address),
        ))
        .execute(connection)?;
    Ok(())
}

/// The newest entries, of one organization or of all, before the entry `before`.
///
/// # Errors
/// Where the database fails.
pub fn list(
    connection: &mut PgConnection,
    organization: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    type Row = (i64, Stamp, String, String, Option<String>, Option<String>, Option<i32>, Value, Option<String>);
    let mut query = audit::table.order(audit::id.desc()).limit(limit).into_boxed();
    if let Some(code) = organization {
        query = query.filter(audit::organization_code.eq(code));
    }
    if let Some(id) = before {
        query = query.filter(audit::id.lt(id));
    }
    let rows: Vec<Row> = query.load(connection)?;
    let entries = rows.into_iter().map(|(id, at, name, action, organization, dataset, version, detail, address)| {
        AuditEntry { id, at: at.0, actor: Actor { name, address }, action, organization, dataset, version, detail }
    });
    Ok(entries.collect())
}
