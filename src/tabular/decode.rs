//! Bytes as UTF-8 text: which encoding they are in, and a reader that decodes them with line ends made equal.

use std::io::{self, Read};
use std::sync::Arc;

use encoding_rs::{CoderResult, DecoderResult};

use super::faults::{faults, faults_in_shift_jis};
use super::{ReadError, TextForm};

/// The encodings that are understood. CP932 (Windows-31J) is what Japanese Excel writes; plain Shift_JIS is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// CP932, Shift_JIS with the vendor's characters.
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// ISO-2022-JP.
    Iso2022Jp,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
}

impl Encoding {
    /// The name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::ShiftJis => "Shift_JIS",
            Encoding::EucJp => "EUC-JP",
            Encoding::Iso2022Jp => "ISO-2022-JP",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
        }
    }

    /// WHATWG's `shift_jis` is CP932: it has the NEC and IBM characters (①㈱髙).
    pub(super) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::ShiftJis => encoding_rs::SHIFT_JIS,
            Encoding::EucJp => encoding_rs::EUC_JP,
            Encoding::Iso2022Jp => encoding_rs::ISO_2022_JP,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
        }
    }
}

/// What a text is judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its encoding.
    pub encoding: Encoding,
    /// Whether a byte-order mark stands in front.
    pub bom: bool,
    /// Whether it fits without a fault and the others do not fit at all.
    pub is_clear: bool,
}

/// So much of a long text is its beginning, in bytes.
const BEGINNING: usize = 1 << 20;

/// Judges a long text by its beginning; `None` where it is short or its beginning leaves doubt. As long as no fault comes up
/// in the rest, [`detect`] would judge the same. `open` reads it from the start.
///
/// # Errors
/// The operating system's.
pub fn guess(open: impl Fn() -> io::Result<Box<dyn Read + Send>>) -> Result<Option<Judgement>, ReadError> {
    let mut beginning = Vec::with_capacity(BEGINNING);
    open()?.take(BEGINNING as u64).read_to_end(&mut beginning)?;
    if beginning.len() < BEGINNING {
        return Ok(None);
    }
    // No character is cut behind a line end.
    let Some(end) = memchr::memrchr(b'\n', &beginning) else { return Ok(None) };
    beginning.truncate(end + 1);
    let beginning: Arc<[u8]> = beginning.into();
    let judged = detect(|| Ok(Box::new(io::Cursor::new(Arc::clone(&beginning)))));
    Ok(judged.ok().filter(|judgement| judgement.is_clear))
}

/// Judges a text to its end. `open` reads it from the start.
///
/// UTF-8 wins if it fits without a fault, then whichever of CP932 and EUC-JP has fewer faults.
///
/// # Errors
/// [`ReadError::NotText`] where every encoding leaves faults all over.
pub fn detect(open: impl Fn() -> io::Result<Box<dyn Read + Send>>) -> Result<Judgement, ReadError> {
    let judged = |encoding, bom, is_clear| Ok(Judgement { encoding, bom, is_clear });
    let mut head = Vec::new();
    open()?.take(4096).read_to_end(&mut head)?;
    if head.starts_with(b"\xEF\xBB\xBF") {
        return judged(Encoding::Utf8, true, false);
    }
    if head.starts_with(b"\xFF\xFE") {
        return judged(Encoding::Utf16Le, true, false);
    }
    if head.starts_with(b"\xFE\xFF") {
        return judged(Encoding::Utf16Be, true, false);
    }
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let some = head.len() / 20 + 1;
    if zeros(1) > some && zeros(1) > 4 * zeros(0) {
        return judged(Encoding::Utf16Le, false, false);
    }
    if zeros(0) > some && zeros(0) > 4 * zeros(1) {
        return judged(Encoding::Utf16Be, false, false);
    }
    // Half of a text in UTF-16 may be NUL, but of no other one: that is an image, a program or an empty disk.
    if zeros(0) + zeros(1) > some {
        return Err(ReadError::NotText);
    }
    let utf8 = faults(Encoding::Utf8, open()?)?;
    if utf8.count == 0 {
        let is_iso_2022 = head.windows(3).any(|bytes| matches!(bytes, b"\x1B$B" | b"\x1B$@"));
        return judged(if is_iso_2022 { Encoding::Iso2022Jp } else { Encoding::Utf8 }, false, !is_iso_2022);
    }
    let shift_jis = faults_in_shift_jis(open()?)?;
    let euc = faults(Encoding::EucJp, open()?)?;
    let (encoding, best) = [(Encoding::ShiftJis, shift_jis), (Encoding::EucJp, euc), (Encoding::Utf8, utf8)]
        .into_iter()
        .min_by_key(|(_, faults)| (faults.per_million(), faults.oddities))
        .expect("the list is not empty");
    // One fault in twenty characters is no damaged text but something else.
    if best.count > 20 + best.bytes / 20 {
        return Err(ReadError::NotText);
    }
    let is_clear = encoding == Encoding::ShiftJis && best.count == 0 && utf8.are_many() && euc.are_many();
    judged(encoding, false, is_clear)
}

