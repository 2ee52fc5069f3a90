//! Publishing: the operation that needs a token.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, put, web};
use serde::{Deserialize, Serialize};

use super::App;
use super::auth;
use super::check::{self, report_value};
use super::fix;
use super::parameters::{Parameters, language};
use super::problem::{Code, Problem, ProblemBody};
use super::resolve;
use super::uploads;
use crate::catalog::DatasetId;
use crate::municipality;
use crate::publish::{self, Correction, Outcome, Publication, PublishError, Unconfirmed, guard};
use crate::query::QueryError;
use crate::schema::nearest;
use crate::store::catalog;
use crate::text::{Bilingual, Lang};
use crate::validate::report::json::{self, ReportBody, SummaryBody};
use crate::validate::{Checked, Finding, Publishable, Recipe, Report};

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
    /// 公開前に直したこと（fix を指定したとき） / what was corrected before, with fix
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<CorrectionBody>,
    /// 検査結果 / report of the check
    #[schema(value_type = ReportBody)]
    report: serde_json::Value,
}

/// 公開前に直したこと / what was corrected before the publication
#[derive(Serialize, utoipa::ToSchema)]
pub struct CorrectionBody {
    /// 直したセルの数 / cells corrected
    cells: u64,
    /// 従った決定。次回から fix=true だけで同じように直す / the decisions followed; from now on fix=true follows them
    recipe: Recipe,
    /// 変更したセルの一覧（CSV）のアドレス / address of the changed cells as CSV
    #[serde(skip_serializing_if = "Option::is_none")]
    patches: Option<String>,
    /// 直す前のまとめ / summary of the file as it came
    before: SummaryBody,
}

#[derive(Deserialize)]
struct DatasetPath {
    id: String,
}

