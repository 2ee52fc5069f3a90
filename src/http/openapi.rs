//! The OpenAPI document: what `.service(…)` collects, with a component for each standard's record.

mod record_query;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, Schema as ApiSchema, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::AppExt;

pub use record_query::RecordQuery;

use super::problem::Code;
use super::{datasets, downloads, health, publish, standards};
use crate::format::{Encoding, FORMATS, RAW};
use crate::query::{FILTER_LANGUAGES, MAX_LIMIT, OpenStatus};
use crate::schema::{Field, Kind, Schema};
use crate::standard::{Edition, Registry, Standard, Table};
use crate::validate::report::REPORT_FORMATS;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "machikura 街蔵",
        description = "自治体標準オープンデータセットを検査し、公開し、検索できるようにする API です。閲覧に登録は要りません。項目名は標準のものをそのまま（日本語、UTF-8 のパーセントエンコード）使います。\n\nChecks, publishes and serves the standard open data of Japanese municipalities. Reading needs no account. Field names are the standard's own, in Japanese, percent-encoded as UTF-8.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "このサーバー / this server")),
    tags(
        (name = "標準 / standards", description = "データセットの種類と項目 / data set types and their fields"),
        (name = "カタログ / catalogue", description = "団体とデータセット / organizations and datasets"),
        (name = "データ / records", description = "検索とダウンロード / queries and downloads"),
        (name = "検査 / check", description = "公開前の検査 / checks before publication"),
        (name = "公開 / publish", description = "トークンが必要な操作 / operations that need a token"),
        (name = "運用 / operation", description = "動作の確認 / health"),
    ),
    modifiers(&BearerToken),
    components(schemas(Record, Records, Group, Groups, super::explain_body::ExplanationBody, Filter, super::problem::ProblemBody))
)]
struct Document;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, document: &mut OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("運用者が発行するトークン（mk_…） / token issued by the operator"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The document of every route, for these standards. Needs neither server nor database.
pub fn document(registry: &Registry) -> OpenApi {
    let (_, mut document) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(<Document as utoipa::OpenApi>::openapi())
        .configure(super::routes)
        .split_for_parts();
    for (path, item) in &mut document.paths.paths {
        if let Some(operation) = &mut item.get {
            if path.contains("/datasets/{id}") || path.contains("/organizations/{code}") {
                let response = ResponseBuilder::new().description("6 桁の団体コードへ / to the six-digit code");
                operation.responses.responses.insert("308".to_owned(), RefOr::T(response.build()));
            }
            complete(operation, registry, true);
        }
        for operation in [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten() {
            complete(operation, registry, false);
        }
    }
    let components = document.components.get_or_insert_with(Default::default);
    for standard in registry.standards() {
        for table in &standard.tables {
            components.schemas.insert(component_name(standard, table), component(standard, table).into());
        }
    }
    let names = registry
        .standards()
        .iter()
        .flat_map(|standard| standard.tables.iter().map(move |table| component_name(standard, table)));
    let record = names.fold(
        AnyOfBuilder::new().description(Some(
            "標準ごとのレコード。項目はすべて、選択（select）によって省かれることがあります。 / a record of one of the standards; `select` may leave fields out",
        )),
        |any, name| any.item(Ref::from_schema_name(name)),
    );
    components.schemas.insert("Record".to_owned(), RefOr::T(ApiSchema::AnyOf(record.build())));
    document
}

/// Adds what holds for many operations: the words that parameters take, the formats of records, problems, 304, headers.
fn complete(operation: &mut Operation, registry: &Registry, is_read: bool) {
    let id = operation.operation_id.clone().unwrap_or_default();
    if id.ends_with("_as") {
        // The suffix says it.
        let is_format =
            |parameter: &Parameter| parameter.name == "format" && parameter.parameter_in == ParameterIn::Query;
        let parameters = operation.parameters.get_or_insert_default();
        parameters.retain(|parameter| !matches!(parameter, RefOr::T(parameter) if is_format(parameter)));
    }
    if id.ends_with("_by_filter") {
        // The body says it.
        let parameters = operation.parameters.get_or_insert_default();
        parameters
            .retain(|parameter| !matches!(parameter, RefOr::T(parameter) if parameter.name.starts_with("filter")));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(words) = words(&id, &parameter.name, registry) {
            let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build();
            parameter.schema = Some(RefOr::T(ApiSchema::Object(schema)));
        }
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in [("4XX", "エラー / problem"), ("5XX", "サーバー側のエラー / problem of the server")]
    {
        responses.entry(status.to_owned()).or_insert_with(|| problem(description));
    }
    if is_read && !["get_health", "get_readiness"].contains(&id.as_str()) {
        let not_modified = ResponseBuilder::new().description("変わっていません / not modified").build();
        responses.insert("304".to_owned(), RefOr::T(not_modified));
    }
    if let Some(RefOr::T(found)) = responses.get_mut("200")
        && (id.contains("records") || id.starts_with("download_"))
    {
        let is_whole = id.starts_with("download_");
        for format in FORMATS {
            found.content.insert(bare(format.media_type()), RefOr::T(content(format.id(), is_whole)));
        }
        if is_whole {
            found.content.insert("application/octet-stream".to_owned(), RefOr::T(content("source", is_whole)));
        }
    }
    if let Some(RefOr::T(found)) = responses.get_mut("200")
        && id == "validate_file"
    {
        let other = || ObjectBuilder::new().schema_type(Type::Object);
        for format in REPORT_FORMATS {
            let media_type = bare(format.media_type());
            let schema: RefOr<ApiSchema> = match media_type.as_str() {
                // Our own shape, or that of a format with the same media type.
                "application/json" => {
                    AnyOfBuilder::new().item(Ref::from_schema_name("ReportBody")).item(other()).into()
                }
                json if json.ends_with("+json") => other().into(),
                _ => ObjectBuilder::new().schema_type(Type::String).into(),
            };
            found.content.insert(media_type, RefOr::T(ContentBuilder::new().schema(Some(schema)).build()));
        }
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        for (name, description) in headers(&id, status) {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let header =
                HeaderBuilder::new().schema(Some(ApiSchema::Object(text))).description(Some(*description)).build();
            response.headers.insert((*name).to_owned(), RefOr::T(header));
        }
    }
}

fn problem(description: &str) -> RefOr<Response> {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build();
    RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", body).build())
}

/// What stands in an answer of this format: in a file always records, in an answer to a question what was asked for.
fn content(format: &str, is_whole: bool) -> Content {
    let schema: RefOr<ApiSchema> = match format {
        "json" if is_whole => Ref::from_schema_name("Records").into(),
        "json" => ["Records", "Groups", "ExplanationBody"]
            .into_iter()
            .fold(AnyOfBuilder::new(), |any, name| any.item(Ref::from_schema_name(name)))
            .into(),
        "geojson" => ObjectBuilder::new().schema_type(Type::Object).into(),
        // Lines of text and bytes alike.
        _ => ObjectBuilder::new().schema_type(Type::String).into(),
    };
    ContentBuilder::new().schema(Some(schema)).build()
}

/// A media type without its parameters.
fn bare(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().to_owned()
}

/// The words that a parameter takes, where they are few.
fn words(operation: &str, parameter: &str, registry: &Registry) -> Option<Vec<String>> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let formats = || FORMATS.iter().map(|format| format.id());
    Some(match (operation, parameter) {
        (_, "lang") => owned(&["ja", "en"]),
        (_, "count") => owned(&["exact", "none"]),
        (_, "encoding") => owned(&Encoding::ALL.map(Encoding::as_str)),
        (_, "names") => owned(&["ja", "en"]),
        (_, "open_status") => owned(&OpenStatus::ALL.map(OpenStatus::name)),
        (_, "filter-lang") => owned(&FILTER_LANGUAGES),
        ("get_readiness", "for") => owned(&health::PURPOSES),
        ("list_datasets", "sort") => owned(&datasets::ORDERS),
        ("fix_file", "format") => owned(&["csv", "json"]),
        ("fix_file", "fix") => owned(&["true", "lossless", "likely"]),
        ("publish_dataset", "fix") => owned(&["true", "lossless", "likely", "false"]),
        ("get_fix_file", "file") => owned(&["corrected", "patches"]),
        ("validate_file", "format") => REPORT_FORMATS.iter().map(|format| format.id().to_owned()).collect(),
        ("get_standard", "format") => owned(&standards::FORMS),
        ("download_dataset" | "download_version", "format") => {
            owned(&formats().chain(["source", "patches"]).collect::<Vec<_>>())
        }
        (_, "format") => owned(&formats().collect::<Vec<_>>()),
        ("publish_dataset", "nonconforming") => owned(&publish::NONCONFORMING),
        ("download_dataset" | "download_version", "edition") => owned(&downloads::EDITIONS.map(Edition::as_str)),
        (_, "edition") => owned(&[Edition::Standard, Edition::Recommended, Edition::Variant].map(Edition::as_str)),
        (_, "slug") | ("validate_file" | "fix_file" | "list_datasets", "standard") => {
            registry.standards().iter().map(|standard| standard.slug.clone()).collect()
        }
        ("get_problem", "code") => owned(&Code::ALL.map(Code::word)),
        _ => return None,
    })
}

/// The headers of an answer that clients read.
fn headers(operation: &str, status: &str) -> &'static [(&'static str, &'static str)] {
    const TAG: (&str, &str) = (
        "ETag",
        "この内容の印。If-None-Match で送ると、変わっていなければ 304 / tag of the content, for If-None-Match",
    );
    const LINK: (&str, &str) = ("Link", "次のページ（rel=next） / next page");
    const NAME: (&str, &str) = ("Content-Disposition", "ファイル名 / file name");
    const REPLACED: (&str, &str) = (
        "Machikura-Replaced-Characters",
        "encoding=shift_jis で 〓 に置き換えた文字の数 / characters replaced with 〓, with encoding=shift_jis",
    );
    const RANGES: (&str, &str) = ("Accept-Ranges", "一部だけの取得（Range）ができる / parts can be had (Range)");
    const MODIFIED: (&str, &str) = ("Last-Modified", "公開した日時 / when it was published");
    const RANGE: (&str, &str) = ("Content-Range", "送った範囲と全体の大きさ / part sent, and size of the whole");
    const LOCATION: (&str, &str) = ("Location", "アドレス / address");
    const RETRY: (&str, &str) =
        ("Retry-After", "次に試すまでの秒数（429、503、504） / seconds to wait, with 429, 503 and 504");
    const ALLOW: (&str, &str) = ("Allow", "使える操作（405） / methods, with 405");
    const SCHEME: (&str, &str) = ("WWW-Authenticate", "トークンの送り方（401） / how to send the token, with 401");
    match (operation, status) {
        (_, "308") => &[LOCATION],
        (_, "5XX" | "503") => &[RETRY],
        ("publish_dataset", "4XX") => &[SCHEME, ALLOW, RETRY],
        (_, "4XX") => &[ALLOW, RETRY],
        ("publish_dataset", "201") => &[LOCATION, TAG],
        ("validate_file", "200") => &[NAME],
        ("get_health" | "get_readiness" | "validate_file", _) | ("publish_dataset", "409" | "422") => &[],
        (
            "list_records"
            | "list_records_as"
            | "list_version_records"
            | "list_version_records_as"
            | "list_standard_records"
            | "list_standard_records_as"
            | "list_records_by_filter"
            | "list_version_records_by_filter"
            | "list_standard_records_by_filter",
            "200",
        ) => &[TAG, LINK, REPLACED],
        ("download_dataset" | "download_version", "200") => &[TAG, NAME, MODIFIED, RANGES, REPLACED],
        ("download_dataset" | "download_version", "206") => &[TAG, NAME, MODIFIED, RANGES, RANGE],
        ("download_dataset" | "download_version", "304") => &[TAG, MODIFIED],
        ("get_template_workbook", "200") => &[TAG, NAME],
        _ => &[TAG],
    }
}

/// `aed`, and `procurement_award_notice` for a further table.
fn component_name(standard: &Standard, table: &Table) -> String {
    if table.name == standard.main_table().name {
        standard.slug.clone()
    } else {
        format!("{}_{}", standard.slug, table.name)
    }
}

fn component(standard: &Standard, table: &Table) -> ApiSchema {
    let mut object = record_object(table.schema());
    object = object.title(Some(format!("{} / {}", table.title.ja, table.title.en)));
    object = object.description(Some(format!("{} / {}", standard.description.ja, standard.description.en)));
    object = object
        .property("dataset", text("データセットの ID（横断検索のとき） / dataset, in answers across organizations"));
    let distance = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
        .description(Some("指定した地点からの距離（メートル） / metres from the place asked for"));
    object = object.property("distance_m", distance);
    let raw = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "適合しないまま公開されたデータだけにある: 項目の型として読み取れず null になっている値の、元の文字 / only in data published with errors: the texts, by field, that are no values of the field's type and therefore null",
        ))
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(ApiSchema::Object(
            ObjectBuilder::new().schema_type(Type::String).build(),
        )))));
    object = object.property(RAW, raw);
    object
        .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(ApiSchema::Object(value(
            "追加の列（文字）。names=en のときは英語名の項目 / extra column, a text; with names=en the fields under their English names",
        ))))))
        .build()
        .into()
}

