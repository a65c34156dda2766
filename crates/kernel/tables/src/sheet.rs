//! Writes a workbook with one sheet as it goes out, row by row: nothing of it is held but what was not yet taken away.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::sheet_text::escaped;

/// Most significant digits that every spreadsheet keeps of a number (IEEE 754, binary64).
pub const EXACT_DIGITS: usize = 15;

/// Most rows of a sheet (ECMA-376 leaves it open, the usual programs take so many).
pub const MAX_SHEET_ROWS: u64 = 1_048_576;

const TYPES: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
    "<Override PartName=\"/xl/workbook.xml\" ",
    "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>",
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ",
    "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>",
);
const RELATIONS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" ",
    "Target=\"xl/workbook.xml\"/></Relationships>",
);
const WORKBOOK: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" ",
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">",
    "<sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
);
const WORKBOOK_RELATIONS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" ",
    "Target=\"worksheets/sheet1.xml\"/></Relationships>",
);
const SHEET: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
);

/// A cell that is written.
pub enum SheetCell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number, in digits.
    Number(String),
    /// True or false.
    Boolean(bool),
}

/// What was written and not yet taken away.
#[derive(Clone, Default)]
struct Pending(Arc<Mutex<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A workbook under way.
pub struct SheetWriter {
    archive: ZipWriter<StreamWriter<Pending>>,
    pending: Pending,
    rows: u64,
}

impl SheetWriter {
    /// Begins a workbook whose sheet has this name, of letters and spaces.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn begin(name: &str) -> io::Result<Self> {
        let workbook = WORKBOOK.replace("{name}", &escaped(name));
        let pending = Pending::default();
        let mut archive = ZipWriter::new_stream(pending.clone());
        for (name, content) in [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", RELATIONS),
            ("xl/workbook.xml", workbook.as_str()),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
            ("xl/worksheets/sheet1.xml", SHEET),
        ] {
            // It may be larger than four gigabytes, which has to be said beforehand.
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .large_file(name.ends_with("sheet1.xml"));
            archive.start_file(name, options)?;
            archive.write_all(content.as_bytes())?;
        }
        Ok(Self { archive, pending, rows: 0 })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When there are more rows than a sheet can have.
    pub fn row(&mut self, cells: &[SheetCell]) -> io::Result<()> {
        self.rows += 1;
        if self.rows > MAX_SHEET_ROWS {
            return Err(io::Error::other("a sheet has at most 1,048,576 rows: export these records as CSV"));
        }
        let mut xml = format!("<row r=\"{}\">", self.rows);
        for (column, cell) in cells.iter().enumerate() {
            let name = format!("{}{}", letters(column), self.rows);
            // Writing to a String cannot fail.
            let _ = match cell {
                SheetCell::Empty => Ok(()),
                SheetCell::Text(text) => write!(
                    xml,
                    "<c r=\"{name}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                    escaped(text)
                ),
                SheetCell::Number(number) => write!(xml, "<c r=\"{name}\"><v>{number}</v></c>"),
                SheetCell::Boolean(value) => {
                    write!(xml, "<c r=\"{name}\" t=\"b\"><v>{}</v></c>", u8::from(*value))
                }
            };
        }
        xml.push_str("</row>");
        self.archive.write_all(xml.as_bytes())
    }

    /// What can be sent by now.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.pending.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the workbook and gives the rest of it.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.archive.write_all(b"</sheetData></worksheet>")?;
        let pending = self.pending.clone();
        self.archive.finish()?;
        Ok(std::mem::take(&mut *pending.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The name of a column: A, B, … Z, AA.
fn letters(column: usize) -> String {
    let (mut name, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        rest -= 1;
        name.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    name.reverse();
    String::from_utf8_lossy(&name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_names_of_spreadsheets() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
