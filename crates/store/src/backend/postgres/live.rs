//! A connection that is driven by the thread that uses it, on which several requests can be on their way at once.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, Error};

use super::super::tls::MakeConnect;
use super::failed;
use crate::error::{self, Cause};

type Driver = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A request that is sent when it is first polled.
pub(super) type Request<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A client and what moves its bytes.
pub(super) struct Live {
    runtime: Runtime,
    client: Client,
    /// None once the connection has ended.
    driver: Option<Driver>,
}

impl Live {
    pub(super) fn connect(config: &Config, tls: MakeConnect) -> Result<Self, error::Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            error::Error::Unavailable(Cause {
                engine: "postgres",
                code: "runtime".to_owned(),
                message: error.to_string(),
            })
        })?;
        let (client, connection) = runtime
            .block_on(config.connect(tls))
            .map_err(|error| failed("connect", &error))?;
        Ok(Self {
            runtime,
            client,
            driver: Some(Box::pin(connection)),
        })
    }

    /// Blocks until `work` is done.
    pub(super) fn wait<T>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Self {
            runtime,
            client,
            driver,
        } = self;
        let mut work = pin!(work(client));
        runtime.block_on(poll_fn(|context| {
            let ended = driver.as_mut().map(|driver| driver.as_mut().poll(context));
            if let Some(Poll::Ready(ended)) = ended {
                *driver = None;
                if let Err(error) = ended {
                    return Poll::Ready(Err(error));
                }
            }
            work.as_mut().poll(context)
        }))
    }

    pub(super) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.wait(async |client| client.batch_execute(sql).await)
    }

    /// Whether the server answers within `patience`.
    pub(super) fn answers(&mut self, patience: Duration) -> bool {
        let asked = self.wait(async |client| {
            let answer = tokio::time::timeout(patience, client.check_connection());
            Ok(matches!(answer.await, Ok(Ok(()))))
        });
        asked.unwrap_or(false)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// Sends requests one after the other without waiting for answers, then waits for all. The first that fails ends it, with
/// its position: one that cannot be sent keeps those after it from being sent.
pub(super) async fn together<T>(
    mut requests: Vec<Request<'_, T>>,
) -> Result<Vec<T>, (usize, Error)> {
    let mut answers: Vec<Option<T>> = requests.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (at, (request, answer)) in requests.iter_mut().zip(&mut answers).enumerate() {
            if answer.is_some() {
                continue;
            }
            match request.as_mut().poll(context) {
                Poll::Ready(Ok(answered)) => *answer = Some(answered),
                Poll::Ready(Err(error)) => return Poll::Ready(Err((at, error))),
                Poll::Pending => all = false,
            }
        }
        if all {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    })
    .await?;
    Ok(answers.into_iter().flatten().collect())
}
