//! Errors as clients see them (RFC 9457), and the only place where an error becomes a status.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;

use super::stale::WithoutDatabase;
use crate::query::QueryError;
use crate::store::StoreError;
use crate::tabular::{LimitExceeded, ReadError};
use crate::text::{Bilingual, Lang, Text};
use crate::validate::RepairError;

/// Every kind of problem. The word is stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request itself is malformed.
    InvalidRequest,
    /// A parameter is unknown or unreadable.
    InvalidParameter,
    /// The body is not what the operation takes.
    InvalidBody,
    /// There is no valid token.
    Unauthorized,
    /// The token does not allow it.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The address does not take this method.
    MethodNotAllowed,
    /// No format that the client accepts.
    NotAcceptable,
    /// The request did not come in time.
    RequestTimeout,
    /// It was there and has been withdrawn.
    Gone,
    /// It looks as if it was not meant, and nobody has said that it is.
    Unconfirmed,
    /// Somebody else has published meanwhile.
    PreconditionFailed,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is no table.
    UnsupportedMedia,
    /// The part asked for lies behind the end of the file.
    RangeNotSatisfiable,
    /// The table does not conform to the standard.
    Nonconforming,
    /// Too many requests from one address.
    TooManyRequests,
    /// The head of the request is longer than allowed.
    HeadTooLarge,
    /// Something that should not happen.
    Internal,
    /// More work than can be done at once, or no database.
    Busy,
    /// The question takes too long.
    Timeout,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 21] = [
        Code::InvalidRequest,
        Code::InvalidParameter,
        Code::InvalidBody,
        Code::Unauthorized,
        Code::Forbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::NotAcceptable,
        Code::RequestTimeout,
        Code::Gone,
        Code::Unconfirmed,
        Code::PreconditionFailed,
        Code::TooLarge,
        Code::UnsupportedMedia,
        Code::RangeNotSatisfiable,
        Code::Nonconforming,
        Code::TooManyRequests,
        Code::HeadTooLarge,
        Code::Internal,
        Code::Busy,
        Code::Timeout,
    ];

    /// The word, its status and its title.
    fn about(self) -> (&'static str, u16, Text) {
        let about = |word, status, ja, en| (word, status, Text { ja, en });
        match self {
            Code::InvalidRequest => about("invalid-request", 400, "要求の形が正しくありません", "Malformed request"),
            Code::InvalidParameter => {
                about("invalid-parameter", 400, "パラメータに誤りがあります", "A parameter is wrong")
            }
            Code::InvalidBody => about("invalid-body", 400, "本文を読み取れません", "The body cannot be read"),
            Code::Unauthorized => about("unauthorized", 401, "トークンが必要です", "A token is needed"),
            Code::Forbidden => about("forbidden", 403, "この操作は許可されていません", "Not allowed"),
            Code::NotFound => about("not-found", 404, "見つかりません", "Not found"),
            Code::MethodNotAllowed => {
                about("method-not-allowed", 405, "このアドレスではできない操作です", "Method not allowed")
            }
            Code::NotAcceptable => about("not-acceptable", 406, "求められた形式では返せません", "No acceptable format"),
            Code::RequestTimeout => about("request-timeout", 408, "時間内に届きませんでした", "Not in time"),
            Code::Gone => about("gone", 410, "公開が取り下げられました", "Withdrawn"),
            Code::Unconfirmed => about("unconfirmed", 409, "確認が必要です", "Needs a confirmation"),
            Code::PreconditionFailed => {
                about("precondition-failed", 412, "ほかの人が先に公開しています", "Published meanwhile")
            }
            Code::TooLarge => about("too-large", 413, "ファイルが大きすぎます", "Too large"),
            Code::UnsupportedMedia => about("unsupported-media", 415, "表として読めないファイルです", "Not a table"),
            Code::RangeNotSatisfiable => {
                about("range-not-satisfiable", 416, "ファイルの終わりより後ろの範囲です", "Behind the end of the file")
            }
            Code::Nonconforming => {
                about("nonconforming", 422, "標準に適合していません", "Does not conform to the standard")
            }
            Code::TooManyRequests => about("too-many-requests", 429, "要求が多すぎます", "Too many requests"),
            Code::HeadTooLarge => about("head-too-large", 431, "ヘッダーが長すぎます", "Header fields too large"),
            Code::Internal => about("internal", 500, "サーバーの内部で問題が起きました", "Internal error"),
            Code::Busy => about("busy", 503, "混み合っています", "Busy"),
            Code::Timeout => about("timeout", 504, "時間内に答えられませんでした", "Took too long"),
        }
    }

    /// The word that clients can rely on.
    pub fn word(self) -> &'static str {
        self.about().0
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.about().1).expect("the table holds HTTP statuses")
    }

    /// The title.
    pub fn title(self) -> Text {
        self.about().2
    }

    /// The code for an error that actix itself answers with.
    fn of_status(status: StatusCode) -> Code {
        let exact = Code::ALL.into_iter().find(|code| code.status() == status);
        exact.unwrap_or(if status.is_server_error() { Code::Internal } else { Code::InvalidBody })
    }
}

