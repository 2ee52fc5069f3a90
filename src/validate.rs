//! The verdict on an uploaded table: reads it, finds its data set, runs every rule, and reports all that it found. Only
//! [`Checked::publishable`] and [`Checked::publishable_as_is`] give away a [`Publishable`], so nothing unchecked is ever
//! stored.

mod address;
mod cells;
mod column;
mod coordinates;
mod correct;
mod correction;
mod engine;
mod findings;
mod fingerprints;
mod glance;
mod lifting;
mod marks;
mod parallel;
mod plan;
mod publishable;
mod recipe;
mod remembered;
mod repair;
mod repeated;
mod repeats;
pub mod report;
mod rule;
pub mod rules;
#[cfg(test)]
mod trial;
mod verbatim;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::municipality::Municipality;
use crate::standard::{Registry, Standard};
use crate::tabular::{self, Container, Document, ReadError, ReadOptions, Upload};

pub use findings::{Finding, Severity};
pub use plan::{PlanEntry, Sample};
pub use publishable::{Publishable, PublishableRecord, PublishableRecords};
pub use recipe::{Recipe, RecipeError};
pub use repair::{Patch, RepairError, Repaired, Sink, repair};
pub use report::Report;
pub use rule::{Class, Level, Rule};

/// What a check is told beside the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The data sets to recognise.
    pub registry: &'a Registry,
    /// The data set, where it is given and need not be recognised.
    pub standard: Option<&'a Standard>,
    /// Who publishes, where it is known.
    pub organization: Option<&'a Municipality>,
    /// Headings and the fields that they were said to mean; an empty name: no field of the standard.
    pub columns: Option<&'a BTreeMap<String, String>>,
    /// How many findings the report lists; all are counted.
    pub max_issues: usize,
    /// Whether the report is to name the SHA-256 of the file, without which nothing can be published.
    pub digest: bool,
    /// How many threads check a large file. The report is the same for any number.
    pub threads: usize,
    /// How the file is read.
    pub reading: ReadOptions<'a>,
}

/// More threads than this gain little: some rules must see the rows one after the other.
const MOST_THREADS: usize = 4;

impl<'a> Request<'a> {
    /// Recognise the data set, know no publisher, list a thousand findings, name the SHA-256, use the machine's cores.
    pub fn new(registry: &'a Registry) -> Request<'a> {
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS));
        Request {
            registry,
            standard: None,
            organization: None,
            columns: None,
            max_issues: 1_000,
            digest: true,
            threads,
            reading: ReadOptions::default(),
        }
    }
}

/// A report, and what is needed to publish the table if the report allows it.
#[derive(Debug)]
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// The file that was checked.
    pub document: Arc<Document>,
    publishable: Option<Publishable>,
}

impl Checked {
    /// The table without an error, ready to be stored.
    ///
    /// # Errors
    /// The report, where it has an error.
    pub fn publishable(self) -> Result<(Publishable, Report), Box<Report>> {
        match self.publishable {
            Some(publishable) if self.report.is_valid() => Ok((publishable, self.report)),
            _ => Err(Box::new(self.report)),
        }
    }

    /// The table with all its errors, ready to be stored: for who would rather publish today than perfectly.
    ///
    /// # Errors
    /// The report, where the file is no table of a data set, or has no rows.
    pub fn publishable_as_is(self) -> Result<(Publishable, Report), Box<Report>> {
        match self.publishable {
            Some(publishable) if publishable.rows > 0 => Ok((publishable, self.report)),
            _ => Err(Box::new(self.report)),
        }
    }
}

/// Checks an uploaded file.
///
/// # Errors
/// [`ReadError`] where there is no table to read.
pub fn check(upload: &Upload, request: &Request<'_>) -> Result<Checked, ReadError> {
    match check_as(upload, tabular::read_by_beginning(upload, &request.reading)?, request) {
        Err(error) if error.is_misjudgement() => check_as(upload, tabular::read(upload, &request.reading)?, request),
        checked => checked,
    }
}

fn check_as(upload: &Upload, document: Document, request: &Request<'_>) -> Result<Checked, ReadError> {
    let digest = request.digest.then(|| upload.digest());
    if document.container == Container::Zip {
        return engine::check_tables(upload, document, digest, request);
    }
    let header = tabular::header::find(&document, request.registry, request.standard, request.columns, upload.name())?;
    engine::check_table(upload, document, digest, header, request)
}
