//! Rows of the catalogue's tables, and the values made from them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use jiff::Timestamp;

use crate::catalog::{
    BoundingBox, Dataset, DatasetDescription, DatasetId, Digest, Organization, OrganizationKind, OrganizationSummary,
    Source, StoredTable, Version,
};
use crate::store::StoreError;
use crate::store::codes;
use crate::store::tables::{datasets, stored_tables, versions};
use crate::store::timestamp::Stamp;

#[derive(QueryableByName)]
pub struct SummaryRow {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    name_kana: String,
    #[diesel(sql_type = Text)]
    prefecture: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Stamp,
    #[diesel(sql_type = BigInt)]
    datasets: i64,
    #[diesel(sql_type = BigInt)]
    records: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    updated_at: Option<Stamp>,
}

impl SummaryRow {
    pub fn into_summary(self) -> Result<OrganizationSummary, StoreError> {
        let kind = OrganizationKind::parse(&self.kind)
            .ok_or_else(|| StoreError::unreadable("kind of organization", &self.kind))?;
        Ok(OrganizationSummary {
            organization: Organization {
                code: self.code,
                name: self.name,
                name_kana: self.name_kana,
                prefecture: self.prefecture,
                kind,
                created_at: self.created_at.into(),
            },
            datasets: count(self.datasets),
            records: count(self.records),
            updated_at: self.updated_at.map(Timestamp::from),
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = datasets, check_for_backend(diesel::pg::Pg))]
pub struct DatasetRow {
    id: i64,
    organization_code: String,
    slug: String,
    standard: Option<String>,
    title: String,
    title_en: String,
    description: String,
    license: String,
    contact: String,
    update_frequency: String,
    sample: bool,
    created_at: Stamp,
    updated_at: Stamp,
    withdrawn_at: Option<Stamp>,
}

impl DatasetRow {
    pub fn into_dataset(self) -> Dataset {
        Dataset {
            key: self.id,
            id: DatasetId { organization: self.organization_code, slug: self.slug },
            description: DatasetDescription {
                standard: self.standard,
                title: self.title,
                title_en: self.title_en,
                description: self.description,
                license: self.license,
                contact: self.contact,
                update_frequency: self.update_frequency,
                sample: self.sample,
            },
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            withdrawn_at: self.withdrawn_at.map(Timestamp::from),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = versions, check_for_backend(diesel::pg::Pg))]
pub struct VersionRow {
    pub id: i64,
    number: i32,
    serial: i64,
    pub published_at: Stamp,
    published_by: String,
    note: String,
}

impl VersionRow {
    pub fn into_version(self) -> Version {
        Version {
            key: self.id,
            number: self.number,
            serial: self.serial,
            published_at: self.published_at.into(),
            published_by: self.published_by,
            note: self.note,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = stored_tables, check_for_backend(diesel::pg::Pg))]
pub struct TableRow {
    id: i64,
    name: String,
    edition: String,
    field_count: i32,
    extra_columns: Vec<String>,
    treatment: String,
    row_count: i64,
    last_row: i32,
    located: i64,
    west: Option<f64>,
    south: Option<f64>,
    east: Option<f64>,
    north: Option<f64>,
    score: f64,
    errors: i64,
    filled: Vec<i64>,
    coded: Vec<i32>,
    source_sha256: Vec<u8>,
    source_bytes: i64,
    source_name: String,
    source_media_type: String,
    source_encoding: String,
    patches_sha256: Option<Vec<u8>>,
    created_at: Stamp,
}

impl TableRow {
    pub fn into_table(self) -> Result<StoredTable, StoreError> {
        let digest = |bytes: Vec<u8>| match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) => Ok(Digest(bytes)),
            Err(bytes) => Err(StoreError::unreadable("SHA-256", &format!("of {} bytes", bytes.len()))),
        };
        let bounding_box = BoundingBox::of_sides(self.west, self.south, self.east, self.north);
        Ok(StoredTable {
            key: self.id,
            name: self.name,
            edition: self.edition,
            field_count: self.field_count,
            extra_columns: self.extra_columns,
            treatment: self.treatment,
            row_count: count(self.row_count),
            last_row: self.last_row,
            located: count(self.located),
            bounding_box,
            score: self.score,
            errors: count(self.errors),
            filled: self.filled.into_iter().map(count).collect(),
            coded: codes::indexes(&self.coded),
            source: Source {
                sha256: digest(self.source_sha256)?,
                bytes: count(self.source_bytes),
                name: self.source_name,
                media_type: self.source_media_type,
                encoding: self.source_encoding,
            },
            patches: self.patches_sha256.map(digest).transpose()?,
            created_at: self.created_at.into(),
        })
    }
}

/// A count as the database answers it.
fn count(number: i64) -> u64 {
    u64::try_from(number).expect("a count is not negative")
}
