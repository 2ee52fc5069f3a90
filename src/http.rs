//! The web server: what every handler shares, and the one routing table.

mod admission;
mod answers;
mod as_of;
mod auth;
mod cache;
mod check;
mod chunked;
mod client;
mod connection;
mod dataset_body;
mod datasets;
mod docs;
mod downloads;
mod exchange;
mod explain;
mod explain_body;
mod file_body;
mod filter;
mod fix;
mod framing;
mod groups;
mod headers;
mod health;
mod home;
mod limiter;
mod middleware;
pub mod openapi;
mod organizations;
mod outgoing;
mod output;
mod parameters;
mod paths;
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
mod timer;
mod turns;
mod unprepared;
mod uploads;
mod wire;

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_cors::Cors;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive};
use actix_server::Server;
use actix_service::{ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::config::Settings;
use crate::folder::Folder;
use crate::reader::Subprocess;
use crate::standard::Registry;
use crate::store::Db;
use crate::store::beside::Beside;
use crate::tabular::ReadOptions;
use admission::Admission;
use connection::{Connection, Patience};
use outgoing::Unsent;
use paths::Routes;
use prepared::Files;
use turns::Turns;
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
    /// Reads strangers' workbooks.
    unpacker: Subprocess,
    /// Turns of work on uploads.
    turns: Turns,
    /// Checks of the present minute.
    limiter: Mutex<limiter::Limiter>,
    /// Corrections kept aside.
    fixes: Mutex<fix::Fixes>,
    /// Records that addresses are known to name.
    known: resolve::Known,
    /// Answers kept aside.
    answers: answers::Answers,
    /// Room for answers that nobody has taken yet.
    unsent: Arc<Unsent>,
    /// Files that addresses were last answered with.
    downloads: downloads::Downloads,
}

impl App {
    /// Puts the shared parts together.
    pub fn new(registry: Registry, db: Db, settings: Settings, unpacker: Subprocess) -> App {
        let prepared = Folder::new(settings.var.join("prepared"), u64::from(settings.prepared_mb) << 20);
        let prepared = Arc::new(prepared);
        App {
            description: OnceLock::new(),
            files: Files::new(Arc::clone(&prepared)),
            beside: Arc::new(Beside::new(prepared, db.clone())),
            turns: Turns::new(settings.uploads, settings.uploads_memory_mb),
            unpacker,
            limiter: Mutex::default(),
            fixes: Mutex::default(),
            known: resolve::Known::default(),
            downloads: downloads::Downloads::default(),
            answers: answers::Answers::new(u64::from(settings.cache_mb) << 20),
            unsent: Arc::new(Unsent::new(settings.answers_memory_mb, settings.var.join("spool"))),
            registry,
            db,
            settings,
        }
    }

    /// How uploads are read.
    fn reading(&self) -> ReadOptions<'_> {
        ReadOptions { limits: self.settings.limits, unpacker: &self.unpacker }
    }

    fn description(&self) -> &Description {
        self.description.get_or_init(|| {
            let document = openapi::document(&self.registry);
            let routes = Routes::new(&document);
            Description { document: web::Bytes::from(openapi::pretty(&document)), routes }
        })
    }
}

/// What the server says of itself.
struct Description {
    /// The OpenAPI document.
    document: web::Bytes,
    /// What there is.
    routes: Routes,
}

/// Serves on a socket that is already bound, until the server is told to stop.
///
/// # Errors
/// The operating system's, where the socket cannot be served.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let Settings { workers, body_timeout, head_timeout, keep_alive, .. } = app.settings;
    let admission = Arc::new(Admission::new(app.settings.connections, app.settings.connections_per_address));
    let patience = Patience { head: head_timeout, idle: keep_alive, rest: body_timeout };
    let most = admission.most();
    let app = web::Data::new(app);
    // Not `HttpServer`: it leaves no room for a stream of our own.
    let service = move || {
        let http = HttpService::build()
            // The connection does all that takes time: heads, pauses, and its end.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .local_addr(address)
            .on_connect_ext(|stream: &Connection, about| {
                about.insert(Rc::clone(stream.wire()));
            })
            .h1(map_config(application(app.clone()), |_: ()| AppConfig::default()));
        let admission = Arc::clone(&admission);
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
            let admitted = admission.admit(address);
            async move {
                let Some((slot, admitted)) = admitted else {
                    return Err(DispatchError::Io(std::io::ErrorKind::QuotaExceeded.into()));
                };
                let wire = Wire::new(stream, slot, body_timeout);
                let connection = match admitted {
                    Ok(()) => Connection::new(wire, patience),
                    Err(problem) => Connection::refused(wire, patience, problem),
                };
                Ok((connection, peer))
            }
        })
        .and_then(http)
    };
    // Every worker may have all of them: who is one too many is told so instead of waiting.
    let server = Server::build().shutdown_timeout(5).max_concurrent_connections(most);
    let server = match workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    Ok(server.listen("machikura", listener, service)?.run())
}

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
    actix_web::App::new()
        .into_utoipa_app()
        .app_data(app)
        .configure(routes)
        // Not part of the document: the pages about it, and everything that is nowhere.
        .map(|app| app.service(docs::get_docs))
        .default_service(web::to(paths::nowhere))
        .into_app()
        .wrap(from_fn(paths::canonical))
        .wrap(from_fn(middleware::problems))
        .wrap(Compress::default())
        .wrap(from_fn(middleware::identity_unsaid))
        .wrap(cors())
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(headers::of_requests))
        .wrap(from_fn(answers::answers))
        .wrap(from_fn(client::clients))
        .wrap(from_fn(exchange::refusals))
        // Once more, for what is refused on the way in.
        .wrap(from_fn(middleware::problems))
        .wrap(from_fn(headers::of_answers))
        .wrap(from_fn(middleware::log))
        .wrap(from_fn(exchange::exchange))
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

/// Routes whose answers are for whoever asks: they see tokens, and nobody keeps what they answer. All others are for
/// everybody: they see no token, and whoever has the answer may give it to others.
const PERSONAL: [(&str, &str); 5] = [
    ("PUT", "/api/v1/datasets/{id}"),
    ("POST", "/api/v1/validate"),
    ("POST", "/api/v1/fix"),
    ("GET", "/api/v1/fixes/{id}"),
    ("GET", "/api/v1/fixes/{id}/{file}.csv"),
];

/// Preflight requests. Anybody may read from any page; tokens are sent in a header, so there is nothing that a foreign page could abuse.
fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        // The answer is the same for every origin.
        .disable_vary_header()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
        .allow_any_header()
        .max_age(86_400)
}
