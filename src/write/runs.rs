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
