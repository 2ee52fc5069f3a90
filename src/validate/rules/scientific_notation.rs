//! A number that a spreadsheet has shortened to powers of ten.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::correct::is_half_width;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct ScientificNotation;

impl Rule for ScientificNotation {
    fn id(&self) -> &'static str {
        "scientific-notation"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{value}」は指数の表記で、元の番号の桁が失われています。元の資料から、文字列として入れ直してください。",
            en: "\"{value}\" is in scientific notation and has lost its digits; enter it again from the source, as text.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Excel は長い番号を 5.22E+12 のように縮めて保存することがあります。失われた桁は復元できないので、修正案は出しません（共通ルール 4）。",
            en: "Excel may save a long number as 5.22E+12. The digits that are gone cannot be restored, so nothing is suggested (common rules, section 4).",
        }
    }

    fn settles_the_cell(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::EXPONENT)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let is_number = is_half_width(field) && !matches!(field.kind, Kind::Url | Kind::Email);
        let severity = if is_number { Severity::Error } else { Severity::Warning };
        Some(Box::new(move |cell: Cell<'_>| is_scientific(cell.text).then(|| Fault::new(severity))))
    }
}

/// `5.22E+12`: an exponent with its sign, as spreadsheets write it. `2E10` may be an identifier.
pub(in crate::validate) fn is_scientific(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.last().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let Some(at) = memchr::memchr2(b'E', b'e', bytes) else { return false };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    is_digits(whole) && is_digits(fraction) && exponent.strip_prefix(['+', '-']).is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::is_scientific;

    #[test]
    fn exponents_are_told_from_identifiers() {
        for text in ["5.22001E+12", "4.00E+12", "1E+12", "1.2e-05"] {
            assert!(is_scientific(text), "{text}");
        }
        for text in ["2E10", "E3820100602201", "5.22001E", "E+12", "5E+1号", "12345", ""] {
            assert!(!is_scientific(text), "{text}");
        }
    }
}
