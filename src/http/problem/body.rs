//! The shape of a problem (RFC 9457).

use serde::Serialize;
use serde_json::Value;

/// エラー（RFC 9457） / an error (RFC 9457)
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// 種類の説明ページ / page about this kind of problem
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    pub(super) type_: String,
    /// 見出し / title
    pub(super) title: String,
    /// HTTP ステータス / HTTP status
    pub(super) status: u16,
    /// 何が起きたか / what is wrong
    pub(super) detail: String,
    /// 要求されたアドレス / address of the request
    pub(super) instance: String,
    /// 種類 / kind of problem
    pub(super) code: String,
    /// どうすればよいか / what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    /// 誤りの一覧 / everything that is wrong
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<ErrorBody>,
    /// 検査結果 / report of the check
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<Value>,
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
    pub(super) limit: String,
    /// 上限の値 / the most that is allowed
    pub(super) value: u64,
    /// 上限を変える設定 / the setting that changes it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "MACHIKURA_MAX_ROWS")]
    pub(super) setting: Option<&'static str>,
    /// 超えた行 / the line at which it was met
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u64>,
    /// 何が起きたか / what is wrong
    pub(super) detail: String,
    /// どうすればよいか / what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

/// One wrong parameter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ParameterErrorBody {
    /// パラメータ / parameter
    pub(super) parameter: String,
    /// 値 / value
    pub(super) value: String,
    /// 何が誤りか / what is wrong
    pub(super) detail: String,
    /// 正しくはこうでは / what was probably meant
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}
