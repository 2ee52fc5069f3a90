//! The standards and their fields.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};

use super::App;
use super::cache;
use super::openapi::json_schema;
use super::parameters::Parameters;
use super::problem::Problem;
use super::resolve;
use crate::schema::{Confidence, Field, Requirement};
use crate::standard::{Form, Standard, Table};
use crate::validate::report::ReportError;
use crate::workbook;

/// What `format` takes.
pub const FORMS: [&str; 4] = ["json", "table-schema", "json-schema", "csvw"];

/// 標準の一覧 / the standards
#[derive(Serialize, utoipa::ToSchema)]
pub struct StandardsBody {
    /// 件数 / how many
    total: usize,
    /// 標準 / standards
    standards: Vec<StandardSummaryBody>,
}

/// 標準 / one standard
#[derive(Serialize, utoipa::ToSchema)]
pub struct StandardSummaryBody {
    /// 名前 / slug
    slug: String,
    /// 番号 / the standard's number
    number: Option<String>,
    /// 名称 / title
    title: String,
    /// 名称（英語） / title in English
    title_en: String,
    /// 何のデータか / what it is for
    description: String,
    /// 何のデータか（英語） / what it is for, in English
    description_en: String,
    /// 表 / tables
    tables: Vec<String>,
    /// 版 / editions
    editions: Vec<&'static str>,
    /// 関連する URL / links
    links: StandardLinks,
}

/// 関連する URL / links of a standard
#[derive(Serialize, utoipa::ToSchema)]
pub struct StandardLinks {
    /// この標準 / itself
    #[serde(rename = "self")]
    this: String,
    /// 全自治体のデータ / records of all organizations
    records: String,
    /// 空の様式 / empty file to fill in
    template: String,
    /// 空の様式（Excel） / empty workbook to fill in
    template_xlsx: String,
    /// Table Schema
    table_schema: String,
}

/// 標準の詳細 / a standard with its fields
#[derive(Serialize, utoipa::ToSchema)]
pub struct StandardBody {
    #[serde(flatten)]
    summary: StandardSummaryBody,
    /// 表 / table
    table: String,
    /// 版 / edition
    edition: &'static str,
    /// 項目 / fields
    fields: Vec<FieldBody>,
}

/// 項目 / one field
#[derive(Serialize, utoipa::ToSchema)]
pub struct FieldBody {
    /// 順番 / position
    position: usize,
    /// 項目名 / name
    name: String,
    /// 英語の名前 / English key
    name_en: String,
    /// 区分（required, recommended, optional） / requirement
    requirement: Requirement,
    /// 区分の確かさ / how sure the requirement is
    confidence: Confidence,
    /// 値の種類 / kind of value
    #[serde(rename = "type")]
    kind: crate::schema::Kind,
    /// 文字の種類 / character set
    charset: Option<crate::schema::Charset>,
    /// 選べる値 / values to choose from
    #[serde(rename = "enum")]
    enumeration: Vec<String>,
    /// 書き方 / what to write
    rule: String,
    /// 書き方（英語） / what to write, in English
    rule_en: String,
    /// 記入例 / example
    example: Option<String>,
    /// 別名 / other headings
    aliases: Vec<String>,
}

/// 標準の一覧 / List the standards
///
/// 自治体標準オープンデータセットの種類です。 / The data set types of the standard.
#[utoipa::path(tag = "標準 / standards", operation_id = "list_standards", params(
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "標準 / standards", body = StandardsBody),
))]
#[get("/standards")]
pub async fn list_standards(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    Parameters::only(&request, &["lang"])?;
    let standards: Vec<StandardSummaryBody> = app.registry.standards().iter().map(summary).collect();
    Ok(cache::json(&request, &StandardsBody { total: standards.len(), standards }))
}

#[derive(Deserialize)]
struct StandardPath {
    slug: String,
}

