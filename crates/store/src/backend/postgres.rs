//! PostgreSQL: a few threads, each with its own client; a write is a transaction.
//!
//! What a transaction does without needing an answer waits until something is needed, at the latest for its commit, and
//! then goes over in one round trip.

mod bulk;
mod ids;
mod live;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio::sync::mpsc;
use tokio_postgres::{Client, Config};

use self::ids::Ids;
use self::live::{Live, Request, together};
use super::tls::{self, MakeConnect};
use super::{Connection, Ear, Job, Message, Queue, Row, Threads, Value, spawn, take};
use crate::changes::{BEAT, Change, Pulse};
use crate::error::{Cause, Error};
use crate::sql::Statement;

/// Closures that may wait for a client before callers do.
const QUEUE: usize = 1024;
/// Threads, each with its own client.
const CLIENTS: usize = 8;
/// Statements that wait at most.
const AT_ONCE: usize = 256;
/// A client that rested for so long is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);
/// How long connecting and that question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The channel on which nodes announce what they change.
const CHANNEL: &str = "ligand";

/// One client, its prepared statements by address, and the counter it shares.
pub(crate) struct Postgres {
    client: Live,
    prepared: HashMap<usize, postgres::Statement>,
    statements: Arc<AtomicU64>,
    used: Instant,
    /// The first failure of the running transaction, after which PostgreSQL only rolls back.
    refused: Option<Cause>,
    /// What the running transaction has not sent yet.
    waiting: Vec<Ask>,
    /// What the running transaction tells other nodes, as SQL.
    announced: String,
    ids: Arc<Ids>,
}

/// Something to send.
enum Ask {
    Script(String),
    Statement {
        of: &'static Statement,
        prepared: postgres::Statement,
        values: Vec<Value>,
        wanted: Wanted,
    },
}

/// What an answer is read for.
#[derive(Clone, Copy)]
enum Wanted {
    Count,
    Rows,
}

enum Answer {
    Done,
    Touched(u64),
    Rows(Vec<Row>),
}

impl Ask {
    const fn name(&self) -> &'static str {
        match self {
            Self::Script(_) => "script",
            Self::Statement { of, .. } => of.name,
        }
    }

    fn request<'a>(&'a self, client: &'a Client) -> Request<'a, Answer> {
        Box::pin(async move {
            match self {
                Self::Script(sql) => client.batch_execute(sql).await.map(|()| Answer::Done),
                Self::Statement {
                    prepared,
                    values,
                    wanted: Wanted::Count,
                    ..
                } => client
                    .execute(prepared, &parameters(values))
                    .await
                    .map(Answer::Touched),
                Self::Statement {
                    prepared, values, ..
                } => {
                    let rows = client.query(prepared, &parameters(values)).await?;
                    let rows = rows.iter().map(read).collect::<Result<_, _>>()?;
                    Ok(Answer::Rows(rows))
                }
            }
        })
    }
}

impl Postgres {
    /// Connects.
    pub(crate) fn open(target: &Target, statements: Arc<AtomicU64>) -> Result<Self, Error> {
        Self::open_with(target, statements, Arc::new(Ids::of(target)))
    }

