//! Packs pages of Parquet files (zstd), with memory that each thread keeps: a page is packed
//! in a tenth of the time that a context of zstd takes to make.

use std::cell::RefCell;
use std::io;

use polars::prelude::PolarsResult;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{CompressedDataPage, CompressedDictPage, DataPageHeader};
use polars_parquet::write::{CompressedPage, Page};
use zstd::bulk::Compressor;

/// Bytes of a page from which a thread does not keep the room that it took.
const KEPT: usize = 16 << 20;

/// A level of zstd.
#[derive(Clone, Copy, Debug)]
pub struct Packer(pub i32);

/// A packed page without its header.
pub struct Packed {
    bytes: Vec<u8>,
    /// Bytes before packing.
    size: usize,
}

impl Packed {
    pub fn into_page(
        self,
        header: DataPageHeader,
        descriptor: Descriptor,
        rows: usize,
    ) -> CompressedPage {
        CompressedPage::Data(CompressedDataPage::new(
            header,
            CowBuffer::Owned(self.bytes),
            Compression::Zstd,
            self.size,
            descriptor,
            rows,
        ))
    }
}

/// What a thread keeps: a context with its level, and room for a packed page.
#[derive(Default)]
struct Own {
    context: Option<(i32, Compressor<'static>)>,
    room: Vec<u8>,
}

impl Packer {
    /// # Errors
    /// When zstd refuses.
    pub fn packed(self, page: &[u8]) -> PolarsResult<Packed> {
        thread_local! {
            static OWN: RefCell<Own> = RefCell::default();
        }
        let bytes = OWN.with_borrow_mut(|own| -> io::Result<Vec<u8>> {
            let Own { context, room } = own;
            if context.as_ref().is_none_or(|(level, _)| *level != self.0) {
                *context = Some((self.0, Compressor::new(self.0)?));
            }
            room.clear();
            room.reserve(zstd::zstd_safe::compress_bound(page.len()));
            if let Some((_, context)) = context {
                context.compress_to_buffer(page, room)?;
            }
            let packed = room.as_slice().to_vec();
            if room.capacity() > KEPT {
                *room = Vec::new();
            }
            Ok(packed)
        })?;
        Ok(Packed {
            bytes,
            size: page.len(),
        })
    }

    /// A page of `texts` distinct texts.
    ///
    /// # Errors
    /// As [`Packer::packed`].
    pub fn dictionary(self, page: &[u8], texts: usize) -> PolarsResult<CompressedPage> {
        let packed = self.packed(page)?;
        Ok(CompressedPage::Dict(CompressedDictPage::new(
            CowBuffer::Owned(packed.bytes),
            Compression::Zstd,
            packed.size,
            texts,
            false,
        )))
    }

    /// A page that the library has drawn.
    ///
    /// # Errors
    /// As [`Packer::packed`].
    pub fn page(self, page: Page) -> PolarsResult<CompressedPage> {
        match page {
            Page::Dict(page) => self.dictionary(&page.buffer, page.num_values),
            Page::Data(page) => {
                let packed = self.packed(page.buffer())?;
                let rows = page.num_rows().unwrap_or(page.num_values());
                Ok(packed.into_page(page.header().clone(), page.descriptor, rows))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Packer;

    #[test]
    fn pages_of_any_size_come_back_one_after_the_other() {
        for size in [0, 1, 100_000, 7, 20_000_000, 3] {
            let page: Vec<u8> = (0_u64..size).map(|at| (at * at % 251) as u8).collect();
            let packed = Packer(1).packed(&page).expect("packs");
            assert_eq!(packed.size, page.len());
            let back = zstd::bulk::decompress(&packed.bytes, page.len()).expect("unpacks");
            assert_eq!(back, page);
        }
    }
}
