//! Lists of data sets: which ones, in which order, and page by page.

use jiff::Timestamp;

use super::{BoundingBox, DatasetId, Entry};

/// Which data sets to list. The default: all, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetFilter {
    /// Of this organization.
    pub organization: Option<String>,
    /// Of this standard.
    pub standard: Option<String>,
    /// With each of these words somewhere in title, description or the organization's name.
    pub words: Vec<String>,
    /// Under this licence.
    pub license: Option<String>,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// With a bounding box that meets this one.
    pub bounding_box: Option<BoundingBox>,
    /// In this order.
    pub sort: DatasetSort,
    /// From behind this place on.
    pub after: Option<DatasetPosition>,
}

/// The order of a list of data sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DatasetSort {
    /// By organization code and slug.
    #[default]
    Id,
    /// By title in code-point order, then as [`DatasetSort::Id`].
    Title,
    /// Last changed first, then as [`DatasetSort::Id`].
    Newest,
}

/// A place in a list of data sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetPosition {
    /// Title of the last data set before it.
    pub title: String,
    /// When that one last changed.
    pub updated_at: Timestamp,
    /// Its id.
    pub id: DatasetId,
}

/// One page of data sets.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetPage {
    /// The data sets.
    pub entries: Vec<Entry>,
    /// How many there are on all pages.
    pub total: u64,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<DatasetPosition>,
}
