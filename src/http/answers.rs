//! Answers kept aside as they went out, compression included, so that asking the same again costs no more than sending
//! them. Each is kept for a state of the catalogue: as soon as anything is published it is made anew. Where that cannot be
//! done for want of a database, the old one is given and says that it is stale.
//!
//! What may be kept, and what may be given stale, says so itself, by the `Cache-Control` of [`cache::ok`].

use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::client::Client;
use super::headers::ANSWERED_BY;
use super::stale::{self, Dated, WithoutDatabase};
use super::{App, cache};

/// A longer answer, in bytes, is made anew each time.
const LONGEST: u64 = 1 << 20;
/// A longer request, in bytes, is hardly made twice.
const LONGEST_REQUEST: usize = 2_000;

/// The answers that are kept, by all of a request that they depend on; `None`: none are.
pub struct Answers(Option<Cache<String, Arc<Dated<Answer>>, Weight>>);

struct Answer {
    headers: HeaderMap,
    body: web::Bytes,
    may_be_stale: bool,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Dated<Answer>>> for Weight {
    fn weight(&self, key: &String, answer: &Arc<Dated<Answer>>) -> u64 {
        /// What headers and bookkeeping take.
        const OVERHEAD: usize = 1_000;
        u64::try_from(key.len() + answer.value.body.len() + OVERHEAD).unwrap_or(u64::MAX)
    }
}

impl Answers {
    /// Room for so many bytes of answers.
    pub fn new(bytes: u64) -> Answers {
        let typical = usize::try_from(bytes / 20_000).unwrap_or(usize::MAX);
        Answers((bytes > 0).then(|| Cache::with_weighter(typical, bytes, Weight)))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(Cache::is_empty)
    }
}

/// Answers from what is kept, and keeps what may be kept. Also tells the codings of an answer apart by its entity tag.
pub async fn answers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned().expect("the application has it");
    let key = key(&request);
    let Some((kept, key)) = app.answers.0.as_ref().zip(key) else {
        return Ok(prepare(next.call(request).await?, &app).map_into_boxed_body());
    };
    let state = app.db.state();
    let old = kept.get(&key);
    if let Some(answer) = old.as_ref().filter(|old| old.is_current(state)) {
        let response = answer.value.response(request.headers());
        return Ok(request.into_response(response));
    }
    let is_get = request.method() == Method::GET;
    let response = prepare(next.call(request).await?, &app);
    if response.response().extensions().contains::<WithoutDatabase>() {
        return Ok(instead(response, old.as_deref(), &app));
    }
    match state {
        // What is known to be long is not even put together.
        _ if matches!(response.response().body().size(), BodySize::Sized(size) if size > LONGEST) => {
            Ok(response.map_into_boxed_body())
        }
        Some(state) if is_get && cache::may_be_kept(response.status(), response.headers()) => {
            let (request, response) = response.into_parts();
            let (head, body) = response.into_parts();
            let body = to_bytes(body).await.map_err(Into::into)?;
            if u64::try_from(body.len()).is_ok_and(|length| length <= LONGEST) {
                let may_be_stale = cache::may_be_stale(head.headers());
                let answer = Answer { headers: head.headers().clone(), body: body.clone(), may_be_stale };
                kept.insert(key, Arc::new(Dated::new(answer, state)));
            }
            Ok(ServiceResponse::new(request, head.set_body(body).map_into_boxed_body()))
        }
        _ => {
            // What is no longer there is not to come back when the database goes away.
            if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
                kept.remove(&key);
            }
            Ok(response.map_into_boxed_body())
        }
    }
}

/// The old answer, where there is one that may be given in place of this one.
fn instead(
    response: ServiceResponse<impl MessageBody + 'static>,
    old: Option<&Dated<Answer>>,
    app: &App,
) -> ServiceResponse<BoxBody> {
    let old = old.filter(|old| old.value.may_be_stale);
    match old.and_then(|old| Some((old, old.age(app)?))) {
        Some((old, age)) => {
            let mut stale = old.value.response(response.request().headers());
            stale::mark(stale.headers_mut(), age);
            response.into_response(stale)
        }
        None => response.map_into_boxed_body(),
    }
}

/// What every answer still lacks.
fn prepare<B: MessageBody>(mut response: ServiceResponse<B>, app: &App) -> ServiceResponse<B> {
    tag_by_coding(&mut response);
    cache::allow_stale(response.headers_mut(), app.settings.stale);
    response
}

/// All of a request that its answer depends on; `None` where none is kept.
fn key(request: &ServiceRequest) -> Option<String> {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_reading {
        return None;
    }
    let address = request.uri().path_and_query()?.as_str();
    let mut text = String::with_capacity(address.len() + 64);
    text.push_str(address);
    text.push('\n');
    text.push_str(&Client::asking(request.request()).base);
    for name in ANSWERED_BY {
        text.push('\n');
        for value in request.headers().get_all(name) {
            text.push_str(value.to_str().ok()?);
            text.push(',');
        }
    }
    (text.len() <= LONGEST_REQUEST).then_some(text)
}

impl Answer {
    fn response(&self, asked: &HeaderMap) -> HttpResponse {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let is_held = asked.contains_key(header::IF_NONE_MATCH) && cache::matches(&cache::held_tags(asked), tag);
        let mut response = match is_held {
            true => HttpResponse::new(StatusCode::NOT_MODIFIED),
            false => HttpResponse::with_body(StatusCode::OK, self.body.clone()).map_into_boxed_body(),
        };
        for (name, value) in &self.headers {
            if !is_held || !matches!(*name, header::CONTENT_TYPE | header::CONTENT_ENCODING) {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
        response
    }
}

/// Answers in different codings are different bytes: their tags end in the coding. Whoever holds one of them holds the
/// answer, so that [`cache::matches`] does not look at the ending.
fn tag_by_coding(response: &mut ServiceResponse<impl MessageBody>) {
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let Some(tag) = tag.filter(|tag| tag.starts_with("W/")).map(str::to_owned) else { return };
    let coded = if response.status() == StatusCode::NOT_MODIFIED {
        cache::held_as(response.request().headers(), &tag)
    } else {
        let coding = response.headers().get(header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
        coding.map(|coding| cache::with_coding(&tag, coding))
    };
    if let Some(value) = coded.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
}
