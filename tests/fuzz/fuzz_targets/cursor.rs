//! Any text as a cursor: what can be read comes back from what is written of it.

#![no_main]

mod question;

use libfuzzer_sys::fuzz_target;
use machikura::query::Cursor;

fuzz_target!(|text: &str| {
    if let Err(errors) = question::ask(&[("cursor", text)]) {
        question::must_be_told(&errors);
    }
    if let Ok(cursor) = Cursor::decode(text, "question") {
        assert_eq!(Cursor::decode(&cursor.encode("question"), "question"), Ok(cursor));
    }
});
