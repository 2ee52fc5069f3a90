//! Bodies on their way out. They go piece by piece, so that the library never holds more than a piece of one. What is left
//! of a long one waits for its reader in the memory that is set aside for all of them; where there is no more of it, in a
//! temporary file.

use std::fs::File;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::file_body::FileBody;
use super::wire::Wire;

/// Bytes that go at once. What is not longer is not worth counting.
const PIECE: usize = 64 * 1024;
/// Megabytes of temporary files at most; where they are used up, answers break off.
const MOST_SPILLED_MB: u32 = 4_096;

/// The room for answers that have not been taken yet.
pub struct Unsent {
    memory: Arc<Semaphore>,
    files: Arc<Semaphore>,
    folder: PathBuf,
}

impl Unsent {
    /// So many megabytes of memory, and files in a folder.
    pub fn new(megabytes: u32, folder: PathBuf) -> Unsent {
        let room = |megabytes: u32| {
            let pieces = usize::try_from(megabytes).map_or(usize::MAX, |megabytes| (megabytes << 20) / PIECE);
            Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS)))
        };
        Unsent { memory: room(megabytes), files: room(MOST_SPILLED_MB), folder }
    }

    fn hold(&self, bytes: web::Bytes) -> io::Result<Held> {
        let pieces = u32::try_from(bytes.len().div_ceil(PIECE)).unwrap_or(u32::MAX);
        if let Ok(room) = Arc::clone(&self.memory).try_acquire_many_owned(pieces) {
            return Ok(Held::InMemory { bytes, _room: room });
        }
        let Ok(room) = Arc::clone(&self.files).try_acquire_many_owned(pieces) else {
            tracing::warn!("too many answers wait for their readers; one breaks off");
            return Err(io::ErrorKind::StorageFull.into());
        };
        let folder = self.folder.clone();
        let writing = web::block(move || {
            let file = spill(&folder, &bytes)
                .inspect_err(|error| tracing::error!(%error, "an answer could not be spilled"))?;
            Ok((file, bytes.len()))
        });
        let writing = Box::pin(async move { writing.await.map_err(io::Error::other)? });
        Ok(Held::Spilling { writing, room: Some(room) })
    }
}

/// A temporary file without a name that holds these bytes.
fn spill(folder: &Path, bytes: &[u8]) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// A body whose reader may be slow.
pub struct Outgoing {
    body: BoxBody,
    held: Held,
    unsent: Arc<Unsent>,
    wire: Rc<Wire>,
}

/// A file, and how long it is, once it is written.
type Writing = dyn Future<Output = io::Result<(File, usize)>>;

/// What the body has given and the reader has not taken.
enum Held {
    Nothing,
    InMemory { bytes: web::Bytes, _room: OwnedSemaphorePermit },
    Spilling { writing: Pin<Box<Writing>>, room: Option<OwnedSemaphorePermit> },
    Spilled { file: FileBody, _room: Option<OwnedSemaphorePermit> },
}

impl Outgoing {
    /// A body for the client at the end of this wire.
    pub fn new(body: BoxBody, unsent: Arc<Unsent>, wire: Rc<Wire>) -> Outgoing {
        Outgoing { body, held: Held::Nothing, unsent, wire }
    }
}

impl MessageBody for Outgoing {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        let this = &mut *self;
        loop {
            match &mut this.held {
                Held::InMemory { bytes, .. } if !bytes.is_empty() => {
                    return Poll::Ready(Some(Ok(bytes.split_to(bytes.len().min(PIECE)))));
                }
                Held::Spilling { writing, room } => {
                    let (file, length) = ready!(writing.as_mut().poll(context))?;
                    this.held = Held::Spilled { file: FileBody::new(file, length), _room: room.take() };
                }
                Held::Spilled { file, .. } => match ready!(Pin::new(file).poll_next(context)) {
                    Some(piece) => return Poll::Ready(Some(piece.map_err(Into::into))),
                    None => this.held = Held::Nothing,
                },
                Held::Nothing | Held::InMemory { .. } => match ready!(Pin::new(&mut this.body).poll_next(context)) {
                    Some(Ok(bytes)) if bytes.len() > PIECE => this.held = this.unsent.hold(bytes)?,
                    piece => return Poll::Ready(piece),
                },
            }
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.wire.exchange().answered();
    }
}
