//! Any bytes at all as a workbook or zip: nothing may panic, and what is unpacked can be read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machikura::standard::Registry;
use machikura::tabular::{Limits, ReadOptions, Upload};
use machikura::validate::{self, Request};

/// Small, so that a run tries many files rather than a few large ones.
const LIMITS: Limits = Limits { rows: 1_000, cells: 10_000, unpacked: 1 << 20, ..Limits::SERVER };

fuzz_target!(|bytes: &[u8]| {
    let reading = ReadOptions { limits: LIMITS, ..ReadOptions::default() };
    let request = Request { reading, ..Request::new(Registry::embedded()) };
    if let Ok(checked) = validate::check(&Upload::from_bytes(bytes, Some("331007_aed.xlsx")), &request) {
        let _ = validate::report::json::body(&checked.report, machikura::text::Lang::Ja);
    }
});
