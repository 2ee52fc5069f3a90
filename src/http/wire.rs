//! The connection to a client, in which a body may write by itself: the system then sends a file without its bytes ever
//! coming here. The HTTP library writes the head of an answer, and flushes when all of it has left; from then on the
//! connection is the body's, until it ends.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::admission::Slot;
use super::exchange::Exchange;

/// A connection that the library and a body take turns to write to.
pub struct Wire {
    stream: RefCell<TcpStream>,
    /// Whether a body waits until what was written before it has left.
    is_awaited: Cell<bool>,
    exchange: Exchange,
    /// One of the connections that may be open.
    _slot: Slot,
}

impl Wire {
    /// A connection that has just been accepted. A client that takes nothing for as long as `patience` loses it.
    pub fn new(stream: TcpStream, slot: Slot, patience: Duration) -> Wire {
        give_up_after(&stream, patience);
        Wire { stream: RefCell::new(stream), is_awaited: Cell::new(false), exchange: Exchange::default(), _slot: slot }
    }

    /// The request that is being answered.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Asks for the turn to write: it has come when nobody [waits](Wire::is_awaited) any more.
    pub fn await_turn(&self) {
        self.is_awaited.set(true);
    }

    /// Whether what was written before the turn was asked for is still on its way.
    pub fn is_awaited(&self) -> bool {
        self.is_awaited.get()
    }

    /// Sends bytes of a file, as many as go without waiting.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where none go: see [`Wire::poll_write_ready`].
    #[cfg(target_os = "linux")]
    pub fn send(&self, file: &File, at: u64, count: usize) -> io::Result<usize> {
        let stream = self.stream.borrow();
        stream.try_io(tokio::io::Interest::WRITABLE, || {
            Ok(rustix::fs::sendfile(&*stream, file, Some(&mut at.clone()), count)?)
        })
    }

    /// Other systems do it in other ways.
    #[cfg(not(target_os = "linux"))]
    pub fn send(&self, _: &File, _: u64, _: usize) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Waits until some bytes can be sent.
    pub fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.borrow().poll_write_ready(context)
    }

    /// As [`AsyncRead`].
    pub fn poll_read(&self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_read(context, buffer)
    }

    /// As [`AsyncWrite`].
    pub fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_write(context, bytes)
    }

    /// As [`AsyncWrite`]. The library does so when it has nothing left to write.
    pub fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_awaited = self.is_awaited.take();
        if self.exchange.written() || is_awaited {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut *self.stream.borrow_mut()).poll_flush(context)
    }

    /// As [`AsyncWrite`].
    pub fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_shutdown(context)
    }
}

/// Has the system close a connection whose client takes nothing of what was sent for so long. Nobody else can tell: the
/// system holds megabytes for a slow reader, and says that there is room again only when much of them has been taken.
#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, patience: Duration) {
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds) {
        tracing::debug!(%error, "a connection has no time limit on its reader");
    }
}

/// Other systems wait as long as they like.
#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) {}