/// An error on its way to a client.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// Boxed, so that a handler's happy result does not carry its room.
    about: Box<About>,
}

#[derive(Clone, Debug, Default)]
struct About {
    detail: Bilingual,
    hint: Option<Bilingual>,
    errors: Vec<QueryError>,
    /// The limit that was met.
    limit: Option<LimitBody>,
    /// The report of a check, already in the client's language.
    report: Option<Value>,
    /// A header that belongs to the problem.
    header: Option<(&'static str, String)>,
    /// Whether the database is away.
    is_without_database: bool,
}

/// Seconds after which a client may try again.
pub const RETRY_AFTER: &str = "5";

impl Problem {
    /// A problem with a sentence that says what is wrong.
    pub fn new(code: Code, ja: impl Into<String>, en: impl Into<String>) -> Problem {
        let detail = Bilingual { ja: ja.into(), en: en.into() };
        Problem { code, about: Box::new(About { detail, ..About::default() }) }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, ja: impl Into<String>, en: impl Into<String>) -> Problem {
        let hint = Bilingual { ja: ja.into(), en: en.into() };
        if let [error] = &mut self.about.errors[..] {
            error.hint.get_or_insert_with(|| hint.clone());
        }
        self.about.hint = Some(hint);
        self
    }

    /// Whether it only says that there is no database.
    pub fn is_without_database(&self) -> bool {
        self.about.is_without_database
    }

    /// What is wrong, in one language.
    pub fn detail(&self, lang: Lang) -> &str {
        self.about.detail.get(lang)
    }

    /// Nothing of this name.
    pub fn not_found(ja: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(Code::NotFound, ja, en)
    }

    /// One parameter that is wrong.
    pub fn parameter(name: &str, value: &str, ja: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::parameters(vec![QueryError {
            parameter: name.to_owned(),
            value: value.to_owned(),
            message: Bilingual { ja: ja.into(), en: en.into() },
            hint: None,
        }])
    }

    /// All parameters that are wrong.
    pub fn parameters(errors: Vec<QueryError>) -> Problem {
        let first = errors.first();
        let detail = first.map(|error| error.message.clone()).unwrap_or_default();
        let hint = first.and_then(|error| error.hint.clone());
        Problem { code: Code::InvalidParameter, about: Box::new(About { detail, hint, errors, ..About::default() }) }
    }

    /// A table that does not conform, with the report.
    pub fn nonconforming(report: Value, ja: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(Code::Nonconforming, ja, en).with_report(report, Vec::new())
    }

    /// More of something than a setting allows.
    pub fn limit(
        limit: &str,
        value: u64,
        setting: Option<&'static str>,
        line: Option<u64>,
        detail: Bilingual,
    ) -> Problem {
        let mut problem = Problem { code: Code::TooLarge, about: Box::new(About { detail, ..About::default() }) };
        let limit = limit.to_owned();
        problem.about.limit = Some(LimitBody { limit, value, setting, line, detail: String::new(), hint: None });
        problem
    }

    /// With the report of a check, and what in it is to be answered by which parameter.
    #[must_use]
    pub fn with_report(mut self, report: Value, errors: Vec<QueryError>) -> Problem {
        self.about.report = Some(report);
        self.about.errors = errors;
        self
    }

    /// An address that takes other methods.
    pub fn method(allow: String) -> Problem {
        let mut problem = Problem::new(
            Code::MethodNotAllowed,
            format!("使える操作は {allow} です。"),
            format!("This address takes {allow}."),
        );
        problem.about.header = Some(("Allow", allow));
        problem
    }

    /// A part of a file that has only so many bytes.
    pub fn range(length: u64) -> Problem {
        let mut problem = Problem::new(
            Code::RangeNotSatisfiable,
            format!("ファイルは {length} バイトです。Range はその中を指定してください。"),
            format!("The file has {length} bytes; Range must lie within."),
        );
        problem.about.header = Some(("Content-Range", format!("bytes */{length}")));
        problem
    }

