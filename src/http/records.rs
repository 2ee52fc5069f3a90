//! Records: of one dataset, of a standard across all organizations, and single ones.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;

use super::App;
use super::as_of::AsOf;
use super::cache;
use super::explain;
use super::groups;
use super::openapi::RecordQuery;
use super::output;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::resolve::{self, Address, Found, Of};
use crate::format::{self, Columns, Format, Head, Options};
use crate::query::{self, FILTER_LANGUAGES, Page, Query, Scope as QueryScope};
use crate::schema::{Schema, nearest};
use crate::store::records;
use crate::store::{Cost, StoreError};
use crate::text::Lang;

/// Parameters beside those of a query.
const RESERVED: [&str; 6] = ["format", "bom", "encoding", "width", "table", "lang"];

/// The records of one data set.
#[derive(Deserialize)]
pub struct DatasetPath {
    id: String,
    number: Option<i32>,
    format: Option<String>,
}

/// The records of one standard.
#[derive(Deserialize)]
pub struct StandardPath {
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
    of_dataset(app, request, path.into_inner(), None).await
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
    of_dataset(app, request, path.into_inner(), None).await
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
    of_dataset(app, request, path.into_inner(), None).await
}

/// 過去の版のデータの検索（形式を拡張子で指定） / Query the records of a version, format by suffix
///
/// `records.csv` のように形式を拡張子で選びます。 / As `records`, with the format as suffix.
#[utoipa::path(tag = "データ / records", operation_id = "list_version_records_as", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("number" = i32, Path, description = "版 / version", example = 1),
    ("format" = String, Path, description = "形式 / format", example = "csv"), RecordQuery),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[get("/datasets/{id}/versions/{number}/records.{format}")]
pub async fn list_version_records_as(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    of_dataset(app, request, path.into_inner(), None).await
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
    across(app, request, path.into_inner(), None).await
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
    across(app, request, path.into_inner(), None).await
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
    ("names" = Option<String>, Query, description = "項目名の言語 / language of the fields' names: ja, en"),
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
    let parameters = Parameters::only(&request, &["table", "names", "lang"])?;
    let names = parameters.names()?;
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
            let schema = match names {
                Lang::Ja => &found.schema,
                Lang::En => found.schema.in_english(),
            };
            Columns::new(schema, None, false, false).push_record(&record, &mut body);
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

/// Answers a question to one data set, with the filter of the body where there is one.
///
/// # Errors
/// The problem to answer with.
pub async fn of_dataset(
    app: web::Data<App>,
    request: HttpRequest,
    path: DatasetPath,
    filter: Option<String>,
) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request, path.format, filter)?;
    answer(app, request, question, Of::Dataset { id: path.id, number: path.number }).await
}

/// As [`of_dataset`], across all organizations.
///
/// # Errors
/// The problem to answer with.
pub async fn across(
    app: web::Data<App>,
    request: HttpRequest,
    path: StandardPath,
    filter: Option<String>,
) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request, path.format, filter)?;
    answer(app, request, question, Of::Standard { slug: path.slug }).await
}

/// A question as it came over HTTP.
struct Question {
    /// What stands in the address, and goes into that of the next page.
    parameters: Parameters,
    /// All that is asked: the filter of a body too.
    asked: Parameters,
    /// By suffix or `format`; else `accept` decides, when the table is known.
    format: Option<&'static dyn Format>,
    accept: String,
    options: Options,
    as_of: AsOf,
}

impl Question {
    fn read(request: &HttpRequest, suffix: Option<String>, filter: Option<String>) -> Result<Question, Problem> {
        let parameters = Parameters::of(request)?;
        parameters.must_be_single(&RESERVED)?;
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
        let mut asked = parameters.clone();
        if let Some(filter) = filter {
            asked.add("filter", filter);
            asked.add("filter-lang", FILTER_LANGUAGES[1].to_owned());
        }
        let as_of = AsOf::read(&parameters)?;
        Ok(Question { accept: accept.to_owned(), parameters, asked, format, options, as_of })
    }

