//! Corrects without publishing. What was corrected is kept aside for half an hour, so that its report can be fetched.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use super::App;
use super::check::{self, UploadForm};
use super::parameters::{Parameters, language};
use super::problem::Problem;
use super::resolve;
use super::uploads::{self, Spooled};
use crate::municipality::Municipality;
use crate::publish::{Mended, Task, mend};
use crate::text::{Bilingual, Lang};
use crate::validate::report::json::ReportBody;
use crate::validate::{Class, Recipe, RecipeError};

/// 直した結果 / what became of a correction
#[derive(Serialize, utoipa::ToSchema)]
pub struct FixBody {
    /// 直したセルの数 / cells corrected
    pub cells: u64,
    /// 書き出した行の数 / rows written
    pub rows: usize,
    /// 直した後に適合するか / whether the corrected table conforms
    pub valid: bool,
    /// 従った決定。次回 `recipe` に渡せる / the decisions followed; give them as `recipe` next time
    pub recipe: Recipe,
    /// 直した CSV / the corrected table
    pub corrected: String,
    /// 変更したセルの一覧（CSV） / the changed cells as CSV
    pub patches: String,
    /// 元のファイルの検査結果 / report on the file as it came
    #[schema(value_type = ReportBody)]
    pub report: serde_json::Value,
    /// 直した後の検査結果 / report on the corrected table
    #[schema(value_type = ReportBody)]
    pub after: serde_json::Value,
}

impl FixBody {
    fn new(id: &str, mended: &Mended, lang: Lang) -> FixBody {
        FixBody {
            cells: mended.correction.repaired.cells,
            rows: mended.correction.repaired.row_numbers.len(),
            valid: mended.after.report.is_valid(),
            recipe: mended.correction.repaired.recipe.clone(),
            corrected: format!("/api/v1/fixes/{id}/corrected.csv"),
            patches: format!("/api/v1/fixes/{id}/patches.csv"),
            report: check::report_value(&mended.correction.repaired.report, lang),
            after: check::report_value(&mended.after.report, lang),
        }
    }
}

