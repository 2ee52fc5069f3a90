//! Request targets as people type them. `curl -G --data-urlencode '名称=…'` encodes the value but sends the name as it is;
//! others leave quotation marks, blanks or `|` in an address. RFC 3986 does not allow such bytes, and the HTTP library
//! refuses them. Here they are percent-encoded on their way in.
//!
//! Only bytes of request lines are touched. To know where one begins, messages are followed by their `Content-Length`;
//! behind a message of any other kind (chunked, upgraded, contradictory) the rest of the connection passes as it is.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use percent_encoding::percent_encode_byte;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::wire::Wire;

/// A connection whose request lines come out in ASCII.
pub struct AsciiTargets {
    wire: Rc<Wire>,
    follower: Follower,
    /// Rewritten bytes that did not fit into the last buffer.
    pending: Vec<u8>,
}

impl AsciiTargets {
    /// Wraps a connection that has just been accepted.
    pub fn new(wire: Wire) -> AsciiTargets {
        AsciiTargets { wire: Rc::new(wire), follower: Follower::default(), pending: Vec::new() }
    }

    /// The connection, for bodies that send themselves.
    pub fn wire(&self) -> &Rc<Wire> {
        &self.wire
    }
}

impl AsyncRead for AsciiTargets {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.pending.is_empty() && buffer.remaining() > 0 {
            let before = buffer.filled().len();
            ready!(this.wire.poll_read(context, buffer))?;
            let read = &buffer.filled()[before..];
            if read.is_empty() {
                // The end of the connection.
                this.pending = std::mem::take(&mut this.follower.request_line.held);
                break;
            }
            let Some(rewritten) = this.follower.rewrite(read) else { return Poll::Ready(Ok(())) };
            buffer.set_filled(before);
            this.pending = rewritten;
        }
        let count = this.pending.len().min(buffer.remaining());
        buffer.put_slice(&this.pending[..count]);
        this.pending.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AsciiTargets {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_shutdown(context)
    }
}

/// Follows the messages of a connection.
#[derive(Debug, Default)]
struct Follower {
    state: State,
    /// The beginning of the present line.
    line: Vec<u8>,
    request_line: RequestLine,
    content_length: Option<u64>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    RequestLine,
    Headers,
    Body(u64),
    Through,
}

/// No header that matters here is longer.
const LINE_KEPT: usize = 64;

impl Follower {
    /// Follows the next bytes. Answers what they become; `None` where they stay as they are.
    fn rewrite(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let mut out: Option<Vec<u8>> = None;
        let mut rest = input;
        while !rest.is_empty() {
            let count = match self.state {
                State::RequestLine | State::Headers => memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1),
                State::Body(left) => usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len())),
                State::Through => rest.len(),
            };
            let (piece, behind) = rest.split_at(count);
            if self.state == State::RequestLine && !self.request_line.is_plain(piece) {
                let done = input.len() - rest.len();
                let out = out.get_or_insert_with(|| input[..done].to_vec());
                piece.iter().for_each(|byte| self.request_line.push(*byte, out));
            } else if let Some(out) = &mut out {
                out.extend_from_slice(piece);
            }
            self.follow(piece);
            rest = behind;
        }
        out
    }

    fn follow(&mut self, piece: &[u8]) {
        let is_line = piece.ends_with(b"\n");
        self.state = match std::mem::replace(&mut self.state, State::Through) {
            State::RequestLine => {
                let is_blank = self.line.is_empty() && (piece == b"\r\n" || piece == b"\n");
                self.keep(piece);
                match (is_line, is_blank) {
                    (false, _) => State::RequestLine,
                    (true, true) => self.next(State::RequestLine),
                    (true, false) => self.next(State::Headers),
                }
            }
            State::Headers => {
                self.keep(piece);
                if is_line { self.header() } else { State::Headers }
            }
            State::Body(left) => match left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX)) {
                0 => State::RequestLine,
                left => State::Body(left),
            },
            State::Through => State::Through,
        };
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = LINE_KEPT.saturating_sub(self.line.len());
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn next(&mut self, state: State) -> State {
        self.line.clear();
        state
    }

    /// What comes behind a complete header line.
    fn header(&mut self) -> State {
        let line = String::from_utf8_lossy(&self.line).trim_end().to_ascii_lowercase();
        if line.is_empty() {
            let length = self.content_length.take().unwrap_or(0);
            return self.next(if length == 0 { State::RequestLine } else { State::Body(length) });
        }
        match line.split_once(':') {
            Some(("content-length", value)) => match (value.trim().parse(), self.content_length) {
                (Ok(length), None) => {
                    self.content_length = Some(length);
                    self.next(State::Headers)
                }
                (Ok(_) | Err(_), _) => State::Through,
            },
            Some(("transfer-encoding" | "upgrade", _)) => State::Through,
            Some(_) | None => self.next(State::Headers),
        }
    }
}

/// A request line on its way: `GET /a b HTTP/1.1`. Its target is what stands between the first blank and the last one
/// that a version stands behind.
#[derive(Debug, Default)]
struct RequestLine {
    place: Place,
    /// A blank, and as much of a version as has come behind it.
    held: Vec<u8>,
}

/// A place in a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Method,
    /// Behind the first blank.
    Begin,
    /// In a target that is a path.
    Path,
    /// In one that names a host, maybe by its address in brackets.
    Host,
}

impl RequestLine {
    /// Whether a piece is a whole line, and nothing in it is to be encoded.
    fn is_plain(&self, piece: &[u8]) -> bool {
        let is_whole = self.place == Place::Method && piece.ends_with(b"\n");
        is_whole
            && piece.iter().all(|byte| is_allowed(*byte, Place::Path))
            && piece.iter().filter(|byte| **byte == b' ').count() == 2
    }

