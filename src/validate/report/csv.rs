//! The report as a table, one line a finding: to be sorted, filtered and handed on in Excel.

use std::borrow::Cow;
use std::io::Write;

use super::groups::Correction;
use super::{ReportError, ReportFormat, Wording};
use crate::text::Text;
use crate::validate::Checked;

const HEADING: [Text; 10] = [
    Text { ja: "重さ", en: "severity" },
    Text { ja: "規則", en: "rule" },
    Text { ja: "行", en: "row" },
    Text { ja: "列", en: "column" },
    Text { ja: "セル", en: "cell" },
    Text { ja: "項目", en: "field" },
    Text { ja: "値", en: "value" },
    Text { ja: "内容", en: "message" },
    Text { ja: "修正案", en: "correction" },
    Text { ja: "修正の確かさ", en: "certainty" },
];

/// See the module.
pub(super) struct Csv;

impl ReportFormat for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn title(&self) -> Text {
        Text { ja: "CSV（指摘の一覧）", en: "CSV, a list of findings" }
    }

    fn is_file(&self) -> bool {
        true
    }

    fn listed(&self) -> usize {
        100_000
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let (report, lang) = (&checked.report, wording.lang);
        out.write_all(b"\xEF\xBB\xBF")?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let failed = |error: csv::Error| ReportError::Io(error.into());
        writer.write_record(HEADING.map(|text| text.get(lang))).map_err(failed)?;
        for finding in &report.issues {
            let label = report.label(finding);
            let (better, certainty) = match Correction::of(finding, lang) {
                Some(Correction { better, is_sure: true }) => (better, wording.say("確か", "sure")),
                Some(Correction { better, is_sure: false }) => (better, wording.say("たぶん", "likely")),
                None => Default::default(),
            };
            let number = |number: Option<String>| number.unwrap_or_default();
            let record = [
                finding.severity.title().get(lang).to_owned(),
                finding.rule.id().to_owned(),
                number(finding.row.map(|row| row.to_string())),
                number(report.position(finding).map(|position| position.to_string())),
                number(report.cell(finding)),
                label.to_owned(),
                finding.value.clone().unwrap_or_default(),
                finding.message(lang, label),
                better,
                certainty.to_owned(),
            ];
            writer.write_record(record.iter().map(|cell| inert(cell).into_owned())).map_err(failed)?;
        }
        Ok(writer.flush()?)
    }
}

/// A cell that no spreadsheet takes for a formula (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn inert(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use crate::validate::report::format::tests::{checked, faulty, written};

    #[test]
    fn every_finding_is_a_line_that_reads_back() {
        let checked = checked(faulty(), "331007_aed.csv");
        let bytes = written(&Csv, &checked, Lang::Ja);
        let text = std::str::from_utf8(&bytes).unwrap().strip_prefix('\u{feff}').expect("Excel needs a mark");
        assert!(text.starts_with("重さ,規則,行,列,セル,項目,値,内容,修正案,修正の確かさ\r\n"), "{text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
        assert_eq!(lines.len(), checked.report.issues.len());
        let line = lines.iter().find(|line| &line[1] == "time-format").expect("a wrong time");
        assert_eq!(
            line.iter().take(7).collect::<Vec<_>>(),
            ["エラー", "time-format", "9", "29", "AC9", "開始時間", "9時"]
        );
        assert_eq!((&line[8], &line[9]), ("09:00", "確か"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+81", "'+81"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("1=1", "1=1"),
            ("", ""),
        ] {
            assert_eq!(inert(cell), expected);
        }
    }
}
