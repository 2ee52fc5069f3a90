//! Headers: what handlers see of a request's, and what every answer has. Whatever an answer for everybody is made from is
//! among [`ANSWERED_BY`], because handlers see nothing else: so who keeps answers knows which requests are alike.

use std::sync::LazyLock;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::{home, paths};
use crate::validate::report::html;

/// What answers for everybody are made from, beside the address, [`Client::base`](super::client::Client) and a body.
pub const ANSWERED_BY: [HeaderName; 3] = [header::ACCEPT, header::ACCEPT_ENCODING, header::ACCEPT_LANGUAGE];

/// Hides all other headers from handlers. What is for one person only is not to be kept by anybody.
pub async fn of_requests(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_personal = paths::personal(request.method(), request.path()).is_some();
    let is_preflight = request.method() == Method::OPTIONS;
    request.headers_mut().retain(|name, _| {
        ANSWERED_BY.contains(name)
            || is_condition(name)
            || is_about_body(name)
            || is_personal && matches!(*name, header::AUTHORIZATION | header::COOKIE)
            || is_preflight && is_of_preflight(name)
    });
    let mut response = next.call(request).await?;
    if is_personal {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    Ok(response)
}

/// Whether a header says what the client has already, or which part it wants: who keeps answers heeds it too.
fn is_condition(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::IF_MATCH
            | header::IF_NONE_MATCH
            | header::IF_MODIFIED_SINCE
            | header::IF_UNMODIFIED_SINCE
            | header::IF_RANGE
            | header::RANGE
    )
}

/// Whether a header is about the body that comes behind it: answers to those are not kept.
fn is_about_body(name: &HeaderName) -> bool {
    matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH | header::CONTENT_ENCODING)
}

fn is_of_preflight(name: &HeaderName) -> bool {
    matches!(*name, header::ORIGIN | header::ACCESS_CONTROL_REQUEST_METHOD | header::ACCESS_CONTROL_REQUEST_HEADERS)
}

/// Headers of our own and such that pages elsewhere may not read unless told so.
const EXPOSED: &str = "Accept-Ranges, Age, Content-Disposition, Content-Range, ETag, Link, Location, Machikura-Cells, \
                       Machikura-Errors-After, Machikura-Errors-Before, Machikura-Replaced-Characters, \
                       Machikura-Warnings-After, Retry-After, Warning, X-Request-Id";

/// What every answer has. Also for clients that send no `Origin`: a cache in between gives everybody the same answer.
pub const OF_EVERY_ANSWER: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Says in every answer what browsers are to do with it, and not to do.
pub async fn of_answers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in OF_EVERY_ANSWER {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html")) {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY.clone());
        }
    }
    Ok(response)
}

/// The policy of pages that bring everything with them: nothing is fetched and nothing runs but our own styles.
static PAGE_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src '{}' '{}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        html::hash_of(home::STYLE),
        html::hash_of(html::STYLE),
    );
    HeaderValue::from_str(&policy).expect("visible ASCII")
});

/// The policy of pages whose scripts and styles are files of this server. The one style that Swagger UI puts in by itself
/// is named by its hash.
pub const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; \
                               style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
                               img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                               frame-ancestors 'none'";

/// The policy of bytes that somebody else has made.
pub const SANDBOX: (HeaderName, &str) = (header::CONTENT_SECURITY_POLICY, "sandbox");

#[cfg(test)]
mod tests {
    use super::*;

    /// What proxies, frameworks and tools put into requests.
    const OTHERS: [&str; 14] = [
        "authorization",
        "cookie",
        "forwarded",
        "host",
        "origin",
        "prefer",
        "referer",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-http-method-override",
        "x-original-url",
        "x-request-id",
    ];

    #[test]
    fn a_header_has_one_use() {
        for name in OTHERS {
            let name = HeaderName::from_static(name);
            assert!(!ANSWERED_BY.contains(&name) && !is_condition(&name) && !is_about_body(&name), "{name}");
        }
        assert!(ANSWERED_BY.iter().all(|name| !is_condition(name) && !is_about_body(name) && !is_of_preflight(name)));
    }
}
