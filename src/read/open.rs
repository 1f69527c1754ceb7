//! A path → a stream of unpacked bytes, hashed and bounded on the way.
//!
//! In: a path or `-` for standard input. Out: a reader of the content after
//! gzip or zstd, told by their first bytes; the hash and size of the bytes on
//! disk. Nothing is mapped into memory: a file that is cut while it is read
//! ends early, and does not kill the process.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use super::fault::{self, BoundPassed, Fault};
use crate::contact::diagnostic::nearest;
use crate::plan::Bounds;

/// Bytes looked at to tell a format.
const HEAD: usize = 8 << 10;
/// Below this unpacked size the ratio is not asked: small files pack well. A line
/// without an end is held several times over while it is decoded, so it is low.
const RATIO_FROM: u64 = 8 << 20;

/// An input that is open.
pub struct Opened {
    /// The name for messages.
    pub path: String,
    /// `gzip`, `zstd` or none.
    pub compression: Option<&'static str>,
    /// The first bytes after unpacking.
    pub head: Vec<u8>,
    /// The whole content after unpacking, the head included.
    pub content: Box<dyn Read>,
    disk: Disk,
}

impl Opened {
    /// A look at the bytes taken from the disk while the content is read.
    pub fn taken(&self) -> Taken {
        Taken(self.disk.clone())
    }

    /// Reads what is left on disk, so that the hash covers every byte.
    ///
    /// # Errors
    /// When the rest can't be read.
    pub fn finish(self) -> Result<(u64, String), Fault> {
        let mut disk = self.disk.clone();
        drop(self.content);
        io::copy(&mut disk, &mut io::sink()).map_err(|e| fault::of_io(&self.path, &e))?;
        let inner = disk.0.borrow();
        Ok((inner.bytes, inner.hasher.finalize().to_hex().to_string()))
    }
}

/// Opens a file, or standard input for `-`.
///
/// # Errors
/// A missing file, a folder, no permission, an empty file, damaged packing.
pub fn open(path: &Path, bounds: &Bounds) -> Result<Opened, Fault> {
    let shown = path.display().to_string();
    let raw: Box<dyn Read> = if shown == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(open_file(path, &shown)?)
    };
    let mut disk = Disk(Rc::new(RefCell::new(DiskState {
        raw,
        hasher: blake3::Hasher::new(),
        bytes: 0,
    })));
    let packed_head = head_of(&mut disk).map_err(|e| fault::of_io(&shown, &e))?;
    if packed_head.is_empty() {
        return Err(empty(&shown));
    }
    let compression = compression_of(&packed_head);
    let all = Cursor::new(packed_head).chain(disk.clone());
    let unpacked: Box<dyn Read> = match compression {
        Some("gzip") => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(all))),
        Some(_) => Box::new(
            zstd::stream::read::Decoder::new(all).map_err(|e| damaged(&shown, "zstd", &e))?,
        ),
        None => Box::new(all),
    };
    let mut bounded = Bounded {
        inner: unpacked,
        disk: disk.clone(),
        compression,
        unpacked: 0,
        max_bytes: bounds.max_unpacked_bytes,
        max_ratio: bounds.max_unpack_ratio,
    };
    let head = head_of(&mut bounded).map_err(|e| read_fault(&shown, compression, &e))?;
    if head.is_empty() {
        return Err(empty(&shown));
    }
    Ok(Opened {
        path: shown,
        compression,
        head: head.clone(),
        content: Box::new(Cursor::new(head).chain(bounded)),
        disk,
    })
}

/// The fault of a failed read of unpacked content.
pub fn read_fault(path: &str, compression: Option<&str>, error: &io::Error) -> Fault {
    let is_ours = error
        .get_ref()
        .is_some_and(|inner| inner.is::<BoundPassed>());
    match compression {
        Some(kind) if !is_ours => damaged(path, kind, error),
        _ => fault::of_io(path, error),
    }
}

fn open_file(path: &Path, shown: &str) -> Result<File, Fault> {
    let meta = std::fs::metadata(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            missing(path, shown)
        } else {
            fault::of_io(shown, &error)
        }
    })?;
    if meta.is_dir() {
        return Err(fault::is_a_folder(shown));
    }
    File::open(path).map_err(|error| fault::of_io(shown, &error))
}

/// No such file: its nearest neighbour by name is suggested.
fn missing(path: &Path, shown: &str) -> Fault {
    let found = fault::fault(shown, "input_missing", "there is no such file");
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return found,
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let wanted = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match nearest(&wanted, names.iter().map(String::as_str)) {
        Some(name) => fault::hinted(
            found,
            format!("did you mean {}?", path.with_file_name(name).display()),
        ),
        None => found,
    }
}

fn empty(path: &str) -> Fault {
    fault::hinted(
        fault::fault(path, "input_empty", "the file is empty"),
        "export it again, or take the source out of the plan",
    )
}

fn damaged(path: &str, kind: &str, error: &io::Error) -> Fault {
    let what = if error.kind() == io::ErrorKind::UnexpectedEof {
        format!("the {kind} data ends too early: the file was cut")
    } else {
        format!("the {kind} data is damaged: {error}")
    };
    fault::hinted(
        fault::fault(path, "input_damaged", what),
        "copy or export the file again; karat takes no part of a damaged one",
    )
}

fn compression_of(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(&[0x1f, 0x8b]) {
        Some("gzip")
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Some("zstd")
    } else {
        None
    }
}

fn head_of(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    reader.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// How many bytes of an input were taken from the disk so far.
pub struct Taken(Disk);

impl Taken {
    pub fn bytes(&self) -> u64 {
        self.0.0.borrow().bytes
    }
}

struct DiskState {
    raw: Box<dyn Read>,
    hasher: blake3::Hasher,
    bytes: u64,
}

/// The bytes on disk, hashed as they pass; clones share one position.
#[derive(Clone)]
struct Disk(Rc<RefCell<DiskState>>);

impl Read for Disk {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.borrow_mut();
        let got = state.raw.read(buf)?;
        state.bytes += got as u64;
        if let Some(part) = buf.get(..got) {
            state.hasher.update(part);
        }
        Ok(got)
    }
}

/// Counts unpacked bytes against the plan's bounds.
struct Bounded {
    inner: Box<dyn Read>,
    disk: Disk,
    compression: Option<&'static str>,
    unpacked: u64,
    max_bytes: u64,
    max_ratio: u64,
}

impl Read for Bounded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf)?;
        self.unpacked += got as u64;
        if self.unpacked > self.max_bytes {
            return Err(io::Error::other(BoundPassed {
                what: format!("the content is larger than {} bytes", self.max_bytes),
                key: "unpacked_bytes",
            }));
        }
        if self.compression.is_some() && self.unpacked > RATIO_FROM {
            let packed = self.disk.0.borrow().bytes.max(1);
            if self.unpacked / packed > self.max_ratio {
                return Err(io::Error::other(BoundPassed {
                    what: format!(
                        "{packed} packed bytes unpack to more than {} times as many",
                        self.max_ratio
                    ),
                    key: "unpack_ratio",
                }));
            }
        }
        Ok(got)
    }
}
