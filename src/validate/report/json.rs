//! The report as JSON: the shape that every client sees.

use std::io::Write;

use serde::Serialize;

use super::{Report, ReportError, ReportFormat, TableReport, Wording};
use crate::text::{Lang, Text};
use crate::validate::Checked;
use crate::validate::findings::Finding;
use crate::validate::plan::{PlanEntry, Sample};
use crate::validate::rule::Class;

/// See the module.
pub(super) struct Json;

impl ReportFormat for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> Text {
        Text { ja: "JSON（プログラム用）", en: "JSON, for programs" }
    }

    fn is_chainable(&self) -> bool {
        true
    }

    fn names_digest(&self) -> bool {
        true
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let body = body(&checked.report, wording.lang);
        serde_json::to_writer_pretty(&mut *out, &body).map_err(std::io::Error::from)?;
        Ok(writeln!(out)?)
    }
}

/// The report of a check.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReportBody {
    /// エラーがないか / whether there is no error
    pub valid: bool,
    /// データセット / slug of the data set
    pub standard: Option<String>,
    /// データセットの名称 / title of the data set
    pub standard_title: Option<String>,
    /// 版（standard, recommended, variant） / edition
    pub edition: Option<&'static str>,
    /// 見出しから判定したか / whether the data set was recognised from the heading
    pub standard_detected: bool,
    /// ファイル / the file
    pub file: FileBody,
    /// データの行数 / rows of data
    pub rows: u64,
    /// まとめ / summary
    pub summary: SummaryBody,
    /// 列 / columns
    pub columns: Vec<ColumnBody>,
    /// 規則ごとの件数 / findings by rule
    pub by_code: std::collections::BTreeMap<&'static str, u64>,
    /// 直すとどうなるか / what a repair would do
    pub fix_plan: Vec<PlanBody>,
    /// 指摘 / findings
    pub issues: Vec<IssueBody>,
    /// 指摘の一部を省いたか / whether not all findings are listed
    pub issues_truncated: bool,
    /// 複数の表からなるファイルの各表 / the tables of a file of several tables
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableBody>,
}

/// The file that was checked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FileBody {
    /// ファイル名 / name
    pub name: Option<String>,
    /// 大きさ（バイト） / size in bytes
    pub bytes: u64,
    /// SHA-256（16 進） / SHA-256 in hexadecimal
    #[cfg_attr(feature = "server", schema(value_type = String, required = true))]
    pub sha256: Option<String>,
    /// 形式（CSV, XLSX, XLS, ZIP） / container
    pub format: &'static str,
    /// 文字コード / encoding of a text
    pub encoding: Option<&'static str>,
    /// BOM の有無 / whether a byte-order mark stands in front
    pub bom: Option<bool>,
    /// 改行 / line ends: CRLF, LF, CR or mixed
    pub newline: Option<&'static str>,
    /// 区切り文字 / delimiter
    pub delimiter: Option<char>,
    /// シート名 / worksheet
    pub sheet: Option<String>,
    /// 見出しの行 / row of the heading
    pub header_row: Option<u64>,
}

/// The findings, counted.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SummaryBody {
    /// エラーの数 / errors
    pub errors: u64,
    /// 警告の数 / warnings
    pub warnings: u64,
    /// 情報の数 / pieces of information
    pub infos: u64,
    /// 直し方が確かな指摘の数 / findings with a suggestion
    pub fixable: u64,
    /// エラーのある行の数 / rows with an error
    pub rows_with_errors: u64,
    /// 点数（0～100） / score from 0 to 100
    pub score: f64,
}

/// One column of the file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ColumnBody {
    /// 列番号（1 から） / number, from 1
    pub position: usize,
    /// 見出し / heading
    pub header: String,
    /// 標準の項目名 / field of the standard
    pub field: Option<String>,
    /// 対応付けの根拠（exact, folded, alias） / how it was matched
    #[serde(rename = "match")]
    pub how: Option<&'static str>,
}

/// One finding.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IssueBody {
    /// 重さ（error, warning, info） / severity
    pub severity: &'static str,
    /// 規則 / rule
    pub code: &'static str,
    /// 見る場所（file, header, cell, row, table） / level
    pub level: &'static str,
    /// Excel の行番号 / row in Excel
    pub row: Option<u64>,
    /// 列番号（1 から） / column, from 1
    pub column: Option<usize>,
    /// Excel のセル / cell in Excel
    pub cell: Option<String>,
    /// 項目名 / field
    pub field: Option<String>,
    /// 書かれている値 / value found
    pub value: Option<String>,
    /// 何がどう違い、どう直すか / what is wrong and how to mend it
    pub message: String,
    /// 意図が明らかな場合の正しい値 / value meant, where beyond doubt
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// おそらく正しい値（確かめてください） / value probably meant; somebody should look
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<String>,
    /// 自動で直せるか / whether it can be mended automatically
    pub fixable: bool,
}

