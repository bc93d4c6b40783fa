//! The header of a `.npy` file (NumPy Enhancement Proposal 1; numpy/lib/format): versions 1.0, 2.0 and 3.0.
//!
//! Six bytes `\x93NUMPY`, version as two bytes, the length of the text as a little-endian number of two bytes (four from
//! 2.0 on), then a Python dictionary in text: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.

use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::MAX_DIMENSIONS;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Longer than the text of any array without fields.
const LONGEST: usize = 1 << 16;
/// NumPy starts the data on a multiple of this.
const ALIGNMENT: usize = 64;

/// Bytes that suffice for `length`.
pub(super) const PREFIX: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub dtype: DType,
    /// The elements are in the other byte order than this machine's.
    pub swapped: bool,
    /// The first axis is the fastest.
    pub fortran_order: bool,
    pub shape: Vec<i64>,
    /// Byte at which the elements begin.
    pub data_start: u64,
}

/// Where the text begins and how long it is, from the first bytes of a file.
pub(super) fn text_range(prefix: &[u8], path: &str) -> Result<(usize, usize)> {
    if prefix.len() < MAGIC.len() + 4 || !prefix.starts_with(MAGIC) {
        fail!(Format, "'{path}' is not a .npy file: it does not begin with \\x93NUMPY and a header");
    }
    let (start, length) = match (prefix[6], prefix[7]) {
        (1, _) => (10, usize::from(u16::from_le_bytes([prefix[8], prefix[9]]))),
        (2 | 3, _) if prefix.len() >= PREFIX => {
            (12, u32::from_le_bytes([prefix[8], prefix[9], prefix[10], prefix[11]]) as usize)
        }
        (2 | 3, _) => fail!(Format, "'{path}' is truncated: it ends in its header"),
        (major, minor) => fail!(Format, "'{path}' has .npy version {major}.{minor}, and 1.0, 2.0 and 3.0 are known"),
    };
    if length > LONGEST {
        fail!(Format, "the header of '{path}' says it has {length} bytes, more than any array needs");
    }
    Ok((start, length))
}

/// The header whose text begins at byte `start` of the file.
pub(super) fn parse(text: &[u8], start: usize, path: &str) -> Result<Header> {
    let malformed = |what: &str| {
        let shown: String = String::from_utf8_lossy(text).trim_end().chars().take(120).collect();
        format!("the header of '{path}' is malformed, {what}: {shown:?}")
    };
    let mut rest = Text { bytes: text };
    let (mut descr, mut order, mut shape) = (None, None, None);
    if !rest.take(b'{') {
        fail!(Format, "{}", malformed("it is no dictionary"));
    }
    while !rest.take(b'}') {
        let (Some(key), true) = (rest.string(), rest.take(b':')) else {
            fail!(Format, "{}", malformed("a key is missing"));
        };
        match key.as_str() {
            "descr" if rest.peek() == Some(b'[') => {
                fail!(DType, "'{path}' holds records with named fields, expected plain numbers")
            }
            "descr" => descr = rest.string(),
            "fortran_order" => order = rest.boolean(),
            "shape" => shape = rest.tuple(),
            _ => fail!(Format, "{}", malformed(&format!("it has a key '{key}'"))),
        }
        rest.take(b',');
    }
    let Some(descr) = descr else { fail!(Format, "{}", malformed("there is no 'descr'")) };
    let Some(fortran_order) = order else { fail!(Format, "{}", malformed("there is no 'fortran_order'")) };
    let Some(shape) = shape else { fail!(Format, "{}", malformed("there is no 'shape'")) };
    let (dtype, swapped) = number_type(&descr, path)?;
    if shape.len() > MAX_DIMENSIONS {
        fail!(Shape, "'{path}' has {} dimensions, at most {MAX_DIMENSIONS} are supported", shape.len());
    }
    Ok(Header { dtype, swapped, fortran_order, shape, data_start: (start + text.len()) as u64 })
}

fn number_type(descr: &str, path: &str) -> Result<(DType, bool)> {
    let (order, name) = descr.split_at(descr.chars().next().map_or(0, |c| if "<>=|".contains(c) { 1 } else { 0 }));
    let dtype = match name {
        "f4" => DType::Float32,
        "f8" => DType::Float64,
        "c8" => DType::Complex64,
        "c16" => DType::Complex128,
        "i4" => DType::Int32,
        "i8" => DType::Int64,
        _ => fail!(DType, "'{path}' holds elements of NumPy type '{descr}', expected f4, f8, c8, c16, i4 or i8"),
    };
    let foreign = if cfg!(target_endian = "little") { ">" } else { "<" };
    Ok((dtype, order == foreign))
}