/// Bytes that mean nothing, in a text of which no fault was expected.
#[derive(Debug, thiserror::Error)]
#[error("bytes that mean nothing in the encoding that the beginning is in")]
pub(super) struct Misjudged;

/// Decodes a text to UTF-8 with every line end (CR LF, CR, LF) as LF, and a line end behind the last line.
/// Bytes that mean nothing become U+FFFD.
pub struct TextReader {
    source: Box<dyn Read + Send>,
    is_strict: bool,
    decoder: Option<encoding_rs::Decoder>,
    raw: Vec<u8>,
    /// What was decoded and not yet read byte by byte.
    text: String,
    position: usize,
    last: u8,
    facts: LineFacts,
}

/// Counts that only the reader of the raw text can make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// CR LF.
    pub crlf: u64,
    /// LF alone.
    pub lf: u64,
    /// CR alone.
    pub cr: u64,
    /// Double quotes; an odd number means that one was never closed.
    pub quotes: u64,
}

impl LineFacts {
    /// What was added since.
    fn since(self, before: LineFacts) -> Added {
        let line_ends = |facts: LineFacts| facts.crlf + facts.lf + facts.cr;
        Added { line_ends: line_ends(self) - line_ends(before), quotes: self.quotes - before.quotes }
    }
}

impl TextReader {
    pub(super) fn new(source: Box<dyn Read + Send>, form: TextForm) -> TextReader {
        // A decoder that removes the mark is needed with UTF-8 too, and it checks what it passes on.
        let decoder = Some(form.encoding.codec().new_decoder_with_bom_removal());
        TextReader {
            source,
            is_strict: false,
            decoder,
            raw: vec![0; 1 << 16],
            text: String::new(),
            position: 0,
            last: b'\n',
            facts: LineFacts::default(),
        }
    }

    /// Ends with an error ([`Misjudged`]) at bytes that mean nothing, if it is to be strict.
    #[must_use]
    pub(super) fn strictly(self, is_strict: bool) -> TextReader {
        TextReader { is_strict, ..self }
    }

    /// The counts so far.
    pub fn facts(&self) -> LineFacts {
        self.facts
    }

    /// Adds the next piece of the text to `out` and counts what was added; `None` where there is none.
    ///
    /// # Errors
    /// The source's.
    pub(super) fn read_text(&mut self, out: &mut String) -> io::Result<Option<Added>> {
        let start = out.len();
        let mut added = Added::default();
        while out.len() == start {
            let Some(decoder) = self.decoder.as_mut() else { return Ok(None) };
            let count = self.source.read(&mut self.raw)?;
            let is_last = count == 0;
            out.reserve(decoder.max_utf8_buffer_length(count).expect("a buffer is far from the largest length"));
            if self.is_strict {
                let (result, _) = decoder.decode_to_string_without_replacement(&self.raw[..count], out, is_last);
                if let DecoderResult::Malformed(..) = result {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, Misjudged));
                }
                debug_assert_eq!(result, DecoderResult::InputEmpty, "there is room for all of it");
            } else {
                let (result, _, _) = decoder.decode_to_string(&self.raw[..count], out, is_last);
                debug_assert_eq!(result, CoderResult::InputEmpty, "there is room for all of it");
            }
            added = self.join_line_ends(out, start);
            if is_last {
                self.decoder = None;
                if self.last != b'\n' {
                    out.push('\n');
                    added.line_ends += 1;
                }
            }
        }
        Ok(Some(added))
    }

    /// Turns CR LF and CR from `start` on into LF, across pieces too, and counts.
    fn join_line_ends(&mut self, out: &mut String, start: usize) -> Added {
        let piece = &out.as_bytes()[start..];
        let Some(last) = piece.last().copied() else { return Added::default() };
        let before = self.facts;
        self.facts.quotes += count(memchr::memchr_iter(b'"', piece));
        self.facts.lf += count(memchr::memchr_iter(b'\n', piece));
        let begins_with_rest = self.last == b'\r' && piece[0] == b'\n';
        if begins_with_rest {
            self.facts.cr -= 1;
            self.facts.crlf += 1;
            self.facts.lf -= 1;
        }
        self.last = last;
        if !begins_with_rest && memchr::memchr(b'\r', piece).is_none() {
            return self.facts.since(before);
        }
        let piece = out.split_off(start);
        let mut kept = usize::from(begins_with_rest);
        for at in memchr::memchr_iter(b'\r', piece.as_bytes()) {
            out.push_str(&piece[kept..at]);
            out.push('\n');
            kept = at + 1;
            if piece.as_bytes().get(kept) == Some(&b'\n') {
                self.facts.crlf += 1;
                self.facts.lf -= 1;
                kept += 1;
            } else {
                self.facts.cr += 1;
            }
        }
        out.push_str(&piece[kept..]);
        self.facts.since(before)
    }
}

/// What stands in a piece of text whose line ends were made equal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Added {
    pub line_ends: u64,
    pub quotes: u64,
}

fn count(found: impl Iterator<Item = usize>) -> u64 {
    u64::try_from(found.count()).expect("a piece is smaller than 2^64 bytes")
}

