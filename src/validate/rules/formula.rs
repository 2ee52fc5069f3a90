//! Cells that a spreadsheet would run as formulas when the CSV is opened.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Formula;

impl Rule for Formula {
    fn id(&self) -> &'static str {
        "formula"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "CSV を表計算ソフトで開くと、数式として実行されます。先頭の「=」「+」「-」「@」を消すか、全角にしてください。",
            en: "A spreadsheet that opens the CSV runs this as a formula; remove the \"=\", \"+\", \"-\" or \"@\" in front, or write it full-width.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "「=」などで始まるセルは、CSV を開いた人のパソコンで計算され、リンクの偽装や外部への送信に悪用されることがあります（CSV インジェクション）。負の数、電話番号、日付、「-」だけのセル、@ で始まるアカウント名は対象外です。",
            en: "Cells that begin with \"=\" and its kind are run on the computer of whoever opens the CSV, which can be misused to disguise links or to send data away (CSV injection). Negative numbers, telephone numbers, dates, dashes alone and names of accounts are none.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::FORMULA)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        Some(Box::new(move |cell: Cell<'_>| {
            // The name of a mailbox may begin with such a sign.
            let is_mailbox = || kind == Kind::Email && kind.check(cell.trimmed).is_ok();
            (is_formula(cell.trimmed) && !is_mailbox()).then(|| Fault::new(Severity::Warning))
        }))
    }
}

/// Whether a spreadsheet takes a text for a formula, and it is not only a number.
fn is_formula(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let rest = &text[first.len_utf8()..];
    match first {
        '=' => rest.trim_start().starts_with(begins_operand) && rest.contains(char::is_alphanumeric),
        '@' => rest.contains(['(', '|', '!']),
        '+' | '-' => {
            let end = rest.find(|character| !may_be_of_number(character)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(end);
            // A name behind a number is no formula, and the text stays one.
            let is_behind_operator = number.trim_end().chars().next_back().is_none_or(|last| !is_closed(last));
            is_behind_operator && behind.starts_with(begins_operand)
        }
        _ => false,
    }
}

/// Whether a character can begin what a formula calculates with: a number, a name, a text, a bracket.
fn begins_operand(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(character, '_' | '\\' | '"' | '\'' | '(' | '[' | '{' | '@' | '#' | '+' | '-' | '.')
}

/// Whether a character stands in numbers, telephone numbers and dates, or between numbers.
fn may_be_of_number(character: char) -> bool {
    character.is_ascii_digit()
        || matches!(
            character,
            '+' | '-' | '*' | '/' | '^' | '&' | '=' | '<' | '>' | '.' | ',' | ':' | '(' | ')' | '%' | ' '
        )
}

/// Whether an operand ends with this character, so that an operator must follow.
fn is_closed(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, ')' | '%' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_numbers_and_names() {
        for text in [
            "=HYPERLINK(\"https://example.jp\",\"詳細\")",
            "=1+1",
            "= A1",
            "=-1",
            "=\"0860001111\"",
            "=合計",
            "+1+cmd|' /C calc'!A0",
            "-2+3*SUM(A1:A9)",
            "+SUM(A1)",
            "-(A1)",
            "-受付は10時まで",
            "- 要予約",
            "+α",
            "@SUM(1+1)*cmd|' /C calc'!A0",
        ] {
            assert!(is_formula(text), "{text}");
        }
        for text in [
            "",
            "=",
            "==",
            "=====",
            "=>",
            "-",
            "--",
            "---",
            "+",
            "-1.5",
            "-1,234",
            "+10%",
            "+81-86-803-1000",
            "+81 (86) 803-1000",
            "-2024-01-01",
            "-9:00",
            "-1階",
            "-10℃",
            "-3～5歳",
            "+81-86-803-1000（代表）",
            "+81-86-803-1000 内線2",
            "@okayama_city",
            "@岡山駅前",
            "市役所=本庁",
            "－",
            "＝A1",
            "1+1",
        ] {
            assert!(!is_formula(text), "{text}");
        }
    }
}