    /// The response, in one language.
    pub fn response(&self, lang: Lang, instance: &str) -> HttpResponse {
        let body = ProblemBody {
            type_: format!("/problems/{}", self.code.word()),
            title: self.code.title().get(lang).to_owned(),
            status: self.code.status().as_u16(),
            detail: self.about.detail.get(lang).to_owned(),
            instance: instance.to_owned(),
            code: self.code.word().to_owned(),
            hint: self.about.hint.as_ref().map(|hint| hint.get(lang).to_owned()),
            errors: self.errors(lang),
            report: self.about.report.clone(),
        };
        let mut response = HttpResponse::build(self.code.status());
        response.content_type("application/problem+json").insert_header(("Cache-Control", "no-store"));
        match self.code {
            Code::Unauthorized => response.insert_header(("WWW-Authenticate", "Bearer realm=\"machikura\"")),
            Code::TooManyRequests | Code::Busy | Code::Timeout => response.insert_header(("Retry-After", RETRY_AFTER)),
            _ => &mut response,
        };
        if let Some((name, value)) = &self.about.header {
            response.insert_header((*name, value.as_str()));
        }
        if self.about.is_without_database {
            response.extensions_mut().insert(WithoutDatabase);
        }
        response.body(serde_json::to_vec(&body).expect("a problem has only string keys"))
    }

    fn errors(&self, lang: Lang) -> Vec<ErrorBody> {
        let About { detail, hint, errors, limit, .. } = &*self.about;
        let parameters = errors.iter().map(|error| ErrorBody::Parameter(error_body(error, lang)));
        let limit = limit.clone().map(|limit| {
            let hint = hint.as_ref().map(|hint| hint.get(lang).to_owned());
            ErrorBody::Limit(LimitBody { detail: detail.get(lang).to_owned(), hint, ..limit })
        });
        parameters.chain(limit).collect()
    }

    /// A problem of which only the status is known.
    pub fn of_status(status: StatusCode) -> Problem {
        let code = Code::of_status(status);
        let Text { ja, en } = code.title();
        Problem::new(code, format!("{ja}。"), format!("{en}."))
    }

    /// The problem in an error that some part of actix or a handler answers.
    pub fn of_error(error: &actix_web::Error) -> Problem {
        if let Some(problem) = error.as_error::<Problem>() {
            return problem.clone();
        }
        let code = Code::of_status(error.as_response_error().status_code());
        if code == Code::Internal {
            tracing::error!(%error, "unexpected error");
            return Problem::internal();
        }
        if code == Code::NotFound {
            // What actix says of a path names types of ours.
            return Problem::not_found(
                "アドレスに読み取れない部分があります。",
                "A part of the address cannot be read.",
            );
        }
        let text = error.to_string();
        Problem::new(code, format!("要求を読み取れません（{text}）。"), format!("The request cannot be read ({text})."))
    }

    /// Something that should not happen; the cause is in the log.
    pub fn internal() -> Problem {
        Problem::new(
            Code::Internal,
            "サーバーの内部で問題が起きました。運用者が記録を確認できます。",
            "Something went wrong in the server; its operator finds the cause in the log.",
        )
    }
}

fn error_body(error: &QueryError, lang: Lang) -> ParameterErrorBody {
    ParameterErrorBody {
        parameter: error.parameter.clone(),
        value: error.value.clone(),
        detail: error.message.get(lang).to_owned(),
        hint: error.hint.as_ref().map(|hint| hint.get(lang).to_owned()),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.word(), self.about.detail.en)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response(Lang::Ja, "")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Busy => Problem::new(
                Code::Busy,
                "混み合っています。少し待ってからもう一度お試しください。",
                "Too much work at once; try again soon.",
            ),
            StoreError::Conflict(_) => Problem::new(
                Code::Busy,
                "同時に行われた更新と重なりました。もう一度お試しください。",
                "It collided with another update; try again.",
            ),
            StoreError::Unavailable(ref cause) => {
                // Why it is away is in the log once, and not for every request.
                tracing::debug!(%cause, "the database is not reachable");
                let mut problem = Problem::new(
                    Code::Busy,
                    "データベースに接続できません。少し待ってからもう一度お試しください。",
                    "The database cannot be reached; try again soon.",
                );
                problem.about.is_without_database = true;
                problem
            }
            StoreError::Timeout => Problem::new(
                Code::Timeout,
                "問い合わせに時間がかかりすぎました。条件を加えて範囲を狭めてください。",
                "The question takes too long; add conditions to narrow it.",
            ),
            StoreError::PreconditionFailed { expected, found } => {
                let found = found.map_or_else(|| "-".to_owned(), |found| found.to_string());
                Problem::new(
                    Code::PreconditionFailed,
                    format!("If-Match の版は {expected} ですが、現在の版は {found} です。最新の版を確かめてください。"),
                    format!("If-Match names version {expected}, but the current one is {found}."),
                )
            }
            StoreError::UnknownOrganization(code) => Problem::not_found(
                format!("団体 {code} は登録されていません。"),
                format!("The organization {code} is not registered."),
            ),
            StoreError::UnknownVersion(what) => {
                Problem::not_found(format!("{what} はありません。"), format!("There is no {what}."))
            }
            StoreError::InvalidRecord { row, reason } => Problem::new(
                Code::InvalidBody,
                format!("{row} 行目を保存できません（{reason}）。"),
                format!("Row {row} cannot be stored ({reason})."),
            ),
            StoreError::WrongDigest(_)
            | StoreError::Io(_)
            | StoreError::Migration(_)
            | StoreError::Interrupted
            | StoreError::Database(_) => {
                tracing::error!(%error, "the store failed");
                Problem::internal()
            }
        }
    }
}

