//! Background work: named, watched, ended at shutdown.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::Instrument as _;

/// What runs beside the requests.
#[derive(Debug)]
pub struct Tasks {
    stop: watch::Sender<bool>,
    running: Mutex<JoinSet<()>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            stop: watch::Sender::new(false),
            running: Mutex::new(JoinSet::new()),
        }
    }
}

/// Completes when the application stops.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the application stops.
    pub async fn wait(&mut self) {
        // A sender that is gone has stopped too.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }

    /// Whether it already does.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }
}

impl Tasks {
    /// A watch on the shutdown.
    pub fn stopping(&self) -> Stopping {
        Stopping(self.stop.subscribe())
    }

    /// Whether the application stops.
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Tells everyone to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Runs a future in a span of its own.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let span = tracing::info_span!("task", task = name);
        let watched = async move {
            // The inner task turns a panic into an error that can be told.
            let ended = AbortOnDrop(tokio::spawn(future)).await;
            if ended.is_err_and(|error| error.is_panic()) {
                tracing::error!("the task {name} panicked and has ended");
            }
        };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // Ended tasks are forgotten here, so the set does not grow.
        while running.try_join_next().is_some() {}
        running.spawn(watched.instrument(span));
    }

    /// Waits until all have ended, at most `patience`; aborts the rest. True when nothing had to be aborted.
    pub async fn finish(&self, patience: Duration) -> bool {
        let mut running =
            std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while running.join_next().await.is_some() {} };
        let done = tokio::time::timeout(patience, all).await.is_ok();
        running.abort_all();
        done
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Future for AbortOnDrop {
    type Output = Result<(), tokio::task::JoinError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_end_when_told_and_a_panic_ends_only_its_own() {
        let tasks = Tasks::default();
        tasks.spawn("faulty", async { panic!("on purpose") });
        let mut stopping = tasks.stopping();
        let (told, mut heard) = tokio::sync::mpsc::channel(1);
        tasks.spawn("patient", async move {
            stopping.wait().await;
            told.send(()).await.unwrap();
        });
        assert!(!tasks.stopping().is_stopping());
        tasks.stop();
        assert!(tasks.finish(Duration::from_secs(5)).await);
        assert_eq!(heard.recv().await, Some(()));
        assert!(tasks.stopping().is_stopping());
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_aborted() {
        let tasks = Tasks::default();
        tasks.spawn("stuck", std::future::pending());
        tasks.stop();
        assert!(!tasks.finish(Duration::from_millis(10)).await);
    }
}
