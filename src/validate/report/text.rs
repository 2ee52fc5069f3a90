//! The report for a terminal: what the file is, what matters first, and what to do next.

use std::fmt::Write;

use super::{Report, column_letters};
use crate::text::Lang;
use crate::validate::findings::Severity;

/// Puts a report into words, one line a finding.
pub fn text(report: &Report, lang: Lang) -> String {
    let mut out = String::new();
    write_all(&mut out, report, lang).expect("a String takes everything");
    out
}

fn write_all(out: &mut String, report: &Report, lang: Lang) -> std::fmt::Result {
    let say = |ja: &'static str, en: &'static str| if lang == Lang::Ja { ja } else { en };
    writeln!(out, "{}", report.file.name.as_deref().unwrap_or(say("（標準入力）", "(standard input)")))?;
    for table in &report.tables {
        let title = match (&table.title, &table.standard) {
            (Some(title), Some(slug)) => format!("{} ({slug})", title.get(lang)),
            _ => say("データセット不明", "unknown data set").to_owned(),
        };
        let encoding = table.text_form.map_or(report.file.container.as_str(), |form| form.encoding.as_str());
        let edition = table.edition.map_or("", crate::standard::Edition::as_str);
        let sheet = table.sheet.as_deref().map(|name| format!(" [{name}]")).unwrap_or_default();
        let rows = table.rows;
        let columns = table.columns.len();
        match lang {
            Lang::Ja => writeln!(out, "  {title} {edition}{sheet} · {rows} 行 × {columns} 列 · {encoding}")?,
            Lang::En => writeln!(out, "  {title} {edition}{sheet} · {rows} rows × {columns} columns · {encoding}")?,
        }
    }
    let (errors, warnings, infos) = (report.errors, report.warnings, report.infos);
    match lang {
        Lang::Ja => writeln!(
            out,
            "  {} · エラー {errors} · 警告 {warnings} · 情報 {infos} · 直し方が確か {} · 点数 {:.1}",
            if report.is_valid() { "適合" } else { "不適合" },
            report.fixable,
            report.score()
        )?,
        Lang::En => writeln!(
            out,
            "  {} · errors {errors} · warnings {warnings} · notes {infos} · with a sure remedy {} · score {:.1}",
            if report.is_valid() { "conforms" } else { "does not conform" },
            report.fixable,
            report.score()
        )?,
    }
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for finding in report.issues.iter().filter(|finding| finding.severity == severity) {
            let place = match (finding.row, finding.column) {
                (Some(row), Some(column)) => format!("{}{row}", column_letters(column)),
                (Some(row), None) => format!("{}{row}", say("行", "row ")),
                (None, _) => "-".to_owned(),
            };
            let mark = match severity {
                Severity::Error => say("エラー", "error"),
                Severity::Warning => say("警告", "warning"),
                Severity::Info => say("情報", "note"),
            };
            let message = finding.message(lang, report.label(finding));
            write!(out, "{mark}\t{place}\t{}\t{message}", finding.rule.id())?;
            match &finding.suggestion {
                Some(suggestion) if suggestion.is_empty() => writeln!(out, " → {}", say("（空欄）", "(blank)"))?,
                Some(suggestion) => writeln!(out, " → {suggestion}")?,
                None => writeln!(out)?,
            }
        }
    }
    let hidden = report.findings().saturating_sub(u64::try_from(report.issues.len()).unwrap_or(u64::MAX));
    if hidden > 0 {
        match lang {
            Lang::Ja => writeln!(out, "ほか {hidden} 件（規則ごとの件数はすべて数えています）")?,
            Lang::En => writeln!(out, "{hidden} more (all are counted)")?,
        }
        for (code, count) in &report.by_code {
            writeln!(out, "  {count}\t{code}")?;
        }
    }
    let next = match (report.is_valid(), report.warnings > 0) {
        (false, _) => say(
            "次にすること: エラーのセルを直して、もう一度検査してください。エラーがなくなれば公開できます。",
            "Next: mend the cells marked as errors and check again. Without errors the file can be published.",
        ),
        (true, true) => say(
            "次にすること: このまま公開できます。警告の箇所を直すと、さらに使いやすくなります。",
            "Next: it can be published as it is. Mending the warnings makes it more useful.",
        ),
        (true, false) => say("次にすること: このまま公開できます。", "Next: it can be published as it is."),
    };
    writeln!(out, "{next}")
}
