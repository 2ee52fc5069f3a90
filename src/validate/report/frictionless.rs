//! The report in the shape of frictionless-py 5 (<https://framework.frictionlessdata.io/docs/framework/report.html>), for
//! programs that already read its reports.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::{Report, ReportError, ReportFormat, Wording, rows};
use crate::text::Text;
use crate::validate::Checked;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::Level;

/// What an error is about; it decides which properties frictionless wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    File,
    Table,
    Header,
    Label,
    Row,
    Cell,
}

/// The errors of frictionless that rules of ours find: rule, error, scope. What is not here is the error of its level.
const ERRORS: [(&str, &str, Scope); 26] = [
    ("encoding", "encoding-error", Scope::File),
    ("replacement-character", "encoding-error", Scope::File),
    ("unclosed-quote", "source-error", Scope::File),
    ("no-rows", "source-error", Scope::File),
    ("missing-column", "missing-label", Scope::Label),
    ("unknown-column", "extra-label", Scope::Label),
    ("unnamed-column", "blank-label", Scope::Label),
    ("duplicate-column", "duplicate-label", Scope::Label),
    ("column-name", "incorrect-label", Scope::Label),
    ("date-format", "type-error", Scope::Cell),
    ("time-format", "type-error", Scope::Cell),
    ("number-format", "type-error", Scope::Cell),
    ("phone-format", "type-error", Scope::Cell),
    ("postal-code-format", "type-error", Scope::Cell),
    ("url-format", "type-error", Scope::Cell),
    ("email-format", "type-error", Scope::Cell),
    ("weekday-format", "type-error", Scope::Cell),
    ("required", "constraint-error", Scope::Cell),
    ("enumeration", "constraint-error", Scope::Cell),
    ("pattern", "constraint-error", Scope::Cell),
    ("range", "constraint-error", Scope::Cell),
    ("length", "constraint-error", Scope::Cell),
    ("coordinate-range", "constraint-error", Scope::Cell),
    ("duplicate-id", "unique-error", Scope::Cell),
    ("duplicate-row", "duplicate-row", Scope::Row),
    ("ragged-row", "extra-cell", Scope::Cell),
];

/// See the module.
pub(super) struct Frictionless;

impl ReportFormat for Frictionless {
    fn id(&self) -> &'static str {
        "frictionless"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> Text {
        Text { ja: "Frictionless の報告（JSON）", en: "Report of Frictionless, JSON" }
    }

    fn names_digest(&self) -> bool {
        true
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let report = &checked.report;
        let mut tasks = Vec::new();
        for index in 0..report.tables.len() {
            tasks.push(task(checked, index, wording)?);
        }
        let body = json!({
            "valid": report.is_valid(),
            // There is no clock here.
            "stats": {"tasks": tasks.len(), "errors": report.errors, "warnings": report.warnings, "seconds": 0},
            "warnings": [],
            "errors": [],
            "tasks": tasks,
        });
        serde_json::to_writer_pretty(&mut *out, &body).map_err(std::io::Error::from)?;
        Ok(writeln!(out)?)
    }
}

fn task(checked: &Checked, index: usize, wording: &Wording<'_>) -> Result<Value, ReportError> {
    let report = &checked.report;
    let table = &report.tables[index];
    let labels: Vec<&str> = table.columns.iter().map(|column| column.label.as_str()).collect();
    let listed = |severity: Severity| {
        report.issues.iter().filter(move |finding| finding.table == index && finding.severity == severity)
    };
    let wanted = listed(Severity::Error).filter_map(|finding| finding.row).collect();
    let rows = rows::read(checked, index, &wanted)?;
    let errors: Vec<Value> =
        listed(Severity::Error).map(|finding| error(report, finding, &labels, &rows, wording)).collect();
    let warnings: Vec<String> = listed(Severity::Warning)
        .map(|finding| {
            let place = super::groups::place(report, finding, wording.lang);
            let message = finding.message(wording.lang, report.label(finding));
            place.map_or_else(|| message.clone(), |place| format!("{place}: {message}"))
        })
        .collect();
    let count = |severity: Severity| -> u64 {
        let of_table = |alike: &super::Alike| alike.table == index && alike.severity == severity;
        report.tallies.iter().filter(|(alike, _)| of_table(alike)).map(|(_, tally)| tally.count).sum()
    };
    let place = table.sheet.as_deref().or(report.file.name.as_deref()).unwrap_or("stdin");
    Ok(json!({
        "name": table.table.as_deref().unwrap_or("table"),
        "type": "table",
        "valid": count(Severity::Error) == 0,
        "place": place,
        "labels": labels,
        "stats": {
            "errors": count(Severity::Error), "warnings": count(Severity::Warning), "seconds": 0,
            "sha256": report.file.sha256, "bytes": report.file.bytes, "fields": labels.len(), "rows": table.rows,
        },
        "warnings": warnings,
        "errors": errors,
    }))
}

