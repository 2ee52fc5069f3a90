//! The catalogue: datasets and their versions.

use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use super::App;
use super::cache;
use super::dataset_body::{DatasetBody, DatasetsBody, FacetBody, VersionBody, VersionsBody, body, version_body};
use super::parameters::Parameters;
use super::problem::Problem;
use super::resolve::{self, with_check_digit, with_nearest_standard};
use crate::catalog::{BoundingBox, DatasetFacet, DatasetFilter, DatasetId, DatasetPosition, DatasetSort};
use crate::query::next_link;
use crate::schema::nearest;
use crate::standard::Registry;
use crate::store::catalog;

/// How many values a facet names at most.
const FACET_VALUES: i64 = 20;

/// What `sort` takes.
pub const ORDERS: [&str; 3] = ["id", "title", "-updated_at"];

/// データセットの一覧 / List the datasets
///
/// 団体、標準、範囲などで絞り込めます。 / Filter by organization, standard, area and more.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "list_datasets", params(
    ("q" = Option<String>, Query, description = "名称、説明、団体名に含まれる語 / words in title, description or organization"),
    ("organization" = Option<String>, Query, description = "全国地方公共団体コード / organization", example = "331007"),
    ("standard" = Option<String>, Query, description = "標準 / standard", example = "aed"),
    ("license" = Option<String>, Query, description = "ライセンス / licence", example = "CC-BY-4.0"),
    ("updated_since" = Option<String>, Query, description = "この日時より後に更新（RFC 3339 または日付） / changed since"),
    ("bbox" = Option<String>, Query, description = "西,南,東,北 / box in degrees", example = "133.5,34.4,134.2,35.0"),
    ("sort" = Option<String>, Query, description = "並べ替え（id, title, -updated_at） / order"),
    ("limit" = Option<u32>, Query, description = "件数の上限（既定 100、最大 1000） / datasets at most", minimum = 1, maximum = 1000),
    ("cursor" = Option<String>, Query, description = "次のページの位置 / place to go on from"),
    ("facets" = Option<String>, Query, description = "値ごとの件数も返す項目（standard, organization, license） / what to count by", example = "standard,organization"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "データセット / datasets", body = DatasetsBody),
))]
#[get("/datasets")]
pub async fn list_datasets(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 11] = [
        "q",
        "organization",
        "standard",
        "license",
        "updated_since",
        "bbox",
        "sort",
        "limit",
        "cursor",
        "facets",
        "lang",
    ];
    let parameters = Parameters::only(&request, &KNOWN)?;
    let limit = parameters.number("limit", 100, 1..=1000)?;
    let filter = filter(&parameters, &app.registry)?;
    let asked = facets(&parameters)?;
    let db = app.db.clone();
    let (page, facets) = db
        .read(move |connection| {
            let page = catalog::list_datasets(connection, &filter, limit)?;
            let count = |facet: &DatasetFacet| -> Result<_, Problem> {
                let counts = catalog::count_datasets(connection, &filter, *facet, FACET_VALUES)?;
                let values = counts.into_iter().map(|(value, count)| FacetBody { value, count });
                Ok((facet.name().to_owned(), values.collect()))
            };
            let facets = asked.map(|asked| asked.iter().map(count).collect::<Result<_, Problem>>()).transpose()?;
            Ok::<_, Problem>((page, facets))
        })
        .await?;
    let next = page.next.as_ref().map(|position| next_link("/api/v1/datasets", parameters.pairs(), &encode(position)));
    let datasets: Vec<DatasetBody> = page.entries.iter().map(|entry| body(&app, entry)).collect();
    Ok(cache::json(&request, &DatasetsBody { total: page.total, count: datasets.len(), next, datasets, facets }))
}

/// What is to be counted by.
fn facets(parameters: &Parameters) -> Result<Option<Vec<DatasetFacet>>, Problem> {
    let Some(text) = parameters.get("facets") else { return Ok(None) };
    let facet = |name: &str| {
        let name = name.trim();
        DatasetFacet::ALL.into_iter().find(|facet| facet.name() == name).ok_or_else(|| {
            let names = DatasetFacet::ALL.map(DatasetFacet::name);
            let problem = Problem::parameter(
                "facets",
                text,
                format!("facets に使えるのは {} です。", names.join("、")),
                format!("facets takes {}.", names.join(", ")),
            );
            match nearest(name, names) {
                Some(near) => problem.hint(format!("「{near}」のことですか。"), format!("Did you mean {near}?")),
                None => problem,
            }
        })
    };
    text.split(',').map(facet).collect::<Result<Vec<_>, _>>().map(Some)
}

fn filter(parameters: &Parameters, registry: &Registry) -> Result<DatasetFilter, Problem> {
    Ok(DatasetFilter {
        organization: parameters.get("organization").map(organization).transpose()?,
        standard: parameters.get("standard").map(|slug| standard(registry, slug)).transpose()?,
        words: parameters.get("q").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        license: parameters.get("license").map(str::to_owned),
        updated_since: parameters.get("updated_since").map(updated_since).transpose()?,
        bounding_box: parameters.get("bbox").map(bounding_box).transpose()?,
        sort: match parameters.get("sort").unwrap_or("id") {
            "id" => DatasetSort::Id,
            "title" => DatasetSort::Title,
            "-updated_at" => DatasetSort::Newest,
            other => {
                return Err(Problem::parameter(
                    "sort",
                    other,
                    "並べ替えは id、title、-updated_at です。",
                    "The orders are id, title and -updated_at.",
                ));
            }
        },
        after: parameters.get("cursor").map(decode).transpose()?,
    })
}

