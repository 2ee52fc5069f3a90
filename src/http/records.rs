//! Records: of one dataset, of a standard across all organizations, and single ones.

use std::sync::Arc;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, web};
use jiff::Timestamp;
use serde::Deserialize;

use super::App;
use super::cache;
use super::explain;
use super::groups;
use super::openapi::RecordQuery;
use super::output;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::resolve::{self, Address, Found, Of};
use crate::format::{self, Columns, Format, Head, Options};
use crate::query::{self, Page, Query, Scope as QueryScope};
use crate::schema::Schema;
use crate::store::{Cost, StoreError, catalog, records};

/// Parameters beside those of a query.
const RESERVED: [&str; 6] = ["format", "bom", "encoding", "width", "table", "lang"];

#[derive(Deserialize)]
struct DatasetPath {
    id: String,
    number: Option<i32>,
    format: Option<String>,
}

#[derive(Deserialize)]
struct StandardPath {
    slug: String,
    format: Option<String>,
}

/// データの検索 / Query the records of a dataset
///
/// 項目名をそのままパラメータにして条件を書けます（例 `名称__contains=小学校`）。結果は JSON、CSV、Excel、GeoJSON など多くの形式で返せます。 /
/// Any field name is a parameter (`FIELD=VALUE`, `FIELD__OP=VALUE`). Answers come in many formats: JSON, CSV, Excel, GeoJSON and more.
#[utoipa::path(tag = "データ / records", operation_id = "list_records", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/datasets/{id}/records")]
pub async fn list_records(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    of_dataset(app, request, path.into_inner()).await
}

/// データの検索（形式を拡張子で指定） / Query the records, format by suffix
///
/// `records.csv` のように形式を拡張子で選びます。 / As `records`, with the format as suffix.
#[utoipa::path(tag = "データ / records", operation_id = "list_records_as", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("format" = String, Path, description = "形式 / format", example = "csv"), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/datasets/{id}/records.{format}")]
pub async fn list_records_as(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    of_dataset(app, request, path.into_inner()).await
}

/// 過去の版のデータの検索 / Query the records of a version
///
/// 公開された版は変わりません。 / A published version never changes.
#[utoipa::path(tag = "データ / records", operation_id = "list_version_records", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("number" = i32, Path, description = "版 / version", example = 1), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/datasets/{id}/versions/{number}/records")]
pub async fn list_version_records(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    of_dataset(app, request, path.into_inner()).await
}

/// 全自治体を横断した検索 / Query the records of all organizations
///
/// この標準を公開しているすべての団体のデータを一度に検索します。各レコードに `dataset` が付きます。 /
/// One query across every organization that publishes this standard; each record carries its `dataset`.
#[utoipa::path(tag = "データ / records", operation_id = "list_standard_records", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/standards/{slug}/records")]
pub async fn list_standard_records(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
) -> Result<HttpResponse, Problem> {
    across(app, request, path.into_inner()).await
}

/// 全自治体を横断した検索（形式を拡張子で指定） / Query the records of all organizations, format by suffix
///
/// `records.csv` のように形式を拡張子で選びます。 / As `records`, with the format as suffix.
#[utoipa::path(tag = "データ / records", operation_id = "list_standard_records_as", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"),
    ("format" = String, Path, description = "形式 / format", example = "csv"), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/standards/{slug}/records.{format}")]
pub async fn list_standard_records_as(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
) -> Result<HttpResponse, Problem> {
    across(app, request, path.into_inner()).await
}

#[derive(Deserialize)]
struct RecordPath {
    id: String,
    record: String,
}

/// 1 件のデータ / One record
///
/// `ID` の値（ID のない標準では行番号）で 1 件を取り出します。 / The record with this `ID`, or row number where the standard has none.
#[utoipa::path(tag = "データ / records", operation_id = "get_record", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("record" = String, Path, description = "レコードの ID / record", example = "FF3310070001"),
    ("table" = Option<String>, Query, description = "複数の表からなるデータセットの表 / table of a dataset of several tables"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "レコード / record", body = super::openapi::Record),
))]
#[get("/datasets/{id}/records/{record}")]
pub async fn get_record(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<RecordPath>,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["table", "lang"])?;
    let path = path.into_inner();
    let of = Of::Dataset { id: path.id, number: None };
    let address = Address { of, table: parameters.get("table").map(str::to_owned), serial: None };
    let found = resolve::find(&app, address).await?;
    let resource = found.resource.clone();
    let id = path.record.clone();
    let body = app.db.ask(Cost::Short, move |connection| {
        let record = records::record(connection, &found.schema, &found.scope, &id)?;
        Ok(record.map(|record| {
            let mut body = Vec::new();
            Columns::new(&found.schema, None, false, false).push_record(&record, &mut body);
            body
        }))
    });
    let body = body.await.map_err(|error: StoreError| Problem::from(error))?.ok_or_else(|| {
        Problem::not_found(
            format!("{resource} に ID が「{}」のレコードはありません。", path.record),
            format!("{resource} has no record \"{}\".", path.record),
        )
    })?;
    Ok(cache::answer(&request, "application/json", body))
}