/// 修正 / Correct a file
///
/// ファイルを検査し、直し方が確かなところを直して、標準に適合した CSV を返します。元の値は何も失われず、変更はすべて一覧で確かめられます（Link ヘッダー、30 分間）。何も公開しません。 /
/// Checks a file and answers with the corrected CSV. Every change is listed (Link header, for half an hour). Nothing is published.
#[utoipa::path(tag = "検査 / check", operation_id = "fix_file", params(
    ("standard" = Option<String>, Query, description = "標準（省くと見出しから判定） / standard; recognised from the heading if left out", example = "aed"),
    ("organization" = Option<String>, Query, description = "公開する団体のコード / code of the publisher", example = "331007"),
    ("fix" = Option<String>, Query, description = "どこまで直すか（lossless 確実なものだけ、likely おそらく正しいものも） / how far to go", example = "lossless"),
    ("rules" = Option<String>, Query, description = "規則ごとの入・切 / rules switched on, or with - off", example = "us-date,-kana"),
    ("recipe" = Option<String>, Query, description = "前回の決定（JSON） / earlier decisions (JSON)", example = r#"{"fix":"likely"}"#),
    ("format" = Option<String>, Query, description = "csv（直した表）または json（報告） / csv: the table, json: the report", example = "csv"),
    ("lang" = Option<String>, Query, description = "言語（ja, en） / language", example = "ja"),
    ("max_issues" = Option<u32>, Query, description = "列挙する指摘の上限（既定 1000、最大 100000） / findings listed at most", maximum = 100000),
    ("filename" = Option<String>, Query, description = "ファイル名 / file name", example = "331007_aed.csv")),
    request_body(description = "ファイル（本文そのもの、または multipart/form-data） / the file, as body or as form", content(
        ("text/csv"), ("application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses(
    (status = 200, description = "直した CSV、または報告 / the corrected CSV, or the report", content((String = "text/csv"), (FixBody = "application/json")),
        headers(("Link" = String, description = "報告のアドレス（rel=describedby） / address of the report"),
            ("Machikura-Cells" = u64, description = "直したセルの数 / cells corrected"),
            ("Machikura-Errors-Before" = u64, description = "直す前のエラーの数 / errors before"),
            ("Machikura-Errors-After" = u64, description = "直した後のエラーの数 / errors after"),
            ("Machikura-Warnings-After" = u64, description = "直した後の警告の数 / warnings after"))),
))]
#[post("/fix")]
pub async fn fix_file(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 9] =
        ["standard", "organization", "fix", "rules", "recipe", "format", "lang", "max_issues", "filename"];
    let parameters = Parameters::only(&request, &KNOWN)?;
    let lang = language(&request);
    let max_issues = parameters.number("max_issues", 1_000, 0..=100_000)?;
    let organization = parameters.get("organization").map(check::find_organization).transpose()?;
    let slug = parameters.get("standard").map(|slug| resolve::standard(&app, slug).map(|found| found.slug.clone()));
    let slug = slug.transpose()?;
    let recipe = recipe(&parameters, None)?;
    let is_json = match parameters.get("format").unwrap_or("csv") {
        "csv" => false,
        "json" => true,
        other => {
            return Err(Problem::parameter(
                "format",
                other,
                format!("形式「{other}」はありません。使えるのは csv と json です。"),
                format!("There is no format \"{other}\"; there are csv and json."),
            ));
        }
    };
    check::admit(&app, &request).await?;
    let spooled = uploads::spool(&app, &request, payload, parameters.get("filename")).await?;
    let (_, mended) = run(&app, &request, spooled, slug, organization, recipe, max_issues).await?;
    let (id, mended) = app.fixes.lock().map_err(|_| Problem::internal())?.keep(mended, Instant::now());
    let body = FixBody::new(&id, &mended, lang);
    let mut response = HttpResponse::Ok();
    let (before, after) = (&mended.correction.repaired.report, &mended.after.report);
    response
        .insert_header((header::LINK, format!("</api/v1/fixes/{id}>; rel=\"describedby\"; type=\"application/json\"")))
        .insert_header(("Machikura-Cells", body.cells.to_string()))
        .insert_header(("Machikura-Errors-Before", before.errors.to_string()))
        .insert_header(("Machikura-Errors-After", after.errors.to_string()))
        .insert_header(("Machikura-Warnings-After", after.warnings.to_string()));
    if is_json {
        return Ok(response.json(body));
    }
    let name = match (&body.recipe.organization, &body.recipe.standard) {
        (Some(code), Some(slug)) => format!("{code}_{slug}.csv"),
        (None, Some(slug)) => format!("{slug}.csv"),
        (_, None) => "corrected.csv".to_owned(),
    };
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    csv(response, &mended.correction.corrected)
}

#[derive(Deserialize)]
struct FixPath {
    id: String,
}

/// 修正の報告 / Report of a correction
///
/// 直したあと 30 分のあいだ、何をどう直したかを確かめられます。同じサーバーでだけ見られます。 / What was corrected, for half an hour, on the server that did it.
#[utoipa::path(tag = "検査 / check", operation_id = "get_fix", params(
    ("id" = String, Path, description = "Link ヘッダーの ID / the id of the Link header", example = "0123456789abcdef0123456789abcdef"),
    ("lang" = Option<String>, Query, description = "言語（ja, en） / language", example = "ja")),
    responses((status = 200, description = "報告 / report", body = FixBody)))]
#[get("/fixes/{id}")]
pub async fn get_fix(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<FixPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let mended = find(&app, &path.id)?;
    let body = FixBody::new(&path.id, &mended, language(&request));
    Ok(HttpResponse::Ok().json(body))
}

#[derive(Deserialize)]
struct FixFilePath {
    id: String,
    file: String,
}

/// 修正のファイル / Files of a correction
///
/// corrected.csv は直した表、patches.csv は変更したセルの一覧です。 / The corrected table, or the list of changed cells.
#[utoipa::path(tag = "検査 / check", operation_id = "get_fix_file", params(
    ("id" = String, Path, description = "Link ヘッダーの ID / the id of the Link header", example = "0123456789abcdef0123456789abcdef"),
    ("file" = String, Path, description = "corrected または patches / corrected or patches", example = "patches")),
    responses((status = 200, description = "CSV", body = String, content_type = "text/csv")))]
