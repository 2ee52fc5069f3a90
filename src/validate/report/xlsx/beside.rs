//! The sheets beside the marked table: all that was found, with links, and what to do.

use rust_xlsxwriter::Worksheet;

use super::correction;
use crate::tabular::{annotation, column_letters};
use crate::text::{Lang, Text, harmless};
use crate::validate::findings::{Finding, Severity};
use crate::validate::report::{Report, ReportError, Wording};
use crate::workbook::{self, Book, Look, place, write_link, write_text};

const FINDINGS_HEADING: [Text; 7] = [
    Text { ja: "重さ", en: "Severity" },
    Text { ja: "件数", en: "Count" },
    Text { ja: "項目", en: "Column" },
    Text { ja: "セル", en: "Cell" },
    Text { ja: "値", en: "Value" },
    Text { ja: "修正案", en: "Correction" },
    Text { ja: "内容", en: "What is wrong" },
];

/// What was found, findings alike under one line, each with a link to its cell.
pub(super) fn findings(
    book: &mut Book,
    report: &Report,
    names: &[String],
    wording: &Wording<'_>,
) -> Result<Worksheet, ReportError> {
    let lang = wording.lang;
    let failed = workbook::WorkbookError::from;
    let mut sheet = book.sheet(annotation::FINDINGS_SHEET.get(lang))?;
    for (column, (text, width)) in FINDINGS_HEADING.iter().zip([10, 8, 28, 12, 30, 34, 100]).enumerate() {
        let at = place(1, column)?;
        sheet.set_column_width(at.1, width).map_err(failed)?;
        write_text(&mut sheet, at, text.get(lang), &Look::Heading.format())?;
    }
    let plain = Look::Wrapped.format();
    let mut row = 2;
    let mut links = 0;
    for group in report.groups() {
        let look = match group.alike.severity {
            Severity::Error => Look::Error,
            Severity::Warning => Look::Warning,
            Severity::Info => Look::Info,
        };
        let format = look.format().set_bold().set_text_wrap();
        let [severity, label, message] =
            [group.alike.severity.title().get(lang).to_owned(), group.label(lang), group.message(lang)];
        let head =
            [severity, group.tally.count.to_string(), label, String::new(), String::new(), String::new(), message];
        for (column, cell) in head.iter().enumerate() {
            write_text(&mut sheet, place(row, column)?, cell, &format)?;
        }
        row += 1;
        let first = row;
        for finding in &group.findings {
            let Some(cell) = marked_cell(finding) else {
                continue;
            };
            if links == workbook::MOST_LINKS {
                break;
            }
            links += 1;
            write_link(&mut sheet, place(row, 3)?, &names[finding.table], &cell)?;
            let better = correction(finding, lang).map(|(better, certainty)| format!("{better}（{certainty}）"));
            let message =
                if group.findings.len() > 1 { finding.message(lang, report.label(finding)) } else { String::new() };
            let cells = [
                (4, harmless(finding.value.as_deref().unwrap_or_default())),
                (5, better.unwrap_or_default()),
                (6, message),
            ];
            for (column, cell) in cells {
                let cell: String = cell.chars().take(1_000).collect();
                write_text(&mut sheet, place(row, column)?, &cell, &plain)?;
            }
            row += 1;
        }
        if row > first {
            let (first, last) = (place(first, 0)?.0, place(row - 1, 0)?.0);
            sheet.group_rows(first, last).map_err(failed)?;
        }
    }
    sheet.group_symbols_above(true);
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

/// The cell of this workbook in which a finding is marked.
fn marked_cell(finding: &Finding) -> Option<String> {
    let column = finding.column.map_or(0, |column| column + 1);
    Some(format!("{}{}", column_letters(column), finding.row?))
}

/// What to do with the workbook.
pub(super) fn guide(book: &mut Book, report: &Report, wording: &Wording<'_>) -> Result<Worksheet, ReportError> {
    let mut sheet = book.sheet(annotation::GUIDE_SHEET.get(wording.lang))?;
    sheet.set_column_width(0, 120).map_err(workbook::WorkbookError::from)?;
    let say = |ja: &'static str, en: &'static str| (Look::Wrapped, wording.say(ja, en).to_owned());
    let title = |ja: &'static str, en: &'static str| (Look::Title, wording.say(ja, en).to_owned());
    let mut lines = vec![(Look::Title, report.verdict(wording.lang).to_owned())];
    let (errors, warnings, infos) = (report.errors, report.warnings, report.infos);
    let (rows, score) = (report.rows(), report.score());
    lines.push((
        Look::Wrapped,
        match wording.lang {
            Lang::Ja => format!("{rows} 行 · エラー {errors} · 警告 {warnings} · 情報 {infos} · 点数 {score:.1}"),
            Lang::En => {
                format!("{rows} rows · errors {errors} · warnings {warnings} · notes {infos} · score {score:.1}")
            }
        },
    ));
    lines.push(title("次にすること", "What to do"));
    lines.extend(report.next_steps(wording.lang).into_iter().map(|step| (Look::Wrapped, step)));
    lines.push(title("このファイルの使い方", "How to use this workbook"));
    lines.extend([
        say(
            "1. 色の付いたセルを直します。セルに重ねたメモに、何がどう違い、どう直すかが書いてあります。",
            "1. Mend the coloured cells; the note on each says what is wrong and how to mend it.",
        ),
        say(
            "2. 「手直し一覧」のセル番地を押すと、そのセルへ移ります。「確認」列で絞り込むと、直す行だけを表示できます。",
            "2. The links of the sheet \"Findings\" lead to the cells. Filter by the column \"Check\" to see only the rows to mend.",
        ),
        say(
            "3. 直したら、このファイルのまま検査や公開に使えます。「確認」列と「手直し一覧」「説明」のシートは読み飛ばします（名前を変えないでください）。",
            "3. Check or publish this very file: the column \"Check\" and the sheets \"Findings\" and \"What to do\" are skipped (keep their names).",
        ),
        say(
            "セルはすべて文字列です。Excel が電話番号の先頭の 0 を落としたり、日付を書き換えたりしません。",
            "All cells are texts, so that Excel drops no leading zero and rewrites no date.",
        ),
    ]);
    if report.unlisted() > 0 {
        let unlisted = report.unlisted();
        lines.push((
            Look::Wrapped,
            match wording.lang {
                Lang::Ja => format!(
                    "指摘が多いため、{unlisted} 件はセルに印を付けていません。直してからもう一度検査してください。"
                ),
                Lang::En => {
                    format!("{unlisted} findings are not marked in their cells; check again after mending the others.")
                }
            },
        ));
    }
    lines.push(title("色の意味", "Colours"));
    lines.extend([
        (
            Look::Error,
            wording.say("エラー: 直さないと公開できません。", "error: must be mended before publishing").to_owned(),
        ),
        (
            Look::Warning,
            wording
                .say("警告: 公開できますが、直すと使いやすくなります。", "warning: can be published; better mended")
                .to_owned(),
        ),
        (
            Look::Info,
            wording
                .say("情報: 読み取るときに整えたことなどです。", "note: tidied while reading, or good to know")
                .to_owned(),
        ),
    ]);
    for (row, (look, line)) in (1..).zip(&lines) {
        write_text(&mut sheet, place(row, 0)?, line, &look.format())?;
    }
    Ok(sheet)
}
