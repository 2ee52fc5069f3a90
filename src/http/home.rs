//! The front door: a guide for terminals and browsers, the service document, the API description.

use std::fmt::Write;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};

use super::App;
use super::cache;
use super::client::Client;
use super::parameters::{Parameters, language};
use super::problem::{Code, Problem};
use super::resolve;
use crate::catalog::{BoundingBox, DatasetFilter};
use crate::query::Query;
use crate::store::{catalog, records};

/// サービスの概要 / the service document
#[derive(Serialize, utoipa::ToSchema)]
pub struct ServiceBody {
    /// 名称 / name
    name: &'static str,
    /// 版 / version of the software
    version: &'static str,
    /// 団体の数 / organizations
    organizations: usize,
    /// データセットの数 / datasets
    datasets: u64,
    /// レコードの数 / records
    records: u64,
    /// 標準の数 / standards
    standards: usize,
    /// 関連する URL / links
    links: ServiceLinks,
}

/// 関連する URL / links of the service
#[derive(Serialize, utoipa::ToSchema)]
pub struct ServiceLinks {
    /// 標準 / standards
    standards: &'static str,
    /// 団体 / organizations
    organizations: &'static str,
    /// データセット / datasets
    datasets: &'static str,
    /// 検査 / check
    validate: &'static str,
    /// API の説明 / API description
    openapi: &'static str,
    /// API の説明（画面） / API description as a page
    docs: &'static str,
}

/// 案内 / Guide
///
/// 端末には貼り付けて使えるコマンドの案内を、ブラウザーには同じ内容のページを返します。 / A guide with lines to paste; a browser gets it as a page.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_guide", responses(
    (status = 200, description = "案内 / guide", content((String = "text/plain"), (String = "text/html"))),
))]
#[get("/")]
pub async fn get_guide(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let shared = app.clone();
    let example = app.db.read(move |connection| Example::find(&shared, connection)).await?;
    let text = guide(&Client::asking(&request).base, example.as_ref());
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(if accept.contains("text/html") {
        cache::answer(&request, "text/html; charset=utf-8", html(&text).into_bytes())
    } else {
        cache::answer(&request, "text/plain; charset=utf-8", text.into_bytes())
    })
}

/// サービスの概要 / Service document
///
/// 件数と入口のアドレスです。 / Counts and where to begin.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_service", params(
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "概要 / service", body = ServiceBody),
))]
#[get("")]
pub async fn get_service(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let organizations =
        app.db.read(|connection| catalog::list_organizations(connection).map_err(Problem::from)).await?;
    let body = ServiceBody {
        name: "machikura 街蔵",
        version: env!("CARGO_PKG_VERSION"),
        datasets: organizations.iter().map(|summary| summary.datasets).sum(),
        records: organizations.iter().map(|summary| summary.records).sum(),
        organizations: organizations.len(),
        standards: app.registry.standards().len(),
        links: ServiceLinks {
            standards: "/api/v1/standards",
            organizations: "/api/v1/organizations",
            datasets: "/api/v1/datasets",
            validate: "/api/v1/validate",
            openapi: "/openapi.json",
            docs: "/docs/",
        },
    };
    Ok(cache::json(&request, &body))
}

/// API の説明（OpenAPI） / API description (OpenAPI)
///
/// OpenAPI 3.1 の文書です。 / The OpenAPI 3.1 document.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_openapi", responses(
    (status = 200, description = "OpenAPI 3.1", body = serde_json::Value),
))]
#[get("/openapi.json")]
pub async fn get_openapi(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    cache::answer(&request, "application/json", app.description().document.to_vec())
}

#[derive(Deserialize)]
struct ProblemPath {
    code: String,
}

/// エラーの説明 / About a kind of problem
///
/// エラーの `type` が指すページです。 / The page that `type` of a problem points to.
#[utoipa::path(tag = "運用 / operation", operation_id = "get_problem", params(
    ("code" = String, Path, description = "種類 / kind", example = "not-found"),
    ("lang" = Option<String>, Query, description = "言語 / language: ja, en")),
    responses(
    (status = 200, description = "説明 / about it", body = String, content_type = "text/plain"),
))]
#[get("/problems/{code}")]
pub async fn get_problem(request: HttpRequest, path: web::Path<ProblemPath>) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let lang = language(&request);
    let code = Code::ALL.into_iter().find(|code| code.word() == path.code).ok_or_else(|| {
        Problem::not_found(
            format!("エラーの種類「{}」はありません。", path.code),
            format!("There is no kind of problem \"{}\".", path.code),
        )
    })?;
    let text = format!("{} ({})\nHTTP {}\n", code.title().get(lang), code.word(), code.status());
    Ok(cache::answer(&request, "text/plain; charset=utf-8", text.into_bytes()))
}

