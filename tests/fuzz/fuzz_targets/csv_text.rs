//! Any bytes at all go in: nothing may panic, and what is corrected once stays as it is when it is corrected again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::validate::{self, Class, Recipe, Request, repair};

fuzz_target!(|bytes: &[u8]| {
    let registry = Registry::embedded();
    let upload = Upload::from_bytes(bytes, Some("331007_aed.csv"));
    let Ok(checked) = validate::check(&upload, &Request::new(registry)) else { return };
    let _ = validate::report::json::body(&checked.report, machikura::text::Lang::Ja);
    let recipe = Recipe { fix: Class::Likely, ..Recipe::default() };
    let correct = |upload: &Upload| {
        let mut out = Vec::new();
        repair(upload, &Request::new(registry), &recipe, &mut out).ok().map(|_| out)
    };
    // An older form is lifted first and then looked at again; after that nothing may change any more.
    let again = |table: Vec<u8>| correct(&Upload::from_bytes(table, Some("331007_aed.csv")));
    if let Some(corrected) = correct(&upload).and_then(again).and_then(again) {
        assert_eq!(again(corrected.clone()), Some(corrected), "a further correction changes it again");
    }
});
