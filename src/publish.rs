//! The one use case that writes: a checked upload becomes a version.

pub mod guard;
mod mend;

pub use mend::{Correction, Mended, Task, copy_to, mend, move_to};

use diesel::pg::PgConnection;
use jiff::Timestamp;

use crate::catalog::{
    Actor, DatasetDescription, DatasetId, Digest, NewPublication, NewRecord, NewTable, Organization, OrganizationKind,
    Published, Source,
};
use crate::municipality::{Municipality, MunicipalityKind};
use crate::standard::Standard;
use crate::store::catalog::{Confirmed, Staging};
use crate::store::{StoreError, catalog, files};
use crate::tabular::{self, ReadError, Upload};
use crate::text::Lang;
use crate::validate::report::json;
use crate::validate::{Finding, Publishable, PublishableRecord, Report};

/// Why a checked table was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The upload could not be read a second time.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It looks as if it was not meant, and nobody has said that it is.
    #[error("{} suspicious findings are not confirmed", .0.findings.len())]
    Unconfirmed(Box<Unconfirmed>),
}

/// What somebody must look at before it is published.
#[derive(Debug)]
pub struct Unconfirmed {
    /// What is suspicious and was not confirmed.
    pub findings: Vec<Finding>,
    /// The report of the check, with everything that is suspicious.
    pub report: Report,
}

/// What is published, and on whose behalf.
pub struct Publication<'a> {
    /// Which data set.
    pub id: DatasetId,
    /// Who publishes.
    pub organization: &'a Municipality,
    /// The data set's standard.
    pub standard: &'a Standard,
    /// The uploaded bytes.
    pub upload: &'a Upload,
    /// The table in them.
    pub publishable: &'a Publishable,
    /// The report of the check.
    pub report: &'a Report,
    /// What was corrected in the upload before; then the table and the report are those of the corrected file.
    pub correction: Option<&'a Correction>,
    /// The rules whose findings are known and meant (see [`guard`]).
    pub confirmed: &'a [String],
    /// The version that must be current; 0: none.
    pub expected_version: Option<i32>,
    /// Whether the data is made up.
    pub sample: bool,
    /// Who acts.
    pub actor: Actor,
}

/// What was published, and the report as it is stored.
pub struct Outcome {
    /// The version.
    pub published: Published,
    /// The report of the check, with what was suspicious and confirmed.
    pub report: Report,
}

/// Stores the upload byte for byte and its records as a new version. To be called in one write transaction; if it fails,
/// the transaction takes everything back.
///
/// # Errors
/// [`PublishError`].
pub fn publish(connection: &mut PgConnection, publication: &Publication<'_>) -> Result<Outcome, PublishError> {
    let Publication { publishable, report, correction, .. } = publication;
    let original = correction.map_or(*report, |correction| &correction.repaired.report);
    let sha256 = original.file.sha256.as_deref().map(digest).expect("without a digest nothing is publishable");
    let bytes = files::put(connection, sha256, &mut publication.upload.open().map_err(ReadError::Io)?)?;
    let text_form = original.tables[0].text_form;
    let patches = match correction.filter(|correction| correction.repaired.cells > 0) {
        Some(correction) => Some(put_patches(connection, correction)?),
        None => None,
    };
    let new = NewPublication {
        id: publication.id.clone(),
        description: description(publication),
        table: NewTable {
            name: publishable.table.clone(),
            edition: publishable.edition.as_str().to_owned(),
            field_count: i32::try_from(publishable.field_count).expect("a table has few columns"),
            extra_columns: publishable.extra_columns.clone(),
            treatment: correction.map(|correction| correction.repaired.recipe.to_json()).unwrap_or_default(),
            report: stored_form(report),
            score: report.score(),
            errors: report.errors,
            source: Source {
                sha256,
                bytes,
                name: publication.upload.name().unwrap_or_default().to_owned(),
                media_type: original.file.container.media_type().to_owned(),
                encoding: text_form.map(|form| form.encoding.as_str().to_owned()).unwrap_or_default(),
            },
            patches,
        },
        expected_version: publication.expected_version,
        note: String::new(),
        actor: publication.actor.clone(),
    };
    let mut records = publishable.records()?;
    let staging = catalog::stage(connection, &new, &mut || -> Result<Option<NewRecord>, PublishError> {
        let Some(record) = records.next_record()? else { return Ok(None) };
        let row_number = i32::try_from(record.number)
            .map_err(|_| StoreError::InvalidRecord { row: i32::MAX, reason: "too many rows" })?;
        let PublishableRecord { id: record_id, values, raw, point, .. } = record;
        Ok(Some(NewRecord { row_number, record_id, values, raw, point }))
    })?;
    let staged = match staging {
        Staging::Unchanged(published) => return Ok(Outcome { published: *published, report: (*report).clone() }),
        Staging::Staged(staged) => staged,
    };
    let compared = guard::compare(connection, &staged, publishable, report)?;
    let (report, confirmed) = confirm(publication, compared)?;
    let published = catalog::publish(connection, &new, *staged, confirmed.as_ref())?;
    Ok(Outcome { published, report })
}

