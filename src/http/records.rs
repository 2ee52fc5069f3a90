//! Records: of one dataset, of a standard across all organizations, and single ones.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use serde::Deserialize;

use super::App;
use super::cache;
use super::openapi::RecordQuery;
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::resolve::{self, Found};
use crate::format::{self, Columns, Format, Head, Options};
use crate::query::{self, FILTER_LANGUAGES, Page, Query, Scope as QueryScope};
use crate::schema::Schema;
use crate::standard::Older;
use crate::store::records::{self, Scope};

/// Parameters beside those of a query.
const RESERVED: [&str; 4] = ["format", "bom", "table", "lang"];

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
/// 項目名をそのままパラメータにして条件を書けます（例 `名称__contains=小学校`）。結果は JSON、CSV、GeoJSON、端末用の表で返せます。 /
/// Any field name is a parameter (`FIELD=VALUE`, `FIELD__OP=VALUE`). Answers are JSON, CSV, GeoJSON or an aligned text table.
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
    ("format" = String, Path, description = "形式（json, csv, geojson, txt） / format", example = "csv"), RecordQuery),
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
    ("format" = String, Path, description = "形式（json, csv, geojson, txt） / format", example = "csv"), RecordQuery),
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
    let db = app.db.clone();
    let body = db
        .read(move |connection| {
            let found = resolve::table(&app, connection, &path.id, None, parameters.get("table"), None)?;
            let record = records::record(connection, &found.schema, &found.scope, &path.record)?.ok_or_else(|| {
                Problem::not_found(
                    format!("{} に ID が「{}」のレコードはありません。", found.resource, path.record),
                    format!("{} has no record \"{}\".", found.resource, path.record),
                )
            })?;
            let columns = Columns::new(&found.schema, None, false, false);
            let mut body = Vec::new();
            columns.push_record(&record, &mut body);
            Ok::<_, Problem>(body)
        })
        .await?;
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
    answer(app, request, question, move |app, connection, table, serial| {
        resolve::table(app, connection, &path.id, path.number, table, serial)
    })
    .await
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
    answer(app, request, question, move |app, connection, table, serial| {
        resolve::across(app, connection, &path.slug, table, serial)
    })
    .await
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
}

impl Question {
    fn read(request: &HttpRequest, suffix: Option<String>, filter: Option<String>) -> Result<Question, Problem> {
        let parameters = Parameters::of(request)?;
        let options = Options { bom: parameters.flag("bom", true)? };
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
        Ok(Question { accept: accept.to_owned(), parameters, asked, format, options })
    }

