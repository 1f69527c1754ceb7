//! Bytes → text, window by window, in whatever encoding the export has.
//!
//! In: unpacked bytes. Out: UTF-8 text in `buf`, refilled on demand, so that
//! memory does not follow the file's size. Order of evidence: what the plan
//! forces; a byte order mark; the NUL pattern of UTF-16; valid UTF-8; the guess
//! of `chardetng` (a browser's) on the first window that is not UTF-8.
//!
//! Bytes that are no text in the encoding become U+FFFD. Each such place, and
//! each NUL, is noted with its position, and the bytes themselves, so that a
//! diagnostic can name line and bytes.

use std::collections::VecDeque;
use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

/// Bytes read at a time.
const WINDOW: usize = 1 << 20;
/// Oddities kept one by one; more are only counted.
const MAX_ODDITIES: usize = 10_000;

/// A place in the text that needs to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// Byte offset in the decoded text of the whole file.
    pub at: u64,
    pub kind: OddityKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OddityKind {
    /// No text in the encoding: the bytes where they are known (UTF-8), else none.
    Broken(Vec<u8>),
    Nul,
}

enum Mode {
    /// `sure`: multi-byte sequences were seen (or the plan says so): a broken
    /// byte no longer makes it another encoding.
    Utf8 {
        sure: bool,
    },
    Other(Decoder),
}

/// Decoded text, taken from the front and refilled at the back.
pub struct TextStream {
    input: Box<dyn Read>,
    mode: Mode,
    /// Undecoded bytes (an incomplete sequence at the end of a window).
    raw: Vec<u8>,
    /// The text at hand.
    pub buf: String,
    /// Bytes of `buf` that are done with.
    pub start: usize,
    /// Offset of `buf`'s first byte in the whole text.
    base: u64,
    pub eof: bool,
    pub oddities: VecDeque<Oddity>,
    /// Oddities past those that are kept.
    pub more_oddities: u64,
    encoding: &'static Encoding,
    bom: bool,
    guessed: bool,
}

impl TextStream {
    /// Starts decoding; `head` is the beginning of `input`, for sniffing.
    pub fn new(
        head: &[u8],
        mut input: Box<dyn Read>,
        forced: Option<&'static Encoding>,
    ) -> io::Result<Self> {
        let (found, bom) = match Encoding::for_bom(head) {
            Some((encoding, len)) if forced.is_none_or(|f| f == encoding) => {
                input.read_exact(&mut [0; 3][..len])?;
                (Some(encoding), true)
            }
            _ => (forced.or_else(|| utf16_by_nuls(head)), false),
        };
        let encoding = found.unwrap_or(UTF_8);
        let mode = if encoding == UTF_8 {
            Mode::Utf8 {
                sure: found.is_some(),
            }
        } else {
            Mode::Other(encoding.new_decoder_without_bom_handling())
        };
        Ok(Self {
            input,
            mode,
            raw: Vec::new(),
            buf: String::new(),
            start: 0,
            base: 0,
            eof: false,
            oddities: VecDeque::new(),
            more_oddities: 0,
            encoding,
            bom,
            guessed: false,
        })
    }

    /// The encoding's name for the summary.
    pub fn encoding(&self) -> String {
        let name = self.encoding.name();
        match (self.bom, self.guessed) {
            (true, _) => format!("{name} with BOM"),
            (_, true) => format!("{name} (guessed)"),
            _ => name.to_owned(),
        }
    }

    /// The text not yet taken.
    pub fn rest(&self) -> &str {
        self.buf.get(self.start..).unwrap_or("")
    }

