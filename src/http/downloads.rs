//! Whole datasets as files, and uploads as they came.

use std::time::Duration;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::App;
use super::cache;
use super::parameters::Parameters;
use super::problem::Problem;
use super::records::each_piece;
use super::resolve;
use crate::catalog::{Digest, StoredTable};
use crate::format::{self, Format, Options};
use crate::standard::{Edition, Older};
use crate::store::files;

#[derive(Deserialize)]
struct DownloadPath {
    id: String,
    number: Option<i32>,
    format: String,
}

/// データセットのファイル / Download a dataset
///
/// データセット全体を 1 つのファイルで返します。`source` はアップロードされたファイルそのもの、`patches` は公開前に直したセルの一覧です。 /
/// The whole dataset as a file; `source` is the uploaded file byte for byte, `patches` what was corrected before it was published.
#[utoipa::path(tag = "データ / records", operation_id = "download_dataset", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("format" = String, Path, description = "形式（csv, json, geojson, txt, source, patches） / format", example = "csv"),
    ("table" = Option<String>, Query, description = "複数の表からなるデータセットの表 / table of a dataset of several tables"),
    ("bom" = Option<bool>, Query, description = "CSV に BOM を付けるか（既定 true） / whether CSV begins with a byte-order mark"),
    ("edition" = Option<String>, Query, description = "標準の版。recommended は古い推奨データセットの形に戻したもの（新しい項目は後ろの列に残る） / edition of the standard; recommended is the older form, what it lacks stands in columns behind"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "ファイル / file"),
))]
#[get("/datasets/{id}/download.{format}")]
pub async fn download_dataset(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DownloadPath>,
) -> Result<HttpResponse, Problem> {
    download(app, request, path.into_inner()).await
}

/// 過去の版のファイル / Download a version
///
/// 公開された版は変わりません。 / A published version never changes.
#[utoipa::path(tag = "データ / records", operation_id = "download_version", params(
    ("id" = String, Path, description = "データセットの ID / dataset", example = "331007_aed"),
    ("number" = i32, Path, description = "版 / version", example = 1),
    ("format" = String, Path, description = "形式（csv, json, geojson, txt, source, patches） / format", example = "csv"),
    ("table" = Option<String>, Query, description = "複数の表からなるデータセットの表 / table of a dataset of several tables"),
    ("bom" = Option<bool>, Query, description = "CSV に BOM を付けるか（既定 true） / whether CSV begins with a byte-order mark"),
    ("edition" = Option<String>, Query, description = "標準の版。recommended は古い推奨データセットの形に戻したもの（新しい項目は後ろの列に残る） / edition of the standard; recommended is the older form, what it lacks stands in columns behind"),
    ("lang" = Option<String>, Query, description = "エラーの言語 / language of errors: ja, en")),
    responses(
    (status = 200, description = "ファイル / file"),
))]
#[get("/datasets/{id}/versions/{number}/download.{format}")]
pub async fn download_version(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<DownloadPath>,
) -> Result<HttpResponse, Problem> {
    download(app, request, path.into_inner()).await
}

async fn download(app: web::Data<App>, request: HttpRequest, path: DownloadPath) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::only(&request, &["table", "bom", "edition", "lang"])?;
    let options = Options { bom: parameters.flag("bom", true)? };
    let is_older = edition(&parameters, &path.format)? == Edition::Recommended;
    match path.format.as_str() {
        "source" => return stored_file(app, request, path, parameters, uploaded).await,
        "patches" => return stored_file(app, request, path, parameters, patched).await,
        _ => {}
    }
    let Some(format) = format::by_id(&path.format) else {
        let known = format::FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ");
        return Err(Problem::not_found(
            format!("download.{} はありません。", path.format),
            format!("There is no download.{}.", path.format),
        )
        .hint(
            format!("使える形式は {known}, source, patches です。"),
            format!("There are {known}, source and patches."),
        ));
    };
    let name = format!("{}.{}", path.id, format.id());
    let (head, mut body) = stream(app, path, parameters, is_older, format, options);
    let tag = match head.await {
        Ok(tag) => tag?,
        // The reading ended before it began; what stands in place of the body says why.
        Err(_) => return Err(body.recv().await.and_then(Result::err).unwrap_or_else(Problem::internal)),
    };
    if cache::is_fresh(&request, &tag) {
        return Ok(cache::not_modified(&tag));
    }
    let mut response = cache::ok(&tag, format.media_type());
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    Ok(response.streaming(Pieces(body)))
}

