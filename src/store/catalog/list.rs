//! The list of data sets: filters, orders and pages.

use diesel::dsl::{count_star, exists};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{EntryRow, entries, with_tables};
use crate::catalog::{BoundingBox, DatasetFacet, DatasetFilter, DatasetPage, DatasetPosition, DatasetSort, Entry};
use crate::store::StoreError;
use crate::store::tables::{datasets, organizations, stored_tables, version_tables};
use crate::store::timestamp::Stamp;
use crate::text::nfkc;

diesel::define_sql_function! {
    /// Where the one text begins in the other; 0: nowhere.
    fn strpos(text: Text, part: Text) -> diesel::sql_types::Integer;
}
diesel::define_sql_function! {
    /// A Unicode normal form. Without the schema PostgreSQL's grammar takes it for a keyword that takes no bind.
    #[sql_name = "pg_catalog.normalize"]
    fn normalize(text: Text, form: Text) -> Text;
}
diesel::define_sql_function! {
    /// Lower case; of ASCII only, since our columns compare by code point.
    fn lower(text: Text) -> Text;
}

/// The published data sets that pass a filter, a page of them.
///
/// # Errors
/// Where the database fails.
pub fn list_datasets(
    connection: &mut PgConnection,
    filter: &DatasetFilter,
    limit: usize,
) -> Result<DatasetPage, StoreError> {
    if holds_nul(filter) {
        return Ok(DatasetPage { entries: Vec::new(), total: 0, next: None });
    }
    let total: i64 = matching(filter).select(count_star()).get_result(connection)?;
    let fetched = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let query = entries().filter(datasets::id.eq_any(matching(filter))).limit(fetched).into_boxed();
    let id = (datasets::organization_code, datasets::slug);
    let mut query = match filter.sort {
        DatasetSort::Id => query.order(id),
        DatasetSort::Title => query.order((datasets::title, id)),
        DatasetSort::Newest => query.order((datasets::updated_at.desc(), id)),
    };
    if let Some(DatasetPosition { title, updated_at, id }) = &filter.after {
        let same_organization = datasets::organization_code.eq(&id.organization);
        let behind =
            datasets::organization_code.gt(&id.organization).or(same_organization.and(datasets::slug.gt(&id.slug)));
        let stamp = Stamp(*updated_at);
        query = match filter.sort {
            DatasetSort::Id => query.filter(behind),
            DatasetSort::Title => query.filter(datasets::title.gt(title).or(datasets::title.eq(title).and(behind))),
            DatasetSort::Newest => {
                query.filter(datasets::updated_at.lt(stamp).or(datasets::updated_at.eq(stamp).and(behind)))
            }
        };
    }
    let mut rows: Vec<EntryRow> = query.load(connection)?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let entries = with_tables(connection, rows)?;
    let next = if has_more { entries.last().map(position) } else { None };
    Ok(DatasetPage { entries, total: u64::try_from(total).expect("a count is not negative"), next })
}

/// The most frequent values among the data sets that pass a filter, and how many have each.
///
/// # Errors
/// Where the database fails.
pub fn count_datasets(
    connection: &mut PgConnection,
    filter: &DatasetFilter,
    facet: DatasetFacet,
    most: i64,
) -> Result<Vec<(Option<String>, u64)>, StoreError> {
    if holds_nul(filter) {
        return Ok(Vec::new());
    }
    let matching = datasets::table.filter(datasets::id.eq_any(matching(filter)));
    macro_rules! counted {
        ($column:expr) => {
            matching
                .group_by($column)
                .select(($column, count_star()))
                .order((count_star().desc(), $column.asc()))
                .limit(most)
                .load(connection)?
        };
    }
    let some = |counts: Vec<(String, i64)>| counts.into_iter().map(|(value, count)| (Some(value), count)).collect();
    let counts: Vec<(Option<String>, i64)> = match facet {
        DatasetFacet::Standard => counted!(datasets::standard),
        DatasetFacet::Organization => some(counted!(datasets::organization_code)),
        DatasetFacet::License => some(counted!(datasets::license)),
    };
    let count = |count: i64| u64::try_from(count).expect("a count is not negative");
    Ok(counts.into_iter().map(|(value, number)| (value, count(number))).collect())
}

type Matching<'a> = diesel::helper_types::IntoBoxed<
    'a,
    diesel::dsl::Select<diesel::dsl::InnerJoin<datasets::table, organizations::table>, datasets::id>,
    Pg,
>;

/// The keys of the published data sets that pass a filter.
fn matching(filter: &DatasetFilter) -> Matching<'_> {
    let mut query = datasets::table.inner_join(organizations::table).select(datasets::id).into_boxed();
    query = query.filter(datasets::withdrawn_at.is_null().and(datasets::current_version_id.is_not_null()));
    if let Some(code) = &filter.organization {
        query = query.filter(datasets::organization_code.eq(code));
    }
    if let Some(slug) = &filter.standard {
        query = query.filter(datasets::standard.eq(slug));
    }
    if let Some(license) = &filter.license {
        query = query.filter(datasets::license.eq(license));
    }
    if let Some(time) = filter.updated_since {
        query = query.filter(datasets::updated_at.ge(Stamp(time)));
    }
    for word in &filter.words {
        let said = datasets::title
            .concat(" ")
            .concat(datasets::title_en)
            .concat(" ")
            .concat(datasets::description)
            .concat(" ")
            .concat(organizations::name);
        let word = nfkc(word).to_ascii_lowercase();
        query = query.filter(strpos(lower(normalize(said, "NFKC")), word).gt(0));
    }
    if let Some(bounds) = filter.bounding_box {
        query = query.filter(meets(bounds));
    }
    query
}

/// Whether a table of the current version has a box that meets this one.
#[diesel::dsl::auto_type]
fn meets(bounds: BoundingBox) -> _ {
    let (west, south, east, north): (f64, f64, f64, f64) = (bounds.west, bounds.south, bounds.east, bounds.north);
    exists(
        version_tables::table
            .inner_join(stored_tables::table)
            .filter(version_tables::version_id.nullable().eq(datasets::current_version_id))
            .filter(stored_tables::west.le(east))
            .filter(stored_tables::east.ge(west))
            .filter(stored_tables::south.le(north))
            .filter(stored_tables::north.ge(south)),
    )
}

fn position(entry: &Entry) -> DatasetPosition {
    DatasetPosition {
        title: entry.dataset.description.title.clone(),
        updated_at: entry.dataset.updated_at,
        id: entry.dataset.id.clone(),
    }
}

fn holds_nul(filter: &DatasetFilter) -> bool {
    let options = [&filter.organization, &filter.standard, &filter.license].into_iter().flatten();
    options.chain(&filter.words).any(|text| text.contains('\0'))
}
