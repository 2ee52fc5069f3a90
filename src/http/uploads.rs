//! Bodies on their way in: spooled to a file, so that memory stays bounded however long they are.

use std::error::Error;
use std::io::{self, Write};

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use tempfile::NamedTempFile;

use super::App;
use super::problem::{Code, Problem};
use crate::tabular::Upload;
use crate::text::Bilingual;

/// An upload in a temporary file that goes when this value goes.
pub struct Spooled {
    file: NamedTempFile,
    name: Option<String>,
}

impl Spooled {
    /// The bytes and their name.
    pub fn upload(&self) -> Upload {
        Upload::from_file(self.file.path(), self.name.as_deref())
    }
}

/// Reads a body to its end: raw bytes, or the first file of a form (`curl -F file=@aed.csv`).
///
/// # Errors
/// 413 for a body that is too large, 408 for one that does not go on, 400 for a form without a file or a body that breaks off.
pub async fn spool(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
    name: Option<&str>,
) -> Result<Spooled, Problem> {
    let limit = app.settings.max_upload;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > limit) {
        return Err(too_large(limit));
    }
    if let Some(coding) = request.headers().get(header::CONTENT_ENCODING) {
        let coding = String::from_utf8_lossy(coding.as_bytes()).into_owned();
        return Err(Problem::new(
            Code::UnsupportedMedia,
            format!("圧縮（Content-Encoding: {coding}）には対応していません。ファイルをそのまま送ってください。"),
            format!("Content-Encoding: {coding} is not supported; send the file as it is."),
        ));
    }
    let folder = app.settings.var.join("spool");
    let mut file = web::block(move || std::fs::create_dir_all(&folder).and_then(|()| NamedTempFile::new_in(&folder)))
        .await
        .map_err(|_| Problem::internal())?
        .map_err(disk)?;
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data")) {
        let mut form = Multipart::new(request.headers(), payload);
        while let Some(field) = form.next().await {
            let field = field.map_err(broken)?;
            let file_name = field.content_disposition().and_then(|disposition| disposition.get_filename());
            let Some(file_name) = file_name.map(str::to_owned) else { continue };
            write(&mut file, field.map(|piece| piece.map_err(broken)), limit).await?;
            return Ok(Spooled { file, name: Some(name.map_or(file_name, str::to_owned)) });
        }
        return Err(Problem::new(Code::InvalidBody, "フォームにファイルがありません。", "The form holds no file.")
            .hint("curl -F file=@ファイル名 のように送ってください。", "Send it as curl -F file=@name."));
    }
    write(&mut file, payload.map(|piece| piece.map_err(broken)), limit).await?;
    Ok(Spooled { file, name: name.map(str::to_owned) })
}

async fn write(
    file: &mut NamedTempFile,
    mut pieces: impl StreamExt<Item = Result<web::Bytes, Problem>> + Unpin,
    limit: u64,
) -> Result<(), Problem> {
    let mut bytes = 0_u64;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if bytes > limit {
            return Err(too_large(limit));
        }
        // A piece is at most some dozens of kilobytes and goes to the page cache.
        file.write_all(&piece).map_err(disk)?;
    }
    file.flush().map_err(disk)
}

fn too_large(limit: u64) -> Problem {
    let detail = Bilingual {
        ja: format!("ファイルの大きさの上限は {limit} バイトです。"),
        en: format!("A file has at most {limit} bytes."),
    };
    Problem::limit("upload-bytes", limit, Some("MACHIKURA_MAX_UPLOAD"), None, detail).hint(
        "表を分けるか、運用者に上限（MACHIKURA_MAX_UPLOAD）の引き上げを相談してください。",
        "Split the table, or ask the operator to raise MACHIKURA_MAX_UPLOAD.",
    )
}

/// A body that breaks off, or does not go on.
pub fn broken(error: impl Error + 'static) -> Problem {
    if is_too_slow(&error) {
        return Problem::new(
            Code::RequestTimeout,
            "本文の続きが届かないため、受け取りをやめました。通信の状態を確かめて、もう一度送ってください。",
            "The rest of the body did not come, so it was given up; check the connection and send it again.",
        );
    }
    Problem::new(
        Code::InvalidBody,
        format!("本文を最後まで受け取れませんでした（{error}）。"),
        format!("The body could not be read to its end ({error})."),
    )
}

/// Whether time ran out somewhere below an error.
fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn disk(error: io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be spooled");
    Problem::internal()
}
