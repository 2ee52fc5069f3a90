//! Request targets with raw UTF-8 in them. `curl -G --data-urlencode '名称=…'` encodes the value but sends the name as it
//! is, which RFC 3986 does not allow and the HTTP library refuses. Here such bytes are percent-encoded on their way in.
//!
//! Only bytes of request lines are touched. To know where one begins, messages are followed by their `Content-Length`;
//! behind a message of any other kind (chunked, upgraded, contradictory) the rest of the connection passes as it is.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

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
        if this.pending.is_empty() {
            let before = buffer.filled().len();
            ready!(this.wire.poll_read(context, buffer))?;
            let Some(rewritten) = this.follower.rewrite(&buffer.filled()[before..]) else { return Poll::Ready(Ok(())) };
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
    /// The beginning of the present header line.
    line: Vec<u8>,
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
            if self.state == State::RequestLine && !piece.is_ascii() {
                let done = input.len() - rest.len();
                let out = out.get_or_insert_with(|| input[..done].to_vec());
                for byte in piece {
                    if byte.is_ascii() {
                        out.push(*byte);
                    } else {
                        out.extend_from_slice(format!("%{byte:02X}").as_bytes());
                    }
                }
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
        fn ascii_stays_as_it_is(text in "[ -~\r\n]{0,200}") {
            prop_assert_eq!(rewritten(&[text.as_bytes()]), text.as_bytes());
        }
    }
}
