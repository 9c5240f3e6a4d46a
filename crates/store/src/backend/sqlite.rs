//! SQLite: one thread writes and commits in groups, a few read.

mod bulk;
mod ids;
mod near;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, ToSql};
use tokio::sync::mpsc;

use super::{Connection, Job, Message, Queue, Row, Threads, Value, into_cause, spawn, take};
use crate::error::{Cause, Error};
use crate::sql::Statement;

use ids::Ids;
pub(crate) use near::Near;

/// Closures that may wait for the writer before callers do.
const WRITE_QUEUE: usize = 1024;
/// Closures that may wait for a reader before callers do.
const READ_QUEUE: usize = 256;
/// Threads that read, each with its own connection.
const READERS: usize = 3;
/// Most closures in one commit.
const GROUP: usize = 256;
/// A group that has run for so long is committed, however many wait.
const GROUP_TIME: Duration = Duration::from_millis(20);

/// Pages in the write-ahead log before they are copied into the database (8 MiB): what is written again and again, as the
/// ends of tables are, is copied once.
const LOG_PAGES: u32 = 2000;

/// One connection and the counter it shares.
pub(crate) struct Sqlite {
    connection: rusqlite::Connection,
    statements: Arc<AtomicU64>,
    /// Of the group under way; the writer's.
    ids: Ids,
}

impl Sqlite {
    /// Opens the file, making it for its owner only when it is missing.
    pub(crate) fn open(path: &Path, statements: Arc<AtomicU64>) -> Result<Self, Error> {
        make_private(path)?;
        let at_open = |error| failed("open", &error);
        let connection = rusqlite::Connection::open(path).map_err(at_open)?;
        connection.set_prepared_statement_cache_capacity(128);
        // Plans do not depend on values: else a statement whose plan might is compiled again at every use.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(at_open)?;
        connection
            .execute_batch(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000;",
            )
            .map_err(at_open)?;
        Ok(Self {
            connection,
            statements,
            ids: Ids::default(),
        })
    }

    /// Runs SQL that is no registered statement: migrations and transaction control.
    pub(crate) fn script(&self, sql: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| failed("script", &error))
    }

    /// Begins, ends or marks a transaction: what every write does is compiled once.
    fn control(&self, sql: &'static str) -> Result<(), Error> {
        let run = || self.connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| failed("control", &error))
    }

    /// Whether a transaction is open; SQLite ends one by itself on some failures, a full disk among them.
    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

impl Connection for Sqlite {
    fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let run = || -> rusqlite::Result<usize> {
            let mut prepared = self.connection.prepare_cached(statement.sqlite())?;
            prepared.execute(rusqlite::params_from_iter(values))
        };
        let touched = run().map_err(|error| failed(statement.name, &error))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    fn query(
        &mut self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        crate::fault::read(&self.statements);
        let run = || -> rusqlite::Result<Vec<Row>> {
            let mut prepared = self.connection.prepare_cached(statement.sqlite())?;
            let width = prepared.column_count();
            let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let mut values = Vec::with_capacity(width);
                for column in 0..width {
                    values.push(value_of(row.get_ref(column)?));
                }
                found.push(Row::new(values));
            }
            Ok(found)
        };
        run().map_err(|error| failed(statement.name, &error))
    }

    fn reserve_id(&mut self, kind: &'static str) -> Result<i64, Error> {
        self.next_of_group(kind)
    }

    fn overwrite_deleted(&mut self) -> Result<(), Error> {
        self.script("PRAGMA secure_delete = ON")
    }

    fn foreign_version(&mut self) -> Result<Option<i64>, Error> {
        self.connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map(Some)
            .map_err(|error| failed("data_version", &error))
    }
}

