//! Reads the rows of a workbook's first sheet, one after the other.

use bytes::Bytes;
use quick_xml::events::{BytesStart, Event};

use crate::model::row::{Cells, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_ROW_BYTES, Place, Row, Unreadable};
use crate::model::sheet_text::{moment, number, unescaped};
use crate::model::workbook_parts::{Part, Parts, TextOf, attribute, character, open, xml_fault};

/// Most rows of a workbook.
pub(crate) const MAX_ROWS: u64 = 200_000;

/// A reader between two rows.
pub(crate) struct WorkbookReader {
    parts: Parts,
    sheet: Part,
    buffer: Vec<u8>,
    /// Number of the row before.
    row: u64,
    /// Rows that say something, so far.
    seen: u64,
}

/// A row that is being read.
#[derive(Default)]
struct RowAt {
    texts: Vec<String>,
    size: usize,
    fault: Option<Unreadable>,
}

impl WorkbookReader {
    /// Opens a workbook.
    ///
    /// # Errors
    /// In words for whoever made the file.
    pub(crate) fn new(file: &Bytes) -> Result<Self, String> {
        let (parts, sheet) = open(file)?;
        Ok(Self { parts, sheet, buffer: Vec::new(), row: 0, seen: 0 })
    }

    /// The next row that says something; none at the end.
    ///
    /// # Errors
    /// In words for whoever made the file; nothing more can be read of it.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, String> {
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let event = self.sheet.read_event_into(&mut buffer).map_err(xml_fault)?;
            let found = match &event {
                Event::Eof => return Ok(None),
                Event::Start(element) if element.local_name().as_ref() == b"row" => {
                    self.begin_row(element);
                    true
                }
                Event::Empty(element) if element.local_name().as_ref() == b"row" => {
                    self.begin_row(element);
                    false
                }
                _ => false,
            };
            drop(event);
            self.buffer = buffer;
            if !found {
                continue;
            }
            let read = self.read_row()?;
            if read.fault.is_none() && read.texts.iter().all(String::is_empty) {
                continue;
            }
            self.seen += 1;
            if self.seen > MAX_ROWS + 1 {
                return Err(format!("at most {MAX_ROWS} rows of a workbook are taken: send them as CSV"));
            }
            let next = Place { offset: self.row, lines: self.row };
            let content = match read.fault {
                Some(fault) => Err(fault),
                None => Ok(Cells::Texts(read.texts)),
            };
            return Ok(Some(Row { number: self.row, next, size: read.size, content }));
        }
    }

    fn begin_row(&mut self, element: &BytesStart<'_>) {
        let said = attribute(element, "r").and_then(|number| number.parse::<u64>().ok());
        // Numbers only grow, whatever the file says.
        self.row = said.filter(|said| *said > self.row && *said < 1 << 32).unwrap_or(self.row + 1);
    }

    /// Reads to the end of a row.
    fn read_row(&mut self) -> Result<RowAt, String> {
        let mut row = RowAt::default();
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            match self.sheet.read_event_into(&mut buffer).map_err(xml_fault)? {
                Event::Start(cell) if cell.local_name().as_ref() == b"c" => {
                    let (column, kind, style) = head(&cell, row.texts.len());
                    self.buffer = buffer;
                    let text = self.read_cell(&kind, style, column, &mut row)?;
                    row.put(column, text);
                    continue;
                }
                Event::End(end) if end.local_name().as_ref() == b"row" => {
                    self.buffer = buffer;
                    return Ok(row);
                }
                Event::Eof => return Err("the workbook ends within a row".to_owned()),
                _ => {}
            }
            self.buffer = buffer;
        }
    }

    /// Reads to the end of a cell and gives its text.
    fn read_cell(
        &mut self,
        kind: &str,
        style: usize,
        column: usize,
        row: &mut RowAt,
    ) -> Result<String, String> {
        let (mut inline, mut value, mut is_value) = (TextOf::default(), String::new(), false);
        loop {
            self.buffer.clear();
            let event = self.sheet.read_event_into(&mut self.buffer).map_err(xml_fault)?;
            match &event {
                Event::End(end) if end.local_name().as_ref() == b"c" => break,
                Event::Start(start) if start.local_name().as_ref() == b"v" => is_value = true,
                Event::End(end) if end.local_name().as_ref() == b"v" => is_value = false,
                Event::Text(text) if is_value => value.push_str(&String::from_utf8_lossy(text)),
                Event::GeneralRef(reference) if is_value => value.extend(character(reference)),
                Event::Eof => return Err("the workbook ends within a cell".to_owned()),
                event => inline.see(event),
            }
            if inline.len() > MAX_FIELD_BYTES || value.len() > MAX_FIELD_BYTES {
                row.fault.get_or_insert_with(|| Unreadable::field_too_long(column));
                (inline, value) = (TextOf::default(), String::new());
            }
        }
        Ok(match kind {
            "inlineStr" => unescaped(&inline.take()),
            "s" => value
                .parse()
                .ok()
                .and_then(|at: usize| self.parts.strings.get(at).cloned())
                .unwrap_or_default(),
            "b" => if value.trim() == "1" { "true" } else { "false" }.to_owned(),
            "str" => unescaped(&value),
            "e" | "d" => value,
            _ => self.number(&value, style),
        })
    }

    fn number(&self, value: &str, style: usize) -> String {
        let is_date = self.parts.is_date.get(style).copied().unwrap_or(false);
        let as_moment = || moment(value.trim().parse().ok()?, self.parts.is_1904);
        let text = if is_date { as_moment() } else { None };
        text.or_else(|| number(value.trim())).unwrap_or_else(|| value.to_owned())
    }
}

impl RowAt {
    fn put(&mut self, column: usize, text: String) {
        if column >= MAX_COLUMNS {
            self.fault.get_or_insert_with(Unreadable::too_many_columns);
            return;
        }
        self.size += text.len() + 8;
        if self.size > MAX_ROW_BYTES {
            self.fault.get_or_insert_with(Unreadable::too_long);
            return;
        }
        if self.texts.len() <= column {
            self.texts.resize(column + 1, String::new());
        }
        if let Some(place) = self.texts.get_mut(column) {
            *place = text;
        }
    }
}

/// Column, type and style of a cell.
fn head(cell: &BytesStart<'_>, next: usize) -> (usize, String, usize) {
    let letters = |name: String| {
        let letters = name.bytes().take_while(u8::is_ascii_uppercase);
        let column =
            letters.take(4).fold(0, |column: usize, letter| column * 26 + usize::from(letter - b'A') + 1);
        column.checked_sub(1)
    };
    let column = attribute(cell, "r").and_then(letters).unwrap_or(next);
    let style = attribute(cell, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
    (column, attribute(cell, "t").unwrap_or_default(), style)
}

#[cfg(test)]
mod tests;
