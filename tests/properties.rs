//! Properties that hold for any input.

use machikura::standard::{Edition, Registry};
use machikura::tabular::Upload;
use machikura::text::{Lang, fold_label, narrow, trim};
use machikura::validate::report::{REPORT_FORMATS, Wording};
use machikura::validate::{self, Class, Recipe, Request, repair};
use proptest::prelude::*;

/// Bytes that look like municipal files often enough to get deep into the reader.
fn table_bytes() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        Just("全国地方公共団体コード".to_owned()),
        Just("名称".to_owned()),
        Just("緯度".to_owned()),
        Just("331007".to_owned()),
        Just("２０２４/4/1".to_owned()),
        Just("開始時間".to_owned()),
        Just("所在地_連結表記".to_owned()),
        Just(" 9時 ".to_owned()),
        Just("34.6".to_owned()),
        Just("133.9".to_owned()),
        Just("終了時間: 午前中".to_owned()),
        Just("\"a\nb\"".to_owned()),
        "\\PC{0,6}",
    ];
    let row = proptest::collection::vec(cell, 0..8).prop_map(|cells| cells.join(","));
    let text = proptest::collection::vec(row, 0..8).prop_map(|rows| rows.join("\r\n"));
    prop_oneof![
        text.clone().prop_map(String::into_bytes),
        text.prop_map(|text| encoding(&text)),
        proptest::collection::vec(any::<u8>(), 0..600),
    ]
}

/// The table with everything corrected that is likely; `None` where there is no table.
fn corrected(table: Vec<u8>) -> Option<Vec<u8>> {
    let recipe = Recipe { fix: Class::Likely, ..Recipe::default() };
    let upload = Upload::from_bytes(table, Some("331007_aed.csv"));
    let mut out = Vec::new();
    repair(&upload, &Request::new(Registry::embedded()), &recipe, &mut out).ok().map(|_| out)
}

/// The text in UTF-16, with a byte-order mark.
fn encoding(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn checking_never_panics_and_counts_what_it_lists(bytes in table_bytes()) {
        let request = Request::new(Registry::embedded());
        if let Ok(checked) = validate::check(&Upload::from_bytes(bytes, Some("a.csv")), &request) {
            let report = &checked.report;
            let counted: u64 = report.by_code.values().sum();
            prop_assert_eq!(counted, report.errors + report.warnings + report.infos);
            prop_assert_eq!(u64::try_from(report.issues.len()).expect("few"), counted.min(1_000));
            prop_assert!((0.0..=100.0).contains(&report.score()));
            for finding in &report.issues {
                for lang in [Lang::Ja, Lang::En] {
                    let message = finding.message(lang, report.label(finding));
                    prop_assert!(!message.is_empty());
                }
            }
            let wording = Wording { registry: Registry::embedded(), lang: Lang::Ja, in_colour: false };
            for format in REPORT_FORMATS {
                let mut bytes = Vec::new();
                prop_assert!(format.write(&checked, &wording, &mut bytes).is_ok(), "{}", format.id());
                prop_assert!(!bytes.is_empty(), "{}", format.id());
            }
            if let Ok((publishable, _)) = checked.publishable() {
                let mut records = publishable.records().expect("in memory");
                while let Some(record) = records.next_record().expect("in memory") {
                    for token in record.values.lines() {
                        prop_assert!(serde_json::from_str::<serde_json::Value>(token).is_ok(), "{token}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_corrected_stays_as_it_is_when_it_is_corrected_again(bytes in table_bytes()) {
        // An older form is lifted first and then looked at again; then nothing changes any more.
        let once = corrected(bytes).and_then(corrected).and_then(corrected);
        if let Some(once) = once {
            prop_assert_eq!(corrected(once.clone()), Some(once));
        }
    }

    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,20}") {
        prop_assert_eq!(fold_label(&fold_label(&text)), fold_label(&text));
        let narrowed = narrow(&text);
        prop_assert_eq!(narrow(&narrowed), &*narrowed);
        prop_assert_eq!(trim(trim(&text)), trim(&text));
    }
}

#[test]
fn a_clean_file_is_a_fixed_point() {
    let recipe = Recipe::default();
    for (standard, _, form) in Registry::embedded().forms() {
        let Some(sample) = &form.sample else { continue };
        let upload = Upload::from_bytes(sample.as_bytes(), None);
        let request = Request { standard: Some(standard), ..Request::new(Registry::embedded()) };
        let mut out = Vec::new();
        let repaired = repair(&upload, &request, &recipe, &mut out).expect("a table");
        assert_eq!(repaired.cells, 0, "{}", form.name);
        if form.edition == Edition::Standard {
            let plain = |text: &str| text.trim_start_matches('\u{feff}').replace('\r', "");
            assert_eq!(plain(&String::from_utf8_lossy(&out)), plain(sample), "{}", form.name);
        }
    }
}

#[test]
fn a_suggestion_draws_no_finding_of_its_rule() {
    let registry = Registry::embedded();
    for standard in registry.standards() {
        let path = format!("{}/datasets/{}/invalid.csv", env!("CARGO_MANIFEST_DIR"), standard.slug);
        let request = Request { standard: Some(standard), ..Request::new(registry) };
        let report = validate::check(&Upload::from_file(&path, None), &request).expect("a table").report;
        let form = standard.main_table().current();
        for finding in report.issues.iter().filter(|finding| finding.row > Some(1)) {
            let (Some(suggestion), Some(column)) = (&finding.suggestion, finding.column) else { continue };
            let field = &form.schema.fields()[column];
            let mut heading = vec![field.name.clone()];
            let mut row = vec![suggestion.clone()];
            if heading[0] != form.schema.fields()[0].name {
                heading.push(form.schema.fields()[0].name.clone());
                row.push(String::new());
            }
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&heading).expect("in memory");
            writer.write_record(&row).expect("in memory");
            let mended = writer.into_inner().expect("in memory");
            let again = validate::check(&Upload::from_bytes(mended, None), &request).expect("a table").report;
            let same = again
                .issues
                .iter()
                .find(|other| other.rule.id() == finding.rule.id() && other.column == Some(0) && other.row > Some(1));
            assert!(same.is_none(), "{}: {finding:?} -> {suggestion}: {same:?}", standard.slug);
        }
    }
}
