//! Whole datasets as files, and uploads as they came.

use std::io::Write;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::headers::SANDBOX;
use super::output;
use super::parameters::Parameters;
use super::prepared::{Failure, Make};
use super::problem::{Code, Problem};
use super::resolve::{self, Address, Found, Of};
use super::sending::{self, Label};
use super::stale::{self, Dated};
use super::unprepared::{self, Pieces};
use super::{App, cache};
use crate::catalog::{Digest, StoredTable};
use crate::format::{self, Columns, Format, Head, Options};
use crate::schema::Schema;
use crate::standard::{Edition, Older};
use crate::store::{files, records};

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
    ("format" = String, Path, description = "形式 / format", example = "csv"),
    ("table" = Option<String>, Query, description = "複数の表からなるデータセットの表 / table of a dataset of several tables"),
    ("bom" = Option<bool>, Query, description = "CSV に BOM を付けるか（既定 true） / whether CSV begins with a byte-order mark"),
    ("encoding" = Option<String>, Query, description = "CSV の文字コード（既定 utf-8）。shift_jis にない文字は 〓 になり、その数が Machikura-Replaced-Characters に入る / encoding of CSV; with shift_jis, characters that it lacks become 〓 and are counted in Machikura-Replaced-Characters"),
    ("width" = Option<u16>, Query, minimum = 0, maximum = 1000, description = "端末用の表（txt）の幅。10～1000、既定は 0（すべての列）。地図（map）は 10～400、既定 80 / columns of the terminal that txt may take, by default 0 (all columns of the table); map takes 10 to 400, by default 80"),
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
    ("format" = String, Path, description = "形式 / format", example = "csv"),
    ("table" = Option<String>, Query, description = "複数の表からなるデータセットの表 / table of a dataset of several tables"),
    ("bom" = Option<bool>, Query, description = "CSV に BOM を付けるか（既定 true） / whether CSV begins with a byte-order mark"),
    ("encoding" = Option<String>, Query, description = "CSV の文字コード（既定 utf-8）。shift_jis にない文字は 〓 になり、その数が Machikura-Replaced-Characters に入る / encoding of CSV; with shift_jis, characters that it lacks become 〓 and are counted in Machikura-Replaced-Characters"),
    ("width" = Option<u16>, Query, minimum = 0, maximum = 1000, description = "端末用の表（txt）の幅。10～1000、既定は 0（すべての列）。地図（map）は 10～400、既定 80 / columns of the terminal that txt may take, by default 0 (all columns of the table); map takes 10 to 400, by default 80"),
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

/// Files that addresses were last answered with, so that those on the disk can be had without the database.
pub struct Downloads(Cache<String, Arc<Dated<Wanted>>>);

impl Default for Downloads {
    fn default() -> Downloads {
        Downloads(Cache::new(10_000))
    }
}

impl Downloads {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

async fn download(app: web::Data<App>, request: HttpRequest, path: DownloadPath) -> Result<HttpResponse, Problem> {
    // Old versions are not given without the database: they may have been erased.
    if path.number.is_some() {
        let wanted = find(&app, &request, path).await?;
        return send(&app, &request, &wanted).await.map(cache::past);
    }
    let (state, address) = (app.db.state(), request.uri().to_string());
    let answered = async {
        let wanted = find(&app, &request, path).await?;
        let response = send(&app, &request, &wanted).await?;
        Ok::<_, Problem>((wanted, response))
    };
    match answered.await {
        Ok((wanted, response)) => {
            if let Some(state) = state {
                app.downloads.0.insert(address, Arc::new(Dated::new(wanted, state)));
            }
            Ok(response)
        }
        Err(problem) if problem.is_without_database() => {
            let last = app.downloads.0.get(&address).ok_or_else(|| problem.clone())?;
            let age = last.age(&app).ok_or(problem)?;
            let mut response = send(&app, &request, &last.value).await?;
            stale::mark(response.headers_mut(), age);
            Ok(response)
        }
        Err(problem) => {
            if matches!(problem.code, Code::NotFound | Code::Gone) {
                app.downloads.0.remove(&address);
            }
            Err(problem)
        }
    }
}

/// The file that an address names.
async fn find(app: &web::Data<App>, request: &HttpRequest, path: DownloadPath) -> Result<Wanted, Problem> {
    let parameters = Parameters::only(request, &[&["table", "edition", "lang"][..], &output::NAMES].concat())?;
    let options = output::options(&parameters)?;
    let is_older = edition(&parameters, &path.format)? == Edition::Recommended;
    match path.format.as_str() {
        "source" => stored_file(app, path, parameters, uploaded).await,
        "patches" => stored_file(app, path, parameters, patched).await,
        _ => table(app, path, &parameters, is_older, options).await,
    }
}

/// Answers with a file.
async fn send(app: &App, request: &HttpRequest, wanted: &Wanted) -> Result<HttpResponse, Problem> {
    let Wanted { key, make, label, replaces } = wanted;
    let mut label = label.clone();
    match app.files.obtain(&app.db, key, Arc::clone(make)).await {
        Ok(kept) => {
            if *replaces {
                label.headers.push((HeaderName::from_static(output::REPLACED), kept.about.replaced.to_string()));
            }
            sending::answer(request, &app.files, kept, label).await
        }
        Err(Failure::Problem(problem)) => Err(problem),
        // There is no room: it is sent while it is made.
        Err(Failure::Disk(error)) => {
            tracing::warn!(%error, "a file could not be prepared");
            Ok(unprepared::head(label).streaming(Pieces::of(app.db.clone(), Arc::clone(make))))
        }
    }
}

/// A file to be sent.
struct Wanted {
    /// Names everything that the file depends on.
    key: String,
    make: Make,
    label: Label,
    /// Whether characters may have been replaced in it.
    replaces: bool,
}

/// A table as a file.
async fn table(
    app: &web::Data<App>,
    path: DownloadPath,
    parameters: &Parameters,
    is_older: bool,
    options: Options,
) -> Result<Wanted, Problem> {
    let format = format::by_id(&path.format).ok_or_else(|| unknown_format(&path.format))?;
    let of = Of::Dataset { id: path.id, number: path.number };
    let address = Address { of, table: parameters.get("table").map(str::to_owned), serial: None };
    let found = resolve::find(app, address).await?;
    if let Some(lack) = format.lack(&found.schema) {
        return Err(Problem::not_found(
            format!("{} には{}がないため、{} はありません。", found.resource, lack.ja, format.id()),
            format!("{} has no {}, so there is no {}.", found.resource, lack.en, format.id()),
        ));
    }
    let name = found.file_name(None, format.id());
    let older = is_older.then(|| older(&found)).transpose()?;
    let options = output::heeded(format, &options)?;
    let options = format.heeded(&options.of_file());
    let modified = found.stored_at.unwrap_or_default();
    let about = [found.state.clone(), modified.to_string(), format.id().to_owned(), format!("{options:?} {is_older}")];
    let all = Everything { found, older };
    let columns: Vec<String> =
        all.columns().fields().iter().map(|field| format!("{} {:?}", field.name, field.kind)).collect();
    Ok(Wanted {
        key: key(about.iter().chain(&columns)),
        make: Arc::new(move |connection, out| write_all(connection, &all, format, &options, out)),
        label: Label {
            name,
            media_type: format.content_type(&options).to_owned(),
            modified,
            is_coded: !format.is_packed(),
            headers: Vec::new(),
        },
        replaces: output::may_replace(&options),
    })
}

fn unknown_format(name: &str) -> Problem {
    let known = format::FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ");
    Problem::not_found(format!("download.{name} はありません。"), format!("There is no download.{name}.")).hint(
        format!("使える形式は {known}, source, patches です。"),
        format!("There are {known}, source and patches."),
    )
}

/// A key for a file that is made by this program, as it was built, from these parts.
fn key<'p>(parts: impl Iterator<Item = &'p String>) -> String {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| {
        let about = std::env::current_exe().and_then(std::fs::metadata);
        about.map_or_else(|_| String::new(), |about| format!("{} {:?}", about.len(), about.modified().ok()))
    });
    let mut hash = Sha256::new();
    for part in [&*PROGRAM].into_iter().chain(parts) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A whole table.
