//! Checks without publishing. Nothing is stored.

use std::fs::File;
use std::io::Seek;
use std::time::Instant;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, post, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tempfile::{SpooledData, spooled_tempfile};

use super::App;
use super::auth;
use super::client::Client;
use super::parameters::{Parameters, language};
use super::problem::{Code, Problem};
use super::resolve;
use super::uploads::{self, Spooled};
use crate::municipality::{self, Municipality};
use crate::text::Lang;
use crate::validate::report::json::ReportBody;
use crate::validate::report::{self, ReportError, ReportFormat, Wording, json};
use crate::validate::{self, Checked, Request};

/// 検査 / Check a file
///
/// CSV、TSV（UTF-8、Shift_JIS、EUC-JP、UTF-16）、XLSX、XLS、GTFS-JP の ZIP を検査し、どこがどう違い、どう直すかを返します。何も保存しません。 /
/// Checks a CSV, TSV, XLSX, XLS or GTFS zip and says what is wrong, where, and how to mend it. Nothing is stored.
#[utoipa::path(tag = "検査 / check", operation_id = "validate_file", params(
    ("standard" = Option<String>, Query, description = "標準（省くと見出しから判定） / standard; recognised from the heading if left out", example = "aed"),
    ("organization" = Option<String>, Query, description = "公開する団体のコード / code of the publisher", example = "331007"),
    ("format" = Option<String>, Query, description = "報告の形式（json プログラム用、text 端末用、csv 一覧、html 閲覧用、xlsx 元の表に印を付けたもの、sarif、frictionless） / format of the report", example = "json"),
    ("lang" = Option<String>, Query, description = "言語（ja, en） / language", example = "ja"),
    ("max_issues" = Option<u32>, Query, description = "列挙する指摘の上限（最大 100000。既定は 1000、csv と xlsx では 100000、html では 10000） / findings listed at most", maximum = 100000),
    ("filename" = Option<String>, Query, description = "ファイル名 / file name", example = "331007_aed.csv")),
    request_body(description = "ファイル（本文そのもの、または multipart/form-data） / the file, as body or as form", content(
        ("text/csv"), ("application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses(
    (status = 200, description = "検査結果 / report", content((ReportBody = "application/json"))),
))]
#[post("/validate")]
pub async fn validate_file(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 6] = ["standard", "organization", "format", "lang", "max_issues", "filename"];
    let parameters = Parameters::only(&request, &KNOWN)?;
    let lang = language(&request);
    let format = find_format(parameters.get("format").unwrap_or("json"))?;
    let max_issues = parameters.number("max_issues", format.listed(), 0..=100_000)?;
    let organization = parameters.get("organization").map(find_organization).transpose()?;
    let slug = parameters.get("standard").map(|slug| resolve::standard(&app, slug).map(|found| found.slug.clone()));
    let slug = slug.transpose()?;
    admit(&app, &request).await?;
    let spooled = uploads::spool(&app, &request, payload, parameters.get("filename")).await?;
    let name = parameters.get("filename").map(str::to_owned).or_else(|| spooled.upload().name().map(str::to_owned));
    let shared = app.clone();
    let body = take_turn(&app, &request, spooled, move |spooled| {
        let reading = shared.reading();
        let digest = format.names_digest();
        let request = Request { organization, max_issues, digest, reading, ..Request::new(&shared.registry) };
        let checked = check(&spooled, slug.as_deref(), request)?;
        let wording = Wording { registry: &shared.registry, lang, in_colour: false };
        let mut body = spooled_tempfile(KEPT_IN_MEMORY);
        format.write(&checked, &wording, &mut body)?;
        Ok(body.into_inner())
    })
    .await?;
    let mut response = HttpResponse::Ok();
    response.content_type(format.media_type());
    if format.is_file() {
        response.insert_header((header::CONTENT_DISPOSITION, disposition(name.as_deref(), format)));
    }
    match body {
        SpooledData::InMemory(bytes) => Ok(response.body(bytes.into_inner())),
        SpooledData::OnDisk(file) => of_file(response, file),
    }
}

/// A longer report goes by way of a file, in bytes.
const KEPT_IN_MEMORY: usize = 4 << 20;

/// A response whose body is a file.
///
/// # Errors
/// 500 where it cannot be read.
pub fn of_file(mut response: HttpResponseBuilder, mut file: File) -> Result<HttpResponse, Problem> {
    let length = file.metadata().and_then(|metadata| file.rewind().map(|()| metadata.len())).map_err(|error| {
        tracing::error!(%error, "a file for a response cannot be read");
        Problem::internal()
    })?;
    let stream = tokio_util::io::ReaderStream::new(tokio::fs::File::from_std(file));
    Ok(response.body(SizedStream::new(length, stream)))
}

