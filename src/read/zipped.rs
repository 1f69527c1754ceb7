//! A ZIP's entries unpacked for counting only, before a workbook is opened.
//!
//! What the directory says about sizes may be a lie, so each entry is inflated
//! against the bounds and thrown away. Format: APPNOTE.TXT of PKWARE, 4.3.

use std::io::{self, Read};

use super::fault::BoundPassed;
use crate::plan::Bounds;

/// Packed entries up to this size can't unpack to much: deflate stays below 1032.
const HARMLESS: usize = 64 << 10;
/// Below this unpacked size the ratio is not asked.
const RATIO_FROM: u64 = 64 << 20;

/// Checks the sum of all entries; names the bound that is passed.
pub fn check(bytes: &[u8], bounds: &Bounds) -> Result<(), BoundPassed> {
    let mut total = 0_u64;
    let packed = bytes.len().max(1) as u64;
    for entry in entries(bytes) {
        if entry.method != 8 {
            total += entry.data.len() as u64;
        } else if entry.data.len() <= HARMLESS && total + (HARMLESS as u64 * 1032) < RATIO_FROM {
            total += entry.data.len() as u64 * 1032;
        } else {
            let room = bounds
                .max_unpacked_bytes
                .saturating_sub(total)
                .saturating_add(1);
            let mut inflated = flate2::read::DeflateDecoder::new(entry.data).take(room);
            // A damaged entry is the workbook reader's to report.
            total += io::copy(
                &mut inflated,
                &mut RatioGuard {
                    total,
                    packed,
                    max: bounds.max_unpack_ratio,
                },
            )
            .unwrap_or(u64::MAX - total);
        }
        if total > RATIO_FROM && total / packed > bounds.max_unpack_ratio {
            return Err(BoundPassed {
                what: format!(
                    "{packed} packed bytes unpack to more than {} times as many",
                    bounds.max_unpack_ratio
                ),
                key: "unpack_ratio",
            });
        }
        if total > bounds.max_unpacked_bytes {
            return Err(BoundPassed {
                what: format!(
                    "the content is larger than {} bytes",
                    bounds.max_unpacked_bytes
                ),
                key: "unpacked_bytes",
            });
        }
    }
    Ok(())
}

/// A sink that refuses once the ratio is passed.
struct RatioGuard {
    total: u64,
    packed: u64,
    max: u64,
}

impl io::Write for RatioGuard {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.total += buf.len() as u64;
        if self.total > RATIO_FROM && self.total / self.packed > self.max {
            return Err(io::Error::other("ratio"));
        }
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Entry<'a> {
    method: u16,
    data: &'a [u8],
}

/// The entries of the central directory, with their packed bytes.
fn entries(bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut out = Vec::new();
    for at in memchr::memmem::find_iter(bytes, b"PK\x01\x02") {
        let Some(head) = bytes.get(at..at + 46) else {
            continue;
        };
        let (method, packed, offset) = (u16_at(head, 10), u32_at(head, 20), u32_at(head, 42));
        let start = offset as usize;
        let Some(local) = bytes.get(start..start + 30) else {
            continue;
        };
        let data = start + 30 + u16_at(local, 26) as usize + u16_at(local, 28) as usize;
        let end = data.saturating_add(packed as usize).min(bytes.len());
        if let Some(data) = bytes.get(data..end) {
            out.push(Entry { method, data });
        }
    }
    out
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u32::from_le_bytes)
}
