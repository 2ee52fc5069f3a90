//! Paths: which are routes, for whom they are, and the one way to write each.

use std::borrow::Cow;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use super::{App, PERSONAL, resolve};

/// Where the pages about the API are: it keeps its slash, and the files beside it are not documented.
pub const DOCS: &str = "/docs/";

/// What those pages take.
const DOCS_ROUTES: [&str; 2] = [DOCS, "/docs/{file}"];

/// The path of a record, whose id may hold any character.
const RECORD: &str = "/api/v1/datasets/{id}/records/{record}";

/// Paths of routes, and the methods that each takes.
pub struct Routes(Vec<(String, Vec<&'static str>)>);

impl Routes {
    /// Those of the document.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Routes {
        let documented = document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item)));
        let docs = DOCS_ROUTES.map(|path| (path.to_owned(), vec!["GET"]));
        Routes(documented.chain(docs).collect())
    }

    /// The methods that an address takes; none where it is nowhere.
    fn methods_at(&self, path: &str) -> Vec<&'static str> {
        let routes = self.0.iter().filter(|(pattern, _)| fits(pattern, path));
        let mut methods: Vec<_> = routes.flat_map(|(_, methods)| methods).copied().collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

fn methods(item: &utoipa::openapi::PathItem) -> Vec<&'static str> {
    let methods = [
        (&item.get, "GET"),
        (&item.put, "PUT"),
        (&item.post, "POST"),
        (&item.delete, "DELETE"),
        (&item.patch, "PATCH"),
    ];
    methods.iter().filter(|(operation, _)| operation.is_some()).map(|(_, name)| *name).collect()
}

/// Whether an address is of a path of the document: `{…}` stands for anything.
fn fits(pattern: &str, path: &str) -> bool {
    let mut asked = path.split('/');
    pattern.split('/').all(|segment| asked.next().is_some_and(|asked| segment_fits(segment, asked)))
        && asked.next().is_none()
}

fn segment_fits(pattern: &str, asked: &str) -> bool {
    match pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1))) {
        Some((before, behind)) => {
            asked.len() > before.len() + behind.len() && asked.starts_with(before) && asked.ends_with(behind)
        }
        None => pattern == asked,
    }
}

/// The route whose answers are for whoever asks, where an address is of one.
pub fn personal(method: &Method, path: &str) -> Option<&'static str> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    PERSONAL.into_iter().find(|(takes, pattern)| *takes == method && fits(pattern, path)).map(|(_, pattern)| pattern)
}

/// Sends readers of an address that has another form to the one that we use; what could be taken for the address of
/// another server is nowhere.
pub async fn canonical(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let path = request.path();
    if is_ambiguous(path) {
        let problem = no_such(path);
        return Ok(request.error_response(problem));
    }
    let app = request.app_data::<web::Data<App>>().expect("the application has its data");
    let elsewhere =
        canonical_path(request.method(), path).filter(|path| !app.description().routes.methods_at(path).is_empty());
    let Some(elsewhere) = elsewhere else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    let location = (header::LOCATION, format!("{elsewhere}{query}"));
    Ok(request.into_response(HttpResponse::PermanentRedirect().insert_header(location).finish()))
}

/// Whether some program takes a path for another one than we do: `//` begins the name of a server, `\` is `/` to browsers,
/// a control character ends a header.
fn is_ambiguous(path: &str) -> bool {
    let before = if fits(RECORD, path) { path.rsplit_once('/').map_or(path, |(before, _)| before) } else { path };
    let decoded: Cow<'_, [u8]> = percent_decode_str(before).into();
    decoded.windows(2).any(|pair| pair == b"//") || decoded.iter().any(|byte| *byte == b'\\' || byte.is_ascii_control())
}

/// What a path is in the form that routes have, where that is another.
fn canonical_path(method: &Method, path: &str) -> Option<String> {
    if Some(path) == DOCS.strip_suffix('/') {
        return Some(DOCS.to_owned());
    }
    if path == "/" || path.starts_with(DOCS) {
        return None;
    }
    let plain = path.strip_suffix('/').unwrap_or(path);
    let full = if method == Method::GET { with_check_digit(plain) } else { Cow::Borrowed(plain) };
    (full != path).then(|| full.into_owned())
}

/// The path with the check digit of the organization's code, where it lacks it.
fn with_check_digit(path: &str) -> Cow<'_, str> {
    let named = ["/api/v1/datasets/", "/api/v1/organizations/"]
        .into_iter()
        .find_map(|resource| Some((resource, path.strip_prefix(resource)?)));
    let Some((resource, rest)) = named else { return Cow::Borrowed(path) };
    let (id, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match resolve::with_check_digit(id) {
        Cow::Borrowed(_) => Cow::Borrowed(path),
        Cow::Owned(id) => Cow::Owned(format!("{resource}{id}{below}")),
    }
}

/// Answers where there is no such address, or not with this method.
pub async fn nowhere(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let takes = app.description().routes.methods_at(request.path());
    Err(if takes.is_empty() { no_such(request.path()) } else { Problem::method(takes.join(", ")) })
}

/// Nothing is at a path.
pub fn no_such(path: &str) -> Problem {
    let path: String = path.chars().take(200).collect();
    Problem::not_found(format!("{path} というアドレスはありません。"), format!("There is nothing at {path}."))
        .hint("使えるアドレスは /docs/ にあります。", "See /docs/ for what there is.")
}