    /// The format to answer in.
    fn format_for(&self, found: &Found, query: &Query) -> Result<&'static dyn Format, Problem> {
        let schema = &query.answer_schema(&found.schema);
        match self.format {
            Some(format) => match format.lack(schema) {
                None => Ok(format),
                Some(lack) => {
                    let (ja, en) = match query.grouping {
                        None => (found.resource.as_str(), found.resource.as_str()),
                        Some(_) => ("group_by の結果", "The answer to group_by"),
                    };
                    Err(Problem::new(
                        Code::NotAcceptable,
                        format!("{ja} には{}がないため、{} では返せません。", lack.ja, format.id()),
                        format!("{en} has no {} and cannot be had as {}.", lack.en, format.id()),
                    ))
                }
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
    let problem = Problem::parameter(
        "format",
        name,
        format!("形式「{name}」はありません。使えるのは {} です。", known_formats()),
        format!("There is no format \"{name}\"; there are {}.", known_formats()),
    );
    match nearest(name, format::FORMATS.iter().map(|format| format.id())) {
        Some(near) => problem.hint(format!("{near} のことですか。"), format!("Did you mean {near}?")),
        None => problem,
    }
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
    question.as_of.fits(&of)?;
    let (found, query) = ask(&app, &question, of).await?;
    let is_past = found.is_past;
    let response = answer_from(app, request, question, found, query).await?;
    Ok(if is_past { cache::past(response) } else { response })
}

/// Answers a question from the records that were found.
async fn answer_from(
    app: web::Data<App>,
    request: HttpRequest,
    question: Question,
    found: Arc<Found>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let format = question.format_for(&found, &query)?;
    groups::check_format(&query, format)?;
    let address = request.path().to_owned();
    let options = output::heeded(format, &question.options)?;
    let tag = cache::weak_tag(&[
        &found.resource,
        &found.state,
        &query.canonical(),
        format.id(),
        &format!("{options:?}"),
        &address,
    ]);
    // Only reading can be answered by "as you have it".
    if request.method() == Method::GET && cache::is_fresh(&request, &tag) {
        return Ok(cache::not_modified(&tag));
    }
    if query.explain {
        let asked = explain::Asked {
            address,
            pairs: question.parameters.pairs().to_vec(),
            filter: question.asked.get("filter").map(str::to_owned),
            as_of: question.as_of,
            format,
        };
        return Ok(cache::ok(&tag, "application/json").json(explain::body(&found, &query, &asked)));
    }
    let pairs = query::pinned(question.parameters.pairs(), query.open);
    let is_of_now = pairs != question.parameters.pairs();
    let cost = records::cost(&found.scope, &query);
    let name = found.file_name(question.as_of.time, format.id());
    let page = app.db.ask(cost, move |connection| {
        let schema = query.answer_schema(&found.schema);
        let page = groups::page(connection, &found, &query)?;
        let facets = groups::facets(connection, &found, &schema, &query)?;
        let next = page.next.as_ref().map(|cursor| {
            let cursor = cursor.encode(&query.fingerprint(&found.resource));
            query::next_link(&address, &pairs, &cursor)
        });
        let columns = columns(&schema, &query, found.is_across);
        let (total, count) = (page.total, page.records.len());
        let head = Head { total, count, next: next.clone(), published_at: found.stored_at };
        Ok((encode(format, options, &columns, &head, &page, facets), next))
    });
    let (body, next) = page.await.map_err(|error: StoreError| Problem::from(error))?;
    let body = body?;
    let mut response = cache::ok(&tag, format.content_type(&options));
    // Shown where it can be, and saved under a name that says what it is.
    response.insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")));
    if is_of_now {
        response.insert_header(cache::PASSING);
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
    let Question { asked, parameters, as_of, .. } = question;
    let parse = |found: &Found| {
        let is_across = found.is_across;
        let scope = QueryScope { resource: &found.resource, reserved: &RESERVED, is_across, now: as_of.now };
        query::parse(&found.schema, asked.pairs(), scope).map_err(Problem::parameters)
    };
    let serial = as_of.serial(app).await?;
    let address = Address { of, table: parameters.get("table").map(str::to_owned), serial };
    let found = resolve::find(app, address.clone()).await?;
    let query = parse(&found)?;
    match &query.cursor {
        Some(cursor) if cursor.serial != found.scope.serial() => {
            as_of.may_go_back(parameters)?;
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
    let values: usize = page.records.iter().map(|record| record.values.len()).sum();
    let mut body = Vec::with_capacity(values + columns.key_bytes() * page.records.len() + 1024);
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
    let columns = Columns::new(schema, query.select.as_deref(), has_dataset, query.has_distance());
    if query.grouping.is_some() { columns.chosen() } else { columns }
}
