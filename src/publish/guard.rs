//! Guards what is published: a file without an error can still be the wrong one. What is suspicious is published only
//! by who says that it is meant.

use diesel::pg::PgConnection;

use crate::catalog::StoredTable;
use crate::store::catalog::{self, Staged};
use crate::store::{StoreError, records::comparison};
use crate::validate::rules::{emptied_column, moved_points, new_mojibake, renumbered_ids, row_collapse};
use crate::validate::{Finding, Publishable, Report};

/// What a comparison with the published version finds.
const COMPARED: [&str; 5] = ["row-collapse", "renumbered-ids", "moved-points", "emptied-column", "new-mojibake"];
/// What a check finds in the file itself, and nobody may publish without having looked at it.
const SENSITIVE: [&str; 2] = ["my-number", "hidden-content"];

/// Fewer rows lost than this are no collapse.
const COLLAPSE_ROWS: u64 = 10;
/// Metres that nothing moves which stands where it is said to stand.
const FAR: f64 = 1_000.0;
/// Fewer moved places than this are corrections.
const MOVED_PLACES: i64 = 3;
/// The rule whose findings are counted as lost characters.
const LOST_CHARACTERS: &str = "replacement-character";

/// Every rule whose findings can be confirmed.
pub fn confirmable() -> impl Iterator<Item = &'static str> + Clone {
    COMPARED.into_iter().chain(SENSITIVE)
}

/// What the check has found that needs a confirmation, one of each rule.
pub fn sensitive(report: &Report) -> Vec<Finding> {
    let first = |rule: &str| report.issues.iter().find(|finding| finding.rule.id() == rule).cloned();
    SENSITIVE.into_iter().filter_map(first).collect()
}

/// What is suspicious in a staged table beside the published one.
///
/// # Errors
/// Where the database fails.
pub fn compare(
    connection: &mut PgConnection,
    staged: &Staged,
    publishable: &Publishable,
    report: &Report,
) -> Result<Vec<Finding>, StoreError> {
    let after = staged.table();
    let Some(before) = staged.published() else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    findings.extend(collapse(before.row_count, after.row_count));
    if let Some(id) = publishable.schema.record_id()
        && [before, after].iter().all(|table| holds_values(table, id))
    {
        let field = &publishable.schema.fields()[id].name;
        let name = publishable.schema.record_name();
        findings.extend(renumbering(connection, before, after, field, id, name)?);
        if before.bounding_box.is_some() && after.bounding_box.is_some() {
            let comparison::Moves { placed, moved } = comparison::moves(connection, before, after, FAR)?;
            if moved >= MOVED_PLACES && 10 * moved > placed {
                findings.push(moved_points::finding(placed, moved));
            }
        }
    }
    findings.extend(emptied_columns(before, after, publishable));
    findings.extend(mojibake(connection, before, report)?);
    Ok(findings)
}

fn collapse(before: u64, after: u64) -> Option<Finding> {
    let is_collapse = 2 * after < before && before - after >= COLLAPSE_ROWS;
    is_collapse.then(|| row_collapse::finding(before, after))
}

/// Whether any record holds a value in the field, as far as anybody has counted.
fn holds_values(table: &StoredTable, field: usize) -> bool {
    table.filled.get(field).is_none_or(|filled| *filled > 0)
}

/// Most ids are new, and most names are not.
fn renumbering(
    connection: &mut PgConnection,
    before: &StoredTable,
    after: &StoredTable,
    field: &str,
    id: usize,
    name: Option<usize>,
) -> Result<Option<Finding>, StoreError> {
    let Some(name) = name else { return Ok(None) };
    let ids = comparison::known_values(connection, before, after, id)?;
    if 2 * ids.known >= ids.records {
        return Ok(None);
    }
    let names = comparison::known_values(connection, before, after, name)?;
    let is_renumbered = 2 * names.known > names.records;
    Ok(is_renumbered.then(|| renumbered_ids::finding(field, ids.records, ids.known)))
}

/// The standard's columns are the same by place, further ones by name.
fn emptied_columns(before: &StoredTable, after: &StoredTable, publishable: &Publishable) -> Vec<Finding> {
    let standard = usize::try_from(before.field_count).unwrap_or_default();
    let fields = publishable.schema.fields();
    let names = fields.iter().take(standard).map(|field| &field.name).chain(&before.extra_columns);
    let lost = names.zip(&before.filled).enumerate().filter(|(index, (name, filled))| {
        let place = if *index < standard { Some(*index) } else { publishable.schema.index_of(name) };
        let is_empty = place.is_none_or(|place| after.filled.get(place).is_none_or(|filled| *filled == 0));
        **filled > 0 && 2 * **filled >= before.row_count && is_empty
    });
    lost.map(|(_, (name, filled))| emptied_column::finding(name, *filled)).collect()
}

fn mojibake(
    connection: &mut PgConnection,
    before: &StoredTable,
    report: &Report,
) -> Result<Option<Finding>, StoreError> {
    let Some(found) = report.by_code.get(LOST_CHARACTERS).copied() else { return Ok(None) };
    let stored = catalog::report(connection, before.key)?;
    let known = stored.and_then(|report| report["by_code"][LOST_CHARACTERS].as_u64()).unwrap_or(0);
    Ok((found > known).then(|| new_mojibake::finding(known, found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::rules;

    #[test]
    fn what_can_be_confirmed_are_rules() {
        assert!(confirmable().all(|id| rules::find(id).is_some()));
    }

    #[test]
    fn a_collapse_is_more_than_half_and_more_than_a_few() {
        for (before, after, expected) in [
            (20, 10, false),
            (21, 10, true),
            (19, 9, true),
            (18, 9, false),
            (10, 1, false),
            (11, 1, true),
            (5, 9, false),
        ] {
            assert_eq!(collapse(before, after).is_some(), expected, "{before} to {after}");
        }
    }
}
