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
}

/// Bytes that were looked at together, a bit for each: what was not given or passed yet.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    /// The place of the first byte.
    start: usize,
    signs: u64,
    odd: u64,
    /// What may end a blank.
    blank: u64,
    /// What the cell holds that goes on from the word before.
    further_back: CellMarks,
    /// The bits in front of the sign that was given last.
    before: u64,
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CellMarks {
    /// A byte out of the ordinary.
    pub is_odd: bool,
    /// A blank, perhaps.
    pub has_blank: bool,
}

impl Word {
    /// The place of the next sign in the word.
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.signs == 0 {
            return None;
        }
        let bit = self.signs.trailing_zeros();
        self.before = (1 << bit) - 1;
        self.signs &= self.signs - 1;
        Some(self.start + usize::try_from(bit).expect("below 64"))
    }

    /// What stands in the cell that ends at the sign that was given last, and begins behind the last such cell.
    #[inline(always)]
    pub fn end_cell(&mut self) -> CellMarks {
        let marks = CellMarks {
            is_odd: self.further_back.is_odd | (self.odd & self.before != 0),
            has_blank: self.further_back.has_blank | (self.blank & self.before != 0),
        };
        // Signs are neither odd nor blanks.
        self.odd &= !self.before;
        self.blank &= !self.before;
        self.further_back = CellMarks::default();
        marks
    }
}

impl<'a> Signs<'a> {
    /// The signs, none of which is a blank.
    pub fn new(bytes: &'a [u8], signs: [u8; 3]) -> Signs<'a> {
        Signs { bytes, signs: signs.map(u8x16::splat), next: 0 }
    }

    /// The place of the next sign, in a word or behind it.
    #[inline(always)]
    pub fn next(&mut self, word: &mut Word) -> Option<usize> {
        loop {
            if let Some(at) = word.next() {
                return Some(at);
            }
            *word = self.look(*word)?;
        }
    }

    /// The word behind another one.
    #[inline(always)]
    fn look(&mut self, last: Word) -> Option<Word> {
        let mut rest = [0; WORD];
        let bytes = match self.bytes.get(self.next..self.next + WORD) {
            Some(bytes) => bytes,
            None => {
                let bytes = self.bytes.get(self.next..).filter(|bytes| !bytes.is_empty())?;
                rest[..bytes.len()].copy_from_slice(bytes);
                &rest
            }
        };
        let further_back = CellMarks {
            is_odd: last.further_back.is_odd | (last.odd != 0),
            has_blank: last.further_back.has_blank | (last.blank != 0),
        };
        let mut word = Word { start: self.next, further_back, ..Word::default() };
        for (part, bytes) in bytes.chunks_exact(16).enumerate() {
            let bytes = u8x16::new(bytes.try_into().expect("sixteen bytes"));
            let bits = |bytes: u8x16| u64::from(bytes.to_bitmask()) << (16 * part);
            let [one, two, three] = self.signs.map(|sign| bytes.simd_eq(sign));
            let signs = one | two | three;
            word.signs |= bits(signs);
            word.odd |= bits(odd(bytes) & !signs);
            let [space, wide_end] = [b' ', WIDE_BLANK_END].map(|byte| bytes.simd_eq(u8x16::splat(byte)));
            word.blank |= bits(space | wide_end);
        }
        self.next += WORD;
        Some(word)
    }
}

/// The last byte of U+3000, and of one character in 64.
const WIDE_BLANK_END: u8 = 0x80;

/// The bytes that ordinary cells do not hold: controls, `# & < ? [`, and the first bytes of characters other than those from
/// U+3000 to U+DFFF, which are kana, kanji and the signs beside them. Blanks in ordinary cells are spaces and U+3000.
#[inline(always)]
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
        fn signs_are_where_they_stand_and_cells_have_their_marks(text in "[a-c,\"\n#é \u{3000}\u{ff11}市😀\u{7f}]{0,200}") {
            let bytes = text.as_bytes();
            let (mut signs, mut word) = (Signs::new(bytes, *b",\n\""), Word::default());
            let mut start = 0;
            for at in (0..bytes.len()).filter(|at| b",\n\"".contains(&bytes[*at])) {
                prop_assert_eq!(signs.next(&mut word), Some(at));
                let is_odd = bytes[start..at].iter().any(|byte| matches!(byte, b'#' | 0..0x20 | 0x7F | 0xC0..0xE3 | 0xEE..));
                let has_blank = bytes[start..at].iter().any(|byte| matches!(byte, b' ' | 0x80));
                prop_assert_eq!(word.end_cell(), CellMarks { is_odd, has_blank });
                start = at + 1;
            }
            prop_assert_eq!(signs.next(&mut word), None);
        }
    }
}
