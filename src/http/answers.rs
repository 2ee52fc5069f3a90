//! Answers kept aside as they went out, compression included, so that asking the same again costs no more than sending
//! them. Each is kept for a state of the catalogue: as soon as anything is published it is of no use.
//!
//! What may be kept says so itself, by the `Cache-Control` of [`cache::ok`].

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
use super::{App, cache};

/// A longer answer, in bytes, is made anew each time.
const LONGEST: u64 = 1 << 20;
/// A longer request, in bytes, is hardly made twice.
const LONGEST_REQUEST: usize = 2_000;

/// The answers that are kept; `None`: none are.
pub struct Answers(Option<Cache<Key, Arc<Answer>, Weight>>);

/// A state of the catalogue, and all of a request that its answer depends on.
type Key = (u64, String);

struct Answer {
    headers: HeaderMap,
    body: web::Bytes,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Arc<Answer>> for Weight {
    fn weight(&self, key: &Key, answer: &Arc<Answer>) -> u64 {
        /// What headers and bookkeeping take.
        const OVERHEAD: usize = 1_000;
        u64::try_from(key.1.len() + answer.body.len() + OVERHEAD).unwrap_or(u64::MAX)
    }
}

impl Answers {
    /// Room for so many bytes of answers.
    pub fn new(bytes: u64) -> Answers {
        let typical = usize::try_from(bytes / 20_000).unwrap_or(usize::MAX);
        Answers((bytes > 0).then(|| Cache::with_weighter(typical, bytes, Weight)))
    }
}

/// Answers from what is kept, and keeps what may be kept. Also tells the codings of an answer apart by its entity tag.
pub async fn answers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let key = app.as_ref().and_then(|app| key(app, &request));
    let kept = app.as_ref().and_then(|app| app.answers.0.as_ref());
    if let Some(answer) = kept.zip(key.as_ref()).and_then(|(kept, key)| kept.get(key)) {
        let response = answer.response(request.headers());
        return Ok(request.into_response(response));
    }
    let mut response = next.call(request).await?;
    tag_by_coding(&mut response);
    match (kept, key) {
        // What is known to be long is not even put together.
        _ if matches!(response.response().body().size(), BodySize::Sized(size) if size > LONGEST) => {
            Ok(response.map_into_boxed_body())
        }
        (Some(kept), Some(key)) if cache::may_be_kept(response.status(), response.headers()) => {
            let (request, response) = response.into_parts();
            let (head, body) = response.into_parts();
            let body = to_bytes(body).await.map_err(Into::into)?;
            if u64::try_from(body.len()).is_ok_and(|length| length <= LONGEST) {
                let answer = Answer { headers: head.headers().clone(), body: body.clone() };
                kept.insert(key, Arc::new(answer));
            }
            Ok(ServiceResponse::new(request, head.set_body(body).map_into_boxed_body()))
        }
        _ => Ok(response.map_into_boxed_body()),
    }
}

fn key(app: &App, request: &ServiceRequest) -> Option<Key> {
    if request.method() != Method::GET {
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
    (text.len() <= LONGEST_REQUEST).then_some((app.db.state()?, text))
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
