//! Errors as clients see them (RFC 9457), and the only place where an error becomes a status.

mod body;
mod causes;
mod code;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::Value;

use super::stale::WithoutDatabase;
use crate::query::QueryError;
use crate::text::{Bilingual, Lang, Text};

pub use body::{ErrorBody, LimitBody, ParameterErrorBody, ProblemBody};
pub use code::Code;

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