async fn of_dataset(app: web::Data<App>, request: HttpRequest, path: DatasetPath) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request, path.format)?;
    question.fits_version(path.number)?;
    answer(app, request, question, Of::Dataset { id: path.id, number: path.number }).await
}

async fn across(app: web::Data<App>, request: HttpRequest, path: StandardPath) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request, path.format)?;
    answer(app, request, question, Of::Standard { slug: path.slug }).await
}

/// A question as it came over HTTP.
struct Question {
    parameters: Parameters,
    /// By suffix or `format`; else `accept` decides, when the table is known.
    format: Option<&'static dyn Format>,
    accept: String,
    options: Options,
    /// Whose version was current then is asked.
    as_of: Option<Timestamp>,
    /// When it was asked.
    now: Timestamp,
}

impl Question {
    fn read(request: &HttpRequest, suffix: Option<String>) -> Result<Question, Problem> {
        let parameters = Parameters::of(request)?;
        let options = output::options(&parameters)?;
        if let (Some(suffix), Some(other)) =
            (suffix.as_deref(), parameters.get("format").filter(|name| Some(*name) != suffix.as_deref()))
        {
            return Err(Problem::parameter(
                "format",
                other,
                format!("アドレスの形式は {suffix} です。format を外してください。"),
                format!("The address says {suffix}; leave out format."),
            ));
        }
        let named = suffix.as_deref().or(parameters.get("format"));
        let format = named.map(|name| format::by_id(name).ok_or_else(|| unknown_format(name))).transpose()?;
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let as_of = query::as_of(parameters.pairs()).map_err(Problem::parameters)?;
        let now = Timestamp::now();
        Ok(Question { accept: accept.to_owned(), parameters, format, options, as_of, now })
    }

    /// A version is what it is, at whatever time.
    fn fits_version(&self, number: Option<i32>) -> Result<(), Problem> {
        match (number, self.parameters.get("as_of")) {
            (Some(_), Some(text)) => Err(Problem::parameter(
                "as_of",
                text,
                "版の番号と as_of は同時に使えません。",
                "as_of cannot be used together with the number of a version.",
            )
            .hint("どちらか一つにしてください。", "Keep one of them.")),
            _ => Ok(()),
        }
    }

    /// A walk that began earlier goes on with what was current then, unless a time is named that is over.
    fn may_go_back(&self) -> Result<(), Problem> {
        if self.as_of.is_none_or(|time| time > self.now) {
            return Ok(());
        }
        Err(Problem::parameter(
            "cursor",
            &self.parameters.get("cursor").unwrap_or_default().chars().take(100).collect::<String>(),
            "この cursor は、as_of の時点とは別の版のものです。",
            "This cursor belongs to another version than that of as_of.",
        )
        .hint(
            "as_of を変えたときは、cursor を外して最初のページから読んでください。",
            "After changing as_of start again without cursor.",
        ))
    }

    /// Whether the same question can have another answer a minute later, though nothing is published.
    fn is_momentary(&self) -> bool {
        ["open", "open_at"].iter().any(|name| self.parameters.get(name).is_some())
    }

    /// The format to answer in.
    fn format_for(&self, found: &Found, schema: &Schema) -> Result<&'static dyn Format, Problem> {
        match self.format {
            Some(format) => match format.lack(schema) {
                None => Ok(format),
                Some(lack) => Err(Problem::new(
                    Code::NotAcceptable,
                    format!("{} には{}がないため、{} では返せません。", found.resource, lack.ja, format.id()),
                    format!("{} has no {} and cannot be had as {}.", found.resource, lack.en, format.id()),
                )),
            },
            None => format::by_media_type(schema, &self.accept).ok_or_else(|| {
                Problem::new(
                    Code::NotAcceptable,
                    format!("Accept に合う形式がありません。使えるのは {} です。", known_formats()),
                    format!("No format fits Accept; there are {}.", known_formats()),
                )
            }),
        }
    }
}

fn known_formats() -> String {
    format::FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ")
}

fn unknown_format(name: &str) -> Problem {
    Problem::parameter(
        "format",
        name,
        format!("形式「{name}」はありません。使えるのは {} です。", known_formats()),
        format!("There is no format \"{name}\"; there are {}.", known_formats()),
    )
}

/// A page as bytes.
struct Body {
    bytes: Vec<u8>,
    /// How many characters the encoding lacks.
    replaced: u64,
}