/// What `edition` takes; the first is the default.
pub const EDITIONS: [Edition; 2] = [Edition::Standard, Edition::Recommended];

/// The edition to answer in.
fn edition(parameters: &Parameters, format: &str) -> Result<Edition, Problem> {
    let Some(word) = parameters.get("edition") else { return Ok(EDITIONS[0]) };
    let edition = EDITIONS.into_iter().find(|edition| edition.as_str() == word).ok_or_else(|| {
        Problem::parameter(
            "edition",
            word,
            "edition は standard（現行）か recommended（古い推奨データセット）です。",
            "edition is standard (current) or recommended (older).",
        )
    })?;
    if matches!(format, "source" | "patches") && edition != EDITIONS[0] {
        return Err(Problem::parameter(
            "edition",
            word,
            format!("download.{format} は保存されたファイルそのものなので、edition は指定できません。"),
            format!("download.{format} is a stored file as it is; leave out edition."),
        ));
    }
    Ok(edition)
}

/// The older form of a table.
fn older(found: &resolve::Found) -> Result<Older, Problem> {
    let is_filled = |field: usize| found.filled.get(field).is_none_or(|filled| *filled > 0);
    Older::of(&found.definition, &found.schema, is_filled).ok_or_else(|| {
        Problem::parameter(
            "edition",
            Edition::Recommended.as_str(),
            format!("{} には古い推奨データセットの形がありません。edition を外してください。", found.resource),
            format!("There is no older form of {}; leave out edition.", found.resource),
        )
    })
}

/// Starts to read a dataset: first its tag or a problem, then its pieces as fast as they are taken.
fn stream(
    app: web::Data<App>,
    path: DownloadPath,
    parameters: Parameters,
    is_older: bool,
    format: &'static dyn Format,
    options: Options,
) -> (oneshot::Receiver<Result<String, Problem>>, Body) {
    let (head_sender, head) = oneshot::channel();
    let (sender, body) = mpsc::channel(4);
    let db = app.db.clone();
    actix_web::rt::spawn(async move {
        let mut head_sender = Some(head_sender);
        let pieces = sender.clone();
        let done = db
            .read(move |connection| {
                let found = resolve::table(&app, connection, &path.id, path.number, parameters.get("table"), None)
                    .and_then(|found| {
                        if format.applies_to(&found.schema) {
                            let older = is_older.then(|| older(&found)).transpose()?;
                            return Ok((found, older));
                        }
                        Err(Problem::not_found(
                            format!("{} には座標がないため、{} はありません。", found.resource, format.id()),
                            format!("{} has no coordinates, so there is no {}.", found.resource, format.id()),
                        ))
                    });
                let tag = found.as_ref().map_err(Clone::clone).map(|(found, _)| {
                    let options = [options.bom, is_older].map(|flag| flag.to_string()).join(",");
                    cache::weak_tag(&["download", &found.resource, &found.state, format.id(), &options])
                });
                if let Some(head) = head_sender.take() {
                    // Nobody waits any more: nothing is left to do.
                    if head.send(tag).is_err() {
                        return Ok(());
                    }
                }
                let Ok((found, older)) = found else { return Ok(()) };
                each_piece(connection, &found, older.as_ref(), format, options, &mut |piece| hand_over(&pieces, piece))
            })
            .await;
        if let Err(problem) = done {
            // The client sees the answer break off, rather than end early as if it were whole. A client that has gone
            // takes no notice.
            drop(sender.send(Err(problem)).await);
        }
    });
    (head, body)
}

