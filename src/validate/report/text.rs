//! The report for a terminal: what the file is, what matters first, and what to do next.

use std::io::Write;

use super::groups::{Correction, Group};
use super::{Report, ReportError, ReportFormat, Wording};
use crate::text::{Lang, Text, harmless, width};
use crate::validate::Checked;
use crate::validate::findings::Severity;

/// So many cells are named in each entry.
const PLACES: usize = 3;
/// No column is made wider than this; what is longer shifts the rest of its own line only.
const WIDEST: usize = 30;

/// See the module.
pub(super) struct Terminal;

impl ReportFormat for Terminal {
    fn id(&self) -> &'static str {
        "text"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn title(&self) -> Text {
        Text { ja: "テキスト（端末用）", en: "Text, for terminals" }
    }

    fn is_chainable(&self) -> bool {
        true
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let report = &checked.report;
        let paint = Paint(wording.in_colour);
        write_head(report, wording, paint, out)?;
        let groups = report.groups();
        let entries: Vec<[String; 5]> = groups.iter().map(|group| cells(group, wording.lang)).collect();
        let widths: Vec<usize> = (0..4)
            .map(|column| entries.iter().map(|cells| width(&cells[column]).min(WIDEST)).max().unwrap_or_default())
            .collect();
        for (group, cells) in groups.iter().zip(&entries) {
            write_entry(group, cells, &widths, wording, paint, out)?;
        }
        let unlisted = report.unlisted();
        if unlisted > 0 {
            match wording.lang {
                Lang::Ja => writeln!(out, "\n{unlisted} 件はセルを挙げていません（件数はすべて数えています）。")?,
                Lang::En => writeln!(out, "\n{unlisted} are counted, but their cells are not listed.")?,
            }
        }
        writeln!(out, "\n{}", paint.bold(wording.say("次にすること", "Next")))?;
        for step in report.next_steps(wording.lang) {
            writeln!(out, "  {} {}", wording.say("・", "-"), harmless(&step))?;
        }
        Ok(())
    }
}

/// Colours, if wanted.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "36",
        };
        self.with(code, text)
    }
}

fn write_head(report: &Report, wording: &Wording<'_>, paint: Paint, out: &mut dyn Write) -> Result<(), ReportError> {
    let name = report.file.name.as_deref().unwrap_or(wording.say("（標準入力）", "(standard input)"));
    writeln!(out, "{}", paint.bold(&harmless(name)))?;
    for table in &report.tables {
        let title = match (&table.title, &table.standard) {
            (Some(title), Some(slug)) => format!("{} ({slug})", title.get(wording.lang)),
            _ => wording.say("データセット不明", "unknown data set").to_owned(),
        };
        let encoding = table.text_form.map_or(report.file.container.as_str(), |form| form.encoding.as_str());
        let edition = table.edition.map_or("", crate::standard::Edition::as_str);
        let sheet = table.sheet.as_deref().map(|name| format!(" [{}]", harmless(name))).unwrap_or_default();
        let (rows, columns) = (table.rows, table.columns.len());
        let (row_word, column_word) = (wording.say("行", "rows"), wording.say("列", "columns"));
        writeln!(out, "  {title} {edition}{sheet} · {rows} {row_word} × {columns} {column_word} · {encoding}")?;
    }
    let verdict = report.verdict(wording.lang);
    let verdict = paint.with(if report.is_valid() { "1;32" } else { "1;31" }, verdict);
    let (errors, warnings, infos, score) = (report.errors, report.warnings, report.infos, report.score());
    match wording.lang {
        Lang::Ja => {
            writeln!(out, "  {verdict} · エラー {errors} · 警告 {warnings} · 情報 {infos} · 点数 {score:.1}")?;
        }
        Lang::En => {
            writeln!(out, "  {verdict} · errors {errors} · warnings {warnings} · notes {infos} · score {score:.1}")?;
        }
    }
    Ok(())
}

/// What stands in the line of an entry: severity, count, column, rule, cells.
fn cells(group: &Group<'_>, lang: Lang) -> [String; 5] {
    let count = group.tally.count;
    [
        group.alike.severity.title().get(lang).to_owned(),
        if lang == Lang::Ja { format!("{count} 件") } else { count.to_string() },
        harmless(&group.label(lang)),
        group.alike.rule.to_owned(),
        group.places(PLACES, lang),
    ]
}

