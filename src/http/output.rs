//! What a reader may choose of an answer's form, beside the format itself.

use super::parameters::Parameters;
use super::problem::Problem;
use crate::format::{Encoding, Format, Options};
use crate::schema::nearest;

/// The parameters.
pub const NAMES: [&str; 3] = ["bom", "encoding", "width"];

/// Reads them.
///
/// # Errors
/// A problem for what they do not take.
pub fn options(parameters: &Parameters) -> Result<Options, Problem> {
    let default = Options::default();
    Ok(Options {
        bom: parameters.flag("bom", default.bom)?,
        encoding: parameters.get("encoding").map_or(Ok(default.encoding), encoding)?,
        width: parameters.get("width").map(|_| parameters.number("width", 0, 0..=1_000)).transpose()?,
    })
}

/// Of the options those that make a difference to a format.
///
/// # Errors
/// A problem for a width that it cannot be written in.
pub fn heeded(format: &dyn Format, options: &Options) -> Result<Options, Problem> {
    let heeded = format.heeded(options);
    let widths = format.widths();
    match heeded.width {
        Some(width) if !widths.iter().any(|range| range.contains(&width)) => {
            let each = |or: &str, to: &str| {
                let each = widths.iter().map(|range| match (range.start(), range.end()) {
                    (start, end) if start == end => start.to_string(),
                    (start, end) => format!("{start}{to}{end}"),
                });
                each.collect::<Vec<_>>().join(or)
            };
            Err(Problem::parameter(
                "width",
                &width.to_string(),
                format!("{} の width は {} の整数です。", format.id(), each(" か ", "～")),
                format!("The width of {} is a whole number: {}.", format.id(), each(" or ", " to ")),
            ))
        }
        _ => Ok(heeded),
    }
}

/// What others call our encodings.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("sjis", "shift_jis"),
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("windows-31j", "shift_jis"),
    ("utf8", "utf-8"),
];

fn encoding(word: &str) -> Result<Encoding, Problem> {
    Encoding::ALL.into_iter().find(|encoding| encoding.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        let problem = Problem::parameter(
            "encoding",
            word,
            "encoding は utf-8 か shift_jis です。",
            "encoding is utf-8 or shift_jis.",
        );
        let ours = OTHER_NAMES.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(word)).map(|(_, ours)| *ours);
        match ours.or_else(|| nearest(word, Encoding::ALL.map(Encoding::as_str))) {
            Some(near) => problem.hint(format!("{near} のことですか。"), format!("Did you mean {near}?")),
            None => problem,
        }
    })
}

/// The header that says how many characters the encoding lacks.
pub const REPLACED: &str = "machikura-replaced-characters";

/// Whether the encoding may lack characters.
pub fn may_replace(options: &Options) -> bool {
    options.encoding != Encoding::Utf8
}

/// What the client hears when an answer cannot be written, for want of room for temporary files.
pub fn unwritten(error: std::io::Error) -> Problem {
    tracing::error!(%error, "an answer could not be written");
    Problem::internal()
}
