//! Groups and facets: what `group_by`, `aggregate` and `facets` ask of records.

use diesel::pg::PgConnection;

use super::problem::Problem;
use super::resolve::Found;
use crate::format::{Format, json_text};
use crate::query::{Page, Query};
use crate::schema::Schema;
use crate::store::StoreError;
use crate::store::records::{self, groups};

/// The only format with a place for facets.
const JSON: &str = "json";
/// How many values a facet names at most.
const VALUES: usize = 20;

/// The records that a query asks for, or the groups of them.
///
/// # Errors
/// Where the database fails.
pub fn page(connection: &mut PgConnection, found: &Found, query: &Query) -> Result<Page, StoreError> {
    Ok(match &query.grouping {
        None => records::page(connection, &found.schema, &found.scope, query)?,
        Some(grouping) => groups::page(connection, &found.schema, &found.scope, query, grouping)?,
    })
}

/// Facets stand in JSON only.
///
/// # Errors
/// 400 for another format.
pub fn check_format(query: &Query, format: &dyn Format) -> Result<(), Problem> {
    if query.facets.is_empty() || format.id() == JSON {
        return Ok(());
    }
    Err(Problem::parameter(
        "facets",
        format.id(),
        format!("facets は JSON の応答にだけ付きます。{} では返せません。", format.id()),
        format!("Facets stand in answers in JSON only, not in {}.", format.id()),
    )
    .hint(
        "format=json にするか、group_by= で一つずつ集計してください。",
        "Ask for format=json, or count one by one with group_by=.",
    ))
}

/// The facets that a query asks for, as a JSON object in the order of the question.
///
/// # Errors
/// Where the database fails.
pub fn facets(
    connection: &mut PgConnection,
    found: &Found,
    shown: &Schema,
    query: &Query,
) -> Result<Option<String>, StoreError> {
    if query.facets.is_empty() {
        return Ok(None);
    }
    let mut facets = Vec::with_capacity(query.facets.len());
    for key in &query.facets {
        let values = groups::facet(connection, &found.schema, &found.scope, query, *key, VALUES)?;
        // The values are JSON already, and numbers keep their digits.
        let values = values.iter().map(|(value, count)| format!("{{\"value\":{value},\"count\":{count}}}"));
        let values = values.collect::<Vec<_>>().join(",");
        facets.push(format!("{}:[{values}]", json_text(key.name(shown))));
    }
    Ok(Some(format!("{{{}}}", facets.join(","))))
}
