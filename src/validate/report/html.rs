//! The report as one page that needs nothing else: for a browser, for printing, for an e-mail.

mod table;

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::groups::{Correction, Group, place};
use super::{Report, ReportError, ReportFormat, Wording};
use crate::text::{Lang, Text, harmless};
use crate::validate::Checked;
use crate::validate::findings::{Finding, Severity};

/// What the page looks like.
pub const STYLE: &str = include_str!("html/style.css");
/// So many cells are named in each entry.
const PLACES: usize = 20;

/// See the module.
pub(super) struct Html;

impl ReportFormat for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn media_type(&self) -> &'static str {
        "text/html; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn title(&self) -> Text {
        Text { ja: "HTML（閲覧、印刷用）", en: "HTML, for reading and printing" }
    }

    fn listed(&self) -> usize {
        10_000
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let report = &checked.report;
        write_head(report, wording, out)?;
        writeln!(
            out,
            "<section aria-labelledby=\"next\"><h2 id=\"next\">{}</h2><ul>",
            wording.say("次にすること", "Next")
        )?;
        for step in report.next_steps(wording.lang) {
            writeln!(out, "<li>{}</li>", escape(&step))?;
        }
        writeln!(out, "</ul></section>")?;
        let tables = table::Tables::read(checked)?;
        if report.findings() > 0 {
            let title = wording.say("指摘", "Findings");
            writeln!(
                out,
                "<section aria-labelledby=\"findings\"><h2 id=\"findings\">{title}</h2><ol class=\"entries\">"
            )?;
            for group in report.groups() {
                write_entry(report, &group, &tables, wording, out)?;
            }
            writeln!(out, "</ol></section>")?;
        }
        tables.write(report, wording, out)?;
        Ok(writeln!(out, "</main></body></html>")?)
    }
}

/// A style as a Content-Security-Policy names it: `sha256-` and its hash.
pub fn hash_of(style: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(style)))
}

/// A text of the outside on one line, as HTML: in an element or between quotation marks.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in harmless(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The class and the sign of a severity: colour is never the only mark.
fn marks(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("error", "✖"),
        Severity::Warning => ("warning", "▲"),
        Severity::Info => ("info", "ⓘ"),
    }
}

fn write_head(report: &Report, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let lang = wording.lang;
    let name = escape(report.file.name.as_deref().unwrap_or(wording.say("（標準入力）", "(standard input)")));
    let title = wording.say("検査結果", "Report of the check");
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">", wording.say("ja", "en"))?;
    // Nothing is fetched and nothing runs, whatever stands in the table.
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'\">",
        hash_of(STYLE)
    )?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<title>{name} · {title}</title>\n<style>{STYLE}</style></head><body><main>")?;
    writeln!(out, "<header><p class=\"faint\">{title}</p><h1>{name}</h1>")?;
    for table in &report.tables {
        let subject = match (&table.title, &table.standard) {
            (Some(title), Some(slug)) => format!("{} ({slug})", title.get(lang)),
            _ => wording.say("データセット不明", "unknown data set").to_owned(),
        };
        let sheet = table.sheet.as_deref().map(|name| format!(" [{name}]")).unwrap_or_default();
        let encoding = table.text_form.map_or(report.file.container.as_str(), |form| form.encoding.as_str());
        let (rows, columns) = (table.rows, table.columns.len());
        let (row_word, column_word) = (wording.say("行", "rows"), wording.say("列", "columns"));
        let subject = escape(&format!("{subject}{sheet}"));
        writeln!(out, "<p>{subject} · {rows} {row_word} × {columns} {column_word} · {encoding}</p>")?;
    }
    let (class, sign) = if report.is_valid() { ("good", "✔") } else { ("error", "✖") };
    writeln!(
        out,
        "<p class=\"verdict {class}\"><span aria-hidden=\"true\">{sign}</span> {}</p>",
        report.verdict(lang)
    )?;
    writeln!(out, "<ul class=\"counts\">")?;
    for (severity, count) in Severity::ALL.into_iter().zip([report.errors, report.warnings, report.infos]) {
        let (class, sign) = marks(severity);
        let word = severity.title().get(lang);
        writeln!(out, "<li class=\"{class}\"><span aria-hidden=\"true\">{sign}</span> {word} {count}</li>")?;
    }
    let score = wording.say("点数", "score");
    Ok(writeln!(out, "<li>{score} <strong>{:.1}</strong> / 100</li></ul></header>", report.score())?)
}

