//! Writing the log without a system call a line.
//!
//! Lines are collected and written together a few times a second; a warning or an error goes out at once, with
//! everything before it.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits at most.
const PATIENCE: Duration = Duration::from_millis(50);
/// Who writes when this much is waiting writes it out: memory is bounded, a slow terminal slows us.
const MOST: usize = 256 * 1024;

/// The log's way out; clones share it.
#[derive(Clone)]
pub struct LogWriter(Arc<Shared>);

struct Shared {
    waiting: Mutex<Vec<u8>>,
    filled: Condvar,
    out: Mutex<Box<dyn Write + Send>>,
}

impl std::fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}

impl LogWriter {
    /// Writes to `out`, from a thread of its own; without one, at once.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        let writer = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            filled: Condvar::new(),
            out: Mutex::new(out),
        }));
        let shared = Arc::clone(&writer.0);
        let _ = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                loop {
                    let mut waiting = shared
                        .waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    while waiting.is_empty() {
                        waiting = shared
                            .filled
                            .wait(waiting)
                            .unwrap_or_else(PoisonError::into_inner);
                    }
                    drop(waiting);
                    std::thread::sleep(PATIENCE);
                    shared.flush();
                }
            });
        writer
    }

    /// Writes what is waiting, now.
    pub fn flush(&self) {
        self.0.flush();
    }
}

impl Shared {
    fn flush(&self) {
        // Taken first, so that lines leave in the order they came.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let lines =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        // A log that cannot be written has nobody to tell.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
    }
}

/// One line on its way.
#[derive(Debug)]
pub struct Line<'a> {
    writer: &'a LogWriter,
    urgent: bool,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            writer: self,
            urgent: true,
        }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        Line {
            writer: self,
            urgent: *about.level() <= Level::WARN,
        }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shared = &self.writer.0;
        let mut waiting = shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = waiting.is_empty();
        waiting.extend_from_slice(bytes);
        let full = waiting.len() > MOST;
        drop(waiting);
        if self.urgent || full {
            shared.flush();
        } else if first {
            shared.filled.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Told(mpsc::Sender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !bytes.is_empty() {
                self.0.send(bytes.to_vec()).unwrap();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(writer: &LogWriter, text: &str, urgent: bool) {
        Line { writer, urgent }.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn lines_leave_in_order_a_warning_at_once_and_the_rest_soon() {
        let (sender, told) = mpsc::channel();
        let writer = LogWriter::new(Box::new(Told(sender)));
        line(&writer, "a\n", false);
        line(&writer, "b\n", true);
        let mut so_far = told.recv().unwrap();
        while let Ok(more) = told.try_recv() {
            so_far.extend(more);
        }
        assert_eq!(so_far, b"a\nb\n");
        line(&writer, "c\n", false);
        assert_eq!(told.recv().unwrap(), b"c\n");
        line(&writer, "d\n", false);
        writer.flush();
        assert_eq!(told.recv().unwrap(), b"d\n");
    }
}
