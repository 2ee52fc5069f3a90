//! The sample catalogue: made-up data of municipalities of Okayama prefecture, so that a first start has something to show.

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use crate::catalog::{AccessRole, Actor, DatasetFilter, DatasetId};
use crate::municipality;
use crate::publish::{self, Publication, PublishError};
use crate::standard::{Registry, embedded_folder};
use crate::store::tokens::{self, NewToken};
use crate::store::{StoreError, catalog};
use crate::tabular::Upload;
use crate::validate::{self, Request};

/// The organization that the demonstration token is for.
pub const DEMO_ORGANIZATION: &str = "331007";

/// Fills a catalogue in which nothing was ever published. Answers whether it did.
///
/// # Errors
/// [`PublishError`] where the database fails.
pub fn load(connection: &mut PgConnection, registry: &Registry) -> Result<bool, PublishError> {
    let is_empty = catalog::list_organizations(connection)?.is_empty()
        && catalog::list_datasets(connection, &DatasetFilter::default(), 1)?.total == 0;
    if !is_empty {
        return Ok(false);
    }
    for (name, bytes) in embedded_folder("sample_catalog") {
        let id = name.strip_suffix(".csv").and_then(DatasetId::parse).expect("sample files are named by dataset ids");
        let organization = municipality::find(&id.organization).expect("samples are of real municipalities");
        let standard = registry.find(&id.slug).expect("samples follow standards");
        catalog::add_organization(connection, &publish::organization(organization))?;
        let upload = Upload::from_bytes(bytes, Some(name));
        let request = Request { standard: Some(standard), organization: Some(organization), ..Request::new(registry) };
        let checked = validate::check(&upload, &request)?;
        let (publishable, report) = checked.publishable().expect("tests check that every sample conforms");
        let publication = Publication {
            id,
            organization,
            standard,
            upload: &upload,
            publishable: &publishable,
            correction: None,
            report: &report,
            confirmed: &[],
            expected_version: None,
            sample: true,
            actor: Actor { name: "sample".to_owned(), address: None },
        };
        publish::publish(connection, &publication)?;
    }
    Ok(true)
}

/// Makes the demonstration token.
///
/// # Errors
/// Where the database fails.
pub fn demo_token(connection: &mut PgConnection) -> Result<String, StoreError> {
    let token = NewToken {
        organization: Some(DEMO_ORGANIZATION.to_owned()),
        role: AccessRole::Publisher,
        label: "demo".to_owned(),
        expires_at: None,
    };
    Ok(tokens::create(connection, &token, random())?.0)
}

/// 32 random bytes of the operating system.
pub fn random() -> [u8; 32] {
    let bytes: [u8; 32] = rand::random();
    // A hash of them shows nothing of the generator's state.
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Severity;

    #[test]
    fn every_sample_conforms_without_anything_to_mend() {
        let registry = Registry::embedded();
        let samples = embedded_folder("sample_catalog");
        assert!(samples.len() > 10);
        for (name, bytes) in samples {
            let id = name.strip_suffix(".csv").and_then(DatasetId::parse).expect("named by id");
            let request = Request {
                standard: registry.find(&id.slug),
                organization: municipality::find(&id.organization),
                ..Request::new(registry)
            };
            let report = validate::check(&Upload::from_bytes(bytes, Some(name)), &request).expect("a table").report;
            // A column that is never filled is worth knowing, but no fault.
            let faults = report.issues.iter().filter(|finding| finding.severity != Severity::Info);
            let found: Vec<_> = faults.map(|finding| format!("{finding:?}")).collect();
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}