    fn open_with(
        target: &Target,
        statements: Arc<AtomicU64>,
        ids: Arc<Ids>,
    ) -> Result<Self, Error> {
        let mut client = Live::connect(&target.config, target.tls.clone())?;
        client
            .script("SET statement_timeout = '30s'; SET lock_timeout = '10s'")
            .map_err(|error| failed("connect", &error))?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
            statements,
            used: Instant::now(),
            refused: None,
            waiting: Vec::new(),
            announced: String::new(),
            ids,
        })
    }

    /// Runs SQL that is no registered statement: migrations and transaction control.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.client
            .script(sql)
            .map_err(|error| failed("script", &error))
    }

    fn lives(&mut self) -> bool {
        !self.client.is_closed() && (self.used.elapsed() < RESTED || self.client.answers(PATIENCE))
    }

    fn prepare(&mut self, statement: &'static Statement) -> Result<postgres::Statement, Error> {
        let address = std::ptr::from_ref(statement).addr();
        if let Some(prepared) = self.prepared.get(&address) {
            return Ok(prepared.clone());
        }
        let prepared = self
            .client
            .wait(async |client| client.prepare(statement.postgres()).await)
            .map_err(|error| self.refuse(statement.name, &error))?;
        self.prepared.insert(address, prepared.clone());
        Ok(prepared)
    }

    fn ask(
        &mut self,
        of: &'static Statement,
        values: Vec<Value>,
        wanted: Wanted,
    ) -> Result<Ask, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        Ok(Ask::Statement {
            of,
            prepared: self.prepare(of)?,
            values,
            wanted,
        })
    }

    /// Sends what waits and then `last`, and answers what that one is answered.
    fn send(&mut self, last: Ask) -> Result<Answer, Error> {
        let mut asks = std::mem::take(&mut self.waiting);
        asks.push(last);
        let mut failing = "script";
        let answers = self.client.wait(async |client| {
            let requests = asks.iter().map(|ask| ask.request(client)).collect();
            together(requests).await.map_err(|(at, error)| {
                failing = asks.get(at).map_or(failing, Ask::name);
                error
            })
        });
        let answers = answers.map_err(|error| self.refuse(failing, &error))?;
        Ok(answers.into_iter().last().unwrap_or(Answer::Done))
    }

    /// Sends what waits.
    fn flush(&mut self) -> Result<(), Error> {
        match self.waiting.pop() {
            Some(last) => self.send(last).map(drop),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, name: &'static str, error: &postgres::Error) -> Error {
        let error = failed(name, error);
        self.refused.get_or_insert_with(|| Cause {
            engine: "postgres",
            code: name.to_owned(),
            message: error.to_string(),
        });
        error
    }
}

impl Connection for Postgres {
    fn execute(&mut self, statement: &'static Statement, values: &[Value]) -> Result<u64, Error> {
        let ask = self.ask(statement, values.to_vec(), Wanted::Count)?;
        match self.send(ask)? {
            Answer::Touched(count) => Ok(count),
            _ => Err(Error::Shape { what: "count" }),
        }
    }

    fn query(
        &mut self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, Error> {
        let ask = self.ask(statement, values.to_vec(), Wanted::Rows)?;
        match self.send(ask)? {
            Answer::Rows(rows) => Ok(rows),
            _ => Err(Error::Shape { what: "rows" }),
        }
    }

    fn put_down(&mut self, statement: &'static Statement, values: Vec<Value>) -> Result<(), Error> {
        let ask = self.ask(statement, values, Wanted::Count)?;
        self.waiting.push(ask);
        if self.waiting.len() < AT_ONCE {
            return Ok(());
        }
        self.flush()
    }

    fn commit_lazily(&mut self) -> Result<(), Error> {
        let sql = "SET LOCAL synchronous_commit = off".to_owned();
        self.waiting.push(Ask::Script(sql));
        Ok(())
    }

    fn insert_rows(
        &mut self,
        _one: &'static Statement,
        table: &'static str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.flush()?;
        self.put_rows(table, columns, |put| rows.into_iter().try_for_each(put))
    }

    fn reserve_id(&mut self, kind: &'static str) -> Result<i64, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.ids.next(kind)
    }

    fn announce(&mut self, change: Change) -> Result<(), Error> {
        // It travels with the commit; its text is words and numbers of our own.
        let _ = write!(self.announced, "NOTIFY {CHANNEL}, '{}'; ", change.text());
        Ok(())
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value })
        .collect()
}

