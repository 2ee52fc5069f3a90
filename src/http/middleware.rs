//! What happens around every request: the log, errors that become problems in the client's language, `HEAD` that is
//! answered as `GET`.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::parameters::{Parameters, language};
use super::problem::Problem;
use super::{App, client, paths};

/// Gives each request a name, says so in the answer, and writes a line about both.
pub async fn log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let settings = &request.app_data::<web::Data<App>>().expect("the application has its data").settings;
    let id = client::request_id(settings, request.head());
    let line = tracing::enabled!(tracing::Level::INFO).then(|| Line {
        address: client::address(settings, request.head()),
        method: request.method().clone(),
        // What stands in such a path is a secret.
        path: paths::personal(request.method(), request.path()).unwrap_or(request.path()).to_owned(),
        // Values are nobody's business.
        parameters: Parameters::names_in(request.query_string()),
    });
    let mut response = next.call(request).await?;
    if let Some(Line { address, method, path, parameters }) = line {
        let (status, took) = (response.status().as_u16(), began.elapsed());
        // By `Debug`, which escapes control characters.
        tracing::info!(id, ?address, %method, ?path, ?parameters, status, ?took, "request");
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(client::REQUEST_ID, id);
    }
    Ok(response)
}

/// What the log says of a request.
struct Line {
    address: Option<IpAddr>,
    method: Method,
    path: String,
    parameters: String,
}

/// Turns every error, actix's own included, into a problem.
pub async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let is_wordless = |response: &ServiceResponse<_>| {
        let status = response.status();
        (status.is_client_error() || status.is_server_error()) && !response.headers().contains_key(header::CONTENT_TYPE)
    };
    let problem = match response.response().error() {
        Some(error) => Problem::of_error(error),
        None if is_wordless(&response) => Problem::of_status(response.status()),
        None => return Ok(response.map_into_boxed_body()),
    };
    let lang = language(response.request());
    let problem = problem.response(lang, response.request().path());
    Ok(response.into_response(problem))
}

/// Marks a request whose answer is sent without its body.
pub struct HeadOnly;

/// Routes `HEAD` to the handler of `GET`; the server leaves out the body by the method that came in. There are no parts
/// of what has no body (RFC 9110, section 14.2).
pub async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.headers_mut().remove(header::RANGE);
        request.extensions_mut().insert(HeadOnly);
    }
    next.call(request).await
}

/// Takes back the mark by which a handler keeps its answer from being compressed: `identity` is not to be sent as a
/// content coding (RFC 9110, section 8.4.1).
pub async fn identity_unsaid(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    if response.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        response.headers_mut().remove(header::CONTENT_ENCODING);
    }
    Ok(response)
}
