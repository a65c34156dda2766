//! The parts of a workbook beside its sheet: which sheet is the first, the texts that cells share, and which cells are days.
//!
//! A workbook is a ZIP archive (ECMA-376, part 2), and a small archive may hold far more than fits into memory. So each part is
//! read no further than it may be long, and a piece of XML no further than a text of a cell may be.

use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};

use bytes::Bytes;
use flate2::bufread::DeflateDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::{CompressionMethod, ZipArchive};

use crate::model::row::MAX_FIELD_BYTES;
use crate::model::sheet_text::{is_date_format, unescaped};

/// Most bytes of a small part, unpacked.
const MAX_PART: u64 = 8 << 20;
/// Most bytes of the texts that cells share, unpacked.
const MAX_STRINGS: u64 = 64 << 20;
/// Most texts that cells share.
const MAX_STRING_COUNT: usize = 2_000_000;
/// Most bytes of a sheet, unpacked.
const MAX_SHEET: u64 = 1 << 30;

/// A part that is being read.
pub(crate) type Part = Reader<BufReader<Bounded<Box<dyn Read + Send>>>>;

/// What has to be known of a workbook to read its sheet.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Texts that cells share.
    pub(crate) strings: Vec<String>,
    /// Whether cells of a style are days or times.
    pub(crate) is_date: Vec<bool>,
    /// Whether days are counted from 1904.
    pub(crate) is_1904: bool,
}

/// Opens a workbook: its parts, and the first sheet.
///
/// # Errors
/// In words for whoever made the file.
pub(crate) fn open(file: &Bytes) -> Result<(Parts, Part), String> {
    let mut archive = ZipArchive::new(Cursor::new(file.clone())).map_err(|_| not_a_workbook())?;
    let (sheet, is_1904) = first_sheet(file, &mut archive)?;
    let strings = match part(file, &mut archive, "xl/sharedStrings.xml", MAX_STRINGS)? {
        Some(part) => shared_strings(part)?,
        None => Vec::new(),
    };
    let is_date = match part(file, &mut archive, "xl/styles.xml", MAX_PART)? {
        Some(part) => date_styles(part)?,
        None => Vec::new(),
    };
    let sheet = part(file, &mut archive, &sheet, MAX_SHEET)?.ok_or_else(not_a_workbook)?;
    Ok((Parts { strings, is_date, is_1904 }, sheet))
}

fn not_a_workbook() -> String {
    "this is no XLSX workbook: save it as .xlsx and send it again".to_owned()
}

/// What is wrong with XML, in words.
pub(crate) fn xml_fault(error: impl std::fmt::Display) -> String {
    format!("the workbook cannot be read: {error}")
}

/// A part of the archive, if it is there.
fn part(
    file: &Bytes,
    archive: &mut ZipArchive<Cursor<Bytes>>,
    name: &str,
    most: u64,
) -> Result<Option<Part>, String> {
    let Ok(entry) = archive.by_name(name) else { return Ok(None) };
    let start = entry.data_start().ok_or_else(not_a_workbook)?;
    let (method, end) = (entry.compression(), start.saturating_add(entry.compressed_size()));
    let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
    let packed = Cursor::new(file.slice(place(start).min(place(end))..place(end)));
    let content: Box<dyn Read + Send> = match method {
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
        _ => return Err("the workbook is packed in a way that is not read here".to_owned()),
    };
    let bounded = Bounded { inner: content, left: most, since_mark: 0 };
    Ok(Some(Reader::from_reader(BufReader::with_capacity(32 << 10, bounded))))
}

/// A reader that ends with an error where there is too much, in all or between two marks of XML.
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
    since_mark: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("it holds more than is taken, split it or send it as CSV"))?;
        for piece in read.split_inclusive(|byte| matches!(byte, b'<' | b'>')) {
            self.since_mark += piece.len();
            if self.since_mark > MAX_FIELD_BYTES {
                return Err(io::Error::other(format!("a text in it has more than {MAX_FIELD_BYTES} bytes")));
            }
            if piece.ends_with(b"<") || piece.ends_with(b">") {
                self.since_mark = 0;
            }
        }
        Ok(count)
    }
}

