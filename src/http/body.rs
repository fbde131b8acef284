//! Reading a body to its end: in time, within the limit, unpacked.

use std::io::Read;

use axum::body::{Body, Bytes};
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::fault::Code;

use super::EdgeLimits;
use super::negotiate::Encoding;

/// The whole body, unpacked. Never holds more than the limit, packed or unpacked.
pub(super) async fn read(
    body: Body,
    encoding: Encoding,
    limits: EdgeLimits,
) -> Result<Bytes, Code> {
    let collected =
        tokio::time::timeout(limits.body_timeout, Limited::new(body, limits.body).collect()).await;
    let packed = match collected {
        Err(_elapsed) => return Err(Code::RequestTimeout),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return Err(Code::BodyTooLarge);
        }
        // The sender hung up; nobody reads this answer.
        Ok(Err(_)) => return Err(Code::RequestTimeout),
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    match encoding {
        Encoding::Plain => Ok(packed),
        Encoding::Gzip => tokio::task::block_in_place(|| unpack(&packed, limits.body)),
    }
}

/// Unpacks, and stops as soon as the limit is passed: a few kilobytes can stand for gigabytes.
fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, Code> {
    let mut plain = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(packed).take(bound).read_to_end(&mut plain);
    match read {
        Err(_) => Err(Code::EncodingInvalid),
        Ok(_) if plain.len() > limit => Err(Code::BodyTooLarge),
        Ok(_) => Ok(plain.into()),
    }
}
