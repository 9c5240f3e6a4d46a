//! A body that passes from the caller to the vendor without being held: read by a task of its own, sent once.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use ligand_model::error::ErrorKind;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Why what is uploaded cannot be sent to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// More bytes than are let through.
    #[error("The upload is larger than {0} bytes.")]
    TooLarge(u64),
    /// The caller ended it too early, or wrote something that is no form.
    #[error("The body broke off before its end.")]
    Cut,
    /// A large file of a form is sent on while it comes in: what stands behind it comes too late.
    #[error("The part `{0}` stands behind a large file; put the file last.")]
    Late(String),
}

impl Broken {
    /// What it is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::TooLarge(_) => ErrorKind::TooLarge,
            Self::Cut | Self::Late(_) => ErrorKind::Invalid,
        }
    }
}

type Pieces = Receiver<Result<Bytes, Broken>>;

/// What a caller uploads.
#[derive(Debug)]
pub struct Upload {
    pieces: Mutex<Option<Pieces>>,
    length: Option<u64>,
    broken: Arc<OnceLock<Broken>>,
}

/// Where the task that reads the caller's body puts it.
#[derive(Debug)]
pub struct Source {
    pieces: Sender<Result<Bytes, Broken>>,
    left: u64,
    most: u64,
    broken: Arc<OnceLock<Broken>>,
}

impl Source {
    /// Hands on some bytes; false when nobody wants more, or more than may come have come.
    pub async fn give(&mut self, bytes: Bytes) -> bool {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.fail(Broken::TooLarge(self.most)).await;
            return false;
        };
        self.left = left;
        self.pieces.send(Ok(bytes)).await.is_ok()
    }

    /// Ends the upload unfinished: the vendor must not take it for whole.
    pub async fn fail(&self, why: Broken) {
        let _ = self.broken.set(why.clone());
        let _ = self.pieces.send(Err(why)).await;
    }
}

impl Upload {
    /// An upload of at most this many bytes, of this length where it is known, and where its bytes are put.
    pub fn new(length: Option<u64>, most: u64) -> (Self, Source) {
        // One piece waits while another is sent: the caller is read no faster than the vendor reads.
        let (sender, receiver) = channel(1);
        let broken = Arc::new(OnceLock::new());
        let source = Source {
            pieces: sender,
            left: most,
            most,
            broken: Arc::clone(&broken),
        };
        let upload = Self {
            pieces: Mutex::new(Some(receiver)),
            length,
            broken,
        };
        (upload, source)
    }

    /// Why it could not be read to its end.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.get()
    }

    /// Whether it has been sent, or begun to be.
    pub fn is_gone(&self) -> bool {
        self.lock().is_none()
    }

    /// What is sent: the upload between what stands before and after it. None when it has been taken before.
    pub fn take(&self, before: Bytes, after: Bytes) -> Option<Outgoing> {
        let pieces = self.lock().take()?;
        let around = before.len() as u64 + after.len() as u64;
        Some(Outgoing::Upload(Box::new(Uploading {
            before: Some(before).filter(|before| !before.is_empty()),
            pieces,
            after: Some(after).filter(|after| !after.is_empty()),
            left: self.length.map(|length| length + around),
        })))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Pieces>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request to a vendor.
#[derive(Debug)]
pub enum Outgoing {
    /// At hand.
    Whole(Full<Bytes>),
    /// On its way.
    Upload(Box<Uploading>),
}

/// An upload while it is sent.
#[derive(Debug)]
pub struct Uploading {
    before: Option<Bytes>,
    pieces: Pieces,
    after: Option<Bytes>,
    /// Bytes still to come, where that is known.
    left: Option<u64>,
}

impl Uploading {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(before) = self.before.take() {
            return Poll::Ready(Some(Ok(before)));
        }
        match self.pieces.poll_recv(context) {
            Poll::Ready(None) => Poll::Ready(self.after.take().map(Ok)),
            polled => polled,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Upload(upload) => {
                let polled = std::task::ready!(upload.poll(context));
                if let (Some(Ok(bytes)), Some(left)) = (&polled, &mut upload.left) {
                    *left = left.saturating_sub(bytes.len() as u64);
                }
                Poll::Ready(polled.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            // Only its end tells whether it is whole.
            Self::Upload(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Upload(upload) => upload.left.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn an_upload_stands_between_what_is_around_it_and_is_sent_once() {
        let (upload, mut source) = Upload::new(Some(4), 4);
        let sent = upload
            .take(Bytes::from_static(b"<"), Bytes::from_static(b">"))
            .unwrap();
        assert_eq!(sent.size_hint().exact(), Some(6));
        assert!(upload.is_gone() && upload.take(Bytes::new(), Bytes::new()).is_none());
        tokio::spawn(async move {
            assert!(source.give(Bytes::from_static(b"ab")).await);
            assert!(source.give(Bytes::from_static(b"cd")).await);
        });
        assert_eq!(sent.collect().await.unwrap().to_bytes(), "<abcd>");
    }

    #[tokio::test]
    async fn more_than_may_come_breaks_it() {
        let (upload, mut source) = Upload::new(None, 3);
        let sent = upload.take(Bytes::new(), Bytes::new()).unwrap();
        let read = tokio::spawn(sent.collect());
        assert!(source.give(Bytes::from_static(b"abc")).await);
        assert!(!source.give(Bytes::from_static(b"d")).await);
        assert_eq!(read.await.unwrap().unwrap_err(), Broken::TooLarge(3));
        assert_eq!(upload.broken(), Some(&Broken::TooLarge(3)));
    }
}