/// 公開 / Publish a dataset
///
/// ファイルを検査し、エラーがなければ新しい版として公開します。読む人には古い版か新しい版のどちらかだけが見えます。エラーがあれば 422 と検査結果を返し、何も変えません（`nonconforming=publish` ならそのまま公開し、読み取れない値は空欄にして元の文字を `_raw` に残します）。公開中の版と大きく違うときは 409 で確認を求め、何も変えません。 /
/// Checks the file and publishes it as a new version if it has no error. Readers see the old version or the new one. With errors: 422 and the report, and nothing changes (with `nonconforming=publish` it is published as it is; what cannot be read is null, its text stands in `_raw`). Where it differs suspiciously from what is published: 409, to be confirmed, and nothing changes.
#[utoipa::path(tag = "公開 / publish", operation_id = "publish_dataset", security(("token" = [])), params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("dry_run" = Option<bool>, Query, description = "公開と同じことをすべて試し、何も残さない / do everything and keep nothing"),
    ("allow_warnings" = Option<bool>, Query, description = "警告があっても公開するか（既定 true） / whether to publish with warnings"),
    ("nonconforming" = Option<String>, Query, description = "エラーがある表をどうするか。strict（既定）は断り、publish はそのまま公開する / what to do with errors: refuse, or publish as it is"),
    ("confirm" = Option<String>, Query, description = "確かめた指摘の規則（コンマ区切り）。409 の errors にあるもの / rules whose findings are meant, comma-separated, out of a 409", example = "row-collapse"),
    ("fix" = Option<String>, Query, description = "直してから公開する（true 前回と同じ決定で、lossless 確実なものだけ、likely おそらく正しいものも、false 直さない） / correct it first: true as last time, lossless, likely, false", example = "true"),
    ("rules" = Option<String>, Query, description = "直す規則の入・切 / rules switched on, or with - off", example = "us-date,-kana"),
    ("recipe" = Option<String>, Query, description = "直し方の決定（JSON） / decisions (JSON)", example = r#"{"fix":"likely"}"#),
    ("filename" = Option<String>, Query, description = "ファイル名 / file name", example = "331007_aed.csv"),
    ("lang" = Option<String>, Query, description = "検査結果の言語 / language of the report: ja, en"),
    ("If-Match" = Option<String>, Header, description = "現在の版がこれであるときだけ公開 / publish only if this version is the current one", example = "\"3\""),
    ("If-None-Match" = Option<String>, Header, description = "* なら、まだないときだけ公開 / with *, publish only if there is none yet")),
    request_body(description = "ファイル（本文そのもの、または multipart/form-data） / the file, as body or as form", content(
        ("text/csv"), ("application/octet-stream"), (check::UploadForm = "multipart/form-data"))),
    responses(
    (status = 200, description = "公開済み / published", body = PublishedBody),
    (status = 201, description = "初めて公開 / published for the first time", body = PublishedBody),
    (status = 409, description = "確認が必要です / needs a confirmation", body = ProblemBody, content_type = "application/problem+json"),
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
    let parameters = Parameters::only(&request, &PARAMETERS)?;
    let id = parse_id(&path.id)?;
    auth::may_publish(&holder, &id.organization)?;
    let slug = resolve::standard(&app, &id.slug)?.slug.clone();
    let organization = municipality::find(&id.organization).ok_or_else(|| unknown_dataset(&path.id))?;
    let wish = Wish::read(&parameters)?;
    let expected_version = expected_version(&request)?;
    let lang = language(&request);
    let recipe = match wish.fixes {
        true => Some(fix::recipe(&parameters, latest_recipe(&app, &id).await?)?),
        false => None,
    };
    let spooled = uploads::spool(&app, &request, payload, parameters.get("filename")).await?;
    let (spooled, checked, correction) = if let Some(recipe) = recipe {
        let (spooled, mended) =
            fix::run(&app, &request, spooled, Some(slug.clone()), Some(organization), recipe, 1_000).await?;
        (spooled, mended.after, Some(mended.correction))
    } else {
        let (spooled, checked) =
            check::run(&app, &request, spooled, Some(slug.clone()), Some(organization), 1_000).await?;
        (spooled, checked, None)
    };
    let decided = decide(checked, &wish, lang);
    let (publishable, report) = match &correction {
        // Otherwise the rows and columns of the report would be looked for in the file as it came.
        Some(_) => decided.map_err(|problem| {
            problem.hint(
                "report は、直した後の表に残っているものです。その表と変更したセルの一覧は POST /api/v1/fix に同じファイルを送ると得られます。",
                "report tells what is left in the corrected table; POST the same file to /api/v1/fix for that table and the list of changes.",
            )
        })?,
        None => decided?,
    };
    let actor = auth::actor(&holder, &request);
    let dataset = id.to_string();
    let shared = app.clone();
    let records = publishable.rows;
    let is_dry_run = wish.is_dry_run;
    let work = move |connection: &mut diesel::PgConnection| {
        let before = if is_dry_run { current_version(connection, &id)? } else { None };
        let publication = Publication {
            standard: resolve::standard(&shared, &slug)?,
            id,
            organization,
            upload: &spooled.upload(),
            publishable: &publishable,
            report: &report,
            correction: correction.as_ref(),
            confirmed: &wish.confirmed,
            expected_version,
            sample: false,
            actor,
        };
        let outcome = publish::publish(connection, &publication).map_err(|error| refusal(error, lang))?;
        crate::store::tokens::touch(connection, holder.id, jiff::Timestamp::now())?;
        let fix = correction.map(|Correction { repaired, .. }| CorrectionBody {
            cells: repaired.cells,
            before: json::summary(&repaired.report),
            recipe: repaired.recipe,
            patches: None,
        });
        Ok::<_, Problem>((before, outcome, fix))
    };
    let (before, Outcome { published, report }, fix) =
        if is_dry_run { app.db.rehearse(work).await? } else { app.db.write(work).await? };
    let (version, created) =
        if is_dry_run { (before, false) } else { (Some(published.version.number), published.created) };
    let url = format!("/api/v1/datasets/{dataset}");
    let patches = published.table.patches.filter(|_| !is_dry_run);
    let patches = patches.map(|_| format!("{url}/versions/{}/download.patches", published.version.number));
    let fix = fix.map(|fix| CorrectionBody { patches, ..fix });
    let mut response = if created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if created {
        response.insert_header((header::LOCATION, url.clone()));
    }
    if let Some(version) = version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    Ok(response.json(PublishedBody {
        dataset,
        version,
        created,
        unchanged: published.unchanged,
        dry_run: is_dry_run,
        records,
        url,
        fix,
        report: report_value(&report, lang),
    }))
}

const PARAMETERS: [&str; 9] =
    ["dry_run", "allow_warnings", "nonconforming", "confirm", "fix", "rules", "recipe", "filename", "lang"];

/// What `nonconforming` takes; the first is the default.
pub const NONCONFORMING: [&str; 2] = ["strict", "publish"];

/// How a publisher wants it.
struct Wish {
    is_dry_run: bool,
    allows_warnings: bool,
    /// Whether a table with errors is published as it is.
    allows_errors: bool,
    /// Whether it is corrected before it is published.
    fixes: bool,
    confirmed: Vec<String>,
}

impl Wish {
    fn read(parameters: &Parameters) -> Result<Wish, Problem> {
        let nonconforming = parameters.get("nonconforming").unwrap_or(NONCONFORMING[0]);
        if !NONCONFORMING.contains(&nonconforming) {
            return Err(Problem::parameter(
                "nonconforming",
                nonconforming,
                "nonconforming は strict（エラーがあれば公開しない）か publish（そのまま公開する）です。",
                "nonconforming is strict (errors are refused) or publish (as it is).",
            ));
        }
        Ok(Wish {
            is_dry_run: parameters.flag("dry_run", false)?,
            allows_warnings: parameters.flag("allow_warnings", true)?,
            allows_errors: nonconforming == NONCONFORMING[1],
            fixes: match parameters.get("fix") {
                Some(fix) => fix != "false",
                None => parameters.get("rules").is_some() || parameters.get("recipe").is_some(),
            },
            confirmed: confirmed(parameters.get("confirm").unwrap_or_default())?,
        })
    }
}

