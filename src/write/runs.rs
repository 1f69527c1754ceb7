//! Numbers as Parquet's hybrid of run lengths and packed bits holds them
//! (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>, "RLE").
//!
//! The library draws runs and packs bits; what is a run is found here, eight numbers at a
//! time: the library's own search guesses wrong at nearly every number.

use std::io;

use polars_parquet::parquet::encoding::hybrid_rle::Encoder;

/// Numbers are packed in groups of so many.
const GROUP: usize = 8;
/// A run of so many is written as a run: shorter ones save nothing.
const WORTH: usize = 2 * GROUP;
/// The same of bits: a run has a header of its own, and ends the one before.
const WORTH_BYTES: usize = 6;
/// Most numbers that are packed behind one header.
const MOST: usize = 1 << 13;

/// Appends `numbers` of `bits` bits each.
///
/// # Errors
/// When the encoder refuses.
pub fn put(buffer: &mut Vec<u8>, numbers: &[u32], bits: u32) -> io::Result<()> {
    // Where the numbers begin that are not yet written; whole groups from there to `at`.
    let (mut from, mut at) = (0, 0);
    while let Some(group) = numbers.get(at..at + GROUP) {
        let first = group[0];
        let differ = group.iter().fold(0, |all, number| all | (number ^ first));
        if differ == 0 {
            let same = |number: &&u32| **number == first;
            let run = GROUP + numbers[at + GROUP..].iter().take_while(same).count();
            if run >= WORTH {
                packed(buffer, &numbers[from..at], bits)?;
                u32::run_length_encode(buffer, run, first, bits)?;
                at += run;
                from = at;
                continue;
            }
        }
        at += GROUP;
    }
    packed(buffer, &numbers[from..], bits)
}

/// Appends which of the `rows` are not `none`, a bit each, behind the length in bytes: the
/// definition levels of a column without lists.
///
/// # Errors
/// When the encoder refuses.
pub fn put_filled(buffer: &mut Vec<u8>, rows: &[u32], none: u32) -> io::Result<()> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    let byte = |rows: &[u32]| {
        let bits = rows.iter().enumerate();
        bits.fold(0, |byte, (at, row)| byte | u8::from(*row != none) << at)
    };
    let mut bytes: Vec<u8> = rows.chunks_exact(GROUP).map(byte).collect();
    let rest = rows.chunks_exact(GROUP).remainder();
    let whole = bytes.len();
    if !rest.is_empty() {
        bytes.push(byte(rest));
    }
    let (mut from, mut at) = (0, 0);
    while at < whole {
        let first = bytes[at];
        if matches!(first, 0 | 0xff) {
            let same = |byte: &&u8| **byte == first;
            let run = bytes[at..whole].iter().take_while(same).count();
            if run >= WORTH_BYTES {
                packed_bytes(buffer, &bytes[from..at]);
                u32::run_length_encode(buffer, run * GROUP, u32::from(first & 1), 1)?;
                from = at + run;
            }
            at += run;
        } else {
            at += 1;
        }
    }
    packed_bytes(buffer, &bytes[from..]);
    // A page has far fewer rows than four gigabytes of bits.
    let length = u32::try_from(buffer.len() - start - 4).unwrap_or(u32::MAX);
    buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Groups of one bit a row behind their header: the number of groups, and that they are no run.
fn packed_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    for bytes in bytes.chunks(MOST / GROUP) {
        let mut header = bytes.len() << 1 | 1;
        while header >= 0x80 {
            buffer.push((header & 0x7f) as u8 | 0x80);
            header >>= 7;
        }
        buffer.push((header & 0x7f) as u8);
        buffer.extend_from_slice(bytes);
    }
}

fn packed(buffer: &mut Vec<u8>, numbers: &[u32], bits: u32) -> io::Result<()> {
    for numbers in numbers.chunks(MOST) {
        u32::bitpacked_encode(buffer, numbers.iter().copied(), bits as usize)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use polars_parquet::parquet::encoding::hybrid_rle::HybridRleDecoder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(
            runs in prop::collection::vec((0..5_u32, 1..40_usize), 0..60),
            literals in prop::collection::vec(0..100_000_u32, 0..50),
            bits in 17..25_u32,
            many in 1..3_usize,
        ) {
            let runs = runs.into_iter().flat_map(|(number, times)| vec![number; times]);
            let numbers: Vec<u32> = runs.chain(literals).collect();
            let numbers = numbers.repeat(many * 20);
            let mut bytes = Vec::new();
            put(&mut bytes, &numbers, bits).expect("packs");
            let back = HybridRleDecoder::new(&bytes, bits, numbers.len()).collect();
            prop_assert_eq!(back.expect("unpacks"), numbers);
        }
    }

    proptest! {
        #[test]
        fn levels_come_back(
            runs in prop::collection::vec((any::<bool>(), 1..200_usize), 0..40),
            literals in prop::collection::vec(any::<bool>(), 0..50),
            many in 1..20_usize,
        ) {
            let runs = runs.into_iter().flat_map(|(filled, times)| vec![filled; times]);
            let filled: Vec<bool> = runs.chain(literals).collect();
            let filled = filled.repeat(many);
            let rows: Vec<u32> = filled.iter().map(|filled| if *filled { 3 } else { 9 }).collect();
            let mut bytes = vec![1, 2];
            put_filled(&mut bytes, &rows, 9).expect("packs");
            let length = u32::from_le_bytes(bytes[2..6].try_into().expect("four"));
            prop_assert_eq!(length as usize, bytes.len() - 6);
            let back = HybridRleDecoder::new(&bytes[6..], 1, rows.len()).collect();
            let wanted: Vec<u32> = filled.into_iter().map(u32::from).collect();
            prop_assert_eq!(back.expect("unpacks"), wanted);
        }
    }

    #[test]
    fn runs_cost_next_to_nothing() {
        let mut bytes = Vec::new();
        put(&mut bytes, &[7; 100_000], 5).expect("packs");
        assert!(bytes.len() < 8, "{}", bytes.len());
        bytes.clear();
        put(&mut bytes, &[0; 100], 0).expect("packs");
        let back = HybridRleDecoder::new(&bytes, 0, 100).collect();
        assert_eq!(back.expect("unpacks"), [0; 100]);
    }
}