fn text(description: &str) -> utoipa::openapi::schema::Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some(description))
        .build()
}

/// Any value of a record.
fn value(description: &str) -> utoipa::openapi::schema::Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Null]))
        .description(Some(description))
        .build()
}

/// The fields of a record with their types; every one may be null.
fn record_object(schema: &Schema) -> ObjectBuilder {
    schema.fields().iter().fold(ObjectBuilder::new(), |object, field| object.property(&field.name, property(field)))
}

fn property(field: &Field) -> utoipa::openapi::schema::Object {
    let (kind, format) = match field.kind {
        Kind::Integer => (Type::Integer, None),
        Kind::Number | Kind::Latitude | Kind::Longitude => (Type::Number, None),
        Kind::Date => (Type::String, Some(SchemaFormat::KnownFormat(KnownFormat::Date))),
        _ => (Type::String, None),
    };
    let mut description = format!("{} / {}", field.description.ja, field.description.en);
    if let Some(unit) = &field.unit {
        description.push_str(&format!(" [{unit}]"));
    }
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .format(format)
        .description(Some(description))
        .build()
}

/// A standard's record as a JSON Schema of its own (draft 2020-12).
pub fn json_schema(standard: &Standard, table: &Table, schema: &Schema) -> Value {
    let object = record_object(schema).title(Some(table.title.ja.clone())).build();
    let mut value = serde_json::to_value(object).expect("a schema has only string keys");
    value["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    value["$id"] = format!("/api/v1/standards/{}?format=json-schema", standard.slug).into();
    value
}

/// 1 件のデータ / a record; the document has a component for each standard.
#[derive(Serialize)]
pub struct Record;

impl PartialSchema for Record {
    fn schema() -> RefOr<ApiSchema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl ToSchema for Record {}

/// 一つの集計 / one group: what its records have in common, and what was asked of them
#[derive(Serialize)]
pub struct Group;

impl PartialSchema for Group {
    fn schema() -> RefOr<ApiSchema> {
        let value = value("まとめた項目の値か、集計の結果 / a value that the records share, or one made from theirs");
        ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(ApiSchema::Object(value)))))
            .examples([serde_json::json!({"設置位置": "1階", "count": 5})])
            .into()
    }
}

