//! A prepared file as an answer: its tags, whether the client has it already (RFC 9110, section 13), in which coding and
//! which part of it is sent.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use actix_web::http::header::{self, AcceptEncoding, Header, HeaderName, HttpDate};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use jiff::Timestamp;

use super::prepared::{Coding, Files, Kept};
use super::problem::{Code, Problem};
use super::ranges::Extent;
use super::{cache, file_body};

/// What is said of a file.
#[derive(Clone)]
pub struct Label {
    /// The name under which it is saved.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// When what it is made from was stored.
    pub modified: Timestamp,
    /// Whether it can be had compressed.
    pub is_coded: bool,
    /// What else is said in headers.
    pub headers: Vec<(HeaderName, String)>,
}

/// Answers with a file, a part of it, or that the client has it.
///
/// # Errors
/// 412 and 416.
pub async fn answer(request: &HttpRequest, files: &Files, kept: Kept, label: Label) -> Result<HttpResponse, Problem> {
    let sent = Sent { sha256: kept.about.sha256.clone(), label };
    sent.check_expectation(request)?;
    let codings: &[Coding] = if sent.label.is_coded { &Coding::ALL } else { &[Coding::Identity] };
    let range = text(request, header::RANGE);
    let if_range = text(request, header::IF_RANGE);
    let meant = if_range.and_then(|tag| codings.iter().copied().find(|coding| sent.tag(*coding) == tag));
    if let Some(coding) = sent.held(request, codings) {
        return Ok(sent.head(HttpResponse::NotModified(), coding).finish());
    }
    // Who goes on with a file does not say of which coding it has the beginning, unless by a tag.
    let wanted = match (range, meant) {
        (_, Some(coding)) => coding,
        (Some(_), None) => Coding::Identity,
        (None, None) => preferred(request, codings),
    };
    let coded = if wanted == Coding::Identity { None } else { files.coded(&kept, wanted).await };
    let (file, length, coding) = match coded {
        Some((file, length)) => (file, length, wanted),
        None => (kept.file, kept.about.bytes, Coding::Identity),
    };
    let is_same = if_range.is_none_or(|told| told == sent.tag(coding) || sent.is_of(told));
    match Extent::of(range.filter(|_| is_same), length) {
        Extent::Whole => Ok(file_body::respond(request, sent.full(HttpResponse::Ok(), coding), file, 0, length)),
        Extent::Part { first, last } => {
            let mut response = sent.full(HttpResponse::PartialContent(), coding);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            Ok(file_body::respond(request, response, file, first, last - first + 1))
        }
        Extent::Beyond => Err(Problem::range(length)),
    }
}

/// The coding that a client would like best.
fn preferred(request: &HttpRequest, codings: &[Coding]) -> Coding {
    let Ok(accepted) = AcceptEncoding::parse(request) else { return Coding::Identity };
    let words: Vec<header::Encoding> = codings.iter().filter_map(|coding| coding.as_str().parse().ok()).collect();
    let best = if accepted.is_empty() { None } else { accepted.negotiate(words.iter()) };
    let found =
        codings.iter().copied().find(|coding| best.as_ref().is_some_and(|best| best.to_string() == coding.as_str()));
    found.unwrap_or(Coding::Identity)
}

struct Sent {
    sha256: String,
    label: Label,
}

impl Sent {
    /// The strong tag: each coding has its own, and that of the plain file is its SHA-256.
    fn tag(&self, coding: Coding) -> String {
        match coding {
            Coding::Identity => format!("\"{}\"", self.sha256),
            Coding::Brotli | Coding::Gzip => format!("\"{}-{}\"", self.sha256, coding.as_str()),
        }
    }

    /// The time in headers, which know no fractions of seconds.
    fn modified(&self) -> SystemTime {
        let seconds = u64::try_from(self.label.modified.as_second()).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Whether a date in `If-Range` is that of this file.
    fn is_of(&self, date: &str) -> bool {
        HttpDate::from_str(date).is_ok_and(|date| SystemTime::from(date) == self.modified())
    }

    /// `If-Match` and `If-Unmodified-Since`: who has the beginning of another file does not want the rest of this one.
    fn check_expectation(&self, request: &HttpRequest) -> Result<(), Problem> {
        let is_met = match text(request, header::IF_MATCH) {
            Some(tags) => {
                let is_ours = |tag: &str| tag == "*" || Coding::ALL.iter().any(|coding| self.tag(*coding) == tag);
                tags.split(',').map(str::trim).any(is_ours)
            }
            None => date(request, header::IF_UNMODIFIED_SINCE).is_none_or(|date| self.modified() <= date),
        };
        if is_met {
            return Ok(());
        }
        Err(Problem::new(
            Code::PreconditionFailed,
            "ファイルは、お手元のものから変わっています。はじめから取得してください。",
            "The file is no longer the one you have; fetch it from the beginning.",
        ))
    }

    /// The coding in which the client holds the file already.
    fn held(&self, request: &HttpRequest, codings: &[Coding]) -> Option<Coding> {
        if request.headers().contains_key(header::IF_NONE_MATCH) {
            let values = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
            let held: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
            // Weak comparison, but each coding by itself: the answer names the one that the client has.
            let is_held =
                |tag: &str| held.iter().any(|held| *held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag);
            return codings.iter().rev().copied().find(|coding| is_held(&self.tag(*coding)));
        }
        let is_fresh = date(request, header::IF_MODIFIED_SINCE).is_some_and(|date| self.modified() <= date);
        is_fresh.then(|| preferred(request, codings))
    }

    /// What 200, 206 and 304 say alike.
    fn head(&self, mut response: HttpResponseBuilder, coding: Coding) -> HttpResponseBuilder {
        cache::describe(&mut response, &self.tag(coding));
        response.insert_header((header::LAST_MODIFIED, HttpDate::from(self.modified())));
        response.insert_header((header::VARY, "Accept-Encoding"));
        response
    }

    fn full(&self, response: HttpResponseBuilder, coding: Coding) -> HttpResponseBuilder {
        let mut response = self.head(response, coding);
        response.content_type(self.label.media_type.as_str());
        response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.label.name)));
        response.insert_header((header::ACCEPT_RANGES, "bytes"));
        // Whatever it is, it is not to be compressed on the way.
        response.insert_header((header::CONTENT_ENCODING, coding.as_str()));
        for (name, value) in &self.label.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response
    }
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok().map(str::trim)
}

fn date(request: &HttpRequest, name: HeaderName) -> Option<SystemTime> {
    HttpDate::from_str(text(request, name)?).ok().map(SystemTime::from)
}
