//! The web server: what every handler shares, and the one routing table.

mod answers;
mod as_of;
mod auth;
mod cache;
mod check;
mod dataset_body;
mod datasets;
mod downloads;
mod explain;
mod explain_body;
mod file_body;
mod filter;
mod fix;
mod groups;
mod health;
mod home;
mod middleware;
pub mod openapi;
mod organizations;
mod output;
mod parameters;
mod prepared;
pub mod problem;
mod publish;
mod ranges;
mod records;
mod resolve;
mod sending;
mod stale;
mod standards;
mod target;
mod unprepared;
mod uploads;
mod wire;

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_cors::Cors;
use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::Server;
use actix_service::{ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, web};
use tokio::sync::Semaphore;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use crate::config::Settings;
use crate::folder::Folder;
use crate::standard::Registry;
use crate::store::Db;
use crate::store::beside::Beside;
use prepared::Files;
use problem::Problem;
use target::AsciiTargets;
use wire::Wire;

pub use standards::{body as standard_body, csvw};

/// What every handler shares.
pub struct App {
    /// The standards.
    pub registry: Registry,
    /// The database.
    pub db: Db,
    /// The settings.
    pub settings: Settings,
    /// The OpenAPI document, made when somebody needs it.
    description: OnceLock<Description>,
    /// Files for download.
    files: Files,
    /// What is kept of stored tables beside the database.
    beside: Arc<Beside>,
    /// Turns of uploads.
    uploads: Arc<Semaphore>,
    /// Checks of the present minute.
    limiter: Mutex<uploads::Limiter>,
    /// Corrections kept aside.
    fixes: Mutex<fix::Fixes>,
    /// Records that addresses are known to name.
    known: resolve::Known,
    /// Answers kept aside.
    answers: answers::Answers,
    /// Files that addresses were last answered with.
    downloads: downloads::Downloads,
}

impl App {
    /// Puts the shared parts together.
    pub fn new(registry: Registry, db: Db, settings: Settings) -> App {
        let prepared = Folder::new(settings.var.join("prepared"), u64::from(settings.prepared_mb) << 20);
        let prepared = Arc::new(prepared);
        App {
            description: OnceLock::new(),
            files: Files::new(Arc::clone(&prepared)),
            beside: Arc::new(Beside::new(prepared, db.clone())),
            uploads: Arc::new(Semaphore::new(settings.uploads)),
            limiter: Mutex::default(),
            fixes: Mutex::default(),
            known: resolve::Known::default(),
            downloads: downloads::Downloads::default(),
            answers: answers::Answers::new(u64::from(settings.cache_mb) << 20),
            registry,
            db,
            settings,
        }
    }

    fn description(&self) -> &Description {
        self.description.get_or_init(|| {
            let document = openapi::document(&self.registry);
            let paths = document.paths.paths.iter().map(|(path, item)| (segments(path), methods(item))).collect();
            Description { document: web::Bytes::from(openapi::pretty(&document)), paths }
        })
    }
}

/// What the server says of itself.
struct Description {
    /// The OpenAPI document.
    document: web::Bytes,
    /// Paths of the document and the methods that they take.
    paths: Vec<(Vec<String>, Vec<String>)>,
}

/// Serves on a socket that is already bound, until the server is told to stop.
///
/// # Errors
/// The operating system's, where the socket cannot be served.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let workers = app.settings.workers;
    let app = web::Data::new(app);
    // Not `HttpServer`: it leaves no room for a stream of our own.
    let service = move || {
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .local_addr(address)
            .on_connect_ext(|stream: &AsciiTargets, about| {
                about.insert(Rc::clone(stream.wire()));
            })
            .h1(map_config(application(app.clone()), |_: ()| AppConfig::default()));
        fn_service(|stream: TcpStream| async {
            let peer = stream.peer_addr().ok();
            Ok::<_, DispatchError>((AsciiTargets::new(Wire::new(stream)), peer))
        })
        .and_then(http)
    };
    let server = Server::build().shutdown_timeout(5);
    let server = match workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    Ok(server.listen("machikura", listener, service)?.run())
}

