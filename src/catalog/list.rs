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

/// What the data sets of a list can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatasetFacet {
    /// The standard.
    Standard,
    /// The organization's code.
    Organization,
    /// The licence.
    License,
}

impl DatasetFacet {
    /// Every facet.
    pub const ALL: [DatasetFacet; 3] = [DatasetFacet::Standard, DatasetFacet::Organization, DatasetFacet::License];

    /// The word in `facets=`, which is also the name of the parameter that filters by it.
    pub fn name(self) -> &'static str {
        match self {
            DatasetFacet::Standard => "standard",
            DatasetFacet::Organization => "organization",
            DatasetFacet::License => "license",
        }
    }
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