struct Everything {
    found: Arc<Found>,
    older: Option<Older>,
}

impl Everything {
    /// The columns in the edition wanted.
    fn columns(&self) -> &Schema {
        self.older.as_ref().map_or(&self.found.schema, Older::schema)
    }
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
fn older(found: &Found) -> Result<Older, Problem> {
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

/// Writes all records of a table in one format, a piece at a time, and answers how many characters were replaced.
///
/// # Errors
/// Those of `out` and of the database.
fn write_all(
    connection: &mut PgConnection,
    all: &Everything,
    format: &dyn Format,
    options: &Options,
    out: &mut dyn Write,
) -> Result<u64, Failure> {
    const PIECE: usize = 64 * 1024;
    let columns = Columns::new(all.columns(), None, false, false);
    let mut encoder = format.encoder(&columns, options);
    let Found { schema, scope, stored_at, .. } = &*all.found;
    let rows = scope.row_count();
    let mut piece = Vec::with_capacity(2 * PIECE);
    let count = usize::try_from(rows).expect("a table's rows fit the address space");
    encoder.begin(&Head { total: Some(rows), count, next: None, published_at: *stored_at }, &mut piece);
    records::each_record(connection, schema, scope, &mut |record| -> Result<(), Failure> {
        match &all.older {
            Some(older) => encoder.record(&older.record(&record), &mut piece),
            None => encoder.record(&record, &mut piece),
        }
        if piece.len() >= PIECE {
            out.write_all(&piece)?;
            piece.clear();
        }
        Ok(())
    })?;
    out.write_all(&piece)?;
    encoder.end(out)?;
    Ok(encoder.replaced())
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

/// A stored file as it is.
async fn stored_file(
    app: &web::Data<App>,
    path: DownloadPath,
    parameters: Parameters,
    choose: fn(&StoredTable) -> Option<StoredFile>,
) -> Result<Wanted, Problem> {
    let shared = app.clone();
    let id = path.id.clone();
    let stored = app.db.read(move |connection| {
        let entry = resolve::entry(connection, &path.id)?;
        let tables = match path.number {
            Some(number) => resolve::version(connection, &entry, number)?.1,
            None => entry.tables.clone(),
        };
        let standard = resolve::standard_of(&shared, &entry)?;
        let (_, stored) = resolve::choose_table(standard, &tables, parameters.get("table"))?;
        Ok::<_, Problem>(stored.clone())
    });
    let stored = stored.await?;
    let StoredFile { digest, media_type, suffix } = choose(&stored).ok_or_else(|| {
        Problem::not_found(
            format!("{id} は直さずに公開されたので、変更したセルの一覧はありません。"),
            format!("{id} was published as it came; there is no list of changed cells."),
        )
    })?;
    Ok(Wanted {
        key: digest.to_string(),
        make: Arc::new(move |connection, out| {
            files::get(connection, digest, out)?.ok_or_else(Problem::internal).map_err(Failure::Problem)?;
            Ok(0)
        }),
        label: Label {
            name: format!("{id}.{suffix}"),
            media_type,
            modified: stored.created_at,
            is_coded: false,
            headers: vec![(SANDBOX.0, SANDBOX.1.to_owned())],
        },
        replaces: false,
    })
}
