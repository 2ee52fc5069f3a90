//! Publishing: the operation that needs a token.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, put, web};
use serde::{Deserialize, Serialize};

use super::App;
use super::auth;
use super::check::{self, report_value};
use super::parameters::{Parameters, language};
use super::problem::{Code, Problem, ProblemBody};
use super::resolve;
use super::uploads;
use crate::catalog::DatasetId;
use crate::municipality;
use crate::publish::{self, Publication};
use crate::store::{StoreError, catalog};
use crate::validate::report::json::ReportBody;

/// 公開の結果 / what became of a publication
#[derive(Serialize, utoipa::ToSchema)]
pub struct PublishedBody {
    /// データセット / dataset
    dataset: String,
    /// 現在の版（試行で未公開なら null） / current version; null after a dry run of a new dataset
    version: Option<i32>,
    /// 新しく作られたか / whether the dataset is new
    created: bool,
    /// 同じファイルがすでに公開されていたか / whether the same bytes were published already
    unchanged: bool,
    /// 試行か / whether nothing was stored on purpose
    dry_run: bool,
    /// レコードの数 / records
    records: u64,
    /// アドレス / address
    url: String,
    /// 検査結果 / report of the check
    #[schema(value_type = ReportBody)]
    report: serde_json::Value,
}

#[derive(Deserialize)]
struct DatasetPath {
    id: String,
}

/// 公開 / Publish a dataset
///
/// ファイルを検査し、エラーがなければ新しい版として公開します。読む人には古い版か新しい版のどちらかだけが見えます。エラーがあれば 422 と検査結果を返し、何も変えません。 /
/// Checks the file and publishes it as a new version if it has no error. Readers see the old version or the new one. With errors: 422 and the report, and nothing changes.
#[utoipa::path(tag = "公開 / publish", operation_id = "publish_dataset", security(("token" = [])), params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("dry_run" = Option<bool>, Query, description = "検査だけして公開しない / check only"),
    ("allow_warnings" = Option<bool>, Query, description = "警告があっても公開するか（既定 true） / whether to publish with warnings"),
    ("filename" = Option<String>, Query, description = "ファイル名 / file name", example = "331007_aed.csv"),
    ("lang" = Option<String>, Query, description = "検査結果の言語 / language of the report: ja, en"),
    ("If-Match" = Option<String>, Header, description = "現在の版がこれであるときだけ公開 / publish only if this version is the current one", example = "\"3\""),
    ("If-None-Match" = Option<String>, Header, description = "* なら、まだないときだけ公開 / with *, publish only if there is none yet")),
    request_body(description = "ファイル（本文そのもの、または multipart/form-data） / the file, as body or as form", content(
        ("text/csv"), ("application/octet-stream"), (check::UploadForm = "multipart/form-data"))),
    responses(
    (status = 200, description = "公開済み / published", body = PublishedBody),
    (status = 201, description = "初めて公開 / published for the first time", body = PublishedBody),
    (status = 422, description = "標準に適合しません / does not conform", body = ProblemBody, content_type = "application/problem+json"),
))]
#[put("/datasets/{id}")]
pub async fn publish_dataset(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let holder = auth::authenticate(&app, &request).await?;
    let parameters = Parameters::only(&request, &["dry_run", "allow_warnings", "filename", "lang"])?;
    let id = parse_id(&path.id)?;
    auth::may_publish(&holder, &id.organization)?;
    let slug = resolve::standard(&app, &id.slug)?.slug.clone();
    let organization = municipality::find(&id.organization).ok_or_else(|| unknown_dataset(&path.id))?;
    let is_dry_run = parameters.flag("dry_run", false)?;
    let allows_warnings = parameters.flag("allow_warnings", true)?;
    let expected_version = expected_version(&request)?;
    let lang = language(&request);
    let spooled = uploads::spool(&app, &request, payload, parameters.get("filename")).await?;
    let (spooled, checked) = check::run(&app, spooled, Some(slug.clone()), Some(organization), 1_000).await?;
    let report = report_value(&checked.report, lang);
    if checked.report.tables.len() > 1 {
        return Err(Problem::nonconforming(
            report,
            "複数の表をまとめた ZIP の公開にはまだ対応していません。検査だけができます。",
            "A zip of several tables can be checked, but not yet published.",
        ));
    }
    if !allows_warnings && checked.report.warnings > 0 {
        return Err(Problem::nonconforming(
            report,
            format!("警告が {} 件あるため公開しませんでした（allow_warnings=false）。", checked.report.warnings),
            format!("Not published because of {} warnings (allow_warnings=false).", checked.report.warnings),
        ));
    }
    let errors = checked.report.errors;
    let Ok((publishable, full_report)) = checked.publishable() else {
        return Err(Problem::nonconforming(
            report,
            format!(
                "エラーが {errors} 件あるため公開しませんでした。report の指摘を直して、もう一度送ってください。公開中のデータは変わっていません。"
            ),
            format!(
                "Not published because of {errors} errors; mend what report lists and send it again. What is published has not changed."
            ),
        ));
    };
    let actor = auth::actor(&holder, &request);
    let dataset = id.to_string();
    let shared = app.clone();
    let records = publishable.rows;
    let work = move |connection: &mut diesel::PgConnection| {
        if is_dry_run {
            let current = catalog::find_dataset(connection, &id)?.and_then(|entry| entry.version);
            let found = current.map(|version| version.number);
            return match expected_version {
                Some(expected) if expected != found.unwrap_or(0) => {
                    Err(StoreError::PreconditionFailed { expected, found }.into())
                }
                Some(_) | None => Ok((found, false, false)),
            };
        }
        let publication = Publication {
            standard: resolve::standard(&shared, &slug)?,
            id,
            organization,
            upload: &spooled.upload(),
            publishable: &publishable,
            report: &full_report,
            expected_version,
            sample: false,
            actor,
        };
        let published = publish::publish(connection, &publication)?;
        crate::store::tokens::touch(connection, holder.id, jiff::Timestamp::now())?;
        Ok::<_, Problem>((Some(published.version.number), published.created, published.unchanged))
    };
    let (version, created, unchanged) = app.db.write(work).await?;
    let url = format!("/api/v1/datasets/{dataset}");
    let mut response = if created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if created {
        response.insert_header((header::LOCATION, url.clone()));
    }
    if let Some(version) = version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.json(PublishedBody { dataset, version, created, unchanged, dry_run: is_dry_run, records, url, report }))
}