/// 標準の項目 / One standard and its fields
///
/// `format` で Table Schema、JSON Schema、CSVW としても取り出せます。 / Also as Table Schema, JSON Schema or CSVW.
#[utoipa::path(tag = "標準 / standards", operation_id = "get_standard", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"),
    ("format" = Option<String>, Query, description = "形式（json, table-schema, json-schema, csvw） / format", example = "table-schema"),
    ("edition" = Option<String>, Query, description = "版（standard, recommended, variant） / edition"),
    ("table" = Option<String>, Query, description = "複数の表からなる標準の表 / table of a standard of several tables"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "標準 / standard", content(
        (StandardBody = "application/json"), (serde_json::Value = "application/schema+json"), (serde_json::Value = "application/csvm+json"),
        (serde_json::Value = "application/vnd.dataresource+json"))),
))]
#[get("/standards/{slug}")]
pub async fn get_standard(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["format", "edition", "table", "lang"])?;
    let standard = resolve::standard(&app, &path.slug)?;
    let (table, form) = choose(standard, &parameters)?;
    Ok(match parameters.get("format").unwrap_or("json") {
        "json" => cache::json(&request, &body(standard, table, form)),
        "table-schema" => answer(&request, "application/vnd.dataresource+json", &form.schema.to_table_schema()),
        "json-schema" => answer(&request, "application/schema+json", &json_schema(standard, table, &form.schema)),
        "csvw" => answer(&request, "application/csvm+json", &csvw(standard, form)),
        other => {
            return Err(Problem::parameter(
                "format",
                other,
                format!("形式「{other}」はありません。使えるのは json, table-schema, json-schema, csvw です。"),
                format!("There is no format \"{other}\"; there are json, table-schema, json-schema and csvw."),
            ));
        }
    })
}

/// 空の様式 / Empty file to fill in
///
/// 見出し行だけの CSV（UTF-8、BOM つき）です。 / A CSV with the heading only, UTF-8 with a byte-order mark.
#[utoipa::path(tag = "標準 / standards", operation_id = "get_template", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"),
    ("edition" = Option<String>, Query, description = "版（standard, recommended, variant） / edition"),
    ("table" = Option<String>, Query, description = "複数の表からなる標準の表 / table of a standard of several tables"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "様式 / template", body = String, content_type = "text/csv"),
))]
#[get("/standards/{slug}/template.csv")]
pub async fn get_template(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["edition", "table", "lang"])?;
    let standard = resolve::standard(&app, &path.slug)?;
    let (_, form) = choose(standard, &parameters)?;
    Ok(cache::answer(&request, "text/csv; charset=utf-8", form.schema.template()))
}

/// 空の様式（Excel） / Empty workbook to fill in
///
/// 見出しに書き方のメモ、選べる値の一覧が付いた XLSX です。「記入のきまり」のシートにすべての項目の説明があります。 /
/// A workbook with notes on the headings, drop-downs, and a sheet that explains every column.
#[utoipa::path(tag = "標準 / standards", operation_id = "get_template_workbook", params(
    ("slug" = String, Path, description = "標準 / standard", example = "aed"),
    ("edition" = Option<String>, Query, description = "版（standard, recommended, variant） / edition"),
    ("table" = Option<String>, Query, description = "複数の表からなる標準の表 / table of a standard of several tables"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "様式 / template", body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
))]
#[get("/standards/{slug}/template.xlsx")]
pub async fn get_template_workbook(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<StandardPath>,
) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["edition", "table", "lang"])?;
    let standard = resolve::standard(&app, &path.slug)?;
    let (table, form) = choose(standard, &parameters)?;
    let bytes = workbook::template(&form.name, &table.title, &form.schema).map_err(ReportError::from)?;
    let mut response = cache::answer(&request, workbook::MEDIA_TYPE, bytes);
    let name = format!("attachment; filename=\"{}.xlsx\"", form.name);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name.parse().map_err(|_| Problem::internal())?);
    Ok(response)
}

