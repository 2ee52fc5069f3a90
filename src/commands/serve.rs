//! `serve`: the server and its private database, from start to the last request.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use machikura::catalog::DatasetFilter;
use machikura::cluster::Cluster;
use machikura::config::Settings;
use machikura::http::{self, App};
use machikura::publish::PublishError;
use machikura::reader::Subprocess;
use machikura::sample;
use machikura::standard::Registry;
use machikura::store::{Db, StoreError, catalog, tokens};

use super::{CommandError, Common};

pub fn run(common: Common) -> Result<(), CommandError> {
    let (db, settings, cluster) = super::open(common)?;
    let registry = match &settings.datasets {
        Some(folder) => Registry::with_directory(folder)?,
        None => Registry::embedded().clone(),
    };
    sweep(&settings.var.join("spool"));
    let token = if settings.sample { show_samples(&db, &registry, &settings)? } else { None };
    let listener = TcpListener::bind(settings.listen)
        .map_err(|error| format!("{} で待ち受けられません / cannot listen: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    let entries = db.read_blocking(|connection| catalog::list_datasets(connection, &DatasetFilter::default(), 1))?;
    let base = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let unpacker = Subprocess::new(settings.var.join("spool"))?;
    let app = App::new(registry, db, settings, unpacker);
    let supervisor = cluster.map(Cluster::supervise);
    actix_web::rt::System::new().block_on(async move {
        let server = http::serve(app, listener)?;
        greet(&base, &format!("http://{address}"), entries.total > 0, token.as_deref())?;
        server.await
    })?;
    if let Some(supervisor) = supervisor {
        supervisor.stop()?;
    }
    Ok(())
}

/// Loads the sample catalogue into an empty one; answers the demonstration token where there are samples.
fn show_samples(db: &Db, registry: &Registry, settings: &Settings) -> Result<Option<String>, CommandError> {
    let file = settings.var.join("demo-token");
    let is_loaded =
        db.write_blocking(|connection| sample::load(connection, registry)).map_err(|error: PublishError| {
            format!("見本データを登録できません / the sample data cannot be loaded: {error}")
        })?;
    if !is_loaded {
        let Ok(token) = fs::read_to_string(&file) else { return Ok(None) };
        let holder = db.read_blocking(|connection| tokens::authenticate(connection, token.trim()))?;
        return Ok(holder.map(|_| token.trim().to_owned()));
    }
    let token = db.write_blocking::<_, StoreError, _>(sample::demo_token)?;
    write_secret(&file, &token)?;
    Ok(Some(token))
}

/// Removes uploads that a killed server left behind. Another server may use the folder, so young ones stay.
fn sweep(spool: &Path) {
    const DAY: Duration = Duration::from_secs(86_400);
    for entry in fs::read_dir(spool).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > DAY)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(%error, path = %entry.path().display(), "an old upload could not be removed");
        }
    }
}

/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

/// Says where the server is and what to try.
fn greet(base: &str, address: &str, has_data: bool, token: Option<&str>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    writeln!(out, "\n街蔵 machikura を起動しました。止めるには Ctrl-C / running; Ctrl-C stops it")?;
    writeln!(out, "\n試してみる / try:\n  curl {base}/")?;
    if has_data {
        writeln!(out, "  curl '{base}/api/v1/standards/aed/records.txt?lat=34.66&lon=133.92&limit=5'")?;
        writeln!(
            out,
            "  curl -G {base}/api/v1/datasets/331007_aed/records --data-urlencode '名称__contains=公民館' -d limit=3"
        )?;
    } else {
        writeln!(out, "  curl {base}/api/v1/standards")?;
        writeln!(
            out,
            "  curl -s {base}/api/v1/standards/aed/template.csv | curl --data-binary @- '{base}/api/v1/validate?format=text'"
        )?;
    }
    if let Some(token) = token {
        writeln!(
            out,
            "\n公開を試すトークン（{} の見本用） / demonstration token:\n  {token}",
            sample::DEMO_ORGANIZATION
        )?;
        writeln!(
            out,
            "  curl -T aed.csv -H 'Authorization: Bearer {token}' {base}/api/v1/datasets/{}_aed",
            sample::DEMO_ORGANIZATION
        )?;
    }
    out.flush()
}