/// Answers a question to the records of a data set or standard.
async fn answer(
    app: web::Data<App>,
    request: HttpRequest,
    question: Question,
    of: Of,
) -> Result<HttpResponse, Problem> {
    let (found, query) = ask(&app, &question, of).await?;
    let address = request.path().to_owned();
    let schema = query.answer_schema(&found.schema).into_owned();
    let format = question.format_for(&found, &schema)?;
    groups::check_format(&query, format)?;
    let options = format.heeded(&question.options);
    let tag = cache::weak_tag(&[
        &found.resource,
        &found.state,
        &query.canonical(),
        format.id(),
        &format!("{options:?}"),
        &address,
    ]);
    if cache::is_fresh(&request, &tag) {
        return Ok(cache::not_modified(&tag));
    }
    if query.explain {
        let body = app.db.ask(Cost::Short, move |connection| {
            let pairs = question.parameters.pairs();
            let asked = explain::Asked { address: &address, pairs, as_of: question.as_of, format };
            explain::body(connection, &found, &query, &schema, &asked)
        });
        let body = body.await.map_err(|error: StoreError| Problem::from(error))?;
        let body = serde_json::to_vec(&body).expect("an explanation has only string keys");
        return Ok(cache::ok(&tag, "application/json").body(body));
    }
    let cost = records::cost(&found.scope, &query);
    let is_momentary = question.is_momentary();
    let page = app.db.ask(cost, move |connection| {
        let page = groups::page(connection, &found, &query)?;
        let facets = groups::facets(connection, &found, &schema, &query)?;
        let next = page.next.as_ref().map(|cursor| {
            let cursor = cursor.encode(&query.fingerprint(&found.resource));
            query::next_link(&address, &query::pinned(question.parameters.pairs(), query.open), &cursor)
        });
        let columns = columns(&schema, &query, found.is_across);
        let head =
            Head { total: page.total, count: page.records.len(), next: next.clone(), published_at: found.stored_at };
        Ok((encode(format, options, &columns, &head, &page, facets), next))
    });
    let (body, next) = page.await.map_err(|error: StoreError| Problem::from(error))?;
    let body = body?;
    let mut response = cache::ok(&tag, format.content_type(&options));
    if is_momentary {
        response.insert_header((header::CACHE_CONTROL, cache::MOMENTARY));
    }
    if format.is_packed() {
        // Not once more.
        response.insert_header(ContentEncoding::Identity);
    }
    if output::may_replace(&options) {
        response.insert_header((output::REPLACED, body.replaced.to_string()));
    }
    if let Some(next) = next {
        response.insert_header((header::LINK, format!("<{next}>; rel=\"next\"")));
    }
    Ok(response.body(body.bytes))
}

/// Reads the question against the records of now, and again against those of the cursor's publication where it names an
/// older one.
async fn ask(app: &web::Data<App>, question: &Question, of: Of) -> Result<(Arc<Found>, Query), Problem> {
    let parse = |found: &Found| {
        let is_across = found.is_across;
        let scope = QueryScope { resource: &found.resource, reserved: &RESERVED, is_across, now: question.now };
        query::parse(&found.schema, question.parameters.pairs(), scope).map_err(Problem::parameters)
    };
    let serial = match question.as_of {
        Some(time) => {
            let serial = app.db.ask(Cost::Short, move |connection| catalog::serial_at(connection, time));
            Some(serial.await.map_err(|error: StoreError| Problem::from(error))?)
        }
        None => None,
    };
    let address = Address { of, table: question.parameters.get("table").map(str::to_owned), serial };
    let found = resolve::find(app, address.clone()).await?;
    let query = parse(&found)?;
    match &query.cursor {
        Some(cursor) if cursor.serial != found.scope.serial() => {
            question.may_go_back()?;
            let then = resolve::find(app, Address { serial: Some(cursor.serial), ..address }).await?;
            let query = parse(&then)?;
            Ok((then, query))
        }
        Some(_) | None => Ok((found, query)),
    }
}

fn encode(
    format: &dyn Format,
    options: Options,
    columns: &Columns<'_>,
    head: &Head,
    page: &Page,
    facets: Option<String>,
) -> Result<Body, Problem> {
    let mut encoder = format.encoder(columns, &options);
    let mut body = Vec::with_capacity(512 * page.records.len() + 1024);
    encoder.begin(head, &mut body);
    for record in &page.records {
        encoder.record(record, &mut body);
    }
    if let Some(facets) = facets {
        encoder.aside("facets", &facets);
    }
    encoder.end(&mut body).map_err(output::unwritten)?;
    Ok(Body { replaced: encoder.replaced(), bytes: body })
}

fn columns<'a>(schema: &'a Schema, query: &Query, is_across: bool) -> Columns<'a> {
    let has_dataset = is_across && query.grouping.is_none();
    Columns::new(schema, query.select.as_deref(), has_dataset, query.has_distance())
}