impl ToSchema for Group {}

/// 検索結果 / a page of records
#[derive(Serialize)]
pub struct Records;

impl PartialSchema for Records {
    fn schema() -> RefOr<ApiSchema> {
        page("Record")
            .property(
                "facets",
                ObjectBuilder::new().schema_type(Type::Object).description(Some(
                    "値ごとの件数（facets を指定したとき）: 項目名と、value と count の並び / counts by value, where facets are asked for",
                )),
            )
            .into()
    }
}

impl ToSchema for Records {}

/// 集計の結果（group_by か aggregate を指定したとき） / a page of groups, where group_by or aggregate asks for them
#[derive(Serialize)]
pub struct Groups;

impl PartialSchema for Groups {
    fn schema() -> RefOr<ApiSchema> {
        page("Group").into()
    }
}

impl ToSchema for Groups {}

/// A page of things that have this component.
fn page(component: &str) -> ObjectBuilder {
    let count = |description: &str| {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).description(Some(description))
    };
    ObjectBuilder::new()
        .property("total", count("条件に合う件数（count=none のときは省略） / in all; absent with count=none"))
        .property("count", count("このページの件数 / on this page"))
        .required("count")
        .property("next", text("次のページのアドレス / address of the next page"))
        .required("next")
        .property("records", ArrayBuilder::new().items(Ref::from_schema_name(component)))
        .required("records")
}

/// 条件（CQL2 JSON） / a filter in CQL2 JSON
#[derive(Serialize)]
pub struct Filter;

impl PartialSchema for Filter {
    fn schema() -> RefOr<ApiSchema> {
        let op =
            ObjectBuilder::new().schema_type(Type::String).description(Some("演算子・関数 / operator or function"));
        let item = AnyOfBuilder::new();
        let item = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean]
            .into_iter()
            .fold(item, |any, kind| any.item(ObjectBuilder::new().schema_type(kind)));
        ObjectBuilder::new()
            .property("op", op)
            .required("op")
            .property("args", ArrayBuilder::new().items(item))
            .required("args")
            .examples([serde_json::json!({"op": ">=", "args": [{"property": "緯度"}, 34.5]})])
            .into()
    }
}

impl ToSchema for Filter {}

const _: () = assert!(MAX_LIMIT == 10_000, "the document says 10000");

/// The document as text, as it is served and committed.
pub fn json(registry: &Registry) -> String {
    pretty(&document(registry))
}

/// A document as it is served.
pub fn pretty(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().expect("the document has only string keys");
    text.push('\n');
    text
}
