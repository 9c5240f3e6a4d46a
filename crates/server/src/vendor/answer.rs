//! Reading an answer: whole within a cap, or passed through under a guard.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// Why an answer could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More bytes than allowed.
    #[error("the answer is larger than the limit")]
    TooLarge,
    /// It ended before it was complete.
    #[error("the answer was cut short")]
    Cut,
    /// It took too long.
    #[error("the answer took too long")]
    Late,
}

/// Reads a body whole, at most `cap` bytes. A body in one piece is not copied.
///
/// # Errors
/// [`Unreadable::TooLarge`], [`Unreadable::Cut`].
pub async fn read_whole(mut body: Incoming, cap: u64) -> Result<Bytes, Unreadable> {
    let hint = body.size_hint();
    if hint.lower() > cap {
        return Err(Unreadable::TooLarge);
    }
    let Some(first) = next_data(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if first.len() as u64 > cap {
        return Err(Unreadable::TooLarge);
    }
    let Some(second) = next_data(&mut body).await? else {
        return Ok(first);
    };
    // The stated length is within the cap; without one we begin small.
    let expected = usize::try_from(hint.exact().unwrap_or(0)).unwrap_or(0);
    let mut whole = BytesMut::with_capacity(expected.max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    let mut piece = Some(second);
    while let Some(data) = piece {
        if (whole.len() + data.len()) as u64 > cap {
            return Err(Unreadable::TooLarge);
        }
        whole.extend_from_slice(&data);
        piece = next_data(&mut body).await?;
    }
    Ok(whole.freeze())
}

async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, Unreadable> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Unreadable::Cut),
            // Trailers are not part of what the engine knows.
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Ok(Some(data)),
                Err(_) => {}
            },
        }
    }
}

/// Reads an answer until it ends or is longer than `most` bytes: what was read, and whether that is all.
///
/// # Errors
/// [`Unreadable::Cut`].
pub async fn read_beginning(body: &mut Incoming, most: usize) -> Result<(Bytes, bool), Unreadable> {
    let longer = body.size_hint().lower() > most as u64;
    let mut begun = Vec::new();
    while !longer && begun.len() <= most {
        match next_data(body).await? {
            Some(data) => begun.extend_from_slice(&data),
            None => return Ok((begun.into(), true)),
        }
    }
    Ok((begun.into(), false))
}

/// A vendor's answer that is passed through: capped, and cut when it takes too long.
pub struct VendorBody {
    /// What has been read already.
    begun: Option<Bytes>,
    body: Incoming,
    left: u64,
    deadline: Pin<Box<Sleep>>,
}

impl VendorBody {
    /// Guards `begun` and the `body` after it: at most `cap` bytes, for at most `patience` from now.
    pub fn new(begun: Bytes, body: Incoming, cap: u64, patience: Duration) -> Self {
        let deadline = Box::pin(tokio::time::sleep_until(Instant::now() + patience));
        Self {
            begun: Some(begun).filter(|begun| !begun.is_empty()),
            body,
            left: cap,
            deadline,
        }
    }
}

impl std::fmt::Debug for VendorBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VendorBody")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Body for VendorBody {
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        let polled = match self.begun.take() {
            Some(begun) => Poll::Ready(Some(Ok(Frame::data(begun)))),
            None => Pin::new(&mut self.body).poll_frame(context),
        };
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.left.checked_sub(length) {
                    Some(left) => self.left = left,
                    None => return Poll::Ready(Some(Err(Unreadable::TooLarge))),
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Unreadable::Cut))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => match self.deadline.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Unreadable::Late))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let begun = self.begun.as_ref().map_or(0, |begun| begun.len() as u64);
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(begun));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(begun));
        }
        hint
    }
}
