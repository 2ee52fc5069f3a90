//! What happens around every request: errors become problems in the client's language, and `HEAD` is answered as `GET`.

use std::borrow::Cow;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, Uri, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::parameters::language;
use super::problem::Problem;
use super::resolve;

/// Turns every error, actix's own included, into a problem.
pub async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // The request itself must not be held on to: the router changes it on the way in.
    let lang = language(request.request());
    let instance = request.path().to_owned();
    match next.call(request).await {
        Ok(response) => match response.response().error() {
            Some(error) => {
                let problem = Problem::of_error(error).response(lang, &instance);
                Ok(response.into_response(problem))
            }
            None => Ok(response.map_into_boxed_body()),
        },
        Err(error) => {
            let response = Problem::of_error(&error).response(lang, &instance);
            Err(InternalError::from_response(error, response).into())
        }
    }
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

/// Sends readers who leave out the check digit of an organization's code to the address with it.
pub async fn with_check_digit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let full = if request.method() == Method::GET { full_address(request.uri()) } else { None };
    match full {
        Some(address) => {
            let redirect = HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish();
            Ok(request.into_response(redirect))
        }
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// The address with the check digit, where it lacks it.
fn full_address(uri: &Uri) -> Option<String> {
    let (resource, rest) = ["/api/v1/datasets/", "/api/v1/organizations/"]
        .into_iter()
        .find_map(|resource| Some((resource, uri.path().strip_prefix(resource)?)))?;
    let (id, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match resolve::with_check_digit(id) {
        Cow::Borrowed(_) => None,
        Cow::Owned(id) => {
            let question = uri.query().map_or_else(String::new, |question| format!("?{question}"));
            Some(format!("{resource}{id}{below}{question}"))
        }
    }
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
