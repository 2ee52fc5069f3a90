//! Limits of the rows of a text. Only a row of more bytes than a limit allows characters or columns can meet it, so only
//! long rows are looked at.

use super::limits::{Limit, LimitExceeded, Limits};

/// A row that meets a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    limit: Limit,
    /// Where in the row a quotation mark opens that does not close before the limit.
    quote: Option<usize>,
}

impl TooLong {
    /// The error, where the row begins in a line of the file.
    pub fn in_line(self, line: u64, row: &str, limits: &Limits) -> LimitExceeded {
        let before = &row[..self.quote.unwrap_or(0)];
        let lines = u64::try_from(memchr::memchr_iter(b'\n', before.as_bytes()).count()).unwrap_or(u64::MAX);
        LimitExceeded { opened: self.quote.is_some(), ..limits.exceeded(self.limit, Some(line.saturating_add(lines))) }
    }
}

/// Bytes of a row that surely meets no limit.
pub(super) fn surely_short(limits: &Limits) -> usize {
    let least = limits.columns.min(limits.cell_characters).min(limits.row_characters);
    usize::try_from(least).unwrap_or(usize::MAX)
}

/// Measures a row, closed or still open, by the quotation marks as [`super::parse`] reads them. Answers its characters.
///
/// # Errors
/// The limit that it meets.
pub(super) fn measure(row: &str, delimiter: u8, limits: &Limits) -> Result<u64, TooLong> {
    let (mut columns, mut characters, mut in_cell) = (1, 0, 0);
    let (mut quote, mut is_open, mut is_start) = (None, false, true);
    let bytes = row.strip_suffix('\n').unwrap_or(row).as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        // Bytes that go on with a character of UTF-8 are none themselves.
        let mut is_character = byte & 0xC0 != 0x80;
        if byte == b'"' && (is_start || quote.is_some()) {
            // Of two marks the first closes the cell and the second opens it again: together they stand for one.
            is_character = !is_open && quote.is_some();
            is_open = !is_open;
            quote = quote.or(Some(at));
            is_start = false;
        } else if !is_open && byte == delimiter {
            columns += 1;
            (in_cell, quote, is_start, is_character) = (0, None, true, false);
        } else {
            is_start = false;
        }
        characters += u64::from(is_character);
        in_cell += u64::from(is_character);
        let met = if columns > limits.columns {
            Limit::Columns
        } else if in_cell > limits.cell_characters {
            Limit::CellCharacters
        } else if characters > limits.row_characters {
            Limit::RowCharacters
        } else {
            continue;
        };
        return Err(TooLong { limit: met, quote: quote.filter(|_| is_open) });
    }
    Ok(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { columns: 5, cell_characters: 10, row_characters: 30, ..Limits::SERVER };

    #[test]
    fn a_row_is_measured_in_columns_and_characters() {
        let met = |row: &str| measure(row, b',', &LIMITS).map_err(|error| (error.limit, error.quote));
        assert_eq!(met("a,b,c,d,e\n"), Ok(5));
        assert_eq!(met("a,b,c,d,e,\n"), Err((Limit::Columns, None)));
        assert_eq!(met("\"a,b,c,d,\",\"\"\"e\"\n"), Ok(10));
        assert_eq!(met("市民センターの北の入口\n"), Err((Limit::CellCharacters, None)));
        assert_eq!(met("1,\"a\nb\nc\nd\ne\nf"), Err((Limit::CellCharacters, Some(2))));
        assert_eq!(met("123456789,123456789,123456789,1234\n"), Err((Limit::RowCharacters, None)));
        assert_eq!(met("123456789,123456789,123456789,123\n"), Ok(30));
    }

    #[test]
    fn the_line_is_that_of_the_quotation_mark() {
        let row = "\"a\nb\",\"c\nd\ne\nf\ng\nh";
        let error = measure(row, b',', &LIMITS).expect_err("a long cell");
        let told = error.in_line(7, row, &LIMITS);
        assert_eq!((told.line, told.opened, told.value), (Some(8), true, 10));
    }
}
