//! For every data set of the standard: its schema is sound, its sample is clean, its invalid file gives exactly the
//! report that was agreed.

use std::path::{Path, PathBuf};

use machikura::standard::{Edition, Registry};
use machikura::tabular::Upload;
use machikura::text::Lang;
use machikura::validate::report::{self, Wording};
use machikura::validate::{self, Checked, Request};

fn folder(slug: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets").join(slug)
}

#[test]
fn samples_are_clean() {
    let registry = Registry::embedded();
    let mut faults = Vec::new();
    for (standard, table, form) in registry.forms() {
        let Some(sample) = &form.sample else {
            faults.push(format!("{}: {} has no sample", standard.slug, form.name));
            continue;
        };
        let upload = Upload::from_bytes(sample.as_bytes(), None);
        let mut request = Request::new(registry);
        request.standard = Some(standard);
        let checked = validate::check(&upload, &request).expect("a table");
        let found = &checked.report.tables[0];
        if found.table.as_deref() != Some(&table.name) || found.edition != Some(form.edition) {
            faults.push(format!("{}: taken for {:?} {:?}", form.name, found.table, found.edition));
        }
        for finding in checked.report.issues.iter().filter(|finding| finding.rule.id() != "older-edition") {
            faults.push(format!(
                "{}: {finding:?} {}",
                form.name,
                finding.message(Lang::En, checked.report.label(finding))
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn samples_are_recognised_without_a_name() {
    let registry = Registry::embedded();
    let mut faults = Vec::new();
    for (standard, table, form) in registry.forms() {
        let Some(sample) = &form.sample else { continue };
        let checked =
            validate::check(&Upload::from_bytes(sample.as_bytes(), None), &Request::new(registry)).expect("a table");
        let found = &checked.report.tables[0];
        if found.standard.as_deref() != Some(&standard.slug) || found.table.as_deref() != Some(&table.name) {
            faults.push(format!("{}: taken for {:?} {:?}", form.name, found.standard, found.table));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn invalid_files_give_the_agreed_report() {
    let registry = Registry::embedded();
    for standard in registry.standards() {
        let path = folder(&standard.slug).join("invalid.csv");
        let upload = Upload::from_file(&path, Some("invalid.csv"));
        let mut request = Request::new(registry);
        request.standard = Some(standard);
        let checked = validate::check(&upload, &request).expect("a table");
        assert!(checked.report.errors + checked.report.warnings > 0, "{}", standard.slug);
        insta::with_settings!({ snapshot_path => folder(&standard.slug), prepend_module_to_snapshot => false, snapshot_suffix => "" }, {
            insta::assert_snapshot!("invalid.report", as_csv(&checked));
        });
    }
}

/// The report in full, one line a finding.
fn as_csv(checked: &Checked) -> String {
    let wording = Wording { registry: Registry::embedded(), lang: Lang::Ja, in_colour: false };
    let mut bytes = Vec::new();
    report::by_id("csv").expect("a format").write(checked, &wording, &mut bytes).expect("in memory");
    String::from_utf8(bytes).expect("UTF-8").trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

#[test]
fn schemas_are_written_for_people_in_both_languages() {
    let mut faults = Vec::new();
    for (standard, _, form) in Registry::embedded().forms() {
        for field in form.schema.fields() {
            if field.description.ja.is_empty() || field.description.en.is_empty() || field.name_en.is_empty() {
                faults.push(format!("{}: {}", form.name, field.name));
            }
        }
        assert!(!standard.title.en.is_empty() && !standard.description.ja.is_empty());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_older_form_leads_to_the_current_one() {
    for (standard, table, form) in Registry::embedded().forms().filter(|(_, _, form)| form.edition != Edition::Standard)
    {
        let homes = form.schema.fields().iter().filter(|field| field.becomes.is_some()).count();
        assert!(homes >= 5, "{} {} {}", standard.slug, table.name, form.name);
    }
}
