//! The places of the signs that part cells, and of what is out of the ordinary between them, 64 bytes at a time.

use wide::u8x16;

/// Bytes looked at together: a bit for each fits a word.
const WORD: usize = 64;

/// The places of three signs in a text.
pub(super) struct Signs<'a> {
    bytes: &'a [u8],
    signs: [u8x16; 3],
    /// Where the bytes begin that were not looked at yet.
    next: usize,
    /// Of the bytes before those, a bit for each sign that was not given yet,
    found: u64,
    /// and for each byte out of the ordinary since the last cell.
    odd: u64,
    /// Whether there is one further back.
    was_odd: bool,
}

impl<'a> Signs<'a> {
    pub fn new(bytes: &'a [u8], signs: [u8; 3]) -> Signs<'a> {
        Signs { bytes, signs: signs.map(u8x16::splat), next: 0, found: 0, odd: 0, was_odd: false }
    }

    /// The place of the next sign.
    #[inline]
    pub fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.look()?;
        }
        let bit = self.found.trailing_zeros();
        self.found &= self.found - 1;
        Some(self.next - WORD + usize::try_from(bit).expect("below 64"))
    }

    /// Whether a byte since the last cell is out of the ordinary. The cell ends at the sign that was given last.
    #[inline]
    pub fn end_cell(&mut self, at: usize) -> bool {
        // Behind the text there is no sign; only a cell that was never closed ends there.
        let Some(bit) = (at + WORD).checked_sub(self.next).filter(|bit| *bit < WORD) else { return true };
        let before = (1_u64 << bit) - 1;
        let is_odd = self.was_odd || self.odd & before != 0;
        self.odd &= !(before << 1 | 1);
        self.was_odd = false;
        is_odd
    }

    fn look(&mut self) -> Option<()> {
        self.was_odd |= self.odd != 0;
        let mut rest = [0; WORD];
        let bytes = match self.bytes.get(self.next..self.next + WORD) {
            Some(bytes) => bytes,
            None => {
                let bytes = self.bytes.get(self.next..).filter(|bytes| !bytes.is_empty())?;
                rest[..bytes.len()].copy_from_slice(bytes);
                &rest
            }
        };
        (self.found, self.odd) = (0, 0);
        for (part, bytes) in bytes.chunks_exact(16).enumerate() {
            let bytes = u8x16::new(bytes.try_into().expect("sixteen bytes"));
            let [one, two, three] = self.signs.map(|sign| bytes.simd_eq(sign));
            self.found |= u64::from((one | two | three).to_bitmask()) << (16 * part);
            self.odd |= u64::from(odd(bytes).to_bitmask()) << (16 * part);
        }
        self.next += WORD;
        Some(())
    }
}

/// The bytes that ordinary cells do not hold: controls, `# & < ? [`, and the first bytes of characters other than those from
/// U+3000 to U+DFFF, which are kana, kanji and the signs beside them.
fn odd(bytes: u8x16) -> u8x16 {
    let is_at_most = |bytes: u8x16, most: u8| bytes.min(u8x16::splat(most)).simd_eq(bytes);
    let is = |sign: u8| bytes.simd_eq(u8x16::splat(sign));
    // 0xEE to 0xFF and 0xC0 to 0xE2, each moved to where it is compared once.
    let first =
        is_at_most(bytes - u8x16::splat(0xEE), 0xFF - 0xEE) | is_at_most(bytes - u8x16::splat(0xC0), 0xE2 - 0xC0);
    let control = is_at_most(bytes, 0x1F) | is(0x7F);
    control | first | (is(b'#') | is(b'&')) | (is(b'<') | is(b'?')) | is(b'[')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn signs_are_where_they_stand_and_odd_cells_are_told(text in "[a-c,\"\n#é\u{ff11}市😀\u{7f}]{0,200}") {
            let bytes = text.as_bytes();
            let mut signs = Signs::new(bytes, *b",\n\"");
            let mut start = 0;
            for at in (0..bytes.len()).filter(|at| b",\n\"".contains(&bytes[*at])) {
                prop_assert_eq!(signs.next(), Some(at));
                let is_odd = bytes[start..at].iter().any(|byte| matches!(byte, b'#' | 0..0x20 | 0x7F | 0xC0..0xE3 | 0xEE..));
                prop_assert_eq!(signs.end_cell(at), is_odd);
                start = at + 1;
            }
            prop_assert_eq!(signs.next(), None);
        }
    }
}