/// The rules that are confirmed.
fn confirmed(list: &str) -> Result<Vec<String>, Problem> {
    let rules: Vec<String> =
        list.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
    let Some(unknown) = rules.iter().find(|rule| !guard::confirmable().any(|known| known == *rule)) else {
        return Ok(rules);
    };
    let problem = Problem::parameter(
        "confirm",
        unknown,
        format!("confirm の「{unknown}」という確認はありません。"),
        format!("There is nothing called \"{unknown}\" to confirm."),
    );
    let known = guard::confirmable().collect::<Vec<_>>().join(", ");
    Err(match nearest(unknown, guard::confirmable()) {
        Some(near) => problem.hint(format!("{near} のことですか。"), format!("Did you mean {near}?")),
        None => problem.hint(format!("使えるのは {known} です。"), format!("There are {known}.")),
    })
}

/// Whether a checked table may be published as its publisher wants it.
fn decide(checked: Checked, wish: &Wish, lang: Lang) -> Result<(Publishable, Report), Problem> {
    if checked.report.tables.len() > 1 {
        return Err(Problem::nonconforming(
            report_value(&checked.report, lang),
            "複数の表をまとめた ZIP の公開にはまだ対応していません。検査だけができます。",
            "A zip of several tables can be checked, but not yet published.",
        ));
    }
    if !wish.allows_warnings && checked.report.warnings > 0 {
        return Err(Problem::nonconforming(
            report_value(&checked.report, lang),
            format!("警告が {} 件あるため公開しませんでした（allow_warnings=false）。", checked.report.warnings),
            format!("Not published because of {} warnings (allow_warnings=false).", checked.report.warnings),
        ));
    }
    if wish.allows_errors {
        return checked.publishable_as_is().map_err(|report| {
            Problem::nonconforming(
                report_value(&report, lang),
                "このファイルは、そのままでも公開できません。データセットの表として読み取れないか、データの行がありません。report の指摘を確かめてください。公開中のデータは変わっていません。",
                "This file cannot even be published as it is: it is no table of the data set, or has no rows; see report. What is published has not changed.",
            )
        });
    }
    checked.publishable().map_err(|report| {
        let errors = report.errors;
        Problem::nonconforming(
            report_value(&report, lang),
            format!(
                "エラーが {errors} 件あるため公開しませんでした。report の指摘を直して、もう一度送ってください。公開中のデータは変わっていません。"
            ),
            format!(
                "Not published because of {errors} errors; mend what report lists and send it again. What is published has not changed."
            ),
        )
    })
}

/// The decisions that were followed when a file of this data set was last corrected.
async fn latest_recipe(app: &App, id: &DatasetId) -> Result<Option<Recipe>, Problem> {
    let id = id.clone();
    let treatment = app.db.read(move |connection| catalog::latest_treatment(connection, &id)).await?;
    // A recipe of an earlier release may name a rule that there is no more; then the decisions are made anew.
    Ok(treatment.and_then(|json| Recipe::from_json(&json).ok()))
}

/// The number of the version that readers see.
fn current_version(connection: &mut diesel::PgConnection, id: &DatasetId) -> Result<Option<i32>, Problem> {
    let entry = catalog::find_dataset(connection, id)?.filter(|entry| entry.dataset.withdrawn_at.is_none());
    Ok(entry.and_then(|entry| entry.version).map(|version| version.number))
}

/// Why a table was not published after all.
fn refusal(error: PublishError, lang: Lang) -> Problem {
    let unconfirmed = match error {
        PublishError::Store(error) => return error.into(),
        PublishError::Read(error) => return error.into(),
        PublishError::Unconfirmed(unconfirmed) => *unconfirmed,
    };
    let Unconfirmed { findings, report } = unconfirmed;
    let mut rules: Vec<&str> = findings.iter().map(|finding| finding.rule.id()).collect();
    rules.dedup();
    let (rules, count) = (rules.join(","), findings.len());
    let error = |finding: &Finding| {
        let message = |lang| finding.message(lang, report.label(finding));
        QueryError {
            parameter: "confirm".to_owned(),
            value: finding.rule.id().to_owned(),
            message: Bilingual { ja: message(Lang::Ja), en: message(Lang::En) },
            hint: None,
        }
    };
    Problem::new(
        Code::Unconfirmed,
        format!("確かめていただきたい点が {count} 件あるため、公開しませんでした。公開中のデータは変わっていません。"),
        format!("Not published: there is something to look at first ({count}). What is published has not changed."),
    )
    .hint(
        format!("errors の内容を確かめ、そのとおりでよければ confirm={rules} を付けてもう一度送ってください。"),
        format!("Look at errors; if it is meant, repeat the request with confirm={rules}."),
    )
    .with_report(report_value(&report, lang), findings.iter().map(error).collect())
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
