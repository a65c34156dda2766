//! Reads JSON Lines as they come in, piece by piece, in bounded memory: a line that is too long is passed over and named.

use athyper_kernel_entity::Values;

use crate::model::row::{Cells, MAX_COLUMNS, MAX_ROW_BYTES, Place, Row, Unreadable};

/// A reader between two pieces.
pub(crate) struct JsonReader {
    line: Vec<u8>,
    is_too_long: bool,
    place: Place,
}

impl JsonReader {
    /// A reader that begins between two lines.
    pub(crate) fn at(place: Place) -> Self {
        Self { line: Vec::new(), is_too_long: false, place }
    }

    /// Takes a piece and adds the rows that end in it. An empty piece is the end of the file.
    pub(crate) fn take(&mut self, piece: &[u8], rows: &mut Vec<Row>) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.add(rest.get(..end).unwrap_or_default());
            rest = rest.get(end + 1..).unwrap_or_default();
            self.place.offset += 1;
            self.place.lines += 1;
            rows.extend(self.row(self.place.lines));
        }
        self.add(rest);
        if piece.is_empty() {
            rows.extend(self.row(self.place.lines + 1));
        }
    }

    fn add(&mut self, part: &[u8]) {
        self.place.offset += part.len() as u64;
        if self.is_too_long || self.line.len() + part.len() > MAX_ROW_BYTES {
            self.is_too_long = true;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn row(&mut self, number: u64) -> Option<Row> {
        let line = std::mem::take(&mut self.line);
        let content = if std::mem::take(&mut self.is_too_long) {
            Err(Unreadable::too_long())
        } else if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        } else {
            read(&line)
        };
        Some(Row { number, next: self.place, size: line.len(), content })
    }
}

fn read(line: &[u8]) -> Result<Cells, Unreadable> {
    let text = std::str::from_utf8(line)
        .map_err(|_| Unreadable::new("invalid_encoding", "this line is not UTF-8"))?;
    let values: Values = serde_json::from_str(text)
        .map_err(|error| Unreadable::new("invalid_json", format!("this line is no JSON object: {error}")))?;
    if values.0.len() > MAX_COLUMNS {
        Err(Unreadable::too_many_columns())
    } else {
        Ok(Cells::Members(values.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, size: usize) -> Vec<(u64, u64, Result<String, &'static str>)> {
        let (mut reader, mut rows) = (JsonReader::at(Place::default()), Vec::new());
        for piece in file.as_bytes().chunks(size) {
            reader.take(piece, &mut rows);
        }
        reader.take(&[], &mut rows);
        let one = |row: Row| {
            let content = match row.content {
                Ok(Cells::Members(members)) => Ok(serde_json::Value::Object(members).to_string()),
                Ok(Cells::Texts(texts)) => panic!("{texts:?}"),
                Err(fault) => Err(fault.code),
            };
            (row.number, row.next.offset, content)
        };
        rows.into_iter().map(one).collect()
    }

    #[test]
    fn each_line_is_an_object() {
        let file = "{\"a\":1}\n\n[1]\n{\"a\":1,\"a\":2}\r\n{\"n\":1e999}\n{\"__proto__\":{}}";
        for size in 1..30 {
            let found = read(file, size);
            let expected = [
                (1, 8, Ok("{\"a\":1}".to_owned())),
                (3, 13, Err("invalid_json")),
                (4, 28, Err("invalid_json")),
                (5, 40, Err("invalid_json")),
                (6, 56, Ok("{\"__proto__\":{}}".to_owned())),
            ];
            assert_eq!(found, expected, "{size}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_or_too_deep_is_passed_over() {
        let file =
            format!("{{\"a\":\"{}\"}}\n{{\"a\":2}}\n{{\"a\":{}\n", "x".repeat(10 << 20), "[".repeat(100_000));
        let found = read(&file, 64 << 10);
        let codes: Vec<_> = found.into_iter().map(|(row, _, content)| (row, content)).collect();
        assert_eq!(
            codes,
            [(1, Err("row_too_long")), (2, Ok("{\"a\":2}".to_owned())), (3, Err("invalid_json"))]
        );
    }
}