/// A whole header of version 1.0 for elements in this machine's byte order.
pub(super) fn write(dtype: DType, shape: &[i64]) -> Vec<u8> {
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let name = match dtype {
        DType::Float32 => "f4",
        DType::Float64 => "f8",
        DType::Complex64 => "c8",
        DType::Complex128 => "c16",
        DType::Int32 => "i4",
        DType::Int64 => "i8",
    };
    let lengths: Vec<String> = shape.iter().map(i64::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let tuple = format!("({}{comma})", lengths.join(", "));
    let mut text = format!("{{'descr': '{order}{name}', 'fortran_order': False, 'shape': {tuple}, }}");
    let start = MAGIC.len() + 4;
    let total = (start + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', total - start - text.len() - 1));
    text.push('\n');
    // 16 axes of at most 19 digits are far below the 65535 bytes that version 1.0 can have.
    let length = (text.len() as u16).to_le_bytes();
    [MAGIC, &[1, 0], &length, text.as_bytes()].concat()
}

/// What is left of the text; every method first passes over white space.
struct Text<'a> {
    bytes: &'a [u8],
}

impl Text<'_> {
    fn peek(&mut self) -> Option<u8> {
        self.bytes = self.bytes.trim_ascii_start();
        self.bytes.first().copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.bytes = &self.bytes[usize::from(found)..];
        found
    }

    /// A string in either kind of quotes.
    fn string(&mut self) -> Option<String> {
        let quote = self.peek().filter(|b| matches!(b, b'\'' | b'"'))?;
        let end = self.bytes[1..].iter().position(|b| *b == quote)?;
        let string = String::from_utf8_lossy(&self.bytes[1..=end]).into_owned();
        self.bytes = &self.bytes[end + 2..];
        Some(string)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.peek();
        [("True", true), ("False", false)].into_iter().find_map(|(word, value)| {
            self.bytes = self.bytes.strip_prefix(word.as_bytes())?;
            Some(value)
        })
    }

    /// A tuple of numbers of 0 or more; a long integer of Python 2 ends in L.
    fn tuple(&mut self) -> Option<Vec<i64>> {
        let mut numbers = Vec::new();
        if !self.take(b'(') {
            return None;
        }
        while !self.take(b')') {
            self.peek();
            let digits = self.bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            numbers.push(std::str::from_utf8(&self.bytes[..digits]).ok()?.parse().ok()?);
            self.bytes = &self.bytes[digits..];
            self.take(b'L');
            if !self.take(b',') && self.peek() != Some(b')') {
                return None;
            }
        }
        Some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    fn read(text: &str) -> Result<Header> {
        parse(text.as_bytes(), 10, "a.npy")
    }

    #[test]
    fn what_is_written_is_read() {
        for (dtype, shape) in
            [(DType::Float32, vec![5]), (DType::Complex128, vec![3, 0, i64::MAX]), (DType::Int64, vec![])]
        {
            let bytes = write(dtype, &shape);
            assert_eq!(bytes.len() % ALIGNMENT, 0);
            let (start, length) = text_range(&bytes[..PREFIX], "a.npy").unwrap();
            let header = parse(&bytes[start..start + length], start, "a.npy").unwrap();
            let data_start = bytes.len() as u64;
            assert_eq!(header, Header { dtype, swapped: false, fortran_order: false, shape, data_start });
        }
        assert!(write(DType::Float64, &[7]).windows(6).any(|w| w == b"'<f8',"));
    }

    #[test]
    fn other_writers_are_understood() {
        let header = read("{\"shape\":(3L,4L) ,'fortran_order':True,  'descr' : '>c8'}\n").unwrap();
        assert_eq!((header.shape, header.fortran_order, header.swapped), (vec![3, 4], true, true));
        assert_eq!(header.dtype, DType::Complex64);
        assert!(!read("{'descr': '=f8', 'fortran_order': False, 'shape': ()}").unwrap().swapped);
    }

    #[test]
    fn bad_headers_are_refused() {
        let status = |text: &str| read(text).unwrap_err().status;
        assert_eq!(status("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }"), Status::DType);
        assert_eq!(status("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,), }"), Status::DType);
        for text in [
            "",
            "{",
            "[1]",
            "{'descr': '<f8', 'fortran_order': False, }",
            "{'descr': '<f8', 'shape': (3,), }",
            "{'fortran_order': False, 'shape': (3,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
            "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
            "{'descr: '<f8', 'fortran_order': False, 'shape': (3,)}",
        ] {
            assert_eq!(status(text), Status::Format, "{text}");
        }
        let range = |bytes: &[u8]| text_range(bytes, "a.npy").unwrap_err().status;
        assert_eq!(range(b"\x93NUMPX\x01\x00\x10\x00"), Status::Format);
        assert_eq!(range(b"\x93NUMPY\x04\x00\x10\x00\x00\x00"), Status::Format);
        assert_eq!(range(b"\x93NUMPY\x02\x00\x10\x00"), Status::Format);
        assert_eq!(range(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), Status::Format);
    }
}