fn find_format(id: &str) -> Result<&'static dyn ReportFormat, Problem> {
    report::by_id(id).ok_or_else(|| {
        let known = report::ids();
        Problem::parameter(
            "format",
            id,
            format!("報告の形式「{id}」はありません。使えるのは {known} です。"),
            format!("There is no report format \"{id}\"; there are {known}."),
        )
    })
}

/// A name for the report beside the file (RFC 6266): in ASCII, and as it is.
fn disposition(name: Option<&str>, format: &dyn ReportFormat) -> String {
    let extension = format.extension();
    let stem = name.map_or("report", |name| name.rsplit_once('.').map_or(name, |(stem, _)| stem));
    let full = utf8_percent_encode(stem, NON_ALPHANUMERIC);
    format!("attachment; filename=\"report.{extension}\"; filename*=UTF-8''{full}_check.{extension}")
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match error {
            ReportError::Unfit(reason) => Problem::new(Code::TooLarge, reason.ja, reason.en),
            ReportError::Read(error) => error.into(),
            ReportError::Io(error) => {
                tracing::error!(%error, "a report could not be written");
                Problem::internal()
            }
        }
    }
}

/// The file in a form.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "read only by the document")]
pub struct UploadForm {
    /// ファイル / the file
    #[schema(value_type = String, format = Binary)]
    file: String,
}

/// The body with this code, of five or six digits.
///
/// # Errors
/// 400 for a code that there is not.
pub fn find_organization(code: &str) -> Result<&'static Municipality, Problem> {
    municipality::find_any(code).ok_or_else(|| {
        Problem::parameter(
            "organization",
            code,
            format!("全国地方公共団体コード「{code}」はありません。"),
            format!("There is no local government code \"{code}\"."),
        )
    })
}

/// Counts one more check of the client's address. Those on this machine, in networks that the operator names and with a
/// token are not counted.
///
/// # Errors
/// 429 where the address has used up its minute.
pub async fn admit(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    let client = Client::asking(request);
    let Some(address) = client.address.filter(|_| !client.is_local) else { return Ok(()) };
    if app.settings.limit_exempt.contains(address) || auth::authenticate(app, request).await.is_ok() {
        return Ok(());
    }
    let mut limiter = app.limiter.lock().map_err(|_| Problem::internal())?;
    limiter.admit(address, app.settings.checks_per_minute, Instant::now())
}

/// Checks a spooled upload off the threads that answer requests, a few at a time.
///
/// # Errors
/// 503 where too many are under way, and what reading the file says.
pub async fn run(
    app: &web::Data<App>,
    request: &HttpRequest,
    spooled: Spooled,
    slug: Option<String>,
    organization: Option<&'static Municipality>,
    max_issues: usize,
) -> Result<(Spooled, Checked), Problem> {
    let shared = app.clone();
    take_turn(app, request, spooled, move |spooled| {
        let request = Request { organization, max_issues, reading: shared.reading(), ..Request::new(&shared.registry) };
        let checked = check(&spooled, slug.as_deref(), request)?;
        Ok((spooled, checked))
    })
    .await
}

fn check(spooled: &Spooled, slug: Option<&str>, request: Request<'_>) -> Result<Checked, Problem> {
    let standard = slug.and_then(|slug| request.registry.find(slug));
    Ok(validate::check(&spooled.upload(), &Request { standard, ..request })?)
}

/// Works on an upload off the threads that answer requests, a few at a time.
///
/// # Errors
/// 503 where too many are under way, and what the work says.
pub async fn take_turn<T: Send + 'static>(
    app: &App,
    request: &HttpRequest,
    spooled: Spooled,
    work: impl FnOnce(Spooled) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    // Who works on the same machine may use all of it.
    let client = Client::asking(request);
    let client = client.address.filter(|_| !client.is_local);
    let Some(turn) = app.turns.take(client, memory_mb(app, &spooled)).await else {
        return Err(Problem::new(
            Code::Busy,
            "検査が混み合っています。少し待ってからもう一度お試しください。",
            "Too many checks at once; try again soon.",
        ));
    };
    web::block(move || {
        let done = work(spooled);
        drop(turn);
        done
    })
    .await
    .map_err(|_| Problem::internal())?
}

/// Megabytes that work on an upload may need: little for a small file, at most what the setting allows.
fn memory_mb(app: &App, spooled: &Spooled) -> u64 {
    const LEAST_MB: u64 = 32;
    const MB_A_MB: u64 = 64;
    let most = app.settings.limits.memory >> 20;
    spooled.upload().size().map_or(most, |bytes| most.min(LEAST_MB + (bytes >> 20) * MB_A_MB))
}

/// The report as a JSON value.
pub fn report_value(checked: &validate::Report, lang: Lang) -> serde_json::Value {
    serde_json::to_value(json::body(checked, lang)).expect("a report has only string keys")
}