    /// Takes the next byte, and gives what can be given.
    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            self.held.push(byte);
            match (begins_version(&self.held), byte) {
                (true, b'\n') => {
                    out.append(&mut self.held);
                    *self = RequestLine::default();
                }
                (true, _) => {}
                (false, _) => {
                    // The blank is one of the target, and so is what came behind it.
                    let held = std::mem::take(&mut self.held);
                    out.extend_from_slice(b"%20");
                    out.extend_from_slice(&held[1..held.len() - 1]);
                    self.push(byte, out);
                }
            }
            return;
        }
        self.place = match (self.place, byte) {
            (_, b'\n') => Place::Method,
            (Place::Method, b' ') => Place::Begin,
            (Place::Begin, b'/') => Place::Path,
            (Place::Begin, _) => Place::Host,
            (place, _) => place,
        };
        match (self.place, byte) {
            (Place::Path | Place::Host, b' ') => self.held.push(byte),
            (place, byte) if is_allowed(byte, place) => out.push(byte),
            (_, byte) => out.extend_from_slice(percent_encode_byte(byte).as_bytes()),
        }
    }
}

/// Whether a byte may stand at a place. Control characters are left for the HTTP library to refuse.
fn is_allowed(byte: u8, place: Place) -> bool {
    match byte {
        b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
        b'[' | b']' => place != Place::Path,
        _ => byte.is_ascii(),
    }
}

/// Whether bytes are the beginning of ` HTTP/1.1` and the end of the line.
fn begins_version(bytes: &[u8]) -> bool {
    const FORM: [u8; 9] = *b" HTTP/0.0";
    let (version, end) = bytes.split_at(bytes.len().min(FORM.len()));
    let is_version = version.iter().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => *byte == form,
    });
    is_version && matches!(end, b"" | b"\r" | b"\n" | b"\r\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(pieces: &[&[u8]]) -> Vec<u8> {
        let mut follower = Follower::default();
        pieces.iter().flat_map(|piece| follower.rewrite(piece).unwrap_or_else(|| piece.to_vec())).collect()
    }

    #[test]
    fn only_request_lines_are_encoded() {
        let body = "GET /名 HTTP/1.1\r\n".as_bytes();
        let put = format!("PUT /x HTTP/1.1\r\nX: 名\r\nContent-Length: {}\r\n\r\n", body.len());
        let get = "GET /?名=a HTTP/1.1\r\nHost: a\r\n\r\n";
        let message = [put.as_bytes(), body, get.as_bytes()].concat();
        let expected = [put.as_bytes(), body, b"GET /?%E5%90%8D=a HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        assert_eq!(rewritten(&[&message]), expected);
        let bytes: Vec<&[u8]> = message.chunks(1).collect();
        assert_eq!(rewritten(&bytes), expected);
    }

    #[test]
    fn a_target_is_what_stands_before_the_last_version() {
        for (typed, expected) in [
            ("GET /?a=\"b c\",d HTTP/1.1\r\n", "GET /?a=%22b%20c%22,d HTTP/1.1\r\n"),
            ("GET /a HTTP/1.1 b HTTP/1.1\r\n", "GET /a%20HTTP/1.1%20b HTTP/1.1\r\n"),
            ("GET /a  HTTP/1.0\n", "GET /a%20 HTTP/1.0\n"),
            ("GET /a[1]|{b}^`\\<c># HTTP/1.1\r\n", "GET /a%5B1%5D%7C%7Bb%7D%5E%60%5C%3Cc%3E%23 HTTP/1.1\r\n"),
            ("GET http://[::1]:80/a|b HTTP/1.1\r\n", "GET http://[::1]:80/a%7Cb HTTP/1.1\r\n"),
            // No request line: somebody else says so.
            ("GET /a\r\n", "GET /a\r\n"),
            ("GET\r\n", "GET\r\n"),
            ("\r\n", "\r\n"),
        ] {
            assert_eq!(String::from_utf8(rewritten(&[typed.as_bytes()])).expect("ASCII"), expected);
        }
    }

    #[test]
    fn behind_a_chunked_message_nothing_is_touched() {
        let message =
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /名 HTTP/1.1\r\n\r\n"
                .as_bytes();
        assert_eq!(rewritten(&[message]), message);
        let contradictory = "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n名".as_bytes();
        assert_eq!(rewritten(&[contradictory]), contradictory);
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_result_is_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(rewritten(&[one, other]), rewritten(&[&bytes]));
        }

        #[test]
        fn what_may_stand_there_stays_as_it_is(target in "/[!$-;=?-Z_a-z~]{0,80}", version in "HTTP/[0-9]\\.[0-9]\r?\n") {
            let message = format!("GET {target} {version}X: \"a b\"\r\n\r\n");
            prop_assert_eq!(rewritten(&[message.as_bytes()]), message.as_bytes());
        }

        #[test]
        fn whatever_is_typed_is_read_back(typed in "[^\\p{C}%]{0,40}") {
            let message = format!("GET /?{typed}= HTTP/1.1\r\n\r\n");
            let line = String::from_utf8(rewritten(&[message.as_bytes()])).expect("ASCII");
            let target = line.strip_prefix("GET /?").and_then(|rest| rest.strip_suffix("= HTTP/1.1\r\n\r\n")).expect("a line");
            prop_assert!(target.bytes().all(|byte| is_allowed(byte, Place::Path) && byte != b' '), "{}", target);
            prop_assert_eq!(percent_encoding::percent_decode_str(target).decode_utf8().expect("UTF-8"), typed);
        }
    }
}
