//! Tables to publish: the samples of the standards, and tables made to measure.

use machikura::standard::{Form, Registry};

/// The sample of a standard's current edition.
pub fn sample(slug: &str) -> String {
    sample_of(Registry::embedded().find(slug).expect("a standard").main_table().current())
}

/// The sample of any table in any form, by the name of its resource.
pub fn sample_named(name: &str) -> String {
    let form = Registry::embedded().forms().map(|(_, _, form)| form).find(|form| form.name == name);
    sample_of(form.unwrap_or_else(|| panic!("no resource {name}")))
}

fn sample_of(form: &Form) -> String {
    form.sample.clone().expect("a sample")
}

/// The rows of a table, the heading first.
pub fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// The rows as CSV.
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).expect("written"));
    String::from_utf8(writer.into_inner().expect("written")).expect("UTF-8")
}

/// A conforming table of a standard with so many rows: copies of the sample's first row, with ids of their own
/// (`FF3310070001`, …), changed by `change(number from 0, cell by heading)`.
pub fn table(slug: &str, count: usize, change: impl Fn(usize, &mut dyn FnMut(&str, &str))) -> String {
    let sample = rows(&sample(slug));
    let heading = &sample[0];
    let position = |name: &str| {
        heading.iter().position(|known| known == name).unwrap_or_else(|| panic!("{slug} has no column {name}"))
    };
    let mut table = vec![heading.clone()];
    table.extend((0..count).map(|number| {
        let mut row = sample[1].clone();
        if heading.iter().any(|name| name == "ID") {
            row[position("ID")] = id(number);
        }
        change(number, &mut |name, value| row[position(name)] = value.to_owned());
        row
    }));
    csv(&table)
}

/// The id of a row of [`table`].
pub fn id(number: usize) -> String {
    format!("FF331007{:04}", number + 1)
}

/// A table of a standard whose rows differ as listed: `aed(&[&[("名称", "甲")], &[]])`.
pub fn table_of(slug: &str, changes: &[&[(&str, &str)]]) -> String {
    table(slug, changes.len(), |number, set| changes[number].iter().for_each(|(name, value)| set(name, value)))
}

/// A table in Shift_JIS as Excel writes it.
pub fn shift_jis(text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(text);
    assert!(!is_lossy);
    bytes.into_owned()
}
