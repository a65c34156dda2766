//! Reads CSV (RFC 4180) as it comes in, piece by piece, in bounded memory: what is too long is passed over and named.

use csv_core::{ReadRecordResult, Reader};

use crate::model::row::{Cells, MAX_COLUMNS, MAX_FIELD_BYTES, MAX_ROW_BYTES, Place, Row, Unreadable};

/// Room for a row to begin with, in bytes.
const FIRST_ROOM: usize = 8 << 10;

/// A reader between two pieces.
pub(crate) struct CsvReader {
    core: Reader,
    /// Fields of the row so far, without anything between them, and where each ends.
    fields: Vec<u8>,
    filled: usize,
    ends: Vec<usize>,
    ended: usize,
    /// Where the reader is.
    place: Place,
    /// Where the last row ended.
    before: u64,
    /// The line on which the row begins; none between two rows.
    began: Option<u64>,
    overflow: Option<Unreadable>,
}

impl CsvReader {
    /// A reader that begins between two rows.
    pub(crate) fn at(place: Place) -> Self {
        Self {
            core: Reader::new(),
            fields: vec![0; FIRST_ROOM],
            filled: 0,
            ends: vec![0; 64],
            ended: 0,
            place,
            before: place.offset,
            began: None,
            overflow: None,
        }
    }

