//! Codes that a spreadsheet took for numbers: lost zeros, a missing check digit, `.0` at the end.

use crate::municipality;
use crate::schema::Field;

/// A code of fixed width with its leading zeros back, and without hyphens.
pub(in crate::validate) fn at_full_width(field: &Field, value: &str) -> Option<String> {
    let width = field.width?;
    let bare = value.strip_suffix(".0").unwrap_or(value);
    let digits = bare.replace('-', "");
    let is_cut = bare.contains('-') && digits.len() != width;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.bytes().any(|byte| byte != b'0');
    let padded = format!("{digits:0>width$}");
    (is_number && !is_cut && padded.len() == width && padded != value).then_some(padded)
}

/// The 全国地方公共団体コード that five digits without check digit stand for, where no other body's code has lost a zero to
/// look the same.
pub(super) fn sure_municipality(value: &str) -> Option<String> {
    match candidates(value)? {
        (Some(code), None) => Some(code),
        _ => None,
    }
}

/// The code that probably stood here: a leading zero was lost, or there are two ways to read five digits.
pub(super) fn probable_municipality(value: &str) -> Option<String> {
    let (without_check_digit, without_zero) = candidates(value)?;
    without_check_digit.or(without_zero)
}

/// The known codes that a value is without its check digit (or with a `.0`), and without its leading zero.
fn candidates(value: &str) -> Option<(Option<String>, Option<String>)> {
    if municipality::find(value).is_some() {
        return None;
    }
    let bare = value.strip_suffix(".0").unwrap_or(value);
    let known = |code: &str| municipality::find_any(code).map(|found| found.code.clone());
    Some((known(bare), known(&format!("0{bare}"))))
}
