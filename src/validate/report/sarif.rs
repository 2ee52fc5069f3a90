//! The report as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), which editors and
//! services for code show beside the file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Report, ReportError, ReportFormat, Wording};
use crate::tabular::places::{self, Place};
use crate::text::Text;
use crate::validate::Checked;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rules;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Where the standard is published that the tool checks against.
const INFORMATION: &str = "https://www.digital.go.jp/resources/open_data/municipal-standard-data-set-test";
/// What stands in a path of an address as it is.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// See the module.
pub(super) struct Sarif;

impl ReportFormat for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn media_type(&self) -> &'static str {
        "application/sarif+json"
    }

    fn extension(&self) -> &'static str {
        "sarif"
    }

    fn title(&self) -> Text {
        Text { ja: "SARIF（エディター、CI 用）", en: "SARIF, for editors and CI" }
    }

    fn is_file(&self) -> bool {
        true
    }

    fn names_digest(&self) -> bool {
        true
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let report = &checked.report;
        let codes: Vec<&'static str> = report.by_code.keys().copied().collect();
        let uri = uri(report);
        let mut results = Vec::new();
        for (index, table) in report.tables.iter().enumerate() {
            let findings = report.issues.iter().filter(|finding| finding.table == index);
            let wanted: BTreeSet<(u64, usize)> = findings.clone().filter_map(cell).collect();
            let places = places::find(&checked.document.sheets[table.sheet_index], &wanted)?;
            results.extend(findings.map(|finding| result(report, finding, &codes, &uri, &places, wording)));
        }
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "machikura", "version": env!("CARGO_PKG_VERSION"), "informationUri": INFORMATION,
                    "rules": codes.iter().map(|code| rule(report, code, wording)).collect::<Vec<_>>(),
                }},
                "language": wording.say("ja", "en"),
                "columnKind": "utf16CodeUnits",
                "artifacts": [{"location": {"uri": uri}, "length": report.file.bytes, "hashes": {"sha-256": report.file.sha256}}],
                "properties": {"valid": report.is_valid(), "score": report.score(), "unlisted": report.unlisted()},
                "results": results,
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &log).map_err(std::io::Error::from)?;
        Ok(writeln!(out)?)
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn uri(report: &Report) -> String {
    utf8_percent_encode(report.file.name.as_deref().unwrap_or("stdin"), &PLAIN).to_string()
}

/// The cell to look for; the first of the row where the finding has a row only.
fn cell(finding: &Finding) -> Option<(u64, usize)> {
    Some((finding.row?, finding.column.unwrap_or_default()))
}

fn rule(report: &Report, code: &str, wording: &Wording<'_>) -> Value {
    let rule = rules::find(code).expect("only rules find anything");
    let gravest = report.tallies.keys().filter(|alike| alike.rule == code).map(|alike| alike.severity).min();
    let explanation = rule.explanation().get(wording.lang);
    json!({
        "id": code,
        // Its message with the places for values as they are.
        "shortDescription": {"text": rule.message().get(wording.lang)},
        "fullDescription": {"text": explanation},
        "help": {"text": explanation},
        "defaultConfiguration": {"level": level(gravest.unwrap_or(Severity::Info))},
    })
}

fn result(
    report: &Report,
    finding: &Finding,
    codes: &[&'static str],
    uri: &str,
    places: &BTreeMap<(u64, usize), Place>,
    wording: &Wording<'_>,
) -> Value {
    let id = finding.rule.id();
    let label = report.label(finding);
    let place = cell(finding).and_then(|cell| places.get(&cell)).copied();
    let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": uri}}});
    if let Some(row) = finding.row {
        location["physicalLocation"]["region"] = region(row, finding, place);
    }
    let sheet = report.tables.get(finding.table).and_then(|table| table.sheet.as_deref());
    let name: Vec<&str> = [sheet, (!label.is_empty()).then_some(label)].into_iter().flatten().collect();
    if !name.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": name.join("/"), "kind": "member"}]);
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": codes.iter().position(|code| *code == id),
        "level": level(finding.severity),
        "message": {"text": finding.message(wording.lang, label)},
        "locations": [location],
        "partialFingerprints": {"cell/v1": format!("{id}:{label}:{}", finding.value.as_deref().unwrap_or_default())},
        "properties": {
            // Lines and columns are those of the text; this is what Excel shows.
            "excelCell": report.cell(finding), "excelRow": finding.row, "field": label, "value": finding.value,
            "suggestion": finding.suggestion, "proposal": finding.proposal,
        },
    });
    // Only in a text is there something to replace.
    if let (Some(suggestion), Some(place), Some(_)) = (&finding.suggestion, place, finding.column) {
        result["fixes"] = json!([{
            "description": {"text": format!("→ {suggestion}")},
            "artifactChanges": [{
                "artifactLocation": {"uri": uri},
                "replacements": [{"deletedRegion": exact(place), "insertedContent": {"text": quoted(suggestion)}}],
            }],
        }]);
    }
    result
}

/// Where it stands in the text; in a workbook, which has no lines, row and column.
fn region(row: u64, finding: &Finding, place: Option<Place>) -> Value {
    match (place, finding.column) {
        (Some(place), Some(_)) => exact(place),
        (Some(place), None) => json!({"startLine": place.start.0}),
        (None, Some(column)) => json!({"startLine": row, "startColumn": column + 1}),
        (None, None) => json!({"startLine": row}),
    }
}

fn exact(place: Place) -> Value {
    let Place { start, end } = place;
    json!({"startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1})
}

/// A value as it stands in a file of separated values.
fn quoted(value: &str) -> String {
    let needs_quotes = value.contains(['"', ',', '\t', ';', '\n']);
    if needs_quotes { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use crate::validate::report::format::tests::{checked, faulty, written};

    #[test]
    fn it_has_what_the_standard_asks_for() {
        let checked = checked(faulty(), "331007 街.csv");
        let log: Value = serde_json::from_slice(&written(&Sarif, &checked, Lang::En)).expect("JSON");
        assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), checked.report.issues.len());
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small")];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
            assert!(!result["message"]["text"].as_str().expect("a text").is_empty());
            let location = &result["locations"][0]["physicalLocation"];
            assert_eq!(location["artifactLocation"]["uri"], "331007%20%E8%A1%97.csv");
        }
        let time = results.iter().find(|result| result["ruleId"] == "time-format").expect("a wrong time");
        assert_eq!(time["properties"]["excelCell"], "AC9");
        assert_eq!(time["locations"][0]["physicalLocation"]["region"]["startLine"], 9);
    }

    #[test]
    fn applying_the_fixes_mends_the_text() {
        let text =
            "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間\n331007,A1,\"名\n称\",1階,34.6,133.9,9時\n";
        let checked = checked(text, "a.csv");
        let log: Value = serde_json::from_slice(&written(&Sarif, &checked, Lang::Ja)).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        let time = results.iter().find(|result| result["ruleId"] == "time-format").expect("a wrong time");
        let replacement = &time["fixes"][0]["artifactChanges"][0]["replacements"][0];
        let region = &replacement["deletedRegion"];
        assert_eq!(region, &json!({"startLine": 3, "startColumn": 18, "endLine": 3, "endColumn": 20}));
        let line = text.lines().nth(2).expect("a third line");
        let mended: String =
            line.chars().take(17).collect::<String>() + replacement["insertedContent"]["text"].as_str().unwrap();
        assert_eq!(mended, "称\",1階,34.6,133.9,09:00");
    }
}
