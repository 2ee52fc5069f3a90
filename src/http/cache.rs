//! Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13). Tags of answers that may be compressed on the
//! way are weak: the codings share the meaning, not the bytes.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use sha2::{Digest, Sha256};

/// How long caches may answer without asking again: answers change with the next publication, so hardly at all.
const CACHE_CONTROL: &str = "public, max-age=0, s-maxage=10, stale-while-revalidate=60";

/// The same for answers that the time changes too: they are not kept.
pub const PASSING: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=0, s-maxage=10");

/// The same for answers about what is no longer current, which are never given stale: it may have been erased.
const PAST: &str = "public, max-age=0, s-maxage=10, must-revalidate";

/// How tags end of answers in a content coding.
const CODINGS: [&str; 4] = ["-br", "-gzip", "-deflate", "-zstd"];

/// A weak tag of whatever the answer is made from, this program included: another release may write it otherwise.
pub fn weak_tag(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in [env!("CARGO_PKG_VERSION")].iter().chain(parts) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let hash = hash.finalize();
    format!("W/\"{}\"", hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The tags that the client holds answers of.
pub fn held_tags(headers: &HeaderMap) -> Vec<String> {
    held(headers).map(|tag| opaque(tag).to_owned()).collect()
}

fn held(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The tag as the client holds it: with the coding in which it got the answer.
pub fn held_as(headers: &HeaderMap, tag: &str) -> Option<String> {
    let held = held(headers).find(|held| opaque(held) == opaque(tag))?;
    Some(format!("W/{}", held.strip_prefix("W/").unwrap_or(held)))
}

/// A tag for the answer in a content coding: `W/"a1"` becomes `W/"a1-br"`.
pub fn with_coding(tag: &str, coding: &str) -> String {
    format!("{}-{coding}\"", tag.trim_end_matches('"'))
}

/// Whether an answer may be kept until the catalogue changes. A file, of which parts can be had, is kept on the disk.
pub fn may_be_kept(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_file = headers.contains_key(header::ACCEPT_RANGES);
    status == StatusCode::OK
        && !is_file
        && (may_be_stale(headers) || headers.get(header::CACHE_CONTROL).is_some_and(|control| control == PAST))
}

/// Whether an answer may be given stale where it cannot be made anew (RFC 5861, section 4).
pub fn may_be_stale(headers: &HeaderMap) -> bool {
    headers.get(header::CACHE_CONTROL).is_some_and(|control| control.as_bytes().starts_with(CACHE_CONTROL.as_bytes()))
}

/// The answer, as one that is about what is no longer current.
pub fn past(mut response: HttpResponse) -> HttpResponse {
    if may_be_stale(response.headers()) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(PAST));
    }
    response
}

/// Says of an answer that may be given stale for how long.
pub fn allow_stale(headers: &mut HeaderMap, stale: Duration) {
    if !stale.is_zero() && may_be_stale(headers) {
        let control = format!("{CACHE_CONTROL}, stale-if-error={}", stale.as_secs());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_str(&control).expect("visible characters"));
    }
}

/// Whether a tag is among those held (weak comparison).
pub fn matches(held: &[String], tag: &str) -> bool {
    held.iter().any(|candidate| candidate == "*" || candidate == opaque(tag))
}

/// Whether the client holds what the tag stands for.
pub fn is_fresh(request: &HttpRequest, tag: &str) -> bool {
    matches(&held_tags(request.headers()), tag)
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    CODINGS.iter().find_map(|coding| tag.strip_suffix(coding)).unwrap_or(tag)
}

/// 304 with the headers that a 200 would carry.
pub fn not_modified(tag: &str) -> HttpResponse {
    let mut response = HttpResponse::NotModified();
    describe(&mut response, tag);
    response.finish()
}

/// Says what caches need to know.
pub fn describe(response: &mut HttpResponseBuilder, tag: &str) {
    response.insert_header((header::ETAG, tag.to_owned()));
    response.insert_header((header::CACHE_CONTROL, CACHE_CONTROL));
    response.insert_header((header::VARY, VARY));
}

/// What answers differ by.
const VARY: HeaderValue = HeaderValue::from_static("Accept, Accept-Encoding, Accept-Language");

/// A 200 with tag and caching headers, still without a body.
pub fn ok(tag: &str, media_type: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type(media_type);
    describe(&mut response, tag);
    response
}

/// Answers with bytes, or 304 where the client has them.
pub fn answer(request: &HttpRequest, media_type: &str, body: Vec<u8>) -> HttpResponse {
    let hash = Sha256::digest(&body);
    let tag = format!("W/\"{}\"", hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>());
    if is_fresh(request, &tag) { not_modified(&tag) } else { ok(&tag, media_type).body(body) }
}

/// Answers with JSON, or 304 where the client has it.
pub fn json(request: &HttpRequest, body: &impl serde::Serialize) -> HttpResponse {
    answer(request, "application/json", serde_json::to_vec(body).expect("answers have only string keys"))
}
