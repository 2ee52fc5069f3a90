//! A connection as the HTTP library sees it: one whole head at a time, then its body, and the next one when the answer has
//! left. So an answer is never written by the rules of another request; a head that cannot be read becomes a request that
//! is answered in words; and who sends nothing is given up.

use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::{self, Body, LONGEST_HEAD, Refused};
use super::problem::{Code, Problem};
use super::timer::Timer;
use super::wire::Wire;

/// How patient the server is.
#[derive(Clone, Copy)]
pub struct Patience {
    /// How long a head may take.
    pub head: Duration,
    /// How long the next request may be waited for.
    pub idle: Duration,
    /// How long the rest of a refused body is read away.
    pub rest: Duration,
}

/// A connection whose requests are framed.
pub struct Connection {
    wire: Rc<Wire>,
    patience: Patience,
    state: State,
    /// What has come and is not handed on yet.
    input: Vec<u8>,
    /// How much of it holds no end of a head.
    searched: usize,
    /// A head that is being handed on.
    head: Vec<u8>,
    /// Of the present wait.
    timer: Timer,
    /// How long a request may be waited for when there is nothing of it yet.
    idle: Duration,
    /// Whether the client will send no more.
    is_at_end: bool,
    rest: Rest,
}

enum State {
    Head,
    Body(Body),
    Over,
}

/// What a client still sends when everything is said.
#[derive(Default)]
struct Rest {
    is_expected: bool,
    bytes: usize,
    /// Of all of it; the timer of the connection is that of a pause.
    timer: Timer,
}

