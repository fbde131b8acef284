//! A page that is shown while it comes about.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use askama::Template;
use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// Pieces that wait to be sent. More than a page of ours has, so that nobody who reads slowly holds up what is told.
const PIECES: usize = 64;

/// The rest of a page.
#[derive(Debug)]
pub(super) struct Growing {
    pieces: mpsc::Sender<Bytes>,
    tail: String,
}

impl Growing {
    pub(super) fn new(head: &str, tail: &str) -> (Self, Body) {
        let (pieces, sent) = mpsc::channel(PIECES);
        // There is room for the first.
        let _ = pieces.try_send(Bytes::from(head.to_owned()));
        (Growing { pieces, tail: tail.to_owned() }, Body::new(Sent(sent)))
    }

    /// Shows more. Whoever has gone away misses it.
    pub(super) async fn add(&self, piece: &impl Template) {
        let text = piece.render().unwrap_or_default();
        let _ = self.pieces.send(text.into()).await;
    }

    /// Shows the last of it.
    pub(super) async fn end(self, piece: &impl Template) {
        self.add(piece).await;
        let _ = self.pieces.send(self.tail.into()).await;
    }
}

struct Sent(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}
