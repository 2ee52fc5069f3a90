//! What a repair did, in words for a terminal.

use std::fmt::Write;

use super::Report;
use super::groups::BLANK;
use crate::text::Lang;
use crate::validate::plan::PlanEntry;
use crate::validate::repair::Repaired;

/// What was changed, what was left, and the verdict on the result.
pub fn text(repaired: &Repaired, after: &Report, lang: Lang) -> String {
    let mut out = String::new();
    write_all(&mut out, repaired, after, lang).expect("a String takes everything");
    out
}

fn write_all(out: &mut String, repaired: &Repaired, after: &Report, lang: Lang) -> std::fmt::Result {
    let say = |ja: &'static str, en: &'static str| if lang == Lang::Ja { ja } else { en };
    let (rows, cells) = (repaired.row_numbers.len(), repaired.cells);
    let name = repaired.report.file.name.as_deref().unwrap_or(say("（標準入力）", "(standard input)"));
    match lang {
        Lang::Ja => writeln!(out, "{name}: {rows} 行を書き出し、{cells} 個のセルを直しました")?,
        Lang::En => writeln!(out, "{name}: {rows} rows written, {cells} cells corrected")?,
    }
    let is_followed = |entry: &&PlanEntry| entry.class.is_some_and(|class| repaired.recipe.allows(entry.rule, class));
    let done: Vec<&PlanEntry> = repaired.report.fix_plan.iter().filter(is_followed).collect();
    // What is left is what the corrected table still shows, not what the file showed.
    let (offered, left): (Vec<&PlanEntry>, Vec<&PlanEntry>) = after
        .fix_plan
        .iter()
        .filter(|entry| !is_followed(entry) && !entry.is_only_told())
        .partition(|entry| entry.class.is_some());
    list(out, say("直したもの", "Corrected"), &done, lang)?;
    list(
        out,
        say("確かめれば直せるもの（--fix likely、または --rules 規則）", "Offered (--fix likely, or --rules RULE)"),
        &offered,
        lang,
    )?;
    list(out, say("人が直すもの", "Left to you"), &left, lang)?;
    let (errors, warnings) = (after.errors, after.warnings);
    let verdict = if after.is_valid() { say("適合", "conforms") } else { say("不適合", "does not conform") };
    match lang {
        Lang::Ja => {
            writeln!(out, "直した後: {verdict} · エラー {errors} · 警告 {warnings} · 点数 {:.1}", after.score())
        }
        Lang::En => {
            writeln!(out, "Afterwards: {verdict} · errors {errors} · warnings {warnings} · score {:.1}", after.score())
        }
    }
}

fn list(out: &mut String, title: &str, entries: &[&PlanEntry], lang: Lang) -> std::fmt::Result {
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}")?;
    for entry in entries {
        let sample = entry.samples.iter().find_map(|sample| {
            let after = sample.after.as_deref()?;
            Some(format!("  {} → {}", shown(&sample.before, lang), shown(after, lang)))
        });
        writeln!(out, "  {:>7}  {}{}", entry.cells, entry.rule, sample.unwrap_or_default())?;
    }
    Ok(())
}

fn shown(value: &str, lang: Lang) -> String {
    const SHOWN: usize = 30;
    if value.is_empty() {
        return BLANK.get(lang).to_owned();
    }
    let short: String = value.chars().take(SHOWN).map(|c| if c == '\n' { '⏎' } else { c }).collect();
    if value.chars().nth(SHOWN).is_some() { format!("「{short}…」") } else { format!("「{short}」") }
}
