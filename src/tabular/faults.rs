//! How badly an encoding fits a text.

use std::io::{self, Read};
use std::sync::LazyLock;

use encoding_rs::DecoderResult;

use super::decode::Encoding;

/// How badly an encoding fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// Byte sequences that mean nothing in it.
    pub count: u64,
    /// Characters that are rare in real text but common where another encoding is misread: half-width kana, controls.
    pub oddities: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// So many faults are enough to tell how badly an encoding fits; each costs time.
const FAULTS_COUNTED: u64 = 5_000;

impl Faults {
    /// Whether there are so many that no more were counted.
    pub fn are_many(self) -> bool {
        self.count >= FAULTS_COUNTED
    }

    pub fn per_million(self) -> u64 {
        self.count * 1_000_000 / self.bytes.max(1)
    }
}

/// How badly an encoding fits a text.
pub(super) fn faults(encoding: Encoding, mut reader: Box<dyn Read + Send>) -> io::Result<Faults> {
    let mut decoder = encoding.codec().new_decoder_without_bom_handling();
    let mut input = vec![0; 1 << 16];
    let mut output = String::with_capacity(1 << 18);
    let mut faults = Faults::default();
    loop {
        let count = reader.read(&mut input)?;
        faults.bytes += u64::try_from(count).unwrap_or(u64::MAX);
        let mut rest = &input[..count];
        loop {
            output.clear();
            let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut output, count == 0);
            rest = &rest[read..];
            if encoding != Encoding::Utf8 {
                faults.oddities += oddities(&output);
            }
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(_, _) => faults.count += 1,
            }
            if faults.count >= FAULTS_COUNTED {
                return Ok(faults);
            }
        }
        if count == 0 {
            return Ok(faults);
        }
    }
}

fn oddities(text: &str) -> u64 {
    let odd = text.chars().filter(|c| matches!(c, '｡'..='ﾟ' | '\u{80}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}'));
    u64::try_from(odd.count()).unwrap_or(u64::MAX)
}

/// As [`faults`] with [`Encoding::ShiftJis`], by tables: most files that are not UTF-8 are read to their end here.
pub(super) fn faults_in_shift_jis(mut reader: impl Read) -> io::Result<Faults> {
    let units = &*UNITS;
    let mut input = vec![0; 1 << 16];
    let mut faults = Faults::default();
    let mut lead = None;
    loop {
        let count = reader.read(&mut input)?;
        faults.bytes += u64::try_from(count).unwrap_or(u64::MAX);
        let mut rest = &input[..count];
        loop {
            // A pair mostly stands in one piece.
            let unit = match (lead.take(), rest) {
                (Some(lead), [trail, behind @ ..]) => {
                    rest = behind;
                    units.pair(lead, *trail)
                }
                (None, [first, behind @ ..]) => match (units.singles[usize::from(*first)], behind) {
                    (Unit::Lead, [trail, behind @ ..]) => {
                        rest = behind;
                        units.pair(*first, *trail)
                    }
                    (unit, _) => {
                        rest = behind;
                        if matches!(unit, Unit::Lead) {
                            lead = Some(*first);
                        }
                        unit
                    }
                },
                (still, []) => {
                    lead = still;
                    break;
                }
            };
            match unit {
                Unit::Plain | Unit::Lead => {}
                Unit::Odd => faults.oddities += 1,
                Unit::Fault => {
                    faults.count += 1;
                    if faults.count >= FAULTS_COUNTED {
                        return Ok(faults);
                    }
                }
            }
        }
        if count == 0 {
            faults.count += u64::from(lead.is_some());
            return Ok(faults);
        }
    }
}

/// What a byte, or a lead byte with the one behind it, is in Shift_JIS.
#[derive(Clone, Copy)]
enum Unit {
    Plain,
    Odd,
    Lead,
    Fault,
}

struct Units {
    singles: Vec<Unit>,
    /// By lead byte and trail byte.
    pairs: Vec<Unit>,
}

impl Units {
    fn pair(&self, lead: u8, trail: u8) -> Unit {
        self.pairs[(usize::from(lead) << 8) | usize::from(trail)]
    }
}

/// Made by the decoder itself, so that the two never disagree.
static UNITS: LazyLock<Units> = LazyLock::new(|| {
    let decoded = |bytes: &[u8], is_last| {
        let mut output = String::with_capacity(16);
        let mut decoder = Encoding::ShiftJis.codec().new_decoder_without_bom_handling();
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut output, is_last);
        (result, output)
    };
    let unit = |bytes: &[u8]| match decoded(bytes, true) {
        (DecoderResult::Malformed(..), _) => Unit::Fault,
        (_, output) if oddities(&output) > 0 => Unit::Odd,
        _ => Unit::Plain,
    };
    let is_lead = |byte: u8| decoded(&[byte], false) == (DecoderResult::InputEmpty, String::new());
    Units {
        singles: (0..=u8::MAX).map(|byte| if is_lead(byte) { Unit::Lead } else { unit(&[byte]) }).collect(),
        pairs: (0..=u8::MAX)
            .flat_map(|lead| (0..=u8::MAX).map(move |trail| [lead, trail]))
            .map(|pair| if is_lead(pair[0]) { unit(&pair) } else { Unit::Plain })
            .collect(),
    }
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(bytes: &[u8]) -> [Faults; 2] {
        let reader = || Box::new(io::Cursor::new(bytes.to_vec()));
        [faults_in_shift_jis(reader()), faults(Encoding::ShiftJis, reader())].map(|found| found.expect("in memory"))
    }

    #[test]
    fn tables_count_what_the_decoder_counts() {
        let text = encoding_rs::SHIFT_JIS.encode("名称①,ｱｲｳ,髙\r\n").0.repeat(20_000);
        let noise: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n * 7919 % 251).expect("below 256")).collect();
        for bytes in [&b""[..], b"a\x81", b"\x81\x0a\x82\xa0", b"\xa0\xfd\x80\xb1\xf0\x40", &text, &noise] {
            let [table, decoder] = both(bytes);
            assert_eq!(table, decoder);
        }
    }

    proptest! {
        #[test]
        fn tables_count_what_the_decoder_counts_in_anything(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let [table, decoder] = both(&bytes);
            prop_assert_eq!(table, decoder);
        }
    }
}