fn read(row: &postgres::Row) -> Result<Row, postgres::Error> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let kind = column.type_();
        values.push(if *kind == Type::INT8 {
            row.try_get::<_, Option<i64>>(index)?.into()
        } else if *kind == Type::INT4 {
            row.try_get::<_, Option<i32>>(index)?.map(i64::from).into()
        } else if *kind == Type::BYTEA {
            row.try_get::<_, Option<Vec<u8>>>(index)?.into()
        } else {
            row.try_get::<_, Option<String>>(index)?.into()
        });
    }
    Ok(Row::new(values))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) => value.to_sql_checked(kind, out),
            Self::Text(value) => value.to_sql_checked(kind, out),
            Self::Blob(value) => value.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Where a database is, and how one speaks to it.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeConnect,
}

impl Target {
    /// Reads a URL.
    pub(crate) fn of(url: &str) -> Result<Self, Error> {
        let (url, wish) = tls::split(url);
        let mut config = url
            .parse::<Config>()
            .map_err(|error| failed("connect", &error))?;
        config
            .connect_timeout(PATIENCE)
            .tcp_user_timeout(PATIENCE)
            .keepalives_idle(PATIENCE)
            .application_name("ligand");
        let tls = tls::connector(&wish)?;
        Ok(Self { config, tls })
    }

    pub(crate) fn connect(&self) -> Result<postgres::Client, Error> {
        postgres::Config::from(self.config.clone())
            .connect(self.tls.clone())
            .map_err(|error| failed("connect", &error))
    }

    fn session(&self, settings: &str) -> Result<postgres::Client, Error> {
        let mut client = self.connect()?;
        client
            .batch_execute(settings)
            .map_err(|error| failed("connect", &error))?;
        Ok(client)
    }
}

/// Hears what other nodes announce until it is stopped, and connects again when the connection is lost.
fn listen(target: &Target, pulse: &Pulse, heard: &mpsc::UnboundedSender<Change>) {
    let mut told = false;
    while !pulse.is_stopped() {
        let began = Instant::now();
        if let Err(error) = hear(target, pulse, heard) {
            // Once an outage, not once an attempt.
            if !told || began.elapsed() > PATIENCE {
                tracing::warn!(error = %error, "changes of other nodes are not heard; what is remembered is asked again");
            }
            told = true;
        }
        if !pulse.is_stopped() {
            std::thread::sleep(BEAT);
        }
    }
}

fn hear(
    target: &Target,
    pulse: &Pulse,
    heard: &mpsc::UnboundedSender<Change>,
) -> Result<(), Error> {
    let lost = |error: postgres::Error| failed("listen", &error);
    let mut client = target.connect()?;
    client
        .batch_execute(&format!("LISTEN {CHANNEL}"))
        .map_err(lost)?;
    // Whatever was committed before is unknown; from here on nothing is missed.
    let mut missed = true;
    while !pulse.is_stopped() {
        if pulse.is_deaf() {
            // As if the network were cut: what was announced meanwhile is lost with the connection.
            std::thread::sleep(BEAT);
            return Ok(());
        }
        if std::mem::take(&mut missed) {
            heard.send(Change::Everything).ok();
        }
        let began = Instant::now();
        // What was committed before this round trip began is heard before it ends.
        client.is_valid(PATIENCE).map_err(lost)?;
        let mut notifications = client.notifications();
        while let Some(notification) = notifications.iter().next().map_err(lost)? {
            heard.send(Change::parse(notification.payload())).ok();
        }
        pulse.beat(began);
        let rest = BEAT.saturating_sub(began.elapsed());
        let mut waiting = notifications.timeout_iter(rest);
        while let Some(notification) = waiting.next().map_err(lost)? {
            heard.send(Change::parse(notification.payload())).ok();
            if began.elapsed() > BEAT || pulse.is_deaf() {
                break;
            }
        }
    }
    Ok(())
}

