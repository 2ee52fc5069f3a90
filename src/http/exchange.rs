//! A request and its answer on a connection, one at a time: what the connection knows and the handlers must hear of, and
//! what the connection must hear of the answer.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use futures_util::Stream;

use super::App;
use super::outgoing::Outgoing;
use super::parameters::language;
use super::problem::{Code, Problem};
use super::timer::Timer;
use super::wire::Wire;

/// Where the present request and its answer stand.
#[derive(Default)]
pub struct Exchange {
    /// From the head of the request to the last byte of the answer.
    is_open: Cell<bool>,
    /// Whether the library has been given all of the answer.
    is_answered: Cell<bool>,
    /// Whether more of the request's body is to come.
    is_incomplete: Cell<bool>,
    /// Whether the client waits for `100 Continue`.
    expects: Cell<bool>,
    /// Why the request is refused, whatever it is.
    refusal: RefCell<Option<Problem>>,
}

impl Exchange {
    /// Begins with a request.
    pub fn open(&self, is_incomplete: bool, expects: bool) {
        self.is_open.set(true);
        self.is_answered.set(false);
        self.is_incomplete.set(is_incomplete);
        self.expects.set(expects);
    }

    /// Begins with a request that is no request.
    pub fn refuse(&self, problem: Problem) {
        self.open(false, false);
        *self.refusal.borrow_mut() = Some(problem);
    }

    /// Whether a request is being answered.
    pub fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// Whether more of the request's body is to come.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete.get()
    }

    /// All of the request's body has come.
    pub fn complete(&self) {
        self.is_incomplete.set(false);
    }

    /// The library has all of the answer.
    pub fn answered(&self) {
        self.is_answered.set(true);
    }

    /// The library has written all that it has. Whether the exchange ends with it.
    pub fn written(&self) -> bool {
        let ends = self.is_open.get() && self.is_answered.get();
        if ends {
            self.is_open.set(false);
        }
        ends
    }
}

/// Stands around every answer: bodies are waited for only so long, and the connection hears of the answer's end.
pub async fn exchange(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Outgoing>, Error> {
    let wire = request.conn_data::<Rc<Wire>>().cloned().expect("every connection has its wire");
    let app = request.app_data::<web::Data<App>>().cloned().expect("every request has the application");
    if wire.exchange().is_incomplete() {
        let body = Incoming {
            payload: request.take_payload(),
            wire: Rc::clone(&wire),
            sent: 0,
            timer: Timer::default(),
            patience: app.settings.body_timeout,
        };
        request.set_payload(Payload::Stream { payload: Box::pin(body) });
    }
    let answered = next.call(request).await;
    if answered.is_err() {
        wire.exchange().answered();
    }
    let mut response = in_words(answered?.map_into_boxed_body());
    if wire.exchange().is_incomplete() {
        // The rest is read away, and not looked through for the next request.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let unsent = Arc::clone(&app.unsent);
    Ok(response.map_body(|_, body| Outgoing::new(body, unsent, wire)))
}

/// An error that a part of the library answers by itself, without a media type, as a problem.
fn in_words(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || response.headers().contains_key(header::CONTENT_TYPE)
    {
        return response;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => {
            Problem::not_found("このアドレスには何もありません。", "There is nothing at this address.")
        }
        StatusCode::NOT_ACCEPTABLE => Problem::new(
            Code::NotAcceptable,
            "Accept-Encoding に合う圧縮の方式がありません。使えるのは br、gzip、deflate、zstd と、圧縮なし（identity）です。",
            "No coding fits Accept-Encoding; there are br, gzip, deflate, zstd and identity.",
        ),
        status if status.is_client_error() => Problem::new(
            Code::InvalidRequest,
            "ほかのサイトのページからは、この操作はできません。",
            "This cannot be done from pages of other sites.",
        ),
        _ => Problem::internal(),
    };
    let mut told = problem.response(language(response.request()), response.request().path());
    for (name, value) in response.headers() {
        if !told.headers().contains_key(name) {
            told.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(told)
}

/// Answers a request that is no request, or one too many.
pub async fn refusals(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let refusal = request.conn_data::<Rc<Wire>>().and_then(|wire| wire.exchange().refusal.borrow_mut().take());
    let Some(problem) = refusal else { return next.call(request).await };
    let mut response = problem.response(language(request.request()), request.path());
    response.head_mut().set_connection_type(ConnectionType::Close);
    Ok(request.into_response(response))
}

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A body on its way in. Time runs only while somebody waits for it and nothing comes.
struct Incoming {
    payload: Payload,
    wire: Rc<Wire>,
    /// Bytes of `100 Continue` that have left.
    sent: usize,
    timer: Timer,
    patience: Duration,
}

impl Stream for Incoming {
    type Item = Result<web::Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Poll::Ready(piece) = Pin::new(&mut this.payload).poll_next(context) {
            this.timer.clear();
            return Poll::Ready(piece);
        }
        while this.wire.exchange().expects.get() && this.sent < CONTINUE.len() {
            // Nobody else has anything to write until the request is answered.
            match ready!(this.wire.poll_write(context, &CONTINUE[this.sent..])) {
                Ok(count) => this.sent += count,
                Err(error) => return Poll::Ready(Some(Err(PayloadError::Io(error)))),
            }
        }
        ready!(this.timer.poll_expired(context, this.patience));
        Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
    }
}
