//! Kinds of problems: their words, statuses and titles.

use actix_web::http::StatusCode;

use crate::text::Text;

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
    pub(super) fn of_status(status: StatusCode) -> Code {
        let exact = Code::ALL.into_iter().find(|code| code.status() == status);
        exact.unwrap_or(if status.is_server_error() { Code::Internal } else { Code::InvalidBody })
    }
}
