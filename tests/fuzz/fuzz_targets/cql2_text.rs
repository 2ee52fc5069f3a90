//! Any text as a condition in CQL2 Text: it is read the same way twice, or its mistakes are told.

#![no_main]

mod question;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let ask = || question::ask(&[("filter", text), ("filter-lang", "cql2-text")]);
    match (ask(), ask()) {
        (Ok(one), Ok(other)) => assert_eq!(one.fingerprint("331007_aed"), other.fingerprint("331007_aed")),
        (Err(one), Err(_)) => question::must_be_told(&one),
        _ => panic!("read in two ways"),
    }
});