fn value_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
        // No column of ours holds a real number; a null is refused where one is read.
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// Starts the threads on a database whose migrations were applied.
pub(crate) fn start(path: &Path, statements: &Arc<AtomicU64>) -> Result<Threads, Error> {
    let (sender, receiver) = mpsc::channel(WRITE_QUEUE);
    let write = Queue::new(sender);
    let writer = Sqlite::open(path, Arc::clone(statements))?;
    writer.script(&format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"))?;
    let writers = vec![spawn("write", move || serve_writes(writer, receiver))?];

    let (sender, receiver) = mpsc::channel(READ_QUEUE);
    let read = Queue::new(sender);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut readers = Vec::new();
    for number in 0..READERS {
        let mut reader = Sqlite::open(path, Arc::clone(statements))?;
        reader.script("PRAGMA query_only = ON")?;
        let receiver = Arc::clone(&receiver);
        let body = move || {
            while let Some(Message::Read(mut job) | Message::Write(mut job)) = take(&receiver) {
                if !job.is_given_up() {
                    job.run(&mut reader);
                }
                job.finish(None);
            }
        };
        readers.push(spawn(&format!("read-{number}"), body)?);
    }
    Ok(Threads {
        // The connection that is closed last takes the write-ahead log away; two that close at once may both leave it.
        crews: vec![(read.clone(), readers), (write.clone(), writers)],
        read,
        write,
        near: Some(Arc::new(Near::open(path, statements)?)),
        ear: None,
    })
}

/// Runs closures that wait in one transaction, a savepoint each, and answers all after the one commit.
fn serve_writes(mut writer: Sqlite, mut receiver: mpsc::Receiver<Message>) {
    let mut stopping = false;
    while !stopping {
        let mut next = receiver.blocking_recv();
        let mut group: Vec<Box<dyn Job>> = Vec::new();
        let started = Instant::now();
        let mut lost = writer.control("BEGIN IMMEDIATE").err();
        loop {
            match next {
                Some(Message::Read(job) | Message::Write(job)) => group.push(job),
                Some(Message::Stop) | None => {
                    stopping = true;
                    break;
                }
            }
            if lost.is_some() {
                break;
            }
            if let Some(job) = group.last_mut() {
                lost = run_in_savepoint(&mut writer, job.as_mut()).err();
            }
            if lost.is_some() || group.len() >= GROUP || started.elapsed() > GROUP_TIME {
                break;
            }
            next = match receiver.try_recv() {
                Ok(message) => Some(message),
                Err(_) => break,
            };
        }
        if lost.is_none() {
            let stored = writer.store_ids();
            lost = stored.and_then(|()| writer.control("COMMIT")).err();
        }
        writer.ids = Ids::default();
        if writer.in_transaction() {
            // The failure is told already; without the transaction nothing of the group lasts.
            writer.control("ROLLBACK").ok();
        }
        let cause = lost.map(into_cause);
        for job in group {
            job.finish(cause.clone().map(Error::Unavailable));
        }
    }
}

/// Runs one closure so that its failure undoes its own writes only; an error means that the whole group is lost.
fn run_in_savepoint(writer: &mut Sqlite, job: &mut dyn Job) -> Result<(), Error> {
    writer.control("SAVEPOINT one")?;
    let ids = writer.ids.clone();
    let keep = job.run(writer);
    if !writer.in_transaction() {
        return Err(Error::Unavailable(Cause {
            engine: "sqlite",
            code: "rollback".to_owned(),
            message: "the database gave up the transaction".to_owned(),
        }));
    }
    if !keep {
        writer.ids = ids;
        writer.control("ROLLBACK TO one")?;
    }
    writer.control("RELEASE one")
}

/// The kind of a failure. SQLite's messages name tables and columns, never values.
fn failed(statement: &'static str, error: &rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        let cause = Cause {
            engine: "sqlite",
            code: "rusqlite".to_owned(),
            message: error.to_string(),
        };
        return Error::Database { statement, cause };
    };
    let cause = Cause {
        engine: "sqlite",
        code: failure.extended_code.to_string(),
        message: message.clone().unwrap_or_else(|| failure.to_string()),
    };
    match (failure.code, failure.extended_code) {
        (
            _,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ) => Error::Conflict { statement },
        (
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied,
            _,
        ) => Error::Unavailable(cause),
        _ => Error::Database { statement, cause },
    }
}

/// Copies a database that may be in use into a file of its own.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let unusable = |why: &str| {
        Error::Unavailable(Cause {
            engine: "sqlite",
            code: "copy".to_owned(),
            message: why.to_owned(),
        })
    };
    if !from.is_file() {
        return Err(unusable("there is no database to copy"));
    }
    if to.exists() {
        return Err(unusable("the target is there already"));
    }
    // An empty file is taken as none, but keeps its permissions.
    make_private(to)?;
    let copied = || -> rusqlite::Result<()> {
        let connection = rusqlite::Connection::open(from)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        Ok(())
    };
    copied().map_err(|error| {
        // Half a copy is of no use to anyone.
        std::fs::remove_file(to).ok();
        failed("copy", &error)
    })
}

/// Makes the file before SQLite does: its write-ahead log and shared memory take the same permissions.
fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::Unavailable(Cause {
            engine: "sqlite",
            code: error.kind().to_string(),
            message: error.to_string(),
        })),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::sql::{BETWEEN, instances};

    #[test]
    fn a_statement_is_compiled_once_whatever_its_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ligand.db");
        let mut sqlite = Sqlite::open(&path, Arc::default()).unwrap();
        let database = crate::Database::Sqlite(path.clone());
        crate::migrate::bring_up(&database, crate::migrate::Extent::Contract).unwrap();
        for id in 0..3_i64 {
            let values = [BETWEEN.into(), Value::Integer(2), id.into()];
            sqlite.query(&instances::INSTANCE, &values).unwrap();
        }
        let prepared = sqlite
            .connection
            .prepare_cached(instances::INSTANCE.sqlite())
            .unwrap();
        assert_eq!(prepared.get_status(StatementStatus::Run), 3);
        assert_eq!(prepared.get_status(StatementStatus::RePrepare), 0);
    }
}