impl From<RepairError> for Problem {
    fn from(error: RepairError) -> Problem {
        match error {
            RepairError::Read(error) => error.into(),
            RepairError::Write(cause) => {
                tracing::error!(%cause, "a corrected table could not be written");
                Problem::internal()
            }
            RepairError::SeveralTables => Problem::new(
                Code::UnsupportedMedia,
                "複数の表をまとめた ZIP は直せません。表を一つずつ送ってください。",
                "A zip of several tables is not corrected; send its tables one by one.",
            ),
            RepairError::UnknownField(field) => Problem::parameter(
                "recipe",
                &field,
                format!("レシピの values にある項目「{field}」は、この標準にありません。"),
                format!("The recipe's values name \"{field}\", which the standard does not have."),
            ),
        }
    }
}

impl From<LimitExceeded> for Problem {
    fn from(exceeded: LimitExceeded) -> Problem {
        let LimitExceeded { limit, value, line, .. } = exceeded;
        let hint = exceeded.hint();
        Problem::limit(limit.as_str(), value, limit.setting(), line, exceeded.message()).hint(hint.ja, hint.en)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        let unsupported = |ja: String, en: String| {
            Problem::new(Code::UnsupportedMedia, ja, en).hint(
                "CSV または Excel（XLSX、XLS）のファイルを送ってください。",
                "Send a CSV or Excel (XLSX, XLS) file.",
            )
        };
        match error {
            ReadError::Empty => Problem::new(Code::InvalidBody, "ファイルが空です。", "The file is empty."),
            ReadError::NotATable(name) => unsupported(
                format!("{name} ファイルです。表として読めません。"),
                format!("This is {name}, not a table."),
            ),
            ReadError::NotText => unsupported(
                "文字としても Excel としても読めないファイルです。".to_owned(),
                "The bytes are neither text nor a workbook.".to_owned(),
            ),
            ReadError::Encrypted => Problem::new(
                Code::InvalidBody,
                "パスワードで保護されています。",
                "The workbook is protected by a password.",
            )
            .hint(
                "Excel の「ファイル」→「情報」→「ブックの保護」でパスワードを消し、保存し直してください。",
                "Remove the password in Excel (File, Info, Protect Workbook) and save it again.",
            ),
            ReadError::Damaged(cause) => Problem::new(
                Code::InvalidBody,
                "ファイルが壊れているか、途中で切れています。",
                format!("The file is damaged or cut off ({cause})."),
            )
            .hint(
                "元のファイルを開いて保存し直してください。Excel の「開いて修復」で直ることもあります。",
                "Open the original and save it again; \"Open and Repair\" of Excel may help.",
            ),
            ReadError::Limit(exceeded) => exceeded.into(),
            ReadError::Io(ref cause) => {
                tracing::error!(%cause, "an upload could not be read");
                Problem::internal()
            }
        }
    }
}

/// エラー（RFC 9457） / an error (RFC 9457)
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// 種類の説明ページ / page about this kind of problem
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    type_: String,
    /// 見出し / title
    title: String,
    /// HTTP ステータス / HTTP status
    status: u16,
    /// 何が起きたか / what is wrong
    detail: String,
    /// 要求されたアドレス / address of the request
    instance: String,
    /// 種類 / kind of problem
    code: String,
    /// どうすればよいか / what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// 誤りの一覧 / everything that is wrong
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorBody>,
    /// 検査結果 / report of the check
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Value>,
}

/// 誤り 1 件 / one thing that is wrong
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ErrorBody {
    /// パラメータの誤り / a wrong parameter
    Parameter(ParameterErrorBody),
    /// 上限の超過 / a limit that was met
    Limit(LimitBody),
}

/// A limit that was met.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LimitBody {
    /// 何の上限か / what is limited
    #[schema(example = "rows")]
    limit: String,
    /// 上限の値 / the most that is allowed
    value: u64,
    /// 上限を変える設定 / the setting that changes it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "MACHIKURA_MAX_ROWS")]
    setting: Option<&'static str>,
    /// 超えた行 / the line at which it was met
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// 何が起きたか / what is wrong
    detail: String,
    /// どうすればよいか / what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// One wrong parameter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ParameterErrorBody {
    /// パラメータ / parameter
    parameter: String,
    /// 値 / value
    value: String,
    /// 何が誤りか / what is wrong
    detail: String,
    /// 正しくはこうでは / what was probably meant
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}
