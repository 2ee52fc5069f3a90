//! Sheets, rows, columns and comments that a workbook does not show at first sight.

use crate::tabular::Hidden;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct HiddenContent;

impl Rule for HiddenContent {
    fn id(&self) -> &'static str {
        "hidden-content"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn message(&self) -> Text {
        Text {
            ja: "{0}。個人情報や作業用のメモが残っていないか確かめてください。",
            en: "{1}. Make sure that no personal data or notes are left there.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "非表示にしただけの内容は、ファイルを受け取った人なら誰でも見られます。公開する前に消してください。",
            en: "What is only hidden can be seen by whoever has the file; delete it before publishing.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        for hidden in &intake.document.hidden {
            let (sheet, ja, en) = match hidden {
                Hidden::Sheet(sheet) => {
                    (sheet, format!("非表示のシート「{sheet}」があります"), format!("The sheet \"{sheet}\" is hidden"))
                }
                Hidden::Rows(sheet, count) => (
                    sheet,
                    format!("シート「{sheet}」に非表示の行が {count} 行あります"),
                    format!("The sheet \"{sheet}\" has {count} hidden rows"),
                ),
                Hidden::Columns(sheet, count) => (
                    sheet,
                    format!("シート「{sheet}」に非表示の列が {count} 列あります"),
                    format!("The sheet \"{sheet}\" has {count} hidden columns"),
                ),
                Hidden::Comments(sheet, count) => (
                    sheet,
                    format!("シート「{sheet}」のセルにコメントが {count} 件付いています"),
                    format!("Cells of the sheet \"{sheet}\" have {count} comments"),
                ),
            };
            findings.add(Finding::new(&HiddenContent, Severity::Warning).about(sheet).with_details([ja, en]));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::standard::Registry;
    use crate::tabular::Upload;
    use crate::validate::{Request, check};

    #[test]
    fn what_a_workbook_hides_is_told() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.set_name("一覧").expect("a name");
        for (column, (label, value)) in (0..).zip([("名称", "A"), ("緯度", "34.5"), ("経度", "133.9")]) {
            sheet.write(0, column, label).expect("a cell");
            sheet.write(1, column, value).expect("a cell");
        }
        sheet.set_row_hidden(1).expect("a row");
        sheet.set_column_hidden(1).expect("a column");
        sheet.set_column_hidden(2).expect("a column");
        sheet.insert_note(0, 0, &rust_xlsxwriter::Note::new("メモ")).expect("a note");
        workbook.add_worksheet().set_name("作業用").expect("a name").set_hidden(true);
        let upload = Upload::from_bytes(workbook.save_to_buffer().expect("a workbook"), None);
        let report = check(&upload, &Request::new(Registry::embedded())).expect("a table").report;
        let found: Vec<&str> = report
            .issues
            .iter()
            .filter(|finding| finding.rule.id() == "hidden-content")
            .map(|finding| &*finding.details[0])
            .collect();
        assert_eq!(
            found,
            [
                "シート「一覧」に非表示の行が 1 行あります",
                "シート「一覧」に非表示の列が 2 列あります",
                "シート「一覧」のセルにコメントが 1 件付いています",
                "非表示のシート「作業用」があります"
            ]
        );
    }
}
