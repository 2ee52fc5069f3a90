//! The rows of the file that a report repeats. What findings say behind a mask, it masks too.

use std::collections::{BTreeMap, BTreeSet};

use super::ReportError;
use crate::validate::Checked;
use crate::validate::rule::Level;

/// The cells of some rows of a table, by their number in Excel.
pub(super) fn read(
    checked: &Checked,
    table: usize,
    wanted: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Vec<String>>, ReportError> {
    let sheet = &checked.document.sheets[checked.report.tables[table].sheet_index];
    let mut found = BTreeMap::new();
    let mut rows = sheet.rows()?;
    while found.len() < wanted.len()
        && let Some(row) = rows.next_row()?
    {
        if wanted.contains(&row.number) {
            found.insert(row.number, row.cells().map(str::to_owned).collect::<Vec<String>>());
        }
    }
    let is_cell = |level: Level| level == Level::Cell;
    for finding in checked.report.issues.iter().filter(|it| it.table == table && is_cell(it.rule.level())) {
        let place = finding.row.zip(finding.column);
        let cell = place.and_then(|(row, column)| found.get_mut(&row)?.get_mut(column));
        if let (Some(cell), Some(value)) = (cell, &finding.value) {
            cell.clone_from(value);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::text::Lang;
    use crate::validate::report::by_id;
    use crate::validate::report::format::tests::{checked, written};

    #[test]
    fn a_number_that_findings_mask_is_repeated_nowhere() {
        let table = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間,備考\n331007,A1,名,1階,34.6,133.9,9時,番号 123456789018\n";
        let checked = checked(table, "331007_aed.csv");
        assert_eq!(checked.report.by_code.get("my-number"), Some(&1));
        for id in ["json", "text", "csv", "html", "sarif", "frictionless"] {
            let report = String::from_utf8(written(by_id(id).expect("a format"), &checked, Lang::Ja)).expect("UTF-8");
            assert!(!report.contains("123456789018") && report.contains("9時"), "{id}");
        }
    }
}
