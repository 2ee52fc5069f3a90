//! Errors of other modules as problems.

use super::{Code, Problem};
use crate::store::StoreError;
use crate::tabular::{LimitExceeded, ReadError};
use crate::validate::RepairError;

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