/// Walks through the elements of a part.
fn each_start(mut part: Part, mut see: impl FnMut(&BytesStart<'_>)) -> Result<(), String> {
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match part.read_event_into(&mut buffer).map_err(xml_fault)? {
            Event::Start(start) | Event::Empty(start) => see(&start),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The value of an attribute by its local name.
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let is_it = |attribute: &quick_xml::events::attributes::Attribute<'_>| {
        attribute.key.local_name().as_ref() == name.as_bytes()
    };
    let found = element.attributes().flatten().find(is_it)?;
    Some(String::from_utf8_lossy(&found.value).into_owned())
}

/// The character of a reference such as `&amp;` or `&#65;`; no other entities are known, so that none can grow.
pub(crate) fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    let name: &[u8] = reference;
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    }
}

/// The name of the first sheet's part, and whether days are counted from 1904.
fn first_sheet(file: &Bytes, archive: &mut ZipArchive<Cursor<Bytes>>) -> Result<(String, bool), String> {
    let workbook = part(file, archive, "xl/workbook.xml", MAX_PART)?.ok_or_else(not_a_workbook)?;
    let (mut relation, mut is_1904) = (None, false);
    each_start(workbook, |element| match element.local_name().as_ref() {
        b"sheet" if relation.is_none() => relation = attribute(element, "id"),
        b"workbookPr" => {
            is_1904 = attribute(element, "date1904").is_some_and(|value| value == "1" || value == "true");
        }
        _ => {}
    })?;
    let relation = relation.ok_or_else(|| "the workbook has no sheet".to_owned())?;
    let relations =
        part(file, archive, "xl/_rels/workbook.xml.rels", MAX_PART)?.ok_or_else(not_a_workbook)?;
    let mut target = None;
    each_start(relations, |element| {
        if attribute(element, "Id").as_ref() == Some(&relation) {
            target = attribute(element, "Target");
        }
    })?;
    let target = target.ok_or_else(not_a_workbook)?;
    let name = match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    };
    Ok((name, is_1904))
}

fn shared_strings(mut part: Part) -> Result<Vec<String>, String> {
    let (mut strings, mut buffer, mut text) = (Vec::new(), Vec::new(), TextOf::default());
    loop {
        buffer.clear();
        match part.read_event_into(&mut buffer).map_err(xml_fault)? {
            Event::Eof => return Ok(strings),
            Event::Empty(element) if element.local_name().as_ref() == b"si" => strings.push(String::new()),
            event => {
                text.see(&event);
                if let Event::End(element) = &event
                    && element.local_name().as_ref() == b"si"
                {
                    strings.push(unescaped(&text.take()));
                }
            }
        }
        if strings.len() > MAX_STRING_COUNT {
            return Err(format!("at most {MAX_STRING_COUNT} texts of a workbook are taken"));
        }
    }
}

/// Gathers the texts in elements `t`, those of readings apart.
#[derive(Debug, Default)]
pub(crate) struct TextOf {
    text: String,
    is_inside: bool,
    is_reading: bool,
}

impl TextOf {
    /// Takes notice of an event.
    pub(crate) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(element) => match element.local_name().as_ref() {
                b"t" => self.is_inside = !self.is_reading,
                b"rPh" => self.is_reading = true,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                b"t" => self.is_inside = false,
                b"rPh" => self.is_reading = false,
                _ => {}
            },
            Event::Text(text) if self.is_inside => self.text.push_str(&String::from_utf8_lossy(text)),
            Event::CData(text) if self.is_inside => self.text.push_str(&String::from_utf8_lossy(text)),
            Event::GeneralRef(reference) if self.is_inside => self.text.extend(character(reference)),
            _ => {}
        }
    }

    /// How many bytes have been gathered.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text so far.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

fn date_styles(part: Part) -> Result<Vec<bool>, String> {
    let (mut codes, mut formats, mut is_of_cells) = (HashMap::new(), Vec::new(), false);
    let id = |element: &BytesStart<'_>| attribute(element, "numFmtId").and_then(|id| id.parse::<u32>().ok());
    each_start(part, |element| match element.local_name().as_ref() {
        b"numFmt" => codes.extend(id(element).zip(attribute(element, "formatCode"))),
        b"cellXfs" => is_of_cells = true,
        // The lists that stand beside it have elements of the same name.
        b"cellStyleXfs" | b"cellStyles" | b"dxfs" => is_of_cells = false,
        b"xf" if is_of_cells => formats.push(id(element).unwrap_or(0)),
        _ => {}
    })?;
    let code = |id: &u32| codes.get(id).map(|code| code.replace("&quot;", "\"").replace("&amp;", "&"));
    Ok(formats.iter().map(|id| is_date_format(*id, code(id).as_deref())).collect())
}