fn parse_id(id: &str) -> Result<DatasetId, Problem> {
    DatasetId::parse(&resolve::with_check_digit(id)).ok_or_else(|| unknown_dataset(id))
}

fn unknown_dataset(id: &str) -> Problem {
    Problem::not_found(format!("データセットの ID「{id}」は使えません。"), format!("\"{id}\" is no dataset id.")).hint(
        "331007_aed のように「6 桁の団体コード_標準」と書いてください。",
        "Write the six-digit organization code, _ and the standard, such as 331007_aed.",
    )
}

/// The version that must be current: `If-Match: "3"`; with `If-None-Match: *`, none.
fn expected_version(request: &HttpRequest) -> Result<Option<i32>, Problem> {
    let header = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if header(header::IF_NONE_MATCH).is_some_and(|value| value.trim() == "*") {
        return Ok(Some(0));
    }
    let Some(tag) = header(header::IF_MATCH) else { return Ok(None) };
    let number = tag.trim().trim_start_matches("W/").trim_matches('"').trim_start_matches('v');
    match number.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(Problem::new(
            Code::PreconditionFailed,
            format!("If-Match の値「{tag}」は版の番号ではありません。"),
            format!("If-Match \"{tag}\" is no version number."),
        )
        .hint(
            "If-Match: \"3\" のように現在の版の番号を書いてください。",
            "Write the number of the current version, such as If-Match: \"3\".",
        )),
    }
}