fn put_patches(connection: &mut PgConnection, correction: &Correction) -> Result<Digest, PublishError> {
    let open = || Upload::from_file(correction.patches.path(), None).open().map_err(ReadError::Io);
    let sha256 = digest(&tabular::sha256(&mut open()?).map_err(ReadError::Io)?);
    files::put(connection, sha256, &mut open()?)?;
    Ok(sha256)
}

/// The report with what the comparison found, and what of it all was confirmed.
fn confirm(publication: &Publication<'_>, compared: Vec<Finding>) -> Result<(Report, Option<Confirmed>), PublishError> {
    let mut report = publication.report.clone();
    let mut findings = compared.clone();
    findings.extend(guard::sensitive(&report));
    compared.into_iter().for_each(|finding| report.add(finding));
    let mut rules: Vec<&'static str> = findings.iter().map(|finding| finding.rule.id()).collect();
    rules.dedup();
    let is_confirmed = |rule: &str| publication.confirmed.iter().any(|confirmed| confirmed == rule);
    if !rules.iter().all(|rule| is_confirmed(rule)) {
        findings.retain(|finding| !is_confirmed(finding.rule.id()));
        return Err(PublishError::Unconfirmed(Box::new(Unconfirmed { findings, report })));
    }
    let confirmed = (!rules.is_empty()).then(|| Confirmed { rules, report: stored_form(&report) });
    Ok((report, confirmed))
}

fn stored_form(report: &Report) -> serde_json::Value {
    serde_json::to_value(json::body(report, Lang::Ja)).expect("a report has only string keys")
}

/// A body of the embedded code table as an organization of the catalogue.
pub fn organization(municipality: &Municipality) -> Organization {
    Organization {
        code: municipality.code.clone(),
        name: municipality.name().to_owned(),
        name_kana: municipality.kana().to_owned(),
        prefecture: municipality.prefecture.clone(),
        kind: match municipality.kind {
            MunicipalityKind::Prefecture => OrganizationKind::Prefecture,
            MunicipalityKind::Municipality => OrganizationKind::Municipality,
            MunicipalityKind::Ward => OrganizationKind::Ward,
        },
        created_at: Timestamp::now(),
    }
}

fn description(publication: &Publication<'_>) -> DatasetDescription {
    let Publication { organization, standard, sample, .. } = publication;
    let note = if *sample { "（見本データ。内容は架空です）" } else { "" };
    DatasetDescription {
        standard: Some(standard.slug.clone()),
        title: format!("{} {}", organization.name(), standard.title.ja),
        title_en: format!("{} ({})", standard.title.en, organization.name()),
        description: format!("{}{note}", standard.description.ja),
        license: "CC-BY-4.0".to_owned(),
        contact: String::new(),
        update_frequency: String::new(),
        sample: *sample,
    }
}

fn digest(hexadecimal: &str) -> Digest {
    let mut digest = [0; 32];
    for (byte, index) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte =
            u8::from_str_radix(&hexadecimal[index..index + 2], 16).expect("the reader writes 64 hexadecimal digits");
    }
    Digest(digest)
}
