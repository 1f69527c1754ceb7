//! A file that is drawn anew and held against the published one, byte by byte as it
//! comes: neither is in memory as a whole.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Takes the bytes of the new file and compares them with the old one's.
pub struct Drawn<R> {
    published: R,
    buffer: Vec<u8>,
    /// Lines that were the same so far.
    lines: usize,
    differs: bool,
}

impl Drawn<BufReader<File>> {
    /// # Errors
    /// When the published file can't be opened.
    pub fn against(path: &Path) -> io::Result<Self> {
        Ok(Self::over(BufReader::with_capacity(
            1 << 20,
            File::open(path)?,
        )))
    }
}

impl<R: Read> Drawn<R> {
    fn over(published: R) -> Self {
        Self {
            published,
            buffer: Vec::new(),
            lines: 0,
            differs: false,
        }
    }

    /// The line, from 1, from which on the files differ; none when they are the same.
    ///
    /// # Errors
    /// When the published file can't be read.
    pub fn end(mut self) -> io::Result<Option<usize>> {
        let mut more = [0];
        if !self.differs && self.published.read(&mut more)? == 0 {
            return Ok(None);
        }
        Ok(Some(self.lines + 1))
    }
}

impl<R: Read> Write for Drawn<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.differs {
            return Ok(bytes.len());
        }
        self.buffer.clear();
        let wanted = bytes.len() as u64;
        self.published
            .by_ref()
            .take(wanted)
            .read_to_end(&mut self.buffer)?;
        let same = if self.buffer == bytes {
            bytes.len()
        } else {
            self.differs = true;
            let pairs = self.buffer.iter().zip(bytes);
            pairs.take_while(|(a, b)| a == b).count()
        };
        self.lines += bytes[..same].iter().filter(|byte| **byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(published: &str, drawn: &[&str]) -> Option<usize> {
        let mut own = Drawn::over(published.as_bytes());
        for part in drawn {
            own.write_all(part.as_bytes()).expect("takes all");
        }
        own.end().expect("reads")
    }

    #[test]
    fn the_line_of_the_first_other_byte_is_told() {
        assert_eq!(differ("a\nb\nc\n", &["a\nb", "\nc\n"]), None);
        assert_eq!(differ("", &[]), None);
        assert_eq!(differ("a\nb\nc\n", &["a\n", "x\nc\n"]), Some(2));
        assert_eq!(
            differ("a\nb\n", &["a\n", "b\nc\n"]),
            Some(3),
            "it is shorter"
        );
        assert_eq!(differ("a\nb\nc\n", &["a\n"]), Some(2), "it is longer");
        assert_eq!(differ("a\nbc", &["a\nbd", "\n\n\n"]), Some(2));
    }
}