/// How long an idle connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Routes and what happens around them.
fn application(
    app: web::Data<App>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let swagger = SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json"));
    actix_web::App::new()
        .into_utoipa_app()
        .app_data(app)
        .configure(routes)
        // Not part of the document: the pages of Swagger UI, and everything that is nowhere.
        .map(|app| app.service(web::redirect("/docs", "/docs/")).service(swagger))
        .default_service(web::to(nowhere))
        .into_app()
        .wrap(from_fn(middleware::with_check_digit))
        .wrap(from_fn(middleware::problems))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::identity_unsaid))
        .wrap(cors())
        // Also for clients that send no Origin: a cache in between gives everybody the same answer.
        .wrap(DefaultHeaders::new().add((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")))
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(answers::answers))
}

/// Every route. Registering a handler documents it.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(home::get_guide)
        .service(home::get_openapi)
        .service(home::get_problem)
        .service(health::health)
        .service(health::ready)
        .service(
            scope("/api/v1")
                .service(home::get_service)
                .service(standards::list_standards)
                .service(standards::get_template)
                .service(standards::get_template_workbook)
                .service(records::list_standard_records_as)
                .service(records::list_standard_records)
                .service(filter::list_standard_records_by_filter)
                .service(standards::get_standard)
                .service(organizations::list_organizations)
                .service(organizations::get_organization)
                .service(datasets::list_datasets)
                .service(downloads::download_dataset)
                .service(downloads::download_version)
                .service(records::list_records_as)
                .service(records::list_records)
                .service(filter::list_records_by_filter)
                .service(records::get_record)
                .service(records::list_version_records_as)
                .service(records::list_version_records)
                .service(filter::list_version_records_by_filter)
                .service(datasets::list_versions)
                .service(datasets::get_version)
                .service(datasets::get_dataset)
                .service(publish::publish_dataset)
                .service(check::validate_file)
                .service(fix::fix_file)
                .service(fix::get_fix_file)
                .service(fix::get_fix),
        );
}

/// Anybody may read from any page; tokens are sent in a header, so there is nothing that a foreign page could abuse.
fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        // The answer is the same for every origin.
        .disable_vary_header()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
        .allow_any_header()
        .expose_headers([
            "Accept-Ranges",
            "Content-Range",
            "ETag",
            "Link",
            "Location",
            "Content-Disposition",
            "Retry-After",
            "Age",
            "Warning",
            "Machikura-Cells",
            "Machikura-Replaced-Characters",
            "Machikura-Errors-Before",
            "Machikura-Errors-After",
            "Machikura-Warnings-After",
        ])
        .max_age(86_400)
}

/// Answers where there is no such address, or not with this method.
async fn nowhere(app: web::Data<App>, request: HttpRequest) -> Result<actix_web::HttpResponse, Problem> {
    let takes = methods_at(&app, request.path());
    if !takes.is_empty() {
        let mut allow: Vec<&str> = takes.iter().map(|method| method.as_str()).collect();
        if allow.contains(&Method::GET.as_str()) {
            allow.push(Method::HEAD.as_str());
        }
        allow.sort_unstable();
        allow.dedup();
        return Err(Problem::method(allow.join(", ")));
    }
    let path: String = request.path().chars().take(200).collect();
    let problem =
        Problem::not_found(format!("{path} というアドレスはありません。"), format!("There is nothing at {path}."));
    if !methods_at(&app, request.path().trim_end_matches('/')).is_empty() {
        return Err(problem.hint("末尾の / を外してください。", "Leave out the / at the end."));
    }
    Err(problem.hint("使えるアドレスは /docs/ にあります。", "See /docs/ for what there is."))
}

/// The methods that an address takes.
fn methods_at<'a>(app: &'a App, path: &str) -> Vec<&'a String> {
    let asked = segments(path);
    app.description().paths.iter().filter(|(path, _)| fits(path, &asked)).flat_map(|(_, methods)| methods).collect()
}

fn segments(path: &str) -> Vec<String> {
    path.strip_prefix('/').unwrap_or(path).split('/').map(str::to_owned).collect()
}

/// Whether an address is of a documented path: `{…}` stands for anything.
fn fits(path: &[String], asked: &[String]) -> bool {
    path.len() == asked.len()
        && path.iter().zip(asked).all(|(segment, asked)| match segment.split_once('{') {
            Some((before, _)) => asked.len() > before.len() && asked.starts_with(before),
            None => segment == asked,
        })
}

fn methods(item: &utoipa::openapi::PathItem) -> Vec<String> {
    let methods = [
        (&item.get, "GET"),
        (&item.put, "PUT"),
        (&item.post, "POST"),
        (&item.delete, "DELETE"),
        (&item.patch, "PATCH"),
    ];
    methods.iter().filter(|(operation, _)| operation.is_some()).map(|(_, name)| (*name).to_owned()).collect()
}
