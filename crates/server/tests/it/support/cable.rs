//! A way to PostgreSQL that can be cut and mended, stopped, and made long.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How what is sent gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    Free,
    /// Each piece this much later.
    Late(Duration),
    /// Not at all, although the connection stands.
    Held,
}

/// The way.
pub struct Cable {
    pub url: String,
    at: SocketAddr,
    to: String,
    pace: watch::Sender<Pace>,
    running: Arc<Mutex<JoinSet<()>>>,
}

impl Cable {
    pub async fn to(url: &str) -> Self {
        let (head, rest) = url.split_once('@').unwrap();
        let (to, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let cable = Self {
            url: format!("{head}@{at}/{name}"),
            at,
            to: to.to_owned(),
            pace: watch::Sender::new(Pace::Free),
            running: Arc::default(),
        };
        cable.serve(listener);
        cable
    }

    fn serve(&self, listener: TcpListener) {
        let (to, running) = (self.to.clone(), Arc::clone(&self.running));
        let pace = self.pace.subscribe();
        let accept = async move {
            while let Ok((near, _)) = listener.accept().await {
                let (to, pace) = (to.clone(), pace.clone());
                running.lock().unwrap().spawn(async move {
                    if let Ok(far) = TcpStream::connect(to).await {
                        let (near_in, near_out) = near.into_split();
                        let (far_in, far_out) = far.into_split();
                        tokio::join!(
                            carry(near_in, far_out, pace.clone()),
                            carry(far_in, near_out, pace)
                        );
                    }
                });
            }
        };
        self.running.lock().unwrap().spawn(accept);
    }

    /// From now on, for open connections and new ones.
    pub fn pace(&self, pace: Pace) {
        self.pace.send_replace(pace);
    }

    pub fn cut(&self) {
        self.running.lock().unwrap().abort_all();
    }

    pub async fn mend(&self) {
        let listener = loop {
            match TcpListener::bind(self.at).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        self.serve(listener);
    }
}

/// One direction, until either end closes it.
async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut into: tokio::net::tcp::OwnedWriteHalf,
    mut pace: watch::Receiver<Pace>,
) {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let Ok(some @ 1..) = from.read(&mut piece).await else {
            let _ = into.shutdown().await;
            return;
        };
        if pace.wait_for(|pace| *pace != Pace::Held).await.is_err() {
            return;
        }
        let late = match *pace.borrow() {
            Pace::Late(late) => late,
            _ => Duration::ZERO,
        };
        // The point of it: a database that is far away.
        tokio::time::sleep(late).await;
        if into.write_all(&piece[..some]).await.is_err() {
            return;
        }
    }
}