/// How long a client may take nothing of a download. Meanwhile it holds a connection to the database.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hands a piece to the client, on a thread that may wait.
fn hand_over(pieces: &mpsc::Sender<Result<web::Bytes, Problem>>, piece: Vec<u8>) -> Result<(), Problem> {
    let sending = tokio::time::timeout(PATIENCE, pieces.send(Ok(piece.into())));
    match Handle::current().block_on(sending) {
        Ok(Ok(())) => Ok(()),
        // It has gone, or is as good as gone.
        Ok(Err(_)) | Err(_) => Err(Problem::internal()),
    }
}

/// The pieces of a body as a stream.
struct Pieces(Body);

/// Pieces that are still being made.
type Body = mpsc::Receiver<Result<web::Bytes, Problem>>;

impl futures_util::Stream for Pieces {
    type Item = Result<web::Bytes, Problem>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// A file that is stored with a table.
struct StoredFile {
    digest: Digest,
    media_type: String,
    /// What its name ends in, behind the id of the dataset.
    suffix: String,
}

/// The uploaded file, byte for byte.
fn uploaded(stored: &StoredTable) -> Option<StoredFile> {
    let extension = match stored.source.media_type.as_str() {
        "text/csv" => "csv",
        "application/zip" => "zip",
        "application/vnd.ms-excel" => "xls",
        _ => "xlsx",
    };
    let media_type = match (stored.source.media_type.as_str(), stored.source.encoding.as_str()) {
        ("text/csv", encoding) => format!("text/csv; charset={encoding}"),
        (other, _) => other.to_owned(),
    };
    Some(StoredFile { digest: stored.source.sha256, media_type, suffix: format!("source.{extension}") })
}

/// The cells that were changed before it was published.
fn patched(stored: &StoredTable) -> Option<StoredFile> {
    let media_type = "text/csv; charset=utf-8".to_owned();
    Some(StoredFile { digest: stored.patches?, media_type, suffix: "patches.csv".to_owned() })
}

/// A stored file as it is. It is not compressed on the way, so its tag is strong.
async fn stored_file(
    app: web::Data<App>,
    request: HttpRequest,
    path: DownloadPath,
    parameters: Parameters,
    choose: fn(&StoredTable) -> Option<StoredFile>,
) -> Result<HttpResponse, Problem> {
    let db = app.db.clone();
    let id = path.id.clone();
    let (file, bytes) = db
        .read(move |connection| {
            let entry = resolve::entry(connection, &path.id)?;
            let tables = match path.number {
                Some(number) => resolve::version(connection, &entry, number)?.1,
                None => entry.tables.clone(),
            };
            let standard = resolve::standard_of(&app, &entry)?;
            let (_, stored) = resolve::choose_table(standard, &tables, parameters.get("table"))?;
            let file = choose(stored).ok_or_else(|| {
                Problem::not_found(
                    format!("{} は直さずに公開されたので、変更したセルの一覧はありません。", path.id),
                    format!("{} was published as it came; there is no list of changed cells.", path.id),
                )
            })?;
            let bytes = files::size(connection, file.digest)?.ok_or_else(Problem::internal)?;
            Ok::<_, Problem>((file, bytes))
        })
        .await?;
    let StoredFile { digest, media_type, suffix } = file;
    let tag = format!("\"{digest}\"");
    if cache::is_fresh(&request, &tag) {
        return Ok(cache::not_modified(&tag));
    }
    let (sender, body) = mpsc::channel(4);
    actix_web::rt::spawn(async move {
        let pieces = sender.clone();
        let done = db
            .read(move |connection| {
                for number in 0.. {
                    let Some(piece) = files::piece(connection, digest, number)? else { break };
                    hand_over(&pieces, piece)?;
                }
                Ok::<_, Problem>(())
            })
            .await;
        if let Err(problem) = done {
            drop(sender.send(Err(problem)).await);
        }
    });
    let mut response = cache::ok(&tag, &media_type);
    response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.{suffix}\"")));
    response.insert_header(ContentEncoding::Identity);
    Ok(response.no_chunking(bytes).streaming(Pieces(body)))
}
