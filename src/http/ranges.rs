//! Parts of files (RFC 9110, section 14): which bytes a `Range` header asks for. One part at a time; what asks for
//! several, or for anything but bytes, gets the whole, which is always allowed.

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// The bytes from the first up to and with the last.
    Part {
        /// The first byte, from 0.
        first: u64,
        /// The last byte, within the file.
        last: u64,
    },
    /// Nothing: the part lies behind the end (416).
    Beyond,
}

impl Extent {
    /// What a header asks for of a file with so many bytes.
    pub fn of(header: Option<&str>, length: u64) -> Extent {
        header.and_then(|header| Extent::parse(header, length)).unwrap_or(Extent::Whole)
    }

    /// `None` for what is not understood, and is therefore passed over.
    fn parse(header: &str, length: u64) -> Option<Extent> {
        let (unit, range) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        let within = |first: u64, last: u64| {
            if first < length { Extent::Part { first, last: last.min(length - 1) } } else { Extent::Beyond }
        };
        match (first, last) {
            ("", last) => Some(match number(last)? {
                0 => Extent::Beyond,
                suffix => within(length.saturating_sub(suffix), u64::MAX),
            }),
            (first, "") => Some(within(number(first)?, u64::MAX)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then(|| within(first, last))
            }
        }
    }
}

/// Digits only. What is too large is as good as endless.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        let part = |first, last| Extent::Part { first, last };
        for (header, length, expected) in [
            ("bytes=0-0", 10, part(0, 0)),
            ("bytes=0-9", 10, part(0, 9)),
            ("bytes=0-10", 10, part(0, 9)),
            ("bytes=9-9", 10, part(9, 9)),
            ("bytes=3-", 10, part(3, 9)),
            ("bytes=-3", 10, part(7, 9)),
            ("bytes=-10", 10, part(0, 9)),
            ("bytes=-99", 10, part(0, 9)),
            ("bytes=2-99999999999999999999999", 10, part(2, 9)),
            ("Bytes = 2-3", 10, part(2, 3)),
            ("bytes=10-", 10, Extent::Beyond),
            ("bytes=10-20", 10, Extent::Beyond),
            ("bytes=99999999999999999999999-", 10, Extent::Beyond),
            ("bytes=-0", 10, Extent::Beyond),
            ("bytes=0-", 0, Extent::Beyond),
            ("bytes=-5", 0, Extent::Beyond),
            // Not understood, or more than one.
            ("bytes=3-2", 10, Extent::Whole),
            ("bytes=0-1,3-4", 10, Extent::Whole),
            ("bytes=-", 10, Extent::Whole),
            ("bytes=+1-2", 10, Extent::Whole),
            ("bytes=a-b", 10, Extent::Whole),
            ("bytes", 10, Extent::Whole),
            ("lines=0-1", 10, Extent::Whole),
            ("", 10, Extent::Whole),
        ] {
            assert_eq!(Extent::of(Some(header), length), expected, "{header} of {length}");
        }
        assert_eq!(Extent::of(None, 10), Extent::Whole);
    }
}
