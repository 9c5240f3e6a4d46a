//! The portable layer: values, rows and connections; the threads that run closures on them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{mpsc, oneshot};

use crate::changes::{Change, Pulse};
use crate::error::{Cause, Error};
use crate::sql::Statement;

pub(crate) mod postgres;
pub(crate) mod sqlite;
pub(crate) mod tls;

/// A value as both engines have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<String> for Value {
    /// PostgreSQL cannot hold U+0000, so neither store does.
    fn from(value: String) -> Self {
        Self::Text(if value.contains('\0') {
            value.replace('\0', "")
        } else {
            value
        })
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl From<ligand_model::secret::TokenDigest> for Value {
    fn from(value: ligand_model::secret::TokenDigest) -> Self {
        Self::Blob(value.0.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, read from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    /// What was not read yet.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0.collect()
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Error> {
        self.optional_integer()?
            .ok_or(Error::Shape { what: "number" })
    }

    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, Error> {
        match self.0.next() {
            Some(Value::Integer(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Shape { what: "number" }),
        }
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        Ok(self.integer()? != 0)
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        self.optional_text()?.ok_or(Error::Shape { what: "text" })
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, Error> {
        match self.0.next() {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Shape { what: "text" }),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, Error> {
        self.optional_blob()?.ok_or(Error::Shape { what: "bytes" })
    }

    pub(crate) fn optional_blob(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.0.next() {
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Shape { what: "bytes" }),
        }
    }
}

/// What a closure sees of the database: inside [`Queue::run`] with `write`, a transaction.
pub(crate) trait Connection {
    /// Runs a statement and answers how many rows it touched.
    fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64, Error>;

    /// Runs a statement of a transaction whose answer nobody needs, now or later: before the next one whose answer is
    /// needed, at the latest before the commit, which then fails in its place.
    fn put_down(&mut self, statement: &'static Statement, values: Vec<Value>) -> Result<(), Error> {
        self.execute(statement, &values).map(drop)
    }

    /// Runs a statement and answers its rows.
    fn query(&mut self, statement: &'static Statement, values: &[Value])
    -> Result<Vec<Row>, Error>;

    /// Puts rows into a table: one after the other by `one`, which inserts a row of these columns, or faster where the
    /// engine has a way.
    fn insert_rows(
        &mut self,
        one: &'static Statement,
        _table: &'static str,
        _columns: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        for row in rows {
            self.execute(one, &row)?;
        }
        Ok(())
    }

    /// The next id of a kind that many writers make at once. It may be lost with the transaction, so that nobody waits for
    /// another's commit.
    fn reserve_id(&mut self, kind: &'static str) -> Result<i64, Error>;

    /// The commit need not wait for the disk: whoever relies on it writes again, and that commit takes it along. Where the
    /// engine commits in groups it does not matter.
    fn commit_lazily(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Tells other nodes of a change, once the transaction is committed.
    fn announce(&mut self, _: Change) -> Result<(), Error> {
        Ok(())
    }

    /// From here on overwrites what is deleted, as far as the engine can.
    fn overwrite_deleted(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// What moves when another process writes; `None` where other nodes announce what they write.
    fn foreign_version(&mut self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// The first row.
    fn query_one(
        &mut self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Option<Row>, Error> {
        Ok(self.query(statement, values)?.into_iter().next())
    }
}

/// A closure on its way to a store thread, with the caller who waits for it.
pub(crate) trait Job: Send {
    /// Runs it; false when its writes must be undone.
    fn run(&mut self, connection: &mut dyn Connection) -> bool;

    /// Whether the caller does not wait any more.
    fn is_given_up(&self) -> bool;

    /// Answers the caller: with its own result, or with `lost` when what it wrote did not last.
    fn finish(self: Box<Self>, lost: Option<Error>);
}

struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Job for Task<F, T>
where
    F: FnOnce(&mut dyn Connection) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, connection: &mut dyn Connection) -> bool {
        if let Some(work) = self.work.take() {
            let result = catch_unwind(AssertUnwindSafe(|| work(connection)));
            self.result = Some(result.unwrap_or(Err(Error::Panicked)));
        }
        matches!(self.result, Some(Ok(_)))
    }

    fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    fn finish(self: Box<Self>, lost: Option<Error>) {
        let result = match (self.result, lost) {
            (None | Some(Ok(_)), Some(error)) => Err(error),
            (Some(result), _) => result,
            (None, None) => Err(Error::Closed),
        };
        // A caller who stopped waiting is no fault.
        self.answer.send(result).ok();
    }
}

/// The engine's words about why a whole transaction is lost.
pub(crate) fn into_cause(error: Error) -> Cause {
    match error {
        Error::Unavailable(cause) | Error::Database { cause, .. } => cause,
        other => Cause {
            engine: "store",
            code: String::new(),
            message: other.to_string(),
        },
    }
}

/// What a store thread receives.
pub(crate) enum Message {
    /// Work that reads.
    Read(Box<dyn Job>),
    /// Work that writes, or reads and writes: a transaction, or a savepoint in one.
    Write(Box<dyn Job>),
    /// End the thread.
    Stop,
}

/// Where a kind of work is queued.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Message>);

impl Queue {
    pub(crate) const fn new(sender: mpsc::Sender<Message>) -> Self {
        Self(sender)
    }

    /// Hands a closure to a thread and waits for its answer, which comes after the commit.
    pub(crate) async fn run<T, F>(
        &self,
        wrap: fn(Box<dyn Job>) -> Message,
        work: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Connection) -> Result<T, Error> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let job = Task {
            work: Some(work),
            result: None,
            answer,
        };
        self.0
            .send(wrap(Box::new(job)))
            .await
            .map_err(|_| Error::Closed)?;
        waiting.await.map_err(|_| Error::Closed)?
    }

    /// Asks one thread to end after what is queued before.
    pub(crate) async fn stop(&self) {
        // Already gone is stopped.
        self.0.send(Message::Stop).await.ok();
    }
}

/// The threads of one open database.
pub(crate) struct Threads {
    pub(crate) read: Queue,
    pub(crate) write: Queue,
    /// Where a row is looked up without a thread's help; SQLite only.
    pub(crate) near: Option<std::sync::Arc<sqlite::Near>>,
    /// Those who serve each queue, in the order in which they are ended.
    pub(crate) crews: Vec<(Queue, Vec<std::thread::JoinHandle<()>>)>,
    /// Where other nodes' changes are heard.
    pub(crate) ear: Option<Ear>,
}

/// The thread that hears changes, and what it hears.
pub(crate) struct Ear {
    pub(crate) pulse: std::sync::Arc<Pulse>,
    pub(crate) heard: Option<mpsc::UnboundedReceiver<Change>>,
    pub(crate) handle: std::thread::JoinHandle<()>,
}

/// Starts a named store thread.
pub(crate) fn spawn(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<std::thread::JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(format!("store-{name}"))
        .spawn(body)
        .map_err(|error| {
            Error::Unavailable(Cause {
                engine: "threads",
                code: error.kind().to_string(),
                message: error.to_string(),
            })
        })
}

/// Takes the next message of a queue that several threads serve.
pub(crate) fn take(queue: &std::sync::Mutex<mpsc::Receiver<Message>>) -> Option<Message> {
    queue
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .blocking_recv()
}