    /// Offset in the whole text of the first byte not yet taken.
    pub fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Adds at least one window of text, or finds the end.
    pub fn more(&mut self) -> io::Result<()> {
        if self.eof {
            return Ok(());
        }
        self.base += self.start as u64;
        self.buf.drain(..self.start);
        self.start = 0;
        // As much again as is held, so that a long record is not scanned
        // over and over for each window.
        let want = WINDOW.max(self.buf.len()) as u64;
        let before = self.raw.len() as u64;
        let got = (&mut self.input).take(want).read_to_end(&mut self.raw)? as u64;
        self.eof = got < want;
        debug_assert!(self.raw.len() as u64 >= before);
        let raw = std::mem::take(&mut self.raw);
        let from = self.buf.len();
        let done = self.decode(&raw);
        self.note_nuls(from);
        self.raw = raw.get(done..).unwrap_or_default().to_vec();
        Ok(())
    }

    /// Decodes `raw` onto `buf`; gives the bytes used.
    fn decode(&mut self, raw: &[u8]) -> usize {
        if let Mode::Utf8 { sure } = &mut self.mode {
            match std::str::from_utf8(raw) {
                Ok(text) => {
                    *sure |= !raw.is_ascii();
                    self.buf.push_str(text);
                    return raw.len();
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    if error.error_len().is_none() && !self.eof {
                        *sure |= !raw.get(..valid).is_none_or(<[u8]>::is_ascii);
                        let text = raw.get(..valid).map(String::from_utf8_lossy);
                        self.buf.push_str(&text.unwrap_or_default());
                        return valid;
                    }
                }
            }
            if *sure || stays_utf8(raw) {
                *sure = true;
                return self.decode_utf8(raw);
            }
            let encoding = guess(raw, self.eof);
            if encoding == UTF_8 {
                *sure = true;
                return self.decode_utf8(raw);
            }
            self.encoding = encoding;
            self.guessed = true;
            self.mode = Mode::Other(encoding.new_decoder_without_bom_handling());
        }
        self.decode_other(raw)
    }

    /// UTF-8 with faults: each maximal broken part is one U+FFFD, and is noted.
    fn decode_utf8(&mut self, raw: &[u8]) -> usize {
        let mut used = 0;
        for chunk in raw.utf8_chunks() {
            self.buf.push_str(chunk.valid());
            used += chunk.valid().len();
            let broken = chunk.invalid();
            if broken.is_empty() {
                continue;
            }
            let at_end = used + broken.len() == raw.len();
            if at_end && !self.eof && could_go_on(broken) {
                return used;
            }
            used += broken.len();
            self.note(self.buf.len(), OddityKind::Broken(broken.to_vec()));
            self.buf.push('\u{fffd}');
        }
        used
    }