    /// The format to answer in.
    fn format_for(&self, found: &Found<'_>) -> Result<&'static dyn Format, Problem> {
        match self.format {
            Some(format) if format.applies_to(&found.schema) => Ok(format),
            Some(format) => Err(Problem::new(
                Code::NotAcceptable,
                format!("{} には座標がないため、{} では返せません。", found.resource, format.id()),
                format!("{} has no coordinates and cannot be had as {}.", found.resource, format.id()),
            )),
            None => format::by_media_type(&found.schema, &self.accept).ok_or_else(|| {
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

/// What became of a question.
enum Answer {
    NotModified(String),
    Page { tag: String, media_type: &'static str, body: Vec<u8>, next: Option<String> },
}

/// Answers a question. `find` gives the records that it is asked of, as they were at a publication where a cursor names
/// one.
async fn answer<F>(
    app: web::Data<App>,
    request: HttpRequest,
    question: Question,
    find: F,
) -> Result<HttpResponse, Problem>
where
    F: for<'a> Fn(&'a App, &mut PgConnection, Option<&str>, Option<i64>) -> Result<Found<'a>, Problem> + Send + 'static,
{
    // Only reading can be answered by "as you have it".
    let held = if request.method() == Method::GET { cache::held_tags(&request) } else { Vec::new() };
    let address = request.path().to_owned();
    let options = question.options;
    let db = app.db.clone();
    let answer = db
        .read(move |connection| {
            let table = question.parameters.get("table");
            let (found, query) = ask(&app, connection, &question.asked, table, &find)?;
            let format = question.format_for(&found)?;
            let tag = cache::weak_tag(&[
                &found.resource,
                &found.state,
                &query.canonical(),
                format.id(),
                if options.bom { "bom" } else { "" },
                &address,
            ]);
            if cache::matches(&held, &tag) {
                return Ok::<_, Problem>(Answer::NotModified(tag));
            }
            let page = records::page(connection, &found.schema, &found.scope, &query)?;
            let next = page.next.as_ref().map(|cursor| {
                let cursor = cursor.encode(&query.fingerprint(&found.resource));
                query::next_link(&address, question.parameters.pairs(), &cursor)
            });
            let body = encode(format, options, &found, &query, page, next.clone());
            Ok(Answer::Page { tag, media_type: format.media_type(), body, next })
        })
        .await?;
    Ok(match answer {
        Answer::NotModified(tag) => cache::not_modified(&tag),
        Answer::Page { tag, media_type, body, next } => {
            let mut response = cache::ok(&tag, media_type);
            if let Some(next) = next {
                response.insert_header((header::LINK, format!("<{next}>; rel=\"next\"")));
            }
            response.body(body)
        }
    })
}

/// Reads the question against the records of now, and again against those of the cursor's publication where it names an
/// older one.
fn ask<'a>(
    app: &'a App,
    connection: &mut PgConnection,
    parameters: &Parameters,
    table: Option<&str>,
    find: &impl for<'b> Fn(&'b App, &mut PgConnection, Option<&str>, Option<i64>) -> Result<Found<'b>, Problem>,
) -> Result<(Found<'a>, Query), Problem> {
    let parse = |found: &Found<'_>| {
        let scope = QueryScope { resource: &found.resource, reserved: &RESERVED };
        query::parse(&found.schema, parameters.pairs(), scope).map_err(Problem::parameters)
    };
    let found = find(app, connection, table, None)?;
    let query = parse(&found)?;
    match &query.cursor {
        Some(cursor) if cursor.serial != found.scope.serial() => {
            let then = find(app, connection, table, Some(cursor.serial))?;
            let query = parse(&then)?;
            Ok((then, query))
        }
        Some(_) | None => Ok((found, query)),
    }
}

fn encode(
    format: &dyn Format,
    options: Options,
    found: &Found<'_>,
    query: &Query,
    page: Page,
    next: Option<String>,
) -> Vec<u8> {
    let columns = columns(&found.schema, query, found.is_across);
    let mut encoder = format.encoder(&columns, &options);
    let mut body = Vec::with_capacity(512 * page.records.len() + 1024);
    encoder.begin(&Head { total: page.total, count: page.records.len(), next }, &mut body);
    for record in &page.records {
        encoder.record(record, &mut body);
    }
    encoder.end(&mut body);
    body
}

fn columns<'a>(schema: &'a Schema, query: &Query, is_across: bool) -> Columns<'a> {
    Columns::new(schema, query.select.as_deref(), is_across, query.has_distance())
}

/// All records of a scope in one format, in the older edition where that is wanted, a piece at a time.
///
/// # Errors
/// What `send` answers, and where the database fails.
pub fn each_piece(
    connection: &mut PgConnection,
    found: &Found<'_>,
    older: Option<&Older>,
    format: &dyn Format,
    options: Options,
    send: &mut dyn FnMut(Vec<u8>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    const PIECE: usize = 64 * 1024;
    let schema = older.map_or(&*found.schema, Older::schema);
    let columns = Columns::new(schema, None, found.is_across, false);
    let mut encoder = format.encoder(&columns, &options);
    let rows = found.scope.row_count();
    let mut piece = Vec::with_capacity(2 * PIECE);
    let count = usize::try_from(rows).expect("a table's rows fit the address space");
    encoder.begin(&Head { total: Some(rows), count, next: None }, &mut piece);
    let scope: &Scope = &found.scope;
    records::each_record(connection, &found.schema, scope, &mut |record| -> Result<(), Problem> {
        match older {
            Some(older) => encoder.record(&older.record(&record), &mut piece),
            None => encoder.record(&record, &mut piece),
        }
        if piece.len() >= PIECE {
            send(std::mem::replace(&mut piece, Vec::with_capacity(2 * PIECE)))?;
        }
        Ok(())
    })?;
    encoder.end(&mut piece);
    send(piece)
}
