//! Tables to publish: the samples of the standards, and tables made to measure.

use machikura::municipality;
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

/// The table with one more column at its end.
pub fn with_column(table: &str, name: &str, value: impl Fn(usize) -> String) -> String {
    let mut table = rows(table);
    for (number, row) in table.iter_mut().enumerate() {
        row.push(if number == 0 { name.to_owned() } else { value(number - 1) });
    }
    csv(&table)
}

/// The code of the first municipality that a table names.
pub fn organization_of(table: &str) -> String {
    let table = rows(table);
    let code = table[1].iter().find(|cell| cell.len() == 6 && municipality::find(cell).is_some());
    code.expect("a code").clone()
}

/// The table as a workbook; numbers are numbers, as where Excel itself read the CSV.
pub fn xlsx(table: &str) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(rows(table)) {
        for (column, cell) in (0..).zip(cells) {
            match cell.parse::<f64>().ok().filter(|_| !cell.starts_with('0') || cell == "0") {
                Some(number) => sheet.write_number(row, column, number).expect("written"),
                None => sheet.write_string(row, column, cell).expect("written"),
            };
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}