#[get("/fixes/{id}/{file}.csv")]
pub async fn get_fix_file(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<FixFilePath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let mended = find(&app, &path.id)?;
    let file = match path.file.as_str() {
        "corrected" => &mended.correction.corrected,
        "patches" => &mended.correction.patches,
        _ => return Err(unknown(&path.id)),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", path.file)));
    csv(response, file)
}

/// The decisions that a request brings: `recipe` (or the one kept), then `fix` and `rules`.
///
/// # Errors
/// 400 for what is no recipe or no rule.
pub fn recipe(parameters: &Parameters, kept: Option<Recipe>) -> Result<Recipe, Problem> {
    let wrong = |name: &str, value: &str, error: &RecipeError| {
        let Bilingual { ja, en } = error.text();
        Problem::parameter(name, value, ja, en)
    };
    let mut recipe = match parameters.get("recipe") {
        Some(json) => Recipe::from_json(json).map_err(|error| wrong("recipe", json, &error))?,
        None => kept.unwrap_or_default(),
    };
    match parameters.get("fix") {
        None | Some("true") => {}
        Some("lossless") => recipe.fix = Class::Lossless,
        Some("likely") => recipe.fix = Class::Likely,
        Some(other) => {
            return Err(Problem::parameter(
                "fix",
                other,
                "fix は lossless（確実なものだけ）か likely（おそらく正しいものも）です。",
                "fix is lossless or likely.",
            ));
        }
    }
    if let Some(rules) = parameters.get("rules") {
        recipe.switch(rules).map_err(|error| wrong("rules", rules, &error))?;
    }
    Ok(recipe)
}

/// Corrects a spooled upload off the threads that answer requests, a few at a time.
///
/// # Errors
/// 503 where too many are under way, and what correcting the file says.
pub async fn run(
    app: &web::Data<App>,
    request: &HttpRequest,
    spooled: Spooled,
    slug: Option<String>,
    organization: Option<&'static Municipality>,
    recipe: Recipe,
    max_issues: usize,
) -> Result<(Spooled, Mended), Problem> {
    let shared = app.clone();
    check::take_turn(app, request, spooled, move |spooled| {
        let standard = slug.as_deref().and_then(|slug| shared.registry.find(slug));
        let task = Task {
            registry: &shared.registry,
            standard,
            organization,
            max_issues,
            digest: true,
            reading: shared.reading(),
        };
        let mended = mend(&spooled.upload(), &task, &recipe, &shared.settings.var.join("spool"))?;
        Ok((spooled, mended))
    })
    .await
}

fn find(app: &App, id: &str) -> Result<Arc<Mended>, Problem> {
    let fixes = app.fixes.lock().map_err(|_| Problem::internal())?;
    fixes.find(id, Instant::now()).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    let shown: String = id.chars().take(100).collect();
    Problem::not_found(format!("修正「{shown}」はありません。"), format!("There is no correction \"{shown}\".")).hint(
        "修正の結果は 30 分で消えます。もう一度 POST /api/v1/fix を送ってください。",
        "Corrections are kept for half an hour; send POST /api/v1/fix again.",
    )
}

fn csv(mut response: HttpResponseBuilder, file: &tempfile::NamedTempFile) -> Result<HttpResponse, Problem> {
    let file = file.reopen().map_err(|error| {
        tracing::error!(%error, "a corrected table cannot be read");
        Problem::internal()
    })?;
    response.content_type("text/csv; charset=utf-8");
    check::of_file(response, file)
}

/// Corrections kept aside, the oldest going first.
#[derive(Debug, Default)]
pub struct Fixes(HashMap<String, (Instant, Arc<Mended>)>);

/// How long a correction is kept.
const KEPT: Duration = Duration::from_secs(30 * 60);

/// How many corrections are kept.
const MOST: usize = 100;

impl Fixes {
    fn keep(&mut self, mended: Mended, now: Instant) -> (String, Arc<Mended>) {
        self.0.retain(|_, (since, _)| now.duration_since(*since) < KEPT);
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (since, _))| *since).map(|(id, _)| id.clone())
        {
            self.0.remove(&oldest);
        }
        let mut secret = [0_u8; 16];
        rand::rng().fill_bytes(&mut secret);
        let id: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let mended = Arc::new(mended);
        self.0.insert(id.clone(), (now, Arc::clone(&mended)));
        (id, mended)
    }

    fn find(&self, id: &str, now: Instant) -> Option<Arc<Mended>> {
        let (since, mended) = self.0.get(id)?;
        (now.duration_since(*since) < KEPT).then(|| Arc::clone(mended))
    }
}