fn choose<'a>(standard: &'a Standard, parameters: &Parameters) -> Result<(&'a Table, &'a Form), Problem> {
    let table = match parameters.get("table") {
        None => standard.main_table(),
        Some(name) => standard.table(name).ok_or_else(|| {
            let names: Vec<&str> = standard.tables.iter().map(|table| table.name.as_str()).collect();
            let known = names.join(", ");
            Problem::parameter(
                "table",
                name,
                format!("表「{name}」はありません。{} の表は {known} です。", standard.slug),
                format!("There is no table \"{name}\"; the tables are {known}."),
            )
        })?,
    };
    let form = match parameters.get("edition") {
        None => table.current(),
        Some(name) => table.forms.iter().find(|form| form.edition.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = table.forms.iter().map(|form| form.edition.as_str()).collect();
            let known = names.join(", ");
            Problem::parameter(
                "edition",
                name,
                format!("版「{name}」はありません。あるのは {known} です。"),
                format!("There is no edition \"{name}\"; there are {known}."),
            )
        })?,
    };
    Ok((table, form))
}

fn answer(request: &HttpRequest, media_type: &str, body: &serde_json::Value) -> HttpResponse {
    cache::answer(request, media_type, serde_json::to_vec(body).expect("schemas have only string keys"))
}

fn summary(standard: &Standard) -> StandardSummaryBody {
    let address = format!("/api/v1/standards/{}", standard.slug);
    let mut editions: Vec<&'static str> = Vec::new();
    for form in standard.tables.iter().flat_map(|table| &table.forms) {
        if !editions.contains(&form.edition.as_str()) {
            editions.push(form.edition.as_str());
        }
    }
    StandardSummaryBody {
        slug: standard.slug.clone(),
        number: standard.number.clone(),
        title: standard.title.ja.clone(),
        title_en: standard.title.en.clone(),
        description: standard.description.ja.clone(),
        description_en: standard.description.en.clone(),
        tables: standard.tables.iter().map(|table| table.name.clone()).collect(),
        editions,
        links: StandardLinks {
            records: format!("{address}/records"),
            template: format!("{address}/template.csv"),
            template_xlsx: format!("{address}/template.xlsx"),
            table_schema: format!("{address}?format=table-schema"),
            this: address,
        },
    }
}

/// A form of a table of a standard, with its fields.
pub fn body(standard: &Standard, table: &Table, form: &Form) -> StandardBody {
    StandardBody {
        summary: summary(standard),
        table: table.name.clone(),
        edition: form.edition.as_str(),
        fields: form.schema.fields().iter().map(field_body).collect(),
    }
}

fn field_body(field: &Field) -> FieldBody {
    let enumerations = [&field.constraints.enumeration, &field.advice.enumeration];
    FieldBody {
        position: field.position,
        name: field.name.clone(),
        name_en: field.name_en.clone(),
        requirement: field.requirement,
        confidence: field.confidence,
        kind: field.kind,
        charset: field.charset,
        enumeration: enumerations.into_iter().find(|words| !words.is_empty()).cloned().unwrap_or_default(),
        rule: field.description.ja.clone(),
        rule_en: field.description.en.clone(),
        example: field.example.clone(),
        aliases: field.aliases.clone(),
    }
}

/// Metadata for tables on the web (<https://www.w3.org/TR/tabular-metadata/>).
pub fn csvw(standard: &Standard, form: &Form) -> serde_json::Value {
    let columns: Vec<serde_json::Value> = form
        .schema
        .fields()
        .iter()
        .map(|field| {
            let datatype = match (field.kind.table_schema_type(), field.kind.table_schema_format()) {
                (_, Some(_)) => serde_json::json!({"base": "time", "format": "HH:mm"}),
                ("integer", None) => "integer".into(),
                ("number", None) => "decimal".into(),
                ("date", None) => "date".into(),
                (_, None) => "string".into(),
            };
            serde_json::json!({
                "name": field.name_en, "titles": {"ja": field.name}, "datatype": datatype,
                "required": field.constraints.required, "dc:description": {"@value": field.description.ja, "@language": "ja"},
            })
        })
        .collect();
    serde_json::json!({
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "ja"}],
        "url": format!("/api/v1/standards/{}/records.csv", standard.slug),
        "dc:title": standard.title.ja,
        "tableSchema": {"columns": columns},
    })
}
