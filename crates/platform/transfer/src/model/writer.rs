//! Writes records as rows of a file, page by page.

use std::error::Error;

use athyper_kernel_entity::{EntityDef, FieldType};
use athyper_kernel_records::{Record, Shown};
use athyper_kernel_tables::{EXACT_DIGITS, SheetCell, SheetWriter, guarded};
use serde_json::Value;

use crate::model::cell;
use crate::model::options::Format;

/// What breaks a file off.
pub(crate) type WriteError = Box<dyn Error + Send + Sync>;

/// A file under way.
pub(crate) struct Writer {
    columns: Vec<(String, Option<FieldType>)>,
    form: Form,
}

enum Form {
    Csv,
    Jsonl,
    Xlsx(Box<SheetWriter>),
}

impl Writer {
    /// A file with these columns, which are keys of fields or what every record has.
    ///
    /// # Errors
    /// When it cannot be begun.
    pub(crate) fn new(format: Format, def: &EntityDef, columns: Vec<String>) -> Result<Self, WriteError> {
        let kind = |key: &str| def.field(key).map(|field| field.kind.clone());
        let columns = columns.into_iter().map(|key| (key.clone(), kind(&key))).collect();
        let form = match format {
            Format::Csv => Form::Csv,
            Format::Jsonl => Form::Jsonl,
            Format::Xlsx => Form::Xlsx(Box::new(SheetWriter::begin("Records")?)),
        };
        Ok(Self { columns, form })
    }

    /// What comes before the first record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn header(&mut self) -> Result<Vec<u8>, WriteError> {
        let names = self.columns.iter().map(|(name, _)| name.as_str());
        match &mut self.form {
            Form::Csv => csv_lines(std::iter::once(names.map(str::to_owned).collect())),
            Form::Jsonl => Ok(Vec::new()),
            Form::Xlsx(sheet) => {
                let cells: Vec<SheetCell> = names.map(|name| SheetCell::Text(name.to_owned())).collect();
                sheet.row(&cells)?;
                Ok(sheet.take())
            }
        }
    }

    /// These records, as far as each is shown.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn rows(
        &mut self,
        def: &EntityDef,
        records: &[(Record, Shown)],
    ) -> Result<Vec<u8>, WriteError> {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let of = |(record, shown): &(Record, Shown)| record.to_json(def, shown, Some(&names));
        let null = Value::Null;
        match &mut self.form {
            Form::Csv => {
                let columns = &self.columns;
                csv_lines(records.iter().map(|record| {
                    let json = of(record);
                    let value = |name: &str| json.get(name).unwrap_or(&null);
                    columns.iter().map(|(name, kind)| csv_cell(kind.as_ref(), value(name))).collect()
                }))
            }
            Form::Jsonl => {
                let mut lines = Vec::new();
                for record in records {
                    let json = of(record);
                    // Id and version are in it in any case.
                    let member = |name: &String| Some((name.clone(), json.get(name)?.clone()));
                    let chosen: serde_json::Map<String, Value> = names.iter().filter_map(member).collect();
                    serde_json::to_writer(&mut lines, &chosen)?;
                    lines.push(b'\n');
                }
                Ok(lines)
            }
            Form::Xlsx(sheet) => {
                for record in records {
                    let json = of(record);
                    let value = |name: &str| json.get(name).unwrap_or(&null);
                    let cells: Vec<SheetCell> = self
                        .columns
                        .iter()
                        .map(|(name, kind)| sheet_cell(kind.as_ref(), value(name)))
                        .collect();
                    sheet.row(&cells)?;
                }
                Ok(sheet.take())
            }
        }
    }

    /// What comes behind the last record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(self) -> Result<Vec<u8>, WriteError> {
        match self.form {
            Form::Csv | Form::Jsonl => Ok(Vec::new()),
            Form::Xlsx(sheet) => Ok(sheet.finish()?),
        }
    }
}

fn text_of(kind: Option<&FieldType>, value: &Value) -> String {
    match (kind, value) {
        (Some(kind), value) => cell::write(kind, value),
        (None, Value::Null) => String::new(),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}

fn csv_cell(kind: Option<&FieldType>, value: &Value) -> String {
    let text = text_of(kind, value);
    if kind.is_some_and(cell::is_number) { text } else { guarded(text) }
}

fn csv_lines(rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, WriteError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(|error| error.to_string())?)
}

fn sheet_cell(kind: Option<&FieldType>, value: &Value) -> SheetCell {
    let text = text_of(kind, value);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match value {
        Value::Null => SheetCell::Empty,
        Value::Bool(value) => SheetCell::Boolean(*value),
        _ if kind.is_some_and(cell::is_number) && digits <= EXACT_DIGITS => SheetCell::Number(text),
        _ => SheetCell::Text(text),
    }
}