fn error(
    report: &Report,
    finding: &Finding,
    labels: &[&str],
    rows: &BTreeMap<u64, Vec<String>>,
    wording: &Wording<'_>,
) -> Value {
    let id = finding.rule.id();
    let known = ERRORS.iter().find(|(rule, _, _)| *rule == id).map(|(_, error, scope)| (*error, *scope));
    let (kind, scope) = known.unwrap_or_else(|| match (finding.rule.level(), finding.row, finding.column) {
        (Level::Header, _, _) => ("header-error", Scope::Header),
        (_, Some(_), Some(_)) => ("cell-error", Scope::Cell),
        (_, Some(_), None) => ("row-error", Scope::Row),
        (Level::File, None, _) => ("file-error", Scope::File),
        (_, None, _) => ("table-error", Scope::Table),
    });
    let label = report.label(finding);
    let message = finding.message(wording.lang, label);
    let tags: &[&str] = match scope {
        Scope::File => &["#file"],
        Scope::Table => &["#table"],
        Scope::Header => &["#table", "#header"],
        Scope::Label => &["#table", "#header", "#label"],
        Scope::Row => &["#table", "#row"],
        Scope::Cell => &["#table", "#row", "#cell"],
    };
    let mut error = json!({
        "type": kind,
        "title": id,
        "description": finding.rule.explanation().get(wording.lang),
        "message": message,
        "tags": tags,
        // The one text that frictionless keeps when it reads a report.
        "note": message,
    });
    let row = finding.row.unwrap_or_default();
    let empty = Vec::new();
    let cells = rows.get(&row).unwrap_or(&empty);
    // A row that is too long is faulty from the first cell behind the heading.
    let column = finding.column.unwrap_or(labels.len());
    if matches!(scope, Scope::Header | Scope::Label) {
        error["labels"] = json!(labels);
        error["rowNumbers"] = json!([row]);
    }
    if scope == Scope::Label {
        error["label"] = json!(finding.value.as_deref().unwrap_or(label));
    }
    if matches!(scope, Scope::Row | Scope::Cell) {
        error["cells"] = json!(cells);
        error["rowNumber"] = json!(row);
    }
    if scope == Scope::Cell {
        let cell = finding.value.as_deref().or_else(|| cells.get(column).map(String::as_str));
        error["cell"] = json!(cell.unwrap_or_default());
    }
    if matches!(scope, Scope::Label | Scope::Cell) {
        error["fieldName"] = json!(label);
        error["fieldNumber"] = json!(column + 1);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use crate::validate::report::format::tests::{checked, faulty, written};
    use crate::validate::rules;

    #[test]
    fn errors_have_the_properties_of_their_type() {
        let checked = checked(faulty(), "invalid.csv");
        let report: Value = serde_json::from_slice(&written(&Frictionless, &checked, Lang::Ja)).expect("JSON");
        assert_eq!((&report["valid"], &report["stats"]["errors"]), (&json!(false), &json!(checked.report.errors)));
        let task = &report["tasks"][0];
        let errors = task["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), usize::try_from(checked.report.errors).expect("few"));
        let of = |kind: &str| errors.iter().find(|error| error["type"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        let time = of("type-error");
        assert_eq!(
            (&time["cell"], &time["rowNumber"], &time["fieldName"]),
            (&json!("9時"), &json!(9), &json!("開始時間"))
        );
        assert_eq!(time["cells"][28], "9時");
        let extra = of("extra-cell");
        assert_eq!(extra["fieldNumber"], json!(task["labels"].as_array().map_or(0, Vec::len) + 1));
        assert_eq!(of("unique-error")["tags"], json!(["#table", "#row", "#cell"]));
    }

    #[test]
    fn the_list_names_only_rules_that_there_are() {
        for (rule, _, _) in ERRORS {
            assert!(rules::find(rule).is_some(), "{rule}");
        }
    }
}
