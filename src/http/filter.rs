//! `POST …/records`: a filter as CQL2 JSON in the body, everything else in the address. For filters that are too long for
//! an address; the answers are those of `GET`.

use actix_web::dev::Decompress;
use actix_web::{HttpRequest, HttpResponse, post, web};
use futures_util::StreamExt;
use serde_json::Value;

use super::App;
use super::openapi::{Filter, RecordQuery};
use super::parameters::Parameters;
use super::problem::{Code, Problem};
use super::records::{self, DatasetPath, StandardPath};
use super::uploads;
use crate::query::{FILTER_LANGUAGES, MAX_FILTER_JSON};

/// データの検索（CQL2 JSON の条件を送る） / Query the records of a dataset with a filter in CQL2 JSON
///
/// 本文に CQL2 JSON の条件（または `{"filter": 条件}`）を送ります。ほかのパラメータはアドレスに書きます。次のページは `next` に同じ本文を送ります。 /
/// The body is a filter in CQL2 JSON, or `{"filter": …}`; all other parameters stay in the address. Send the same body to `next` for the next page.
#[utoipa::path(tag = "データ / records", operation_id = "list_records_by_filter", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"), RecordQuery),
    request_body(content = Filter, content_type = "application/json", description = "CQL2 JSON（OGC 21-065r2） / CQL2 JSON"),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[post("/datasets/{id}/records")]
pub async fn list_records_by_filter(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&request, payload).await?;
    records::of_dataset(app, request, path.into_inner(), Some(filter)).await
}

/// 過去の版のデータの検索（CQL2 JSON の条件を送る） / Query the records of a version with a filter in CQL2 JSON
///
/// 本文は `datasets/{id}/records` への POST と同じです。 / The body is as with `POST` to `datasets/{id}/records`.
#[utoipa::path(tag = "データ / records", operation_id = "list_version_records_by_filter", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("number" = i32, Path, description = "版 / version", example = 1), RecordQuery),
    request_body(content = Filter, content_type = "application/json", description = "CQL2 JSON（OGC 21-065r2） / CQL2 JSON"),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[post("/datasets/{id}/versions/{number}/records")]
pub async fn list_version_records_by_filter(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&request, payload).await?;
    records::of_dataset(app, request, path.into_inner(), Some(filter)).await
}

/// 全自治体を横断した検索（CQL2 JSON の条件を送る） / Query the records of all organizations with a filter in CQL2 JSON
///
/// 本文は `datasets/{id}/records` への POST と同じです。 / The body is as with `POST` to `datasets/{id}/records`.
#[utoipa::path(tag = "データ / records", operation_id = "list_standard_records_by_filter", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"), RecordQuery),
    request_body(content = Filter, content_type = "application/json", description = "CQL2 JSON（OGC 21-065r2） / CQL2 JSON"),
    responses(
    (status = 200, description = "レコード / records"),
))]
#[post("/standards/{slug}/records")]
pub async fn list_standard_records_by_filter(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&request, payload).await?;
    records::across(app, request, path.into_inner(), Some(filter)).await
}

/// The filter in a body, as the text of a parameter.
async fn filter(request: &HttpRequest, payload: web::Payload) -> Result<String, Problem> {
    let body = read(request, payload).await?;
    let parameters = Parameters::of(request)?;
    if let Some((name, value)) = ["filter", "filter-lang"].iter().find_map(|name| Some((name, parameters.get(name)?))) {
        return Err(Problem::parameter(
            name,
            value,
            "条件は本文で送られています。アドレスの filter と filter-lang は外してください。",
            "The filter is in the body; leave out filter and filter-lang in the address.",
        ));
    }
    let text = String::from_utf8(body).map_err(|_| {
        Problem::new(Code::InvalidBody, "本文が UTF-8 の JSON ではありません。", "The body is not JSON in UTF-8.")
    })?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(members)) if members.contains_key("filter") => wrapped(&members),
        // Also what is no JSON: whoever reads filters says what is wrong with it.
        Ok(_) | Err(_) => Ok(text),
    }
}

/// Reads a body.
async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Problem> {
    let mut pieces = Decompress::from_headers(payload.into_inner(), request.headers());
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(uploads::broken)?;
        if body.len() + piece.len() > MAX_FILTER_JSON {
            return Err(Problem::new(
                Code::TooLarge,
                format!("本文は {MAX_FILTER_JSON} バイトまでです。"),
                format!("The body may have {MAX_FILTER_JSON} bytes at most."),
            ));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// `{"filter": …, "filter-lang": "cql2-json"}`, as other servers take it.
fn wrapped(members: &serde_json::Map<String, Value>) -> Result<String, Problem> {
    let is_language = |value: &Value| value.as_str() == Some(FILTER_LANGUAGES[1]);
    if let Some((name, value)) =
        members.iter().find(|(name, value)| *name != "filter" && (*name != "filter-lang" || !is_language(value)))
    {
        let shown: String = value.to_string().chars().take(100).collect();
        return Err(Problem::parameter(
            name,
            &shown,
            format!("本文の「{name}」は読めません。"),
            format!("The body holds {name}, which is not read there."),
        )
        .hint(
            "本文に書くのは filter（CQL2 JSON）だけです。ほかのパラメータはアドレスに書きます。",
            "The body holds only filter, in CQL2 JSON; all other parameters go into the address.",
        ));
    }
    Ok(members.get("filter").unwrap_or(&Value::Null).to_string())
}