impl Read for TextReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position == self.text.len() {
            let mut text = std::mem::take(&mut self.text);
            text.clear();
            self.position = 0;
            let added = self.read_text(&mut text);
            self.text = text;
            added?;
        }
        let count = out.len().min(self.text.len() - self.position);
        out[..count].copy_from_slice(&self.text.as_bytes()[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detect_bytes(bytes: &[u8]) -> Result<(Encoding, bool), ReadError> {
        let bytes = bytes.to_vec();
        let judged = detect(move || Ok(Box::new(io::Cursor::new(bytes.clone()))))?;
        Ok((judged.encoding, judged.bom))
    }

    fn decoded(bytes: &[u8]) -> (String, LineFacts) {
        let (encoding, bom) = detect_bytes(bytes).expect("text");
        let form = TextForm { encoding, bom, delimiter: b',' };
        let mut reader = TextReader::new(Box::new(io::Cursor::new(bytes.to_vec())), form);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("always UTF-8");
        (text, reader.facts())
    }

    #[test]
    fn content_decides_the_encoding() {
        let text = "名称,備考\n髙齢者センター①,㈱まちくら\n";
        let with_bom = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_bom = [b"\xFF\xFE".as_slice(), &utf16].concat();
        let euc = encoding_rs::EUC_JP.encode("名称,備考\n市民センター,ひらがなとカタカナ\n").0;
        for (bytes, encoding, bom) in [
            (text.as_bytes(), Encoding::Utf8, false),
            (&with_bom, Encoding::Utf8, true),
            (&encoding_rs::SHIFT_JIS.encode(text).0, Encoding::ShiftJis, false),
            (&euc, Encoding::EucJp, false),
            (&utf16_bom, Encoding::Utf16Le, true),
        ] {
            assert_eq!(detect_bytes(bytes).expect("text"), (encoding, bom));
        }
        assert_eq!(decoded(&encoding_rs::SHIFT_JIS.encode(text).0).0, text);
        assert_eq!(decoded(&utf16_bom).0, text);
    }

    #[test]
    fn line_ends_become_equal_and_are_counted() {
        let (text, facts) = decoded(b"a,b\r\nc,\"d\re\"\nf");
        assert_eq!(text, "a,b\nc,\"d\ne\"\nf\n");
        assert_eq!(facts, LineFacts { crlf: 1, lf: 1, cr: 1, quotes: 2 });
    }

    #[test]
    fn a_long_text_is_guessed_where_its_beginning_leaves_no_doubt() {
        let guess = |bytes: Vec<u8>| guess(move || Ok(Box::new(io::Cursor::new(bytes.clone())))).expect("in memory");
        let text = "名称,備考\n髙齢者センター①,㈱まちくら\n".repeat(40_000);
        let judged = guess(text.clone().into_bytes()).expect("UTF-8");
        assert_eq!((judged.encoding, judged.bom), (Encoding::Utf8, false));
        let judged = guess(encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()).expect("Shift_JIS");
        assert_eq!((judged.encoding, judged.bom), (Encoding::ShiftJis, false));
        for doubtful in [
            text.as_bytes()[..text.len() / 100 * 21].to_vec(),
            encoding_rs::EUC_JP.encode(&text).0.into_owned(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [b"\x82,", text.as_bytes()].concat(),
        ] {
            assert_eq!(guess(doubtful), None);
        }
    }

    #[test]
    fn a_strict_reader_replaces_nothing() {
        let text = [text_of(70_000).as_bytes(), b"\x82\xA0\n"].concat();
        let form = TextForm { encoding: Encoding::Utf8, bom: false, delimiter: b',' };
        let read = |is_strict| {
            let mut out = String::new();
            TextReader::new(Box::new(io::Cursor::new(text.clone())), form).strictly(is_strict).read_to_string(&mut out)
        };
        assert_eq!(read(true).expect_err("a fault").kind(), io::ErrorKind::InvalidData);
        assert!(read(false).is_ok());
    }

    fn text_of(lines: usize) -> String {
        "市民センター\n".repeat(lines)
    }

    #[test]
    fn noise_is_no_text() {
        let noise: Vec<u8> = (0..5000_u32).map(|n| u8::try_from((n * 7919 % 251) | 0x80).expect("below 256")).collect();
        assert!(matches!(detect_bytes(&noise), Err(ReadError::NotText)));
        assert!(matches!(detect_bytes(&[0; 5000]), Err(ReadError::NotText)));
        assert!(detect_bytes(b"ID,a\n1,\0\n").is_ok(), "a single one is told as a control character");
    }

    proptest! {
        #[test]
        fn decoding_never_panics_and_always_ends_in_a_line_end(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            if let Ok((encoding, bom)) = detect_bytes(&bytes) {
                let mut text = String::new();
                let mut reader = TextReader::new(Box::new(io::Cursor::new(bytes)), TextForm { encoding, bom, delimiter: b',' });
                reader.read_to_string(&mut text).expect("always UTF-8");
                prop_assert!(text.is_empty() || text.ends_with('\n'));
                prop_assert!(!text.contains('\r'));
            }
        }
    }
}