    fn decode_other(&mut self, raw: &[u8]) -> usize {
        let from = self.buf.len();
        let Mode::Other(decoder) = &mut self.mode else {
            return 0;
        };
        let mut used = 0;
        let mut had_errors = false;
        loop {
            let rest = raw.get(used..).unwrap_or_default();
            let room = decoder
                .max_utf8_buffer_length(rest.len())
                .unwrap_or(rest.len() + 16);
            self.buf.reserve(room);
            let (result, read, errors) = decoder.decode_to_string(rest, &mut self.buf, self.eof);
            used += read;
            had_errors |= errors;
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if had_errors {
            let places: Vec<usize> = memmem::find_iter(
                self.buf.as_bytes().get(from..).unwrap_or_default(),
                "\u{fffd}",
            )
            .collect();
            for at in places {
                self.note(from + at, OddityKind::Broken(Vec::new()));
            }
        }
        used
    }

    fn note_nuls(&mut self, from: usize) {
        let new = self.buf.as_bytes().get(from..).unwrap_or_default();
        if memchr::memchr(0, new).is_none() {
            return;
        }
        let places: Vec<usize> = memchr::memchr_iter(0, new).collect();
        for at in places {
            self.note(from + at, OddityKind::Nul);
        }
        self.oddities
            .make_contiguous()
            .sort_by_key(|oddity| oddity.at);
    }

    fn note(&mut self, at: usize, kind: OddityKind) {
        if self.oddities.len() >= MAX_ODDITIES {
            self.more_oddities += 1;
            return;
        }
        self.oddities.push_back(Oddity {
            at: self.base + at as u64,
            kind,
        });
    }
}

/// UTF-16 without a mark: Latin text, or at least its separators and line ends,
/// have a NUL in every second byte.
fn utf16_by_nuls(head: &[u8]) -> Option<&'static Encoding> {
    let nuls = |first: usize| {
        head.iter()
            .skip(first)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (nuls(0), nuls(1));
    let pairs = head.len() / 2;
    let enough = |count: usize| count * 20 >= pairs && count >= 2;
    if enough(odd) && even * 20 < odd {
        Some(UTF_16LE)
    } else if enough(even) && odd * 20 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Broken UTF-8 stays UTF-8 when whole sequences outnumber broken bytes.
fn stays_utf8(raw: &[u8]) -> bool {
    let (whole, broken) = sequences(raw);
    whole > broken
}

/// Whole multi-byte sequences and broken parts.
fn sequences(raw: &[u8]) -> (usize, usize) {
    let mut whole = 0;
    let mut broken = 0;
    for chunk in raw.utf8_chunks() {
        whole += chunk.valid().bytes().filter(|b| *b >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    (whole, broken)
}

/// The legacy encoding that the bytes look most like. UTF-8 after all, when the
/// guess would make control codes of them and some sequences were whole.
fn guess(raw: &[u8], eof: bool) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(raw, eof);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let (text, _, errors) = encoding.decode(raw);
    let controls = errors || text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c));
    if controls && sequences(raw).0 > 0 {
        UTF_8
    } else {
        encoding
    }
}

/// Whether an incomplete sequence may be completed by the next window.
fn could_go_on(broken: &[u8]) -> bool {
    std::str::from_utf8(broken).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn text(bytes: &[u8]) -> (String, String, usize) {
        let mut stream =
            TextStream::new(bytes, Box::new(Cursor::new(bytes.to_vec())), None).unwrap();
        while !stream.eof {
            stream.more().unwrap();
        }
        (stream.buf.clone(), stream.encoding(), stream.oddities.len())
    }

    #[test]
    fn every_family_of_encodings_is_told() {
        let line = "name;city\nJürgen Größmann;Köln\nRenée Lefèvre;Orléans\n";
        assert_eq!(text(line.as_bytes()), (line.into(), "UTF-8".into(), 0));
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(line);
        assert_eq!(text(&latin).0, line);
        let utf16: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&utf16), (line.into(), "UTF-16LE".into(), 0));
        let utf16: Vec<u8> = line.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&utf16).0, line);
        let russian = "имя;город\nИванов Иван Петрович;Москва\nПетрова Анна;Казань\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(text(&bytes).0, russian);
        let chinese = "姓名,城市\n王小明,北京市朝阳区\n李娜,上海市\n";
        let (bytes, _, _) = encoding_rs::GB18030.encode(chinese);
        assert_eq!(text(&bytes).0, chinese);
        let japanese = "名前,市\n山田太郎,東京都\nさとう はなこ,大阪府\n";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        assert_eq!(text(&bytes).0, japanese);
    }

    #[test]
    fn a_broken_byte_in_utf8_is_noted_with_its_bytes() {
        let bytes = b"n\xc3\xa9e,\xc3\xbcber,\xc3\xa0\nx\xffy\0\n";
        let mut stream =
            TextStream::new(bytes, Box::new(Cursor::new(bytes.to_vec())), None).unwrap();
        stream.more().unwrap();
        assert_eq!(stream.buf, "née,über,à\nx\u{fffd}y\0\n");
        let kinds: Vec<OddityKind> = stream.oddities.iter().map(|o| o.kind.clone()).collect();
        assert_eq!(kinds, [OddityKind::Broken(vec![0xff]), OddityKind::Nul]);
    }
}
