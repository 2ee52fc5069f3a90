//! Bodies in chunks (RFC 9112, section 7.1), followed to their end byte by byte.

/// A body that is not what its head says.
pub struct Malformed;

/// Where in a chunked body we are.
#[derive(Default)]
pub struct Chunks {
    state: Chunk,
    /// Bytes of the present chunk that are still to come.
    left: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Chunk {
    #[default]
    Size,
    SizeGoesOn,
    Extension,
    SizeEnds,
    Data,
    DataEnds,
    DataEnded,
    Trailer,
    TrailerGoesOn,
    TrailerEnds,
    Ends,
    Over,
}

impl Chunks {
    /// Whether nothing is to come.
    pub fn is_over(&self) -> bool {
        self.state == Chunk::Over
    }

    /// How many of these bytes are of the body.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn follow(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut at = 0;
        while at < bytes.len() && self.state != Chunk::Over {
            if self.state == Chunk::Data {
                let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.left -= u64::try_from(count).expect("a length fits");
                at += count;
                if self.left == 0 {
                    self.state = Chunk::DataEnds;
                }
            } else {
                self.state = self.next(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Result<Chunk, Malformed> {
        /// A longer chunk no number could hold.
        const LONGEST: u64 = u64::MAX >> 4;
        let digit = char::from(byte).to_digit(16).map(u64::from);
        Ok(match (self.state, byte) {
            (Chunk::Size | Chunk::SizeGoesOn, _) if digit.is_some() && self.left <= LONGEST => {
                self.left = (self.left << 4) | digit.unwrap_or_default();
                Chunk::SizeGoesOn
            }
            (Chunk::SizeGoesOn, b';') => Chunk::Extension,
            (Chunk::SizeGoesOn | Chunk::Extension, b'\r') => Chunk::SizeEnds,
            (Chunk::Extension, b'\t' | b' '..=b'~' | 0x80..) => Chunk::Extension,
            (Chunk::SizeEnds, b'\n') if self.left > 0 => Chunk::Data,
            (Chunk::SizeEnds, b'\n') => Chunk::Trailer,
            (Chunk::DataEnds, b'\r') => Chunk::DataEnded,
            (Chunk::DataEnded, b'\n') => Chunk::Size,
            (Chunk::Trailer, b'\r') => Chunk::Ends,
            (Chunk::TrailerGoesOn, b'\r') => Chunk::TrailerEnds,
            (Chunk::Trailer | Chunk::TrailerGoesOn, b'\t' | b' '..=b'~' | 0x80..) => Chunk::TrailerGoesOn,
            (Chunk::TrailerEnds, b'\n') => Chunk::Trailer,
            (Chunk::Ends, b'\n') => Chunk::Over,
            _ => return Err(Malformed),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_are_followed_however_they_come(
            text in "([0-3]\r\n[ab]{0,3}\r\n){0,4}0\r\n\r\nrest",
            cut in 0_usize..40,
        ) {
            let bytes = text.as_bytes();
            let all = Chunks::default().follow(bytes).ok();
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            let mut chunks = Chunks::default();
            let parts = chunks.follow(one).and_then(|own| Ok(own + chunks.follow(other)?)).ok();
            prop_assert_eq!(parts, all);
        }

        #[test]
        fn nothing_makes_it_panic(bytes in "[0-9a-f;\r\n ]{0,60}") {
            drop(Chunks::default().follow(bytes.as_bytes()));
        }
    }
}
