//! The catalogue: datasets and their versions.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::App;
use super::cache;
use super::parameters::Parameters;
use super::problem::{Problem, ProblemBody};
use super::resolve::{self, with_check_digit};
use crate::catalog::{
    BoundingBox, DatasetFilter, DatasetId, DatasetPosition, DatasetSort, Entry, StoredTable, Version,
};
use crate::format::FORMATS;
use crate::query::next_link;
use crate::standard::Standard;
use crate::store::catalog;

/// What `sort` takes.
pub const ORDERS: [&str; 3] = ["id", "title", "-updated_at"];

/// データセットの一覧 / a page of datasets
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetsBody {
    /// 条件に合う件数 / datasets in all
    total: u64,
    /// このページの件数 / datasets on this page
    count: usize,
    /// 次のページ / address of the next page
    next: Option<String>,
    /// データセット / datasets
    datasets: Vec<DatasetBody>,
}

/// データセット / one dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetBody {
    /// ID（団体コード_標準） / id
    #[schema(example = "331007_aed")]
    id: String,
    /// 名称 / title
    title: String,
    /// 名称（英語） / title in English
    title_en: String,
    /// 説明 / description
    description: String,
    /// 見本データか / whether the data is made up as a sample
    sample: bool,
    /// ライセンス（SPDX） / licence
    license: String,
    /// 公開した団体 / publisher
    organization: PublisherBody,
    /// 標準 / standard
    standard: Option<String>,
    /// 問い合わせ先 / contact
    contact: String,
    /// 更新頻度 / update frequency
    update_frequency: String,
    /// データの範囲 [西, 南, 東, 北] / bounding box: west, south, east, north
    bbox: Option<[f64; 4]>,
    /// 現在の版 / current version
    version: Option<VersionSummaryBody>,
    /// レコードの数 / records
    records: u64,
    /// 表 / tables
    tables: Vec<DatasetTableBody>,
    /// 品質 / quality
    quality: QualityBody,
    /// ファイル / files
    distributions: Vec<DistributionBody>,
    /// 公開した日時 / first published
    #[schema(format = DateTime)]
    created_at: String,
    /// 更新した日時 / last changed
    #[schema(format = DateTime)]
    updated_at: String,
    /// 関連する URL / links
    links: DatasetLinks,
}

/// 公開した団体 / publisher of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct PublisherBody {
    /// 全国地方公共団体コード / local government code
    code: String,
    /// 名称 / name
    name: String,
}

/// 版 / a version in short
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionSummaryBody {
    /// 番号 / number
    number: i32,
    /// 公開した日時 / published
    #[schema(format = DateTime)]
    published_at: String,
}

/// 表 / a table of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetTableBody {
    /// 名前 / name
    name: String,
    /// レコードの数 / records
    records: u64,
    /// 公開者が加えた列 / columns added by the publisher
    extra_columns: Vec<String>,
    /// アップロードされたファイルの版 / edition of the uploaded file
    edition: String,
    /// アップロードされたファイル / uploaded file
    source: SourceBody,
}

/// アップロードされたファイル / uploaded file
#[derive(Serialize, utoipa::ToSchema)]
pub struct SourceBody {
    /// ファイル名 / name
    name: String,
    /// 大きさ（バイト） / size in bytes
    bytes: u64,
    /// SHA-256（16 進） / SHA-256 in hexadecimal
    sha256: String,
    /// メディアタイプ / media type
    media_type: String,
    /// 文字コード / encoding
    encoding: String,
}

/// 品質 / quality
#[derive(Serialize, utoipa::ToSchema)]
pub struct QualityBody {
    /// 検査の点数（0～100） / score of the check
    score: Option<f64>,
}

/// ファイル / a file of the whole dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DistributionBody {
    /// 形式 / format
    format: String,
    /// メディアタイプ / media type
    media_type: String,
    /// アドレス / address
    url: String,
    /// 大きさ（バイト、分かる場合） / size in bytes, where it is known
    bytes: Option<u64>,
}

/// 関連する URL / links of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetLinks {
    /// このデータセット / itself
    #[serde(rename = "self")]
    this: String,
    /// データ / records
    records: String,
    /// 版 / versions
    versions: String,
    /// 標準 / standard
    standard: Option<String>,
    /// 団体 / organization
    organization: String,
}

/// 版の一覧 / versions
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionsBody {
    /// 件数 / how many
    total: usize,
    /// 版（新しい順） / versions, newest first
    versions: Vec<VersionBody>,
}

/// 版 / one version
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionBody {
    /// 番号 / number
    number: i32,
    /// 公開した日時 / published
    #[schema(format = DateTime)]
    published_at: String,
    /// 現在の版か / whether it is the current one
    current: bool,
    /// 備考 / remark
    note: String,
    /// データ / records
    records_url: String,
    /// 表 / tables
    #[serde(skip_serializing_if = "Option::is_none")]
    tables: Option<Vec<DatasetTableBody>>,
}

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
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "データセット / datasets", body = DatasetsBody),
    (status = 304, description = "変わっていません / not modified"),
    (status = "4XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/datasets")]
pub async fn list_datasets(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    const KNOWN: [&str; 10] =
        ["q", "organization", "standard", "license", "updated_since", "bbox", "sort", "limit", "cursor", "lang"];
    let parameters = Parameters::only(&request, &KNOWN)?;
    let limit = parameters.number("limit", 100, 1..=1000)?;
    let filter = filter(&parameters)?;
    let db = app.db.clone();
    let page = db
        .read(move |connection| catalog::list_datasets(connection, &filter, limit).map_err(Problem::from))
        .await?;
    let next = page.next.as_ref().map(|position| next_link("/api/v1/datasets", parameters.pairs(), &encode(position)));
    let datasets: Vec<DatasetBody> = page.entries.iter().map(|entry| body(&app, entry)).collect();
    Ok(cache::json(&request, &DatasetsBody { total: page.total, count: datasets.len(), next, datasets }))
}