/// What a repair would do about the findings of one rule.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PlanBody {
    /// 規則 / rule
    pub code: &'static str,
    /// 確かさ（lossless 確実、likely おそらく、manual 人が直す） / how sure the correction is
    pub class: &'static str,
    /// セルの数 / cells
    pub cells: u64,
    /// 例 / samples
    pub samples: Vec<SampleBody>,
}

/// One cell before and after.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SampleBody {
    /// Excel のセル / cell in Excel
    pub cell: Option<String>,
    /// 直す前 / before
    pub before: String,
    /// 直した後 / after
    pub after: Option<String>,
}

/// One table of a file of several tables.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TableBody {
    /// 表の名前 / table
    pub table: Option<String>,
    /// ファイル名またはシート名 / member or worksheet
    pub sheet: Option<String>,
    /// 行数 / rows
    pub rows: u64,
    /// 列 / columns
    pub columns: Vec<ColumnBody>,
}

/// Puts a report into words.
pub fn body(report: &Report, lang: Lang) -> ReportBody {
    let single = if let [table] = &report.tables[..] { Some(table) } else { None };
    let first = report.tables.iter().find(|table| table.standard.is_some());
    let form = single.and_then(|table| table.text_form);
    ReportBody {
        valid: report.is_valid(),
        standard: first.and_then(|table| table.standard.clone()),
        standard_title: first.and_then(|table| Some(table.title.as_ref()?.get(lang).to_owned())),
        edition: first.and_then(|table| table.edition).map(crate::standard::Edition::as_str),
        standard_detected: report.standard_detected,
        file: FileBody {
            name: report.file.name.clone(),
            bytes: report.file.bytes,
            sha256: report.file.sha256.clone(),
            format: report.file.container.as_str(),
            encoding: form.map(|form| form.encoding.as_str()),
            bom: form.map(|form| form.bom),
            newline: single.and_then(TableReport::newline),
            delimiter: form.map(|form| char::from(form.delimiter)),
            sheet: single.and_then(|table| table.sheet.clone()),
            header_row: single.map(|table| table.header_row),
        },
        rows: report.rows(),
        summary: summary(report),
        columns: single.map_or_else(Vec::new, columns),
        by_code: report.by_code.clone(),
        fix_plan: report.fix_plan.iter().map(|entry| plan(report, entry)).collect(),
        issues: report.issues.iter().map(|finding| issue(report, finding, lang)).collect(),
        issues_truncated: report.unlisted() > 0,
        tables: if single.is_some() {
            Vec::new()
        } else {
            report
                .tables
                .iter()
                .map(|table| TableBody {
                    table: table.table.clone(),
                    sheet: table.sheet.clone(),
                    rows: table.rows,
                    columns: columns(table),
                })
                .collect()
        },
    }
}

/// The findings of a report, counted.
pub fn summary(report: &Report) -> SummaryBody {
    SummaryBody {
        errors: report.errors,
        warnings: report.warnings,
        infos: report.infos,
        fixable: report.fixable,
        rows_with_errors: report.rows_with_errors,
        score: report.score(),
    }
}

fn columns(table: &TableReport) -> Vec<ColumnBody> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| ColumnBody {
            position: table.first_column + index + 1,
            header: column.label.clone(),
            field: column.field.clone(),
            how: column.how.map(crate::schema::LabelMatch::as_str),
        })
        .collect()
}

fn issue(report: &Report, finding: &Finding, lang: Lang) -> IssueBody {
    let label = report.label(finding);
    IssueBody {
        severity: finding.severity.as_str(),
        code: finding.rule.id(),
        level: finding.rule.level().as_str(),
        row: finding.row,
        column: report.position(finding),
        cell: report.cell(finding),
        field: (!label.is_empty()).then(|| label.to_owned()),
        value: finding.value.clone(),
        message: finding.message(lang, label),
        suggestion: finding.suggestion.clone(),
        proposal: finding.proposal.clone(),
        fixable: finding.suggestion.is_some(),
    }
}

fn plan(report: &Report, entry: &PlanEntry) -> PlanBody {
    let sample = |sample: &Sample| SampleBody {
        cell: report.cell_at(0, sample.row, sample.column),
        before: sample.before.clone(),
        after: sample.after.clone(),
    };
    PlanBody {
        code: entry.rule,
        class: entry.class.map_or("manual", Class::as_str),
        cells: entry.cells,
        samples: entry.samples.iter().map(sample).collect(),
    }
}
