//! Alive, and able to serve.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;

use super::App;
use super::problem::{Code, Problem, ProblemBody};
use crate::store::{SchemaState, schema_state};

/// 動作状態 / state of the server
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HealthBody {
    /// 状態（ok） / state
    #[schema(example = "ok")]
    status: &'static str,
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

/// 応じられるか / Ready
///
/// データベースに接続でき、移行が済んでいれば 200。 / 200 if the database is reachable and migrated.
#[utoipa::path(tag = "運用 / operation", operation_id = "get_readiness", responses(
    (status = 200, description = "応じられます / ready", body = HealthBody),
    (status = 503, description = "応じられません / not ready", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/readyz")]
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    match app.db.read(|connection| schema_state(connection).map_err(Problem::from)).await? {
        SchemaState::Current => {
            Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(HealthBody { status: "ok" }))
        }
        SchemaState::Behind(_) | SchemaState::Unknown(_) => Err(Problem::new(
            Code::Busy,
            "データベースの移行が済んでいません。machikura migrate を実行してください。",
            "The database is not migrated; run machikura migrate.",
        )),
    }
}
