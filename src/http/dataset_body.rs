//! What is said about datasets and versions, as clients see it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::App;
use super::resolve;
use crate::catalog::{Entry, StoredTable, Version};
use crate::format::FORMATS;
use crate::standard::Standard;

/// データセットの一覧 / a page of datasets
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetsBody {
    /// 条件に合う件数 / datasets in all
    pub total: u64,
    /// このページの件数 / datasets on this page
    pub count: usize,
    /// 次のページ / address of the next page
    pub next: Option<String>,
    /// データセット / datasets
    pub datasets: Vec<DatasetBody>,
    /// 値ごとの件数（facets を指定したとき） / counts by value, where facets are asked for
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<BTreeMap<String, Vec<FacetBody>>>,
}

/// 一つの値と件数 / one value and its count
#[derive(Serialize, utoipa::ToSchema)]
pub struct FacetBody {
    /// 値 / value
    pub value: Option<String>,
    /// データセットの数 / number of datasets
    pub count: u64,
}

/// データセット / one dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetBody {
    /// ID（団体コード_標準） / id
    #[schema(example = "331007_aed")]
    pub id: String,
    /// 名称 / title
    pub title: String,
    /// 名称（英語） / title in English
    pub title_en: String,
    /// 説明 / description
    pub description: String,
    /// 見本データか / whether the data is made up as a sample
    pub sample: bool,
    /// ライセンス（SPDX） / licence
    pub license: String,
    /// 公開した団体 / publisher
    pub organization: PublisherBody,
    /// 標準 / standard
    pub standard: Option<String>,
    /// 問い合わせ先 / contact
    pub contact: String,
    /// 更新頻度 / update frequency
    pub update_frequency: String,
    /// データの範囲 [西, 南, 東, 北] / bounding box: west, south, east, north
    pub bbox: Option<[f64; 4]>,
    /// 現在の版 / current version
    pub version: Option<VersionSummaryBody>,
    /// レコードの数 / records
    pub records: u64,
    /// 表 / tables
    pub tables: Vec<DatasetTableBody>,
    /// 品質 / quality
    pub quality: QualityBody,
    /// ファイル / files
    pub distributions: Vec<DistributionBody>,
    /// 公開した日時 / first published
    #[schema(format = DateTime)]
    pub created_at: String,
    /// 更新した日時 / last changed
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// 関連する URL / links
    pub links: DatasetLinks,
}

/// 公開した団体 / publisher of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct PublisherBody {
    /// 全国地方公共団体コード / local government code
    pub code: String,
    /// 名称 / name
    pub name: String,
}

/// 版 / a version in short
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionSummaryBody {
    /// 番号 / number
    pub number: i32,
    /// 公開した日時 / published
    #[schema(format = DateTime)]
    pub published_at: String,
}

/// 表 / a table of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetTableBody {
    /// 名前 / name
    pub name: String,
    /// レコードの数 / records
    pub records: u64,
    /// 公開者が加えた列 / columns added by the publisher
    pub extra_columns: Vec<String>,
    /// アップロードされたファイルの版 / edition of the uploaded file
    pub edition: String,
    /// 品質 / quality
    pub quality: QualityBody,
    /// アップロードされたファイル / uploaded file
    pub source: SourceBody,
}

/// アップロードされたファイル / uploaded file
#[derive(Serialize, utoipa::ToSchema)]
pub struct SourceBody {
    /// ファイル名 / name
    pub name: String,
    /// 大きさ（バイト） / size in bytes
    pub bytes: u64,
    /// SHA-256（16 進） / SHA-256 in hexadecimal
    sha256: String,
    /// メディアタイプ / media type
    pub media_type: String,
    /// 文字コード / encoding
    pub encoding: String,
}

/// 品質 / quality
#[derive(Serialize, utoipa::ToSchema)]
pub struct QualityBody {
    /// 検査の点数（0～100） / score of the check
    pub score: Option<f64>,
    /// 標準に適合しているか / whether it conforms to the standard
    pub valid: Option<bool>,
    /// エラーの数。1 以上なら、読み取れない値を空欄にして公開されている / errors; with any, what cannot be read is blank
    pub errors: u64,
}

impl QualityBody {
    /// Of tables together: as good as the worst of them.
    fn of<'t>(tables: impl IntoIterator<Item = &'t StoredTable>) -> QualityBody {
        tables.into_iter().fold(QualityBody { score: None, valid: None, errors: 0 }, |quality, table| {
            let errors = quality.errors + table.errors;
            let score = quality.score.map_or(table.score, |score| score.min(table.score));
            QualityBody { score: Some(score), valid: Some(errors == 0), errors }
        })
    }
}

/// ファイル / a file of the whole dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DistributionBody {
    /// 形式 / format
    pub format: String,
    /// メディアタイプ / media type
    pub media_type: String,
    /// アドレス / address
    pub url: String,
    /// 大きさ（バイト、分かる場合） / size in bytes, where it is known
    pub bytes: Option<u64>,
}

/// 関連する URL / links of a dataset
#[derive(Serialize, utoipa::ToSchema)]
pub struct DatasetLinks {
    /// このデータセット / itself
    #[serde(rename = "self")]
    pub this: String,
    /// データ / records
    pub records: String,
    /// 版 / versions
    pub versions: String,
    /// 標準 / standard
    pub standard: Option<String>,
    /// 団体 / organization
    pub organization: String,
}

/// 版の一覧 / versions
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionsBody {
    /// 件数 / how many
    pub total: usize,
    /// 版（新しい順） / versions, newest first
    pub versions: Vec<VersionBody>,
}

/// 版 / one version
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionBody {
    /// 番号 / number
    pub number: i32,
    /// 公開した日時 / published
    #[schema(format = DateTime)]
    pub published_at: String,
    /// 現在の版か / whether it is the current one
    pub current: bool,
    /// 備考 / remark
    pub note: String,
    /// 品質 / quality
    pub quality: QualityBody,
    /// データ / records
    pub records_url: String,
    /// 表 / tables
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<DatasetTableBody>>,
}

/// What is said about a dataset.
pub fn body(app: &App, entry: &Entry) -> DatasetBody {
    let dataset = &entry.dataset;
    let description = &dataset.description;
    let id = dataset.id.to_string();
    let address = format!("/api/v1/datasets/{id}");
    let standard = description.standard.as_deref().and_then(|slug| app.registry.find(slug));
    let tables = in_order(standard, &entry.tables);
    DatasetBody {
        title: description.title.clone(),
        title_en: description.title_en.clone(),
        description: description.description.clone(),
        sample: description.sample,
        license: description.license.clone(),
        organization: PublisherBody { code: dataset.id.organization.clone(), name: entry.organization_name.clone() },
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
        quality: QualityBody::of(&entry.tables),
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
        quality: QualityBody::of([table]),
        source: SourceBody {
            name: table.source.name.clone(),
            bytes: table.source.bytes,
            sha256: table.source.sha256.to_string(),
            media_type: table.source.media_type.clone(),
            encoding: table.source.encoding.clone(),
        },
    }
}

/// What is said about a version, with its tables where they are to be shown.
pub fn version_body(entry: &Entry, version: &Version, tables: &[StoredTable], shows_tables: bool) -> VersionBody {
    VersionBody {
        number: version.number,
        published_at: version.published_at.to_string(),
        current: entry.version.as_ref().is_some_and(|current| current.number == version.number),
        note: version.note.clone(),
        quality: QualityBody::of(tables),
        records_url: format!("/api/v1/datasets/{}/versions/{}/records", entry.dataset.id, version.number),
        tables: shows_tables.then(|| tables.iter().map(table_body).collect()),
    }
}