/// Starts the threads on a database whose migrations were applied.
pub(crate) fn start(target: &Target, statements: &Arc<AtomicU64>) -> Result<Threads, Error> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let queue = Queue::new(sender);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut handles = Vec::new();
    let ids = Arc::new(Ids::of(target));
    for number in 0..CLIENTS {
        let (target, statements, ids) = (target.clone(), Arc::clone(statements), Arc::clone(&ids));
        let receiver = Arc::clone(&receiver);
        let body = move || {
            let mut client: Option<Postgres> = None;
            while let Some(message) = take(&receiver) {
                // A database that stood still is not asked what nobody waits for any more.
                let (mut job, writes) = match message {
                    Message::Read(job) if job.is_given_up() => continue,
                    Message::Read(job) => (job, false),
                    Message::Write(job) => (job, true),
                    Message::Stop => break,
                };
                if client.as_mut().is_some_and(|client| !client.lives()) {
                    client = None;
                }
                let connected = match client.take() {
                    Some(client) => Ok(client),
                    None => Postgres::open_with(&target, Arc::clone(&statements), Arc::clone(&ids)),
                };
                let lost = match connected {
                    Ok(mut live) => {
                        let lost = run(&mut live, job.as_mut(), writes).err();
                        live.used = Instant::now();
                        client = Some(live);
                        lost
                    }
                    Err(error) => Some(error),
                };
                job.finish(lost);
            }
        };
        handles.push(spawn(&format!("postgres-{number}"), body)?);
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let pulse = Arc::new(Pulse::default());
    let (target, beating) = (target.clone(), Arc::clone(&pulse));
    let handle = spawn("postgres-changes", move || {
        listen(&target, &beating, &sender);
    })?;
    Ok(Threads {
        crews: vec![(queue.clone(), handles)],
        read: queue.clone(),
        write: queue,
        near: None,
        ear: Some(Ear {
            pulse,
            heard: Some(receiver),
            handle,
        }),
    })
}

/// Runs one closure, a write in a transaction; an error means that nothing of it lasts.
fn run(live: &mut Postgres, job: &mut dyn Job, writes: bool) -> Result<(), Error> {
    if !writes {
        job.run(live);
        return Ok(());
    }
    live.refused = None;
    live.announced.clear();
    live.waiting = vec![Ask::Script("BEGIN".to_owned())];
    let keep = job.run(live);
    let announced = std::mem::take(&mut live.announced);
    // Without a failure that the closure overlooked, which must not be told that its transaction was committed.
    if keep && live.refused.is_none() {
        let committed = live.send(Ask::Script(format!("{announced}COMMIT")));
        if committed.is_err() {
            // What was not sent keeps the transaction open; where it has ended, this does nothing.
            live.script("ROLLBACK").ok();
        }
        return committed.map(drop);
    }
    let begun = live.waiting.is_empty();
    live.waiting.clear();
    if begun {
        live.script("ROLLBACK")?;
    }
    match live.refused.take() {
        Some(cause) if keep => Err(Error::Unavailable(cause)),
        _ => Ok(()),
    }
}

/// The kind of a failure, with the server's message but not its detail, which quotes rows.
fn failed(statement: &'static str, error: &postgres::Error) -> Error {
    let cause = match error.as_db_error() {
        Some(said) => Cause {
            engine: "postgres",
            code: said.code().code().to_owned(),
            message: said.message().to_owned(),
        },
        None => Cause {
            engine: "postgres",
            code: "client".to_owned(),
            message: describe(error),
        },
    };
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => Error::Conflict { statement },
        Some(code) => {
            // Connection, authorization, no such database, resources, the operator, locks, read-only standby.
            let unavailable = ["08", "28", "3D", "40", "53", "55", "57", "58", "25006"];
            if unavailable
                .iter()
                .any(|class| code.code().starts_with(class))
            {
                Error::Unavailable(cause)
            } else {
                Error::Database { statement, cause }
            }
        }
        None => {
            let broken = std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            if error.is_closed() || broken || statement == "connect" {
                Error::Unavailable(cause)
            } else {
                Error::Database { statement, cause }
            }
        }
    }
}

/// The client's own failure and what caused it.
fn describe(error: &postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
