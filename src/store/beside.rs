//! What of stored tables is kept as files beside the database, so that a question needs less of it or nothing. A stored table
//! never changes, so neither do its files; what is missing is made by and by, and until then the database answers.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::lines::{self, LinesFile};
use super::tables::column_profiles;
use super::{Db, StoreError};
use crate::folder::{Folder, report};
use crate::text::search;

/// A stored table, as its files are named: in another database its key may be another table's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of {
    /// Its key.
    pub table: i64,
    /// When it was stored, in microseconds since 1970.
    pub stored: i64,
}

/// What a file holds. Fields are told by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Lines of what is searched.
    Searched,
    /// Lines of the values of a field.
    Field(usize),
    /// The codes of a field, as the database has them.
    Codes(usize),
}

/// After which time it is tried again to make what could not be made.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is being made or waits for it, and what could not be made, with when that was.
type Missing = HashMap<(Of, Content), Option<Instant>>;

/// The files in a folder, and who makes those that are missing.
pub struct Beside {
    folder: Arc<Folder>,
    db: Db,
    missing: Arc<Mutex<Missing>>,
    maker: OnceLock<mpsc::Sender<(Of, Content)>>,
}

impl Beside {
    /// Those in this folder, of this database.
    pub fn new(folder: Arc<Folder>, db: Db) -> Beside {
        Beside { folder, db, missing: Arc::default(), maker: OnceLock::new() }
    }

    /// Lines of so many rows. If they are not there they will be, but nobody waits for them.
    pub fn lines(&self, of: Of, content: Content, rows: i32) -> Option<LinesFile> {
        self.find(of, content, |file, length| LinesFile::open(file, length, rows))
    }

    /// The codes of a field, one or two bytes for each of so many rows; as [`Beside::lines`].
    pub fn codes(&self, of: Of, field: usize, rows: usize) -> Option<Vec<u8>> {
        self.find(of, Content::Codes(field), |mut file, length| {
            let length = usize::try_from(length).map_err(io::Error::other)?;
            if length != rows && length != 2 * rows {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut codes = vec![0; length];
            file.read_exact(&mut codes)?;
            Ok(codes)
        })
    }

    fn find<T>(&self, of: Of, content: Content, open: impl FnOnce(File, u64) -> io::Result<T>) -> Option<T> {
        let opened = self.folder.open(&name(of, content), "").map(|(file, length)| open(file, length));
        match opened {
            Some(Ok(found)) => return Some(found),
            Some(Err(error)) => report::<()>(Err(error)),
            None => {}
        }
        let maker = self.maker.get_or_init(|| self.begin_to_make());
        let mut missing = lock(&self.missing);
        let is_seen_to = |failed: &Option<Instant>| failed.is_none_or(|failed| failed.elapsed() < PATIENCE);
        if !missing.get(&(of, content)).is_some_and(is_seen_to) {
            missing.insert((of, content), None);
            report(maker.send((of, content)).map_err(io::Error::other));
        }
        None
    }

    /// A thread that makes one file after the other, until nobody can ask any more.
    fn begin_to_make(&self) -> mpsc::Sender<(Of, Content)> {
        let (sender, receiver) = mpsc::channel::<(Of, Content)>();
        let (folder, db, missing) = (Arc::clone(&self.folder), self.db.clone(), Arc::clone(&self.missing));
        std::thread::spawn(move || {
            for (of, content) in receiver {
                let made = make(&folder, &db, of, content);
                let mut missing = lock(&missing);
                match made {
                    Ok(()) => drop(missing.remove(&(of, content))),
                    Err(error) => {
                        tracing::warn!(%error, table = of.table, "a file beside the database could not be made");
                        missing.insert((of, content), Some(Instant::now()));
                    }
                }
            }
        });
        sender
    }
}

fn name(Of { table, stored }: Of, content: Content) -> String {
    match content {
        Content::Searched => format!("table-{table}-{stored}-searched-{}", search::VERSION),
        Content::Field(field) => format!("table-{table}-{stored}-field-{field}"),
        Content::Codes(field) => format!("table-{table}-{stored}-codes-{field}"),
    }
}

/// Makes a file out of the database.
fn make(folder: &Folder, db: &Db, of: Of, content: Content) -> Result<(), StoreError> {
    let mut file = folder.unfinished()?;
    let mut out = BufWriter::with_capacity(1 << 20, &mut file);
    db.read_aside(|connection| match content {
        Content::Searched => lines::write_searched(connection, of.table, &mut out),
        Content::Field(field) => lines::write_field(connection, of.table, field, &mut out),
        Content::Codes(field) => write_codes(connection, of.table, field, &mut out),
    })?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if !folder.has_room_for(file.as_file().metadata()?.len()) {
        return Err(io::Error::other("it is too large for the folder of prepared files").into());
    }
    // A file that is there is whole, even after the power has failed.
    file.as_file().sync_data()?;
    folder.place(file, &name(of, content), "")?;
    folder.make_room();
    Ok(())
}

fn write_codes(
    connection: &mut PgConnection,
    table: i64,
    field: usize,
    out: &mut impl Write,
) -> Result<(), StoreError> {
    let position = i32::try_from(field + 1).expect("a table has at most some thousand fields");
    let codes: Option<Vec<u8>> = column_profiles::table
        .filter(column_profiles::table_id.eq(table).and(column_profiles::field.eq(position)))
        .select(column_profiles::codes)
        .first(connection)?;
    Ok(out.write_all(&codes.unwrap_or_default())?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