    /// Takes a piece and adds the rows that end in it. An empty piece is the end of the file.
    pub(crate) fn take(&mut self, piece: &[u8], rows: &mut Vec<Row>) {
        let (mut rest, is_end) = (piece, piece.is_empty());
        loop {
            if self.began.is_none() {
                let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.pass(rest.get(..skipped).unwrap_or_default());
                rest = rest.get(skipped..).unwrap_or_default();
                if rest.is_empty() && !is_end {
                    return;
                }
                self.began = Some(self.place.lines + 1);
            }
            let fields = self.fields.get_mut(self.filled..).unwrap_or_default();
            let ends = self.ends.get_mut(self.ended..).unwrap_or_default();
            let (result, read, written, ended) = self.core.read_record(rest, fields, ends);
            self.pass(rest.get(..read).unwrap_or_default());
            rest = rest.get(read..).unwrap_or_default();
            self.filled += written;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty if is_end => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return,
                ReadRecordResult::OutputFull => self.more_room(),
                ReadRecordResult::OutputEndsFull => self.more_columns(),
                ReadRecordResult::Record => rows.push(self.row()),
            }
        }
    }

    /// Notes what was read.
    fn pass(&mut self, bytes: &[u8]) {
        self.place.offset += bytes.len() as u64;
        self.place.lines += bytes.split(|byte| *byte == b'\n').skip(1).count() as u64;
    }

    fn more_room(&mut self) {
        if self.fields.len() < MAX_ROW_BYTES && self.overflow.is_none() {
            self.fields.resize(self.fields.len().saturating_mul(2).min(MAX_ROW_BYTES), 0);
            return;
        }
        let fault = Unreadable::too_long().at(self.ended);
        self.overflow.get_or_insert(fault);
        (self.filled, self.ended) = (0, 0);
    }

    fn more_columns(&mut self) {
        if self.ends.len() <= MAX_COLUMNS && self.overflow.is_none() {
            self.ends.resize(self.ends.len().saturating_mul(2).min(MAX_COLUMNS + 1), 0);
            return;
        }
        self.overflow.get_or_insert_with(Unreadable::too_many_columns);
        (self.filled, self.ended) = (0, 0);
    }

    fn row(&mut self) -> Row {
        let number = self.began.take().unwrap_or(self.place.lines);
        let content = match self.overflow.take() {
            Some(fault) => Err(fault),
            None => self.texts().map(Cells::Texts),
        };
        (self.filled, self.ended) = (0, 0);
        // A row that was long keeps no room for those that follow.
        if self.fields.len() > FIRST_ROOM * 32 {
            self.fields = vec![0; FIRST_ROOM];
        }
        let size = usize::try_from(self.place.offset - self.before).unwrap_or(usize::MAX);
        self.before = self.place.offset;
        Row { number, next: self.place, size, content }
    }

    fn texts(&self) -> Result<Vec<String>, Unreadable> {
        if self.ended > MAX_COLUMNS {
            return Err(Unreadable::too_many_columns());
        }
        let (mut texts, mut start) = (Vec::with_capacity(self.ended), 0);
        for (column, end) in self.ends.iter().take(self.ended).enumerate() {
            let field = self.fields.get(start..*end).unwrap_or_default();
            start = *end;
            if field.len() > MAX_FIELD_BYTES {
                return Err(Unreadable::field_too_long(column));
            }
            let text = std::str::from_utf8(field)
                .map_err(|_| Unreadable::new("invalid_encoding", "this field is not UTF-8").at(column))?;
            texts.push(text.to_owned());
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8], size: usize) -> Vec<Row> {
        let (mut reader, mut rows) = (CsvReader::at(Place::default()), Vec::new());
        for piece in file.chunks(size) {
            reader.take(piece, &mut rows);
        }
        reader.take(&[], &mut rows);
        rows
    }

    fn texts(row: &Row) -> Vec<&str> {
        match &row.content {
            Ok(Cells::Texts(texts)) => texts.iter().map(String::as_str).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_have_the_lines_of_an_editor_however_the_file_is_cut() {
        for size in 1..20 {
            for (file, expected) in [
                ("a,b\n1,2\n3,4\n", vec![1, 2, 3]),
                ("a,b\r\n1,2\r\n3,4\r\n", vec![1, 2, 3]),
                ("\n\na,b\n\n1,2\n\n\n3,4", vec![3, 5, 8]),
                ("a,b\n\"1\n1\",2\n3,4\n", vec![1, 2, 4]),
                ("a,b\r\n\"1\r\n1\",2\r\n\r\n3,4\r\n", vec![1, 2, 5]),
                ("", vec![]),
                ("\n\r\n", vec![]),
            ] {
                let rows = read(file.as_bytes(), size);
                assert_eq!(
                    rows.iter().map(|row| row.number).collect::<Vec<_>>(),
                    expected,
                    "{file:?} {size}"
                );
            }
        }
    }

    #[test]
    fn what_is_too_long_is_named_and_what_follows_is_read() {
        let long = "x".repeat(10 << 20);
        let file = format!("a,b\n1,{long}\n2,3\n4,{}\n5,6\n", "y".repeat(MAX_FIELD_BYTES + 1));
        let rows = read(file.as_bytes(), 64 << 10);
        let code = |row: &Row| row.content.as_ref().err().map(|fault| (fault.code, fault.column));
        assert_eq!(
            rows.iter().map(code).collect::<Vec<_>>(),
            [None, Some(("row_too_long", Some(1))), None, Some(("too_long", Some(1))), None]
        );
        assert_eq!(texts(&rows[4]), ["5", "6"]);
        let rows = read(format!("{}\n1,2\n", ",".repeat(5_000)).as_bytes(), 999);
        assert_eq!(rows[0].content.as_ref().unwrap_err().code, "too_many_columns");
        assert_eq!(texts(&rows[1]), ["1", "2"]);
        // A quotation mark that nobody closes takes the rest of the file, and no more memory than a row may have.
        let rows = read(format!("a\n\"{}", "z\n".repeat(4 << 20)).as_bytes(), 64 << 10);
        assert_eq!(rows[1].content.as_ref().unwrap_err().code, "row_too_long");
    }

    proptest! {
        #[test]
        fn what_a_writer_writes_is_read_and_can_be_taken_up_at_any_row(
            table in proptest::collection::vec(proptest::collection::vec("\\PC{0,8}|[\"\r\n, ]{0,4}", 2..4), 1..12),
            size in 1_usize..40,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let file = writer.into_inner().unwrap();
            let rows = read(&file, size);
            prop_assert_eq!(rows.iter().map(texts).collect::<Vec<_>>(), table);
            for (at, row) in rows.iter().enumerate() {
                let (mut reader, mut rest) = (CsvReader::at(row.next), Vec::new());
                for piece in file[usize::try_from(row.next.offset).unwrap()..].chunks(size) {
                    reader.take(piece, &mut rest);
                }
                reader.take(&[], &mut rest);
                prop_assert_eq!(&rest[..], &rows[at + 1..]);
            }
        }

        #[test]
        fn no_bytes_are_too_strange(file in proptest::collection::vec(any::<u8>(), 0..300), size in 1_usize..50) {
            let whole = read(&file, 1_000);
            prop_assert_eq!(read(&file, size), whole);
        }
    }
}
