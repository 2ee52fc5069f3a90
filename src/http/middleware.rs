//! What happens around every request: errors become problems in the client's language, and `HEAD` is answered as `GET`.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;

use super::parameters::language;
use super::problem::Problem;

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

/// Routes `HEAD` to the handler of `GET`; the server leaves out the body by the method that came in.
pub async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
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
