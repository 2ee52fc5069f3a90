//! Who publishes what: organizations, data sets, their versions and the tables in them, as plain values.
//!
//! Timestamps are [`jiff::Timestamp`]; the database has them to the microsecond.

mod access;
mod list;
mod publication;

use std::fmt;

use jiff::Timestamp;

pub use access::{AccessRole, Actor, AuditEntry, TokenHolder};
pub use list::{DatasetFacet, DatasetFilter, DatasetPage, DatasetPosition, DatasetSort};
pub use publication::{NewPublication, NewRecord, NewTable, Published};

/// A body that publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// 全国地方公共団体コード, six digits.
    pub code: String,
    /// Its name, e.g. 岡山市.
    pub name: String,
    /// The reading of its name.
    pub name_kana: String,
    /// Its prefecture, e.g. 岡山県.
    pub prefecture: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// Since when it is registered.
    pub created_at: Timestamp,
}

/// What an organization is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrganizationKind {
    /// 都道府県.
    Prefecture,
    /// 市区町村.
    Municipality,
    /// A ward of a 政令指定都市.
    Ward,
}

impl OrganizationKind {
    /// Every kind.
    pub const ALL: [OrganizationKind; 3] =
        [OrganizationKind::Prefecture, OrganizationKind::Municipality, OrganizationKind::Ward];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            OrganizationKind::Prefecture => "prefecture",
            OrganizationKind::Municipality => "municipality",
            OrganizationKind::Ward => "ward",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<OrganizationKind> {
        OrganizationKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An organization and how much it publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSummary {
    /// The organization.
    pub organization: Organization,
    /// How many data sets it publishes now.
    pub datasets: u64,
    /// How many records they have together.
    pub records: u64,
    /// When one of them last changed.
    pub updated_at: Option<Timestamp>,
}

/// The public id of a data set, `{code}_{slug}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId {
    /// The publisher's code, six digits.
    pub organization: String,
    /// The data set among the publisher's.
    pub slug: String,
}

impl DatasetId {
    /// Reads `{code}_{slug}`: six digits, `_`, and a slug of lower-case letters, digits, `_` and `-`.
    ///
    /// ```
    /// use machikura::catalog::DatasetId;
    /// let id = DatasetId::parse("331007_public_facility").unwrap();
    /// assert_eq!((id.organization.as_str(), id.slug.as_str()), ("331007", "public_facility"));
    /// assert_eq!(id.to_string(), "331007_public_facility");
    /// assert_eq!(DatasetId::parse("33100_aed"), None);
    /// ```
    pub fn parse(text: &str) -> Option<DatasetId> {
        let (organization, slug) = text.split_once('_')?;
        let is_code = organization.len() == 6 && organization.bytes().all(|byte| byte.is_ascii_digit());
        let is_slug = !slug.is_empty()
            && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        (is_code && is_slug).then(|| DatasetId { organization: organization.to_owned(), slug: slug.to_owned() })
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_{}", self.organization, self.slug)
    }
}

/// What one organization publishes under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The database's own key.
    pub key: i64,
    /// The public id.
    pub id: DatasetId,
    /// What is said about it.
    pub description: DatasetDescription,
    /// When it was first published.
    pub created_at: Timestamp,
    /// When its records or its description last changed.
    pub updated_at: Timestamp,
    /// When it was withdrawn, if it is.
    pub withdrawn_at: Option<Timestamp>,
}

/// What is said about a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetDescription {
    /// The standard it follows; `None` for one of the organization's own design.
    pub standard: Option<String>,
    /// Title.
    pub title: String,
    /// Title in English, or empty.
    pub title_en: String,
    /// What it is about, or empty.
    pub description: String,
    /// Licence, e.g. `CC-BY-4.0`.
    pub license: String,
    /// Whom to ask, or empty.
    pub contact: String,
    /// How often it is meant to be renewed, or empty.
    pub update_frequency: String,
    /// Whether it is made-up data that shows how the server works.
    pub sample: bool,
}

/// A data set with what of it is published now.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The data set.
    pub dataset: Dataset,
    /// The publisher's name.
    pub organization_name: String,
    /// The current version; `None` before the first publication.
    pub version: Option<Version>,
    /// The tables of the current version, in the order in which they were first published.
    pub tables: Vec<StoredTable>,
}

impl Entry {
    /// How many records the current version has.
    pub fn records(&self) -> u64 {
        self.tables.iter().map(|table| table.row_count).sum()
    }

    /// The smallest box around all records of the current version that have coordinates.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        self.tables.iter().filter_map(|table| table.bounding_box).reduce(BoundingBox::with)
    }

    /// The table with this name in the current version.
    pub fn table(&self, name: &str) -> Option<&StoredTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// One immutable publication of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The database's own key.
    pub key: i64,
    /// 1, 2, 3 … within the data set.
    pub number: i32,
    /// Its place among all publications of all data sets, in the order in which they became visible.
    pub serial: i64,
    /// When.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// A remark, or empty.
    pub note: String,
}

/// A table as it was published once; versions share it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTable {
    /// The database's own key.
    pub key: i64,
    /// Which table of its standard.
    pub name: String,
    /// The edition of the uploaded file.
    pub edition: String,
    /// How many columns are the standard's.
    pub field_count: i32,
    /// The columns behind them.
    pub extra_columns: Vec<String>,
    /// What was done with the upload besides storing it (see [`NewTable::treatment`]).
    pub treatment: String,
    /// How many records.
    pub row_count: u64,
    /// The largest row number.
    pub last_row: i32,
    /// How many of its records have coordinates.
    pub located: u64,
    /// The smallest box around the records that have coordinates.
    pub bounding_box: Option<BoundingBox>,
    /// The score of the check.
    pub score: f64,
    /// How many errors the check found; with any, the table does not conform and was published as it is.
    pub errors: u64,
    /// For each column, in how many records it holds a value; empty where nobody has counted.
    pub filled: Vec<u64>,
    /// The indexes of the columns that questions can be answered from without looking at records.
    pub coded: Vec<usize>,
    /// The uploaded file.
    pub source: Source,
    /// SHA-256 of the list of cells that were changed before it was stored; `store::files` has it under it.
    pub patches: Option<Digest>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// An uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// SHA-256 of its bytes; `store::files` has them under it.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// Its name, or empty.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The encoding of its text.
    pub encoding: String,
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Degrees, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Western longitude.
    pub west: f64,
    /// Southern latitude.
    pub south: f64,
    /// Eastern longitude.
    pub east: f64,
    /// Northern latitude.
    pub north: f64,
}

impl BoundingBox {
    /// The box of a single point.
    pub fn of_point(longitude: f64, latitude: f64) -> BoundingBox {
        BoundingBox { west: longitude, south: latitude, east: longitude, north: latitude }
    }

    /// The box with these sides, where there is one.
    pub fn of_sides(
        west: Option<f64>,
        south: Option<f64>,
        east: Option<f64>,
        north: Option<f64>,
    ) -> Option<BoundingBox> {
        Some(BoundingBox { west: west?, south: south?, east: east?, north: north? })
    }

    /// Whether both have a place in common; borders belong to them.
    pub fn meets(&self, other: &BoundingBox) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }

    /// The smallest box around both.
    #[must_use]
    pub fn with(self, other: BoundingBox) -> BoundingBox {
        BoundingBox {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }
}