fn filter(parameters: &Parameters) -> Result<DatasetFilter, Problem> {
    let text = |name: &str| parameters.get(name).map(str::to_owned);
    Ok(DatasetFilter {
        organization: parameters.get("organization").map(|code| with_check_digit(code).into_owned()),
        standard: text("standard"),
        words: parameters.get("q").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        license: text("license"),
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
    (status = 304, description = "変わっていません / not modified"),
    (status = 308, description = "6 桁の団体コードへ / to the six-digit organization code"),
    (status = "4XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/datasets/{id}")]
pub async fn get_dataset(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DatasetPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let id = path.into_inner().id;
    if with_check_digit(&id) != id {
        let address = format!("/api/v1/datasets/{}", with_check_digit(&id));
        return Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish());
    }
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
    (status = 304, description = "変わっていません / not modified"),
    (status = "4XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
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
    let versions: Vec<VersionBody> = versions.iter().map(|version| version_body(&entry, version, None)).collect();
    Ok(cache::json(&request, &VersionsBody { total: versions.len(), versions }))
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
    (status = 304, description = "変わっていません / not modified"),
    (status = "4XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "エラー / problem", body = ProblemBody, content_type = "application/problem+json"),
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
    Ok(cache::json(&request, &version_body(&entry, &version, Some(&tables))))
}

/// What is said about a dataset.
pub fn body(app: &App, entry: &Entry) -> DatasetBody {
    let dataset = &entry.dataset;
    let description = &dataset.description;
    let id = dataset.id.to_string();
    let address = format!("/api/v1/datasets/{id}");
    let scores = entry.tables.iter().map(|table| table.score);
    let standard = description.standard.as_deref().and_then(|slug| app.registry.find(slug));
    let tables = in_order(standard, &entry.tables);
    DatasetBody {
        title: description.title.clone(),
        title_en: description.title_en.clone(),
        description: description.description.clone(),
        sample: description.sample,
        license: description.license.clone(),
        organization: PublisherBody {
            code: dataset.id.organization.clone(),
            name: entry.organization_name.clone(),
        },
        standard: description.standard.clone(),
        contact: description.contact.clone(),
        update_frequency: description.update_frequency.clone(),
        bbox: entry.bounding_box().map(|found| [found.west, found.south, found.east, found.north]),
        version: entry.version.as_ref().map(|version| VersionSummaryBody {
            number: version.number,
            published_at: version.published_at.to_string(),
        }),
        records: entry.records(),
        tables: tables.iter().copied().map(table_body).collect(),
        quality: QualityBody { score: scores.reduce(f64::min) },
        distributions: distributions(standard, &tables, &address),
        created_at: dataset.created_at.to_string(),
        updated_at: dataset.updated_at.to_string(),
        links: DatasetLinks {
            records: format!("{address}/records"),
            versions: format!("{address}/versions"),
            standard: description.standard.as_ref().map(|slug| format!("/api/v1/standards/{slug}")),
            organization: format!("/api/v1/organizations/{}", dataset.id.organization),
            this: address,
        },
        id,
    }
}

/// The files of every table; with several tables the address names the table.
fn distributions(standard: Option<&Standard>, tables: &[&StoredTable], address: &str) -> Vec<DistributionBody> {
    let mut found = Vec::new();
    for table in tables {
        let suffix = if tables.len() > 1 { format!("?table={}", table.name) } else { String::new() };
        let schema = standard.and_then(|standard| Some(resolve::schema(standard.table(&table.name)?, table)));
        let formats = FORMATS.iter().filter(|format| schema.as_ref().is_some_and(|schema| format.applies_to(schema)));
        found.extend(formats.map(|format| DistributionBody {
            format: format.id().to_owned(),
            media_type: format.media_type().to_owned(),
            url: format!("{address}/download.{}{suffix}", format.id()),
            bytes: None,
        }));
        found.push(DistributionBody {
            format: "source".to_owned(),
            media_type: table.source.media_type.clone(),
            url: format!("{address}/download.source{suffix}"),
            bytes: Some(table.source.bytes),
        });
    }
    found
}

/// The tables in the order of the standard, the main one first.
fn in_order<'e>(standard: Option<&Standard>, tables: &'e [StoredTable]) -> Vec<&'e StoredTable> {
    let mut tables: Vec<&StoredTable> = tables.iter().collect();
    if let Some(standard) = standard {
        tables.sort_by_key(|stored| standard.tables.iter().position(|table| table.name == stored.name));
    }
    tables
}

fn table_body(table: &StoredTable) -> DatasetTableBody {
    DatasetTableBody {
        name: table.name.clone(),
        records: table.row_count,
        extra_columns: table.extra_columns.clone(),
        edition: table.edition.clone(),
        source: SourceBody {
            name: table.source.name.clone(),
            bytes: table.source.bytes,
            sha256: table.source.sha256.to_string(),
            media_type: table.source.media_type.clone(),
            encoding: table.source.encoding.clone(),
        },
    }
}

fn version_body(entry: &Entry, version: &Version, tables: Option<&[StoredTable]>) -> VersionBody {
    VersionBody {
        number: version.number,
        published_at: version.published_at.to_string(),
        current: entry.version.as_ref().is_some_and(|current| current.number == version.number),
        note: version.note.clone(),
        records_url: format!("/api/v1/datasets/{}/versions/{}/records", entry.dataset.id, version.number),
        tables: tables.map(|tables| tables.iter().map(table_body).collect()),
    }
}
