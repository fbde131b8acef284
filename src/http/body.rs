//! Reading a body to its end: in time, within the limit, unpacked, and within what all bodies together may hold.

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::fault::Code;

use super::EdgeLimits;
use super::negotiate::Encoding;

/// Bytes that are unpacked at a time.
const STEP: usize = 16 << 10;

/// The memory that all bodies together may hold.
///
/// It is paid for as bytes arrive, not as they are announced: a sender that announces much and sends little holds little.
#[derive(Debug)]
pub struct BodyRoom(Arc<Semaphore>);

impl BodyRoom {
    /// Room for as many bytes.
    pub fn new(bytes: usize) -> Self {
        BodyRoom(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn body(&self, limit: usize) -> Held {
        Held { bytes: Vec::new(), limit, room: self.0.clone(), paid: None }
    }
}

/// A body, or as much of it as has come; its room is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    limit: usize,
    room: Arc<Semaphore>,
    paid: Option<OwnedSemaphorePermit>,
}

impl Held {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes more of the body.
    fn take(&mut self, more: &[u8]) -> Result<(), Code> {
        let wanted = self.bytes.len().saturating_add(more.len());
        if wanted > self.limit {
            return Err(Code::BodyTooLarge);
        }
        let capacity = self.bytes.capacity();
        if wanted > capacity {
            let grown = wanted.max(capacity.saturating_mul(2)).min(self.limit);
            self.pay(grown - capacity)?;
            self.bytes.reserve_exact(grown - self.bytes.len());
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    /// Never waits: two halves of bodies that wait for each other's room would wait until both are late.
    fn pay(&mut self, bytes: usize) -> Result<(), Code> {
        let bytes = u32::try_from(bytes).map_err(|_| Code::BodyTooLarge)?;
        let Ok(more) = self.room.clone().try_acquire_many_owned(bytes) else {
            tracing::warn!("bodies hold all the memory that they may");
            return Err(Code::DatabaseBusy);
        };
        match &mut self.paid {
            Some(paid) => paid.merge(more),
            None => self.paid = Some(more),
        }
        Ok(())
    }
}

/// The whole body, unpacked. Never holds more than the limit, packed or unpacked.
pub(super) async fn read(
    body: Body,
    encoding: Encoding,
    limits: EdgeLimits,
    room: &BodyRoom,
) -> Result<Held, Code> {
    let mut packed = room.body(limits.body);
    let collected = tokio::time::timeout(limits.body_timeout, collect(body, &mut packed)).await;
    collected.unwrap_or(Err(Code::RequestTimeout))?;
    match encoding {
        Encoding::Plain => Ok(packed),
        Encoding::Gzip => tokio::task::block_in_place(|| {
            let mut plain = room.body(limits.body);
            unpack(packed.bytes(), &mut plain).map(|()| plain)
        }),
    }
}

async fn collect(mut body: Body, held: &mut Held) -> Result<(), Code> {
    while let Some(frame) = body.frame().await {
        // The sender hung up, or broke the framing; nobody reads this answer.
        let frame = frame.map_err(|_| Code::RequestTimeout)?;
        if let Some(bytes) = frame.data_ref() {
            held.take(bytes)?;
        }
    }
    Ok(())
}

/// Unpacks, and stops as soon as the limit is passed: a few kilobytes can stand for gigabytes.
fn unpack(packed: &[u8], plain: &mut Held) -> Result<(), Code> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut step = vec![0; STEP];
    loop {
        match decoder.read(&mut step) {
            Ok(0) => return Ok(()),
            Ok(read) => plain.take(step.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Code::EncodingInvalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_their_room_and_give_it_back() {
        let room = BodyRoom::new(1_000);
        let mut first = room.body(800);
        first.take(&[b' '; 700]).expect("there is room");
        let mut second = room.body(800);
        second.take(&[b' '; 200]).expect("there is room");
        assert_eq!(second.take(&[b' '; 200]), Err(Code::DatabaseBusy));
        assert_eq!(first.take(&[b' '; 101]), Err(Code::BodyTooLarge));
        drop(first);
        second.take(&[b' '; 600]).expect("there is room again");
        assert_eq!(second.bytes().len(), 800);
        drop(second);
        assert_eq!(room.0.available_permits(), 1_000);
    }
}
