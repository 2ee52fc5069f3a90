//! What our own workbooks add to a table: sheets beside it, and a first column in it. A workbook that comes back is read
//! without them.

use super::{Hidden, Sheet};
use crate::text::{Lang, Text};

/// Heading of the first column of a checked table: how many findings stand in each row.
pub const CHECK_COLUMN: Text = Text { ja: "確認", en: "Check" };
/// Name of the sheet that lists what was found.
pub const FINDINGS_SHEET: Text = Text { ja: "手直し一覧", en: "Findings" };
/// Name of the sheet that says what to do.
pub const GUIDE_SHEET: Text = Text { ja: "説明", en: "What to do" };
/// Name of the sheet of a template that says how to fill in each column, in both languages.
pub const RULES_SHEET: &str = "記入のきまり";
/// Name of the hidden sheet that drop-downs take their values from.
pub const CHOICES_SHEET: &str = "選択肢";

/// Who wrote the notes on cells that are ours.
pub const AUTHOR: &str = "machikura";

/// Whether a sheet of this name is one that we add to tables, so that no table may have its name.
pub fn is_ours(name: &str) -> bool {
    [FINDINGS_SHEET, GUIDE_SHEET].iter().any(|sheet| sheet.ja == name || sheet.en == name)
        || [RULES_SHEET, CHOICES_SHEET].contains(&name)
}

/// Takes away what we have added. Anybody may call a sheet 説明, so only what comes together counts.
pub(super) fn take_away(sheets: &mut Vec<Sheet>, hidden: &mut Vec<Hidden>) {
    let has = |sheets: &[Sheet], name: &str| sheets.iter().any(|sheet| sheet.name.as_deref() == Some(name));
    let checked_in = [Lang::Ja, Lang::En]
        .into_iter()
        .find(|lang| [FINDINGS_SHEET, GUIDE_SHEET].iter().all(|sheet| has(sheets, sheet.get(*lang))));
    if checked_in.is_none() && !has(sheets, RULES_SHEET) {
        return;
    }
    hidden.retain(|hidden| *hidden != Hidden::Sheet(CHOICES_SHEET.to_owned()));
    let is_table = |sheet: &Sheet| !sheet.name.as_deref().is_some_and(is_ours);
    if sheets.iter().any(is_table) {
        sheets.retain(is_table);
    }
    if let Some(lang) = checked_in {
        sheets.iter_mut().for_each(|sheet| take_check_column(sheet, CHECK_COLUMN.get(lang)));
    }
}

/// Takes the first column away where it is headed by this label. A sheet that cannot be read is left as it is: it will tell
/// when it is read.
fn take_check_column(sheet: &mut Sheet, label: &str) {
    let Ok(mut rows) = sheet.rows() else { return };
    while let Ok(Some(row)) = rows.next_row() {
        let first = row.trimmed(0);
        if !first.is_empty() {
            let is_ours = first == label;
            drop(rows);
            if is_ours {
                sheet.first_column = 1;
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::stored_rows::write_row;
    use crate::tabular::{Body, Upload};

    fn sheet(name: &str, rows: &[&[&str]]) -> Sheet {
        let mut stored = Vec::new();
        for (number, row) in (1..).zip(rows) {
            let cells = (0..).zip(*row).filter(|(_, cell)| !cell.is_empty());
            let cells: Vec<(u32, String)> = cells.map(|(column, cell)| (column, (*cell).to_owned())).collect();
            write_row(number, &cells, &mut stored).expect("in memory");
        }
        let body = Body::Rows { upload: Upload::from_bytes(stored, None), width: 3 };
        Sheet { name: Some(name.to_owned()), first_column: 0, body }
    }

    #[test]
    fn what_we_added_goes_and_nothing_else() {
        let checked: &[&[&str]] = &[&["", "題", ""], &[], &["確認", "ID", " "], &["エラー 1", "1", ""]];
        let own: &[&[&str]] = &[&["ID", "確認"], &["1", ""]];
        for (sheets, left, first_columns, is_ours) in [
            (vec![("aed", checked), ("手直し一覧", own), ("説明", own)], vec!["aed"], vec![1], true),
            (vec![("aed", own), ("手直し一覧", own), ("説明", own)], vec!["aed"], vec![0], true),
            (vec![("aed", checked), ("説明", own)], vec!["aed", "説明"], vec![0, 0], false),
            (vec![("aed", own), ("記入のきまり", own), ("選択肢", own)], vec!["aed"], vec![0], true),
            (vec![("aed", own), ("選択肢", own)], vec!["aed", "選択肢"], vec![0, 0], false),
            (vec![("手直し一覧", own), ("説明", own)], vec!["手直し一覧", "説明"], vec![0, 0], true),
        ] {
            let mut sheets: Vec<Sheet> = sheets.into_iter().map(|(name, rows)| sheet(name, rows)).collect();
            let mut hidden = vec![Hidden::Sheet("選択肢".to_owned()), Hidden::Sheet("作業用".to_owned())];
            take_away(&mut sheets, &mut hidden);
            assert_eq!(hidden.len(), if is_ours { 1 } else { 2 });
            let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_deref().unwrap()).collect();
            assert_eq!(names, left);
            assert_eq!(sheets.iter().map(|sheet| sheet.first_column).collect::<Vec<_>>(), first_columns);
        }
    }
}
