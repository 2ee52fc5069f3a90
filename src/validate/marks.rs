//! What one look at the characters of a cell tells: the marks that it holds. A rule about characters says which marks it
//! looks for ([`Rule::looks_for`](super::rule::Rule::looks_for)) and is not asked about cells without them.

use wide::u8x16;

/// A set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    /// No mark at all.
    pub const NONE: Marks = Marks(0);
    /// Every mark: what is said of a cell that is blank or was not looked at.
    pub const ALL: Marks = Marks(u32::MAX);
    /// A blank at one of the ends. Not told by [`Marks::of`], but by trimming.
    pub const BLANK_END: Marks = Marks(1);
    /// A line break.
    pub const LINE_BREAK: Marks = Marks(1 << 1);
    /// Perhaps another control, or a mark without width.
    pub const CONTROL: Marks = Marks(1 << 2);
    /// Perhaps the replacement character.
    pub const REPLACEMENT: Marks = Marks(1 << 3);
    /// Perhaps a character for private use.
    pub const PRIVATE: Marks = Marks(1 << 4);
    /// Perhaps half-width kana.
    pub const HALF_KANA: Marks = Marks(1 << 5);
    /// `<` or `&`.
    pub const MARKUP: Marks = Marks(1 << 6);
    /// `#`.
    pub const HASH: Marks = Marks(1 << 7);
    /// `[`.
    pub const BRACKET: Marks = Marks(1 << 8);
    /// `?`.
    pub const QUESTION: Marks = Marks(1 << 9);
    /// `E` or `e`, and `+` or `-`, before a digit at the end.
    pub const EXPONENT: Marks = Marks(1 << 10);
    /// Eleven digits or more, perhaps not side by side.
    pub const MANY_DIGITS: Marks = Marks(1 << 11);
    /// Any character beyond ASCII.
    pub const NOT_ASCII: Marks = Marks(1 << 12);

    /// A sign in front that formulas begin with: `=`, `+`, `-` or `@`.
    pub const FORMULA: Marks = Marks(1 << 16);

    const LETTER_E: Marks = Marks(1 << 13);
    const SIGN: Marks = Marks(1 << 14);
    /// A digit of either width, or a full-width sign beside them.
    const DIGIT: Marks = Marks(1 << 15);

    /// Both sets together.
    #[must_use]
    pub const fn or(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Whether the two have a mark in common.
    pub const fn has_any(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// The marks of a cell. There may be one too many, but never one too few.
    pub fn of(cell: &str) -> Marks {
        let bytes = cell.as_bytes();
        let (mut found, mut digits, mut at) = (Marks::NONE, 0, 0);
        while let Some(byte) = bytes.get(at) {
            let (marks, length) = match byte {
                0..0x80 => (ASCII[usize::from(*byte)], 1),
                0x80..0xE0 => (TWO_BYTES, 2),
                0xE0..0xF0 => (OF_64[(usize::from(byte & 0xF) << 6) | usize::from(bytes[at + 1] & 0x3F)], 3),
                0xF0.. => (FOUR_BYTES, 4),
            };
            found = found.or(marks);
            digits += usize::from(marks.has_any(Marks::DIGIT));
            at += length;
        }
        if begins_formula(bytes) {
            found = found.or(Marks::FORMULA);
        }
        if digits >= MANY {
            found = found.or(Marks::MANY_DIGITS);
        }
        if found.has_any(Marks::LETTER_E) && found.has_any(Marks::SIGN) && ends_with_digit(bytes) {
            found = found.or(Marks::EXPONENT);
        }
        found
    }

    /// As [`Marks::of`], of a cell that [`Row::is_plain`](crate::tabular::Row::is_plain) says to be: few marks are left.
    pub fn of_plain(cell: &str) -> Marks {
        let bytes = cell.as_bytes();
        let mut found = if cell.is_ascii() { Marks::NONE } else { Marks::NOT_ASCII };
        if begins_formula(bytes) {
            found = found.or(Marks::FORMULA);
        }
        if has_many_digits(bytes) {
            found = found.or(Marks::MANY_DIGITS);
        }
        if ends_with_digit(bytes) && memchr::memchr2(b'E', b'e', bytes).is_some() {
            found = found.or(Marks::EXPONENT);
        }
        found
    }
}

/// Whether a formula may begin with the first of these bytes.
pub(super) fn begins_formula(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b'@'))
}