fn write_entry(
    group: &Group<'_>,
    cells: &[String; 5],
    widths: &[usize],
    wording: &Wording<'_>,
    paint: Paint,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let [severity, count, label, rule, places] = cells;
    let fill = |text: &str, column: usize| " ".repeat(widths[column].saturating_sub(width(text)));
    let head = paint.severity(group.alike.severity, severity);
    let line = format!(
        "{head}{}  {}{count}  {}{}  {}{}  {places}",
        fill(severity, 0),
        fill(count, 1),
        paint.bold(label),
        fill(label, 2),
        paint.faint(rule),
        fill(rule, 3),
    );
    writeln!(out, "\n{}", line.trim_end())?;
    writeln!(out, "    {}", harmless(&group.message(wording.lang)))?;
    let example = group.example().and_then(|finding| Some((finding, Correction::of(finding, wording.lang)?)));
    if let Some((finding, Correction { better, is_sure })) = example {
        let value = harmless(finding.value.as_deref().unwrap_or_default());
        // Blanks at the ends are not seen otherwise.
        let value = if value.trim() == value { value } else { format!("「{value}」") };
        let doubt = if is_sure {
            ""
        } else {
            wording.say("（たぶん。確かめてください）", " (probably; please check)")
        };
        let change = format!("{value} → {better}{doubt}");
        writeln!(out, "    {} {change}", paint.faint(wording.say("例", "e.g.")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard::Registry;
    use crate::validate::report::format::tests::{checked, faulty, written};

    fn text(table: &str, lang: Lang) -> String {
        String::from_utf8(written(&Terminal, &checked(table, "331007_aed.csv"), lang)).expect("UTF-8")
    }

    #[test]
    fn an_entry_says_what_where_and_how() {
        let table = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間\n331007,A1,名,1階,34.6,133.9,9時\n331007,A2,名2,1階,34.6,133.9,10時\n";
        let shown = text(table, Lang::Ja);
        assert!(shown.starts_with("331007_aed.csv\n  AED設置箇所一覧 (aed) "), "{shown}");
        let entry = "\n    時刻は hh:mm（例 09:00）の 24 時間表記で記載してください。「9時」は別の書き方です。\n    例 9時 → 09:00\n";
        assert!(shown.contains(entry), "{shown}");
        let line = shown.lines().find(|line| line.contains("time-format")).expect("an entry");
        assert!(line.starts_with("エラー") && line.ends_with("  G2, G3") && line.contains(" 2 件  開始時間"), "{line}");
        let steps = shown.split("次にすること").nth(1).expect("what to do");
        assert!(steps.contains("件のうち 3 件が直ります"), "{steps}");
    }

    #[test]
    fn entries_are_aligned() {
        for lang in [Lang::Ja, Lang::En] {
            let shown = text(&faulty(), lang);
            let words = Severity::ALL.map(|severity| severity.title().get(lang));
            let lines = shown.lines().filter(|line| words.iter().any(|word| line.starts_with(word)));
            let rules: Vec<usize> = lines
                .map(|line| {
                    // An entry about the whole table has no cells behind its rule.
                    let line = format!("{line} ");
                    let rule = crate::validate::rules::RULES
                        .iter()
                        .filter_map(|rule| line.find(&format!("  {} ", rule.id())).map(|at| width(&line[..at])));
                    rule.max().expect("each names its rule")
                })
                .collect();
            assert!(rules.len() > 10 && rules.iter().all(|start| *start == rules[0]), "{rules:?}\n{shown}");
        }
    }

    #[test]
    fn colours_come_only_when_asked_for_and_nothing_else_commands_the_terminal() {
        let table = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,開始時間\n331007,A1,名,1階,34.6,133.9,\u{1b}[2J\u{202e}9\n";
        let shown = text(table, Lang::Ja);
        assert!(
            shown.contains("\u{fffd}[2J")
                && shown.chars().all(|found| found == '\n' || !crate::text::is_command(found))
        );
        let mut out = Vec::new();
        let wording = Wording { registry: Registry::embedded(), lang: Lang::Ja, in_colour: true };
        Terminal.write(&checked(table, "a.csv"), &wording, &mut out).expect("in memory");
        let coloured = String::from_utf8(out).expect("UTF-8");
        assert!(coloured.contains("\u{1b}[1;31mエラー\u{1b}[0m") && !coloured.contains("\u{1b}[2J"), "{coloured}");
    }
}
