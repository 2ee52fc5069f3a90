//! What a reader may choose of an answer's form, beside the format itself.

use super::parameters::Parameters;
use super::problem::Problem;
use crate::format::{Encoding, Options};

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
        width: parameters.number("width", default.width, 10..=400)?,
    })
}

fn encoding(word: &str) -> Result<Encoding, Problem> {
    Encoding::ALL.into_iter().find(|encoding| encoding.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        Problem::parameter("encoding", word, "encoding は utf-8 か shift_jis です。", "encoding is utf-8 or shift_jis.")
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
