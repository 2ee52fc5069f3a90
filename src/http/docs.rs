//! The API description as a page: Swagger UI, from the binary itself.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_swagger_ui::Config;

use super::cache;
use super::headers::DOCS_POLICY;
use super::paths;
use super::problem::Problem;

/// What the page is told; nothing else, whatever stands behind `?` in its address.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").query_config_enabled(false)));

/// The files of Swagger UI.
#[get("/docs/{file:.*}")]
pub async fn get_docs(request: HttpRequest, file: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&CONFIG)).map_err(|error| {
        tracing::error!(%error, "a page of the API description could not be made");
        Problem::internal()
    })?;
    let found = found.ok_or_else(|| paths::no_such(request.path()))?;
    let mut response = cache::answer(&request, &found.content_type, found.bytes.into_owned());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    Ok(response)
}
