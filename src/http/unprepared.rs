//! A file that is sent while it is made, because there is no room to prepare it.

use std::io::{self, Write};
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::prepared::Make;
use super::problem::Problem;
use super::sending::Label;
use crate::store::Db;

/// The head of the answer: nothing is known of the file but what it is.
pub fn head(label: Label) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type(label.media_type);
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", label.name)));
    response
}

/// Pieces of a file that is sent while it is made.
pub struct Pieces(mpsc::Receiver<Result<web::Bytes, Problem>>);

impl Pieces {
    /// Begins to make it.
    pub fn of(db: Db, make: Make) -> Pieces {
        let (sender, pieces) = mpsc::channel(4);
        actix_web::rt::spawn(async move {
            let mut out = Outlet(sender.clone());
            let made = db.read(move |connection| make(connection, &mut out).map(|_| ())).await;
            if let Err(failure) = made {
                tracing::warn!(?failure, "a download broke off");
                // The client sees the answer break off, rather than end early as if it were whole. A client that has
                // gone takes no notice.
                drop(sender.send(Err(Problem::internal())).await);
            }
        });
        Pieces(pieces)
    }
}

impl futures_util::Stream for Pieces {
    type Item = Result<web::Bytes, Problem>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Hands pieces to the client, on a thread that may wait.
struct Outlet(mpsc::Sender<Result<web::Bytes, Problem>>);

/// How long a client may take nothing of such a download. Meanwhile it holds a connection to the database.
const PATIENCE: Duration = Duration::from_secs(30);

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sending = self.0.send(Ok(web::Bytes::copy_from_slice(bytes)));
        match Handle::current().block_on(async { tokio::time::timeout(PATIENCE, sending).await }) {
            Ok(Ok(())) => Ok(bytes.len()),
            // It has gone, or is as good as gone.
            Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