fn organization(text: &str) -> Result<String, Problem> {
    let code = with_check_digit(text);
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(code.into_owned());
    }
    let problem = Problem::parameter(
        "organization",
        text,
        "organization は 6 桁の全国地方公共団体コードです（例 331007）。",
        "organization is a local government code of six digits, such as 331007.",
    );
    Err(problem.hint(
        "一覧は /api/v1/organizations にあります。団体の名前では q= で探せます。",
        "See /api/v1/organizations; names are found with q=.",
    ))
}

fn standard(registry: &Registry, slug: &str) -> Result<String, Problem> {
    if let Some(standard) = registry.find(slug) {
        return Ok(standard.slug.clone());
    }
    let problem = Problem::parameter(
        "standard",
        slug,
        format!("標準「{slug}」はありません。"),
        format!("There is no standard \"{slug}\"."),
    );
    Err(with_nearest_standard(problem, registry, slug))
}

fn updated_since(text: &str) -> Result<Timestamp, Problem> {
    let midnight = format!("{text}T00:00:00+09:00");
    text.parse().or_else(|_| midnight.parse()).map_err(|_| {
        Problem::parameter(
            "updated_since",
            text,
            "日時は 2026-04-01 または 2026-04-01T00:00:00+09:00 の形です。",
            "Write 2026-04-01 or 2026-04-01T00:00:00+09:00.",
        )
    })
}

fn bounding_box(text: &str) -> Result<BoundingBox, Problem> {
    let numbers: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match numbers[..] {
        [west, south, east, north]
            if text.split(',').count() == 4
                && numbers.iter().all(|degrees| degrees.abs() <= 180.0)
                && west <= east
                && south <= north =>
        {
            Ok(BoundingBox { west, south, east, north })
        }
        _ => Err(Problem::parameter(
            "bbox",
            text,
            "bbox は「西,南,東,北」の順に十進度で書いてください（例 133.5,34.4,134.2,35.0）。",
            "bbox is west,south,east,north in degrees, such as 133.5,34.4,134.2,35.0.",
        )),
    }
}

/// A place in the list as an opaque word.
fn encode(position: &DatasetPosition) -> String {
    let parts = [position.title.clone(), position.updated_at.to_string(), position.id.to_string()];
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).expect("texts are always JSON"))
}

fn decode(cursor: &str) -> Result<DatasetPosition, Problem> {
    let position = || {
        let parts: [String; 3] = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let [title, updated_at, id] = parts;
        Some(DatasetPosition { title, updated_at: updated_at.parse().ok()?, id: DatasetId::parse(&id)? })
    };
    position().ok_or_else(|| {
        Problem::parameter(
            "cursor",
            &cursor.chars().take(100).collect::<String>(),
            "cursor は前のページの next にあるものをそのまま使ってください。",
            "Use the cursor out of next as it is.",
        )
    })
}

#[derive(Deserialize)]
struct DatasetPath {
    id: String,
}

/// データセット / One dataset
///
/// 説明、ライセンス、範囲、版、品質、ファイルの一覧です。 / Description, licence, coverage, version, quality and files.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_dataset", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "データセット / dataset", body = DatasetBody),
))]
#[get("/datasets/{id}")]
pub async fn get_dataset(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let id = path.into_inner().id;
    let entry = app.db.read(move |connection| resolve::entry(connection, &id)).await?;
    Ok(cache::json(&request, &body(&app, &entry)))
}

/// 版の一覧 / List the versions
///
/// 公開された版は変わりません。 / A published version never changes.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "list_versions", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "版 / versions", body = VersionsBody),
))]
#[get("/datasets/{id}/versions")]
pub async fn list_versions(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let id = path.into_inner().id;
    let (entry, versions) = app
        .db
        .read(move |connection| {
            let entry = resolve::entry(connection, &id)?;
            let versions = catalog::list_versions(connection, entry.dataset.key, None, i64::MAX)?;
            Ok::<_, Problem>((entry, versions))
        })
        .await?;
    let versions: Vec<VersionBody> =
        versions.iter().map(|(version, tables)| version_body(&entry, version, tables, false)).collect();
    Ok(cache::past(cache::json(&request, &VersionsBody { total: versions.len(), versions })))
}

#[derive(Deserialize)]
struct VersionPath {
    id: String,
    number: i32,
}

/// 版 / One version
///
/// その版の表とファイルです。 / The tables and uploaded files of the version.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_version", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("number" = i32, Path, description = "版 / version", example = 1),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "版 / version", body = VersionBody),
))]
#[get("/datasets/{id}/versions/{number}")]
pub async fn get_version(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<VersionPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let path = path.into_inner();
    let (entry, version, tables) = app
        .db
        .read(move |connection| {
            let entry = resolve::entry(connection, &path.id)?;
            let (version, tables) = resolve::version(connection, &entry, path.number)?;
            Ok::<_, Problem>((entry, version, tables))
        })
        .await?;
    Ok(cache::past(cache::json(&request, &version_body(&entry, &version, &tables, true))))
}