/// Bytes that are read ahead while a request is answered.
const AHEAD: usize = 16 * 1024;
/// Bytes that are read at once.
const AT_ONCE: usize = 8 * 1024;
/// Bytes of a refused body that are read away at most.
const MOST_REST: usize = 2 << 30;
/// A pause after which nothing more of a refused body is expected.
const REST_PAUSE: Duration = Duration::from_secs(2);

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(wire: Wire, patience: Patience) -> Connection {
        Connection {
            wire: Rc::new(wire),
            state: State::Head,
            input: Vec::new(),
            searched: 0,
            head: Vec::new(),
            timer: Timer::default(),
            // Who connects has something to ask.
            idle: patience.head,
            patience,
            is_at_end: false,
            rest: Rest::default(),
        }
    }

    /// A connection that is not let in, whatever it asks.
    pub fn refused(wire: Wire, patience: Patience, problem: Problem) -> Connection {
        let mut connection = Connection::new(wire, patience);
        connection.refuse(problem.into());
        connection
    }

    /// The connection, for bodies that send themselves.
    pub fn wire(&self) -> &Rc<Wire> {
        &self.wire
    }

    /// Hands on a request that stands for what cannot be answered, and nothing after it.
    fn refuse(&mut self, refused: Refused) {
        let method = if refused.is_head { "HEAD" } else { "REFUSED" };
        self.head = format!("{method} / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: ").into_bytes();
        self.head.extend([&refused.languages[..], b"\r\n\r\n"].concat());
        self.wire.exchange().refuse(refused.problem);
        self.state = State::Over;
        self.rest.is_expected = true;
        self.timer.clear();
    }

    /// Waits for the next head, so that there is something to hand on or everything is over.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.skip_blank_lines();
        loop {
            let is_open = self.wire.exchange().is_open();
            if !is_open && self.find_head() {
                return Poll::Ready(Ok(()));
            }
            if self.is_at_end {
                // Who has said everything still hears the answer.
                if is_open && !self.input.is_empty() {
                    return Poll::Pending;
                }
                self.state = State::Over;
                return Poll::Ready(Ok(()));
            }
            if is_open && self.input.len() >= AHEAD {
                return Poll::Pending;
            }
            let was_empty = self.input.is_empty();
            match self.poll_fill(context)? {
                Poll::Ready(()) => {
                    self.skip_blank_lines();
                    if was_empty && !self.input.is_empty() {
                        self.timer.clear();
                    }
                }
                Poll::Pending if is_open => {
                    self.timer.clear();
                    return Poll::Pending;
                }
                Poll::Pending if was_empty => {
                    ready!(self.timer.poll_expired(context, self.idle));
                    self.state = State::Over;
                    return Poll::Ready(Ok(()));
                }
                Poll::Pending => {
                    ready!(self.timer.poll_expired(context, self.patience.head));
                    self.refuse(too_slow(self.patience.head).into());
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Some clients send a line break behind a body (RFC 9112, section 2.2).
    fn skip_blank_lines(&mut self) {
        let blank = self.input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.input.drain(..blank);
    }

    /// Looks for a head in what has come. Whether there is one, or something instead of one.
    fn find_head(&mut self) -> bool {
        match framing::end_of_head(&self.input, self.searched) {
            Some(end) if end <= LONGEST_HEAD => {
                let rest = self.input.split_off(end);
                let head = mem::replace(&mut self.input, rest);
                self.begin(&head);
                true
            }
            None if self.input.len() <= LONGEST_HEAD => {
                self.searched = self.input.len();
                false
            }
            Some(_) | None => {
                self.refuse(framing::too_large().into());
                true
            }
        }
    }

    fn begin(&mut self, head: &[u8]) {
        self.searched = 0;
        self.timer.clear();
        self.idle = self.patience.idle;
        match framing::read(head) {
            Ok(head) => {
                self.wire.exchange().open(!head.body.is_whole(), head.expects);
                self.head = head.bytes;
                self.state = if head.body.is_whole() { State::Head } else { State::Body(head.body) };
            }
            Err(refused) => self.refuse(refused),
        }
    }

    /// Reads what there is into `input`.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [const { MaybeUninit::uninit() }; AT_ONCE];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        ready!(self.wire.poll_read(context, &mut buffer))?;
        self.is_at_end = buffer.filled().is_empty();
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }

    /// Hands on bytes of the body, and nothing behind it.
    fn poll_body(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let State::Body(body) = &mut self.state else { return Poll::Ready(Ok(())) };
        let exchange = self.wire.exchange();
        if !exchange.is_open() {
            // It was answered without all of it. The rest is read away when the library lets go of the connection.
            self.state = State::Over;
            self.rest.is_expected = true;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if self.input.is_empty() {
            ready!(self.wire.poll_read(context, buffer))?;
        } else {
            let count = self.input.len().min(buffer.remaining());
            buffer.put_slice(&self.input[..count]);
            self.input.drain(..count);
        }
        let came = &buffer.filled()[before..];
        let own = if came.is_empty() { None } else { body.follow(came).ok() };
        let Some(own) = own else {
            buffer.set_filled(before);
            self.state = State::Over;
            return Poll::Ready(Ok(()));
        };
        let behind = came[own..].to_vec();
        self.input.splice(..0, behind);
        buffer.set_filled(before + own);
        if body.is_whole() {
            exchange.complete();
            self.state = State::Head;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads away what the client still sends, so that it gets to the answer (RFC 9112, section 9.6).
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut bytes = [const { MaybeUninit::uninit() }; AT_ONCE];
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match self.wire.poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.timer.clear();
                    self.rest.bytes += buffer.filled().len();
                    if self.rest.bytes > MOST_REST {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        let pause = self.timer.poll_expired(context, REST_PAUSE.min(self.patience.rest));
        let all = self.rest.timer.poll_expired(context, self.patience.rest);
        if pause.is_ready() || all.is_ready() { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn too_slow(limit: Duration) -> Problem {
    let seconds = limit.as_secs();
    Problem::new(
        Code::RequestTimeout,
        format!("{seconds} 秒のうちに要求のはじめ（アドレスとヘッダー）が届きませんでした。もう一度送ってください。"),
        format!("The head of the request did not come within {seconds} seconds; send it again."),
    )
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.head.is_empty() {
            match this.state {
                State::Head => ready!(this.poll_head(context))?,
                State::Body(_) => return this.poll_body(context, buffer),
                State::Over => {}
            }
        }
        // Nothing: the library takes it for the end.
        let count = this.head.len().min(buffer.remaining());
        buffer.put_slice(&this.head[..count]);
        this.head.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.wire.poll_shutdown(context))?;
        if this.rest.is_expected || matches!(this.state, State::Body(_)) {
            ready!(this.poll_rest(context));
        }
        Poll::Ready(Ok(()))
    }
}
