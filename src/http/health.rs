//! Alive, and able to serve.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use super::App;
use super::parameters::Parameters;
use super::problem::{Problem, RETRY_AFTER};
use crate::store::{SchemaState, StoreError, schema_state};

/// 動作状態 / state of the server
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HealthBody {
    /// 状態（ok） / state
    #[schema(example = "ok")]
    status: &'static str,
}

/// 何に応じられるか / what can be served
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadinessBody {
    /// 状態（ok、degraded） / state: ok, degraded
    #[schema(example = "ok")]
    status: &'static str,
    /// 読み取り（ok、stale はデータベースなしで前の答えだけ、no） / reading: ok, stale (no database; earlier answers only), no
    #[schema(example = "ok")]
    reads: &'static str,
    /// 書き込み（ok、no） / writing: ok, no
    #[schema(example = "ok")]
    writes: &'static str,
}

/// 動いているか / Alive
///
/// プロセスが応答できれば 200。 / 200 as long as the process answers.
#[utoipa::path(tag = "運用 / operation", operation_id = "get_health", responses(
    (status = 200, description = "動いています / alive", body = HealthBody),
))]
#[get("/healthz")]
pub async fn health() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(HealthBody { status: "ok" })
}

/// What `for` takes; the first is the default.
pub const PURPOSES: [&str; 2] = ["reads", "writes"];

/// 応じられるか / Ready
///
/// 読み取りに応じられれば 200。`for=writes` では、書き込みに応じられれば 200。 /
/// 200 if reads can be answered; with `for=writes`, if writes can.
#[utoipa::path(tag = "運用 / operation", operation_id = "get_readiness", params(
    ("for" = Option<String>, Query, description = "何のために（reads、writes。既定 reads） / for what: reads (the default), writes"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "応じられます / ready", body = ReadinessBody),
    (status = 503, description = "応じられません / not ready", body = ReadinessBody),
))]
#[get("/readyz")]
pub async fn ready(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["for", "lang"])?;
    let purpose = parameters.get("for").unwrap_or(PURPOSES[0]);
    if !PURPOSES.contains(&purpose) {
        return Err(Problem::parameter("for", purpose, "for は reads か writes です。", "for is reads or writes."));
    }
    let (reads, writes) = readiness(&app).await;
    let status = if (reads, writes) == ("ok", "ok") { "ok" } else { "degraded" };
    let is_ready = if purpose == PURPOSES[1] { writes } else { reads } != "no";
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !is_ready {
        response.insert_header(("Retry-After", RETRY_AFTER));
    }
    Ok(response.insert_header(("Cache-Control", "no-store")).json(ReadinessBody { status, reads, writes }))
}

/// Whether reads and writes can be answered. It never waits for the database: whether that is there is known.
async fn readiness(app: &App) -> (&'static str, &'static str) {
    /// In how much time a database that has nothing better to do says whether it is migrated.
    const MOMENT: Duration = Duration::from_millis(50);
    match tokio::time::timeout(MOMENT, app.db.read(schema_state)).await {
        Ok(Ok(SchemaState::Behind(_) | SchemaState::Unknown(_))) => {
            tracing::error!("the tables of the database are of another release; see machikura migrate");
            ("no", "no")
        }
        Ok(Err(StoreError::Unavailable(_))) => {
            let has_answers = !app.answers.is_empty() || !app.downloads.is_empty();
            let is_young = app.db.unheard() < app.settings.stale;
            (if has_answers && is_young { "stale" } else { "no" }, "no")
        }
        // What takes longer is work, and gets done.
        Ok(Ok(SchemaState::Current) | Err(_)) | Err(_) => ("ok", "ok"),
    }
}
