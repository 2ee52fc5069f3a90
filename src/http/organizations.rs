//! Who publishes.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};

use super::App;
use super::cache;
use super::parameters::Parameters;
use super::problem::Problem;
use crate::catalog::OrganizationSummary;
use crate::store::catalog;

/// 団体の一覧 / organizations
#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationsBody {
    /// 件数 / how many
    total: usize,
    /// 団体 / organizations
    organizations: Vec<OrganizationBody>,
}

/// 団体 / one organization
#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationBody {
    /// 全国地方公共団体コード / local government code
    #[schema(example = "331007")]
    code: String,
    /// 名称 / name
    name: String,
    /// 読み / reading
    name_kana: String,
    /// 都道府県 / prefecture
    prefecture: String,
    /// 種類（prefecture, municipality, ward） / kind
    kind: &'static str,
    /// 公開中のデータセットの数 / datasets published
    datasets: u64,
    /// レコードの数 / records published
    records: u64,
    /// 最終更新（UTC） / last change
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// 関連する URL / links
    links: OrganizationLinks,
}

/// 関連する URL / links of an organization
#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationLinks {
    /// この団体 / itself
    #[serde(rename = "self")]
    this: String,
    /// データセット / its datasets
    datasets: String,
}

/// 団体の一覧 / List the organizations
///
/// データを公開している自治体です。 / The municipalities and prefectures that publish here.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "list_organizations", params(
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "団体 / organizations", body = OrganizationsBody),
))]
#[get("/organizations")]
pub async fn list_organizations(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let summaries = app.db.read(|connection| catalog::list_organizations(connection).map_err(Problem::from)).await?;
    let organizations: Vec<OrganizationBody> = summaries.into_iter().map(body).collect();
    Ok(cache::json(&request, &OrganizationsBody { total: organizations.len(), organizations }))
}

#[derive(Deserialize)]
struct OrganizationPath {
    code: String,
}

/// 団体 / One organization
///
/// 5 桁のコードは 6 桁のアドレスへ転送します。 / A five-digit code redirects to the six-digit one.
#[utoipa::path(tag = "カタログ / catalogue", operation_id = "get_organization", params(
    ("code" = String, Path, description = "全国地方公共団体コード / local government code", example = "331007"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "団体 / organization", body = OrganizationBody),
))]
#[get("/organizations/{code}")]
pub async fn get_organization(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<OrganizationPath>,
) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let code = path.into_inner().code;
    let asked = code.clone();
    let found =
        app.db.read(move |connection| catalog::find_organization(connection, &asked).map_err(Problem::from)).await?;
    let summary = found.ok_or_else(|| {
        Problem::not_found(
            format!("団体 {code} は登録されていません。"),
            format!("The organization {code} is not registered."),
        )
        .hint("一覧は /api/v1/organizations にあります。", "See /api/v1/organizations.")
    })?;
    Ok(cache::json(&request, &body(summary)))
}

fn body(summary: OrganizationSummary) -> OrganizationBody {
    let organization = summary.organization;
    OrganizationBody {
        links: OrganizationLinks {
            this: format!("/api/v1/organizations/{}", organization.code),
            datasets: format!("/api/v1/datasets?organization={}", organization.code),
        },
        code: organization.code,
        name: organization.name,
        name_kana: organization.name_kana,
        prefecture: organization.prefecture,
        kind: organization.kind.as_str(),
        datasets: summary.datasets,
        records: summary.records,
        updated_at: summary.updated_at.map(|time| time.to_string()),
    }
}
