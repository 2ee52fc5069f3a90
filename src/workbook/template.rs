//! The empty workbook of a table: what to fill in, said in notes and drop-downs, and all rules on a second sheet.

use rust_xlsxwriter::Worksheet;

use super::{Book, Look, WorkbookError, column_width, place, write_note, write_text};
use crate::schema::{Charset, Field, Requirement, Schema};
use crate::tabular::annotation;
use crate::text::{Bilingual, Lang, Text};

/// So many rows have drop-downs.
const ROWS: u32 = 1_000;

const RULES_HEADING: [&str; 10] = [
    "番号 / No.",
    "項目名 / Column",
    "英語名 / English key",
    "区分 / Requirement",
    "書き方 / What to write",
    "What to write (English)",
    "文字 / Characters",
    "選べる値 / Values",
    "記入例 / Example",
    "空欄の意味 / If blank",
];

/// An empty file to fill in. `name` is the name of its first sheet.
///
/// # Errors
/// [`WorkbookError`] for a table of more columns than Excel has.
pub fn template(name: &str, title: &Bilingual, schema: &Schema) -> Result<Vec<u8>, WorkbookError> {
    let mut book = Book::new(&format!("{} / {}", title.ja, title.en), Lang::Ja);
    let table = table(&mut book, name, schema)?;
    book.add(table);
    let rules = rules(&mut book, title, schema)?;
    book.add(rules);
    let mut bytes = Vec::new();
    book.write(&mut bytes)?;
    Ok(bytes)
}

fn table(book: &mut Book, name: &str, schema: &Schema) -> Result<Worksheet, WorkbookError> {
    let mut sheet = book.table(name)?;
    let text = Look::Plain.format();
    for (index, field) in schema.fields().iter().enumerate() {
        let at = place(1, index)?;
        sheet.set_column_format(at.1, &text)?;
        sheet.set_column_width(at.1, column_width(&field.name))?;
        let look = match field.requirement {
            Requirement::Required => Look::Required,
            Requirement::Recommended => Look::Recommended,
            Requirement::Optional => Look::Heading,
        };
        write_text(&mut sheet, at, &field.name, &look.format())?;
        write_note(&mut sheet, at, &note(field))?;
        book.offer_choices(&mut sheet, field, (1, at.1), ROWS)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(sheet)
}

/// What to write, whether it must be written, and an example.
fn note(field: &Field) -> String {
    let example = field.example.as_deref();
    let mut lines = vec![format!("【{}】", mark(field.requirement).ja), field.description.ja.clone()];
    lines.extend(example.map(|example| format!("記入例: {example}")));
    lines.push(String::new());
    lines.push(format!("[{}] {}", mark(field.requirement).en, field.description.en));
    lines.extend(example.map(|example| format!("e.g. {example}")));
    lines.join("\n")
}

fn mark(requirement: Requirement) -> Text {
    match requirement {
        Requirement::Required => Text { ja: "◎ 必須", en: "required" },
        Requirement::Recommended => Text { ja: "○ 推奨", en: "recommended" },
        Requirement::Optional => Text { ja: "任意", en: "optional" },
    }
}

fn characters(charset: Option<Charset>) -> Text {
    match charset {
        None => Text { ja: "", en: "" },
        Some(Charset::Digits) => Text { ja: "半角数字", en: "half-width digits" },
        Some(Charset::Alphanumeric) => Text { ja: "半角英数字", en: "half-width letters and digits" },
        Some(Charset::HalfWidth) => Text { ja: "半角", en: "half-width" },
        Some(Charset::Katakana) => Text { ja: "全角カナ", en: "full-width katakana" },
        Some(Charset::FullWidth) => Text { ja: "全角", en: "full-width" },
    }
}

/// Both languages in one cell.
fn both(text: Text) -> String {
    if text.ja.is_empty() { String::new() } else { format!("{} / {}", text.ja, text.en) }
}

fn rules(book: &mut Book, title: &Bilingual, schema: &Schema) -> Result<Worksheet, WorkbookError> {
    let mut sheet = book.sheet(annotation::RULES_SHEET)?;
    let head = format!("{} の記入のきまり / How to fill in {}", title.ja, title.en);
    write_text(&mut sheet, (0, 0), &head, &Look::Title.format())?;
    for (column, (heading, width)) in RULES_HEADING.iter().zip([8, 28, 24, 22, 60, 60, 24, 40, 24, 24]).enumerate() {
        let at = place(2, column)?;
        sheet.set_column_width(at.1, width)?;
        write_text(&mut sheet, at, heading, &Look::Heading.format())?;
    }
    let wrapped = Look::Wrapped.format();
    for (row, field) in (3..).zip(schema.fields()) {
        let enumerations = [&field.constraints.enumeration, &field.advice.enumeration];
        let words = enumerations.into_iter().find(|words| !words.is_empty());
        let cells = [
            field.position.to_string(),
            field.name.clone(),
            field.name_en.clone(),
            both(mark(field.requirement)),
            field.description.ja.clone(),
            field.description.en.clone(),
            both(characters(field.charset)),
            words.map(|words| words.join("、")).unwrap_or_default(),
            field.example.clone().unwrap_or_default(),
            field.blank_meaning.clone().unwrap_or_default(),
        ];
        for (column, cell) in cells.iter().enumerate() {
            write_text(&mut sheet, place(row, column)?, cell, &wrapped)?;
        }
    }
    sheet.set_freeze_panes(2, 2)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Reader, Xlsx};

    use super::*;
    use crate::standard::Registry;
    use crate::tabular::{ReadOptions, Upload, read};

    #[test]
    fn every_standard_has_a_template_with_its_columns_and_their_rules() {
        for (standard, table, form) in Registry::embedded().forms() {
            let bytes = template(&standard.slug, &table.title, &form.schema).expect("it fits");
            let names: Vec<&str> = form.schema.fields().iter().map(|field| field.name.as_str()).collect();
            let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).expect("a workbook");
            let rules = workbook.worksheet_range(annotation::RULES_SHEET).expect("the rules");
            let listed: Vec<String> = rules.rows().skip(2).map(|row| row[1].to_string()).collect();
            assert_eq!(listed, names, "{}", form.name);
            // What is read back is the table alone.
            let document = read(&Upload::from_bytes(bytes, None), &ReadOptions::default()).expect("a table");
            assert_eq!(document.sheets.len(), 1, "{}", form.name);
            let mut rows = document.sheets[0].rows().expect("in memory");
            let heading: Vec<String> =
                rows.next_row().expect("in memory").expect("a row").cells().map(str::to_owned).collect();
            assert_eq!(heading, names, "{}", form.name);
            assert!(rows.next_row().expect("in memory").is_none(), "{}", form.name);
        }
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let standard = Registry::embedded().find("aed").expect("a standard");
        let make = || template("aed", &standard.title, standard.main_table().schema()).expect("it fits");
        assert!(make() == make());
    }
}