fn ends_with_digit(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(u8::is_ascii_digit)
}

/// How many digits are many: a telephone number of a person has eleven.
pub(super) const MANY: usize = 11;

/// Whether many of these bytes are digits.
pub(super) fn has_many_digits(bytes: &[u8]) -> bool {
    if bytes.len() < MANY {
        return false;
    }
    let digits = |bytes: &[u8; 16]| {
        let from_zero = u8x16::new(*bytes) - u8x16::splat(b'0');
        from_zero.min(u8x16::splat(9)).simd_eq(from_zero).to_bitmask()
    };
    let (chunks, rest) = bytes.as_chunks();
    // Most cells hold no digits, or have them at the end.
    let of_chunk = |chunk| Some(digits(chunk)).filter(|digits| *digits != 0).map_or(0, u32::count_ones);
    let count: u32 = chunks.iter().map(of_chunk).sum();
    let of_rest = match bytes.last_chunk() {
        // The bits of the rest are the upper ones.
        Some(_) if rest.is_empty() => 0,
        Some(last) => (digits(last) >> (16 - rest.len())).count_ones(),
        None => rest.iter().map(|byte| u32::from(byte.is_ascii_digit())).sum(),
    };
    usize::try_from(count + of_rest).is_ok_and(|count| count >= MANY)
}

/// U+0080 to U+07FF begin with controls; the rest of them is rare here.
const TWO_BYTES: Marks = Marks::NOT_ASCII.or(Marks::CONTROL);
/// From U+10000 on: rare kanji, pictures, private use.
const FOUR_BYTES: Marks = Marks::NOT_ASCII.or(Marks::PRIVATE);

/// The marks of the characters of ASCII.
const ASCII: [Marks; 128] = {
    let mut marks = [Marks::NONE; 128];
    let mut at = 0_usize;
    while at < 128 {
        marks[at] = match at.to_le_bytes()[0] {
            b'\n' => Marks::LINE_BREAK,
            0..0x20 | 0x7F => Marks::CONTROL,
            b'<' | b'&' => Marks::MARKUP,
            b'#' => Marks::HASH,
            b'[' => Marks::BRACKET,
            b'?' => Marks::QUESTION,
            b'E' | b'e' => Marks::LETTER_E,
            b'+' | b'-' => Marks::SIGN,
            b'0'..=b'9' => Marks::DIGIT,
            _ => Marks::NONE,
        };
        at += 1;
    }
    marks
};

/// The marks that any of the 64 characters from U+0000, U+0040 and so on up to U+FFC0 has: three bytes of UTF-8 tell the 64
/// in the first two.
const OF_64: [Marks; 1024] = {
    let mut marks = [Marks::NOT_ASCII; 1024];
    let mut at = 0;
    while at < 1024 {
        let (first, last) = (at * 64, at * 64 + 63);
        // Marks without width, separators of lines, marks of direction, the byte-order mark.
        if (first <= 0x206F && last >= 0x2000) || (first <= 0xFEFF && last >= 0xFEFF) {
            marks[at] = marks[at].or(Marks::CONTROL);
        }
        if first <= 0xF8FF && last >= 0xE000 {
            marks[at] = marks[at].or(Marks::PRIVATE);
        }
        if first <= 0xFF19 && last >= 0xFF10 {
            marks[at] = marks[at].or(Marks::DIGIT);
        }
        if first <= 0xFF9F && last >= 0xFF61 {
            marks[at] = marks[at].or(Marks::HALF_KANA);
        }
        if first <= 0xFFFD && last >= 0xFFFD {
            marks[at] = marks[at].or(Marks::REPLACEMENT);
        }
        at += 1;
    }
    marks
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_wherever_they_stand() {
        for length in 0..70 {
            for digits in 0..=length.min(12) {
                let text = format!("{}{}", "x".repeat(length - digits), "7".repeat(digits));
                let turned: String = text.chars().rev().collect();
                for text in [text, turned] {
                    assert_eq!(has_many_digits(text.as_bytes()), digits >= 11, "{text}");
                }
            }
        }
    }
}