fn write_entry(
    report: &Report,
    group: &Group<'_>,
    tables: &table::Tables,
    wording: &Wording<'_>,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let lang = wording.lang;
    let (class, sign) = marks(group.alike.severity);
    let (word, label) = (group.alike.severity.title().get(lang), escape(&group.label(lang)));
    let count = group.tally.count;
    let counted = if lang == Lang::Ja { format!("{count} 件") } else { format!("× {count}") };
    let rule = group.alike.rule;
    writeln!(
        out,
        "<li class=\"{class}\"><h3><span aria-hidden=\"true\">{sign}</span> {word} {label} <small>{counted} · {rule}</small></h3>"
    )?;
    writeln!(out, "<p>{}</p>", escape(&group.message(lang)))?;
    writeln!(out, "<p class=\"faint\">{}</p>", escape(group.rule().explanation().get(lang)))?;
    if let Some(change) = group.example().and_then(|finding| change(finding, lang)) {
        writeln!(out, "<p>{change}</p>")?;
    }
    let places: Vec<String> = group
        .findings
        .iter()
        .filter_map(|finding| Some((finding, place(report, finding, lang)?)))
        .take(PLACES)
        .map(|(finding, place)| match tables.anchor(finding) {
            Some(anchor) => format!("<a href=\"#{anchor}\">{place}</a>"),
            None => place,
        })
        .collect();
    if !places.is_empty() {
        let more = count.saturating_sub(u64::try_from(places.len()).unwrap_or(u64::MAX));
        let more = match (more, lang) {
            (0, _) => String::new(),
            (more, Lang::Ja) => format!(" ほか {more} 件"),
            (more, Lang::En) => format!(" and {more} more"),
        };
        writeln!(out, "<p>{}{more}</p>", places.join(", "))?;
    }
    Ok(writeln!(out, "</li>")?)
}

/// The value as it stands and the better one, as HTML.
fn change(finding: &Finding, lang: Lang) -> Option<String> {
    let value = escape(finding.value.as_deref().unwrap_or_default());
    let Correction { better, is_sure } = Correction::of(finding, lang)?;
    let doubt = Text { ja: "（たぶん。確かめてください）", en: " (probably; please check)" }.get(lang);
    let doubt = if is_sure { "" } else { doubt };
    Some(format!("<del>{value}</del> → <ins>{}</ins>{doubt}", escape(&better)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::report::format::tests::{checked, faulty, written};

    fn page(table: &str, name: &str, lang: Lang) -> String {
        String::from_utf8(written(&Html, &checked(table, name), lang)).expect("UTF-8")
    }

    #[test]
    fn nothing_of_the_table_becomes_markup() {
        let table = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間,<b>メモ</b>\n331007,A1,<script>alert(1)</script>,\"\"\" onload=\"\"x\",34.6,133.9,<img src=x>,\n";
        let page = page(table, "<i>.csv", Lang::Ja);
        for markup in ["<script", "<img", "<b>", "<i>", "\" onload="] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("&lt;i&gt;.csv"), "{page}");
    }

    #[test]
    fn cells_are_marked_by_more_than_colour_and_are_linked() {
        let ja = page(&faulty(), "invalid.csv", Lang::Ja);
        assert!(ja.starts_with("<!DOCTYPE html>\n<html lang=\"ja\">") && ja.trim_end().ends_with("</html>"));
        assert!(ja.contains("<a href=\"#t0-AC9\">AC9</a>"), "{ja}");
        let cell = ja.split("id=\"t0-AC9\"").nth(1).and_then(|rest| rest.split("</td>").next()).expect("the cell");
        for part in ["class=\"error\"", "title=\"エラー: 時刻は", "✖", "9時", "<span class=\"unseen\">"] {
            assert!(cell.contains(part), "{cell}");
        }
        let en = page(&faulty(), "invalid.csv", Lang::En);
        assert!(en.contains("<html lang=\"en\">") && en.contains("does not conform"), "{en}");
        for page in [ja, en] {
            assert!(!page.contains("http://www.w3") && !page.contains("src=") && !page.contains("url("), "no asset");
            let links = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
            for link in links {
                assert_eq!(page.matches(&format!("id=\"{link}\"")).count(), 1, "{link}");
            }
        }
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut table = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間\n".to_owned();
        for row in 1..=1_200 {
            table.push_str(&format!("331007,A{row},名,1階,34.6,133.9,9時\n"));
        }
        let page = page(&table, "a.csv", Lang::Ja);
        assert_eq!(page.matches("<tr><th scope=\"row\"").count(), 1 + 1_000, "the heading and the first rows");
        assert!(page.contains("全 1200 行のうち指摘のある 1200 行以上のうち、はじめの 1000 行だけ"), "{page}");
    }
}
