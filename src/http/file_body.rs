//! A part of a file on its way to a client. The system sends it by itself where it can (`sendfile`); else, and where there is
//! little of it, it goes the way of every body, a piece at a time.

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::middleware::HeadOnly;
use super::wire::Wire;

/// Bytes that are read, or sent by the system, at once.
const PIECE: u64 = 256 * 1024;
/// Bytes up to which a file goes out together with its head.
const SMALL: u64 = 64 * 1024;
/// Pieces that one client gets before others on the same thread have their turn.
const TURN: usize = 4;

/// Answers a request with so many bytes of a file from a place in it. Whatever stands around the handler must leave such a
/// body as it is: its bytes go past everything.
pub fn respond(
    request: &HttpRequest,
    mut response: HttpResponseBuilder,
    file: File,
    at: u64,
    length: u64,
) -> HttpResponse {
    let left = if request.extensions().contains::<HeadOnly>() { 0 } else { length };
    let wire = request.conn_data::<Rc<Wire>>().filter(|_| left > SMALL).cloned();
    // What the system sends the library does not see, so it cannot count it.
    response.no_chunking(length);
    response.body(FileBody {
        file: Arc::new(file),
        length,
        at,
        left,
        wire,
        turn: Turn::Others,
        at_hand: 0,
        reading: None,
    })
}

/// A body that is a part of a file.
pub struct FileBody {
    file: Arc<File>,
    length: u64,
    at: u64,
    left: u64,
    /// Where the system is to send it.
    wire: Option<Rc<Wire>>,
    turn: Turn,
    /// Bytes from here on that the system has in memory.
    at_hand: usize,
    reading: Option<Pin<Box<dyn Future<Output = io::Result<web::Bytes>>>>>,
}

/// Whose turn it is to write.
#[derive(PartialEq, Eq)]
enum Turn {
    Others,
    Awaited,
    Ours,
}

impl MessageBody for FileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        if self.wire.is_some() { BodySize::Stream } else { BodySize::Sized(self.length) }
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<web::Bytes>>> {
        if let Some(wire) = self.wire.clone() {
            match ready!(self.poll_send(&wire, context)) {
                Ok(()) => return Poll::Ready(None),
                Err(error) if is_unable(&error) => self.wire = None,
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let at_once = if self.reading.is_none() { read_at_once(&self.file, self.at, self.next_piece()) } else { None };
        let read = match at_once {
            Some(bytes) => Ok(bytes),
            None => ready!(self.poll_read(context)),
        };
        Poll::Ready(Some(read.inspect(|bytes| self.advance(bytes.len()))))
    }
}

impl FileBody {
    /// All of a file, a piece at a time.
    pub fn new(file: File, length: usize) -> FileBody {
        let length = as_u64(length);
        FileBody {
            file: Arc::new(file),
            length,
            at: 0,
            left: length,
            wire: None,
            turn: Turn::Others,
            at_hand: 0,
            reading: None,
        }
    }

    /// Lets the system send all that is left.
    fn poll_send(&mut self, wire: &Wire, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.turn == Turn::Others {
            self.turn = Turn::Awaited;
            wire.await_turn();
        }
        if self.turn == Turn::Awaited && wire.is_awaited() {
            return Poll::Pending;
        }
        self.turn = Turn::Ours;
        for _ in 0..TURN {
            if self.at_hand == 0 {
                ready!(self.poll_at_hand(context))?;
            }
            while self.at_hand > 0 {
                match wire.send(&self.file, self.at, self.at_hand) {
                    Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                    Ok(count) => {
                        self.at_hand -= count;
                        self.advance(count);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(wire.poll_write_ready(context))?,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            if self.left == 0 {
                return Poll::Ready(Ok(()));
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Sees to it that the next piece is in memory, or as good as.
    fn poll_at_hand(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let count = self.next_piece();
        let last = self.at + as_u64(count) - 1;
        let is_there = self.reading.is_none() && read_at_once(&self.file, last, 1).is_some();
        self.at_hand = if is_there { count } else { ready!(self.poll_read(context))?.len() };
        Poll::Ready(Ok(()))
    }

    /// Reads the next piece; what has to be fetched from the disk is waited for elsewhere.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<web::Bytes>> {
        let (at, count) = (self.at, self.next_piece());
        let reading = self.reading.get_or_insert_with(|| {
            let file = Arc::clone(&self.file);
            Box::pin(async move {
                let read = web::block(move || {
                    let mut bytes = vec![0; count];
                    file.read_exact_at(&mut bytes, at)?;
                    Ok::<_, io::Error>(web::Bytes::from(bytes))
                });
                read.await.map_err(io::Error::other)?
            })
        });
        let read = ready!(reading.as_mut().poll(context));
        self.reading = None;
        Poll::Ready(read)
    }

    fn next_piece(&self) -> usize {
        usize::try_from(self.left.min(PIECE)).expect("a piece is small")
    }

    fn advance(&mut self, count: usize) {
        self.at += as_u64(count);
        self.left -= as_u64(count);
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).expect("a length fits")
}

/// Whether it is not the sending but this way of sending that fails.
fn is_unable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

/// Reads what needs no waiting for the disk.
#[cfg(target_os = "linux")]
fn read_at_once(file: &File, at: u64, count: usize) -> Option<web::Bytes> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut bytes = vec![0; count];
    let read = preadv2(file, &mut [io::IoSliceMut::new(&mut bytes)], at, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read > 0).then(|| bytes.into())
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
fn read_at_once(_: &File, _: u64, _: usize) -> Option<web::Bytes> {
    None
}