/// A dataset to show what can be asked.
struct Example {
    id: String,
    standard: String,
    title: String,
    bounds: BoundingBox,
    /// A field that names records, and the beginning of such a name.
    name: Option<(String, String)>,
}

impl Example {
    /// The first dataset with coordinates, of AEDs if there is one: everybody knows what those are.
    fn find(app: &App, connection: &mut PgConnection) -> Result<Option<Example>, Problem> {
        let aed = DatasetFilter { standard: Some("aed".to_owned()), ..DatasetFilter::default() };
        for filter in [aed, DatasetFilter::default()] {
            let page = catalog::list_datasets(connection, &filter, 100)?;
            let Some(entry) = page.entries.iter().find(|entry| entry.bounding_box().is_some()) else { continue };
            let id = entry.dataset.id.to_string();
            let found = resolve::table(app, connection, &id, None, None, None)?;
            let first =
                records::page(connection, &found.schema, &found.scope, &Query { limit: 1, ..Query::default() })?;
            let name = found.schema.record_name().zip(first.records.first()).map(|(field, record)| {
                (found.schema.fields()[field].name.clone(), record.text(field).chars().take(2).collect())
            });
            return Ok(entry.bounding_box().map(|bounds| Example {
                standard: entry.dataset.description.standard.clone().unwrap_or_default(),
                title: entry.dataset.description.title.clone(),
                id,
                bounds,
                name,
            }));
        }
        Ok(None)
    }
}

/// The guide, with lines that work on what is published here.
fn guide(base: &str, example: Option<&Example>) -> String {
    let mut out = String::new();
    write_guide(&mut out, base, example).expect("a String takes everything");
    out
}

fn write_guide(out: &mut String, base: &str, example: Option<&Example>) -> std::fmt::Result {
    writeln!(out, "街蔵 machikura {} — 自治体標準オープンデータセットのカタログ", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "登録は要りません。次の行をそのまま貼り付けて試せます。 / No account needed; paste these lines.\n")?;
    writeln!(out, "■ 何があるか / what there is")?;
    writeln!(out, "curl {base}/api/v1/organizations")?;
    writeln!(out, "curl '{base}/api/v1/datasets?limit=5'")?;
    if let Some(Example { id, standard, title, bounds: BoundingBox { west, south, east, north }, name }) = example {
        let (latitude, longitude) = ((south + north) / 2.0, (west + east) / 2.0);
        writeln!(out, "\n■ {title} を調べる / query one dataset")?;
        writeln!(out, "curl '{base}/api/v1/datasets/{id}/records.txt?limit=5'")?;
        if let Some((field, word)) = name {
            writeln!(out, "curl -G {base}/api/v1/datasets/{id}/records --data-urlencode '{field}__contains={word}'")?;
        }
        writeln!(
            out,
            "curl '{base}/api/v1/datasets/{id}/records?bbox={west:.3},{south:.3},{east:.3},{north:.3}&limit=3'"
        )?;
        writeln!(out, "\n■ 全自治体を横断して、近い順に / across all municipalities, nearest first")?;
        writeln!(
            out,
            "curl '{base}/api/v1/standards/{standard}/records.txt?lat={latitude:.4}&lon={longitude:.4}&limit=5'"
        )?;
        writeln!(out, "\n■ ファイルで受け取る / download")?;
        writeln!(out, "curl -O -J {base}/api/v1/datasets/{id}/download.csv")?;
        writeln!(out, "curl -O -J {base}/api/v1/datasets/{id}/download.geojson")?;
    }
    writeln!(out, "\n■ 公開前の表を検査する / check a table")?;
    writeln!(
        out,
        "curl -s {base}/api/v1/standards/aed/template.csv | curl --data-binary @- '{base}/api/v1/validate?format=text'"
    )?;
    writeln!(out, "\nAPI の説明 / API description: {base}/docs/")
}

/// What the page looks like.
pub const STYLE: &str = "body{max-width:72rem;margin:2rem auto;padding:0 1rem;font-family:sans-serif}\
                         pre{white-space:pre-wrap;line-height:1.6}";

/// The guide as a page that needs nothing from outside.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>街蔵 machikura</title><style>{STYLE}</style>\
         <h1>街蔵 machikura</h1><p><a href=\"/docs/\">API の説明 / API description</a> · <a href=\"/api/v1/datasets\">データセット / datasets</a></p>\
         <pre>{escaped}</pre></html>",
    )
}
