//! A row as the values of a record, before the database was asked anything.

use athyper_kernel_entity::{EntityKey, FieldType};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::Entity;
use chrono_tz::Tz;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::model::cell;
use crate::model::columns::{Columns, Target, target_of};
use crate::model::fault::Fault;
use crate::model::options::{Empty, Format, Mode, Options};
use crate::model::row::{Cells, Row, Unreadable};

/// What a row says of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// Where it stands in the file.
    pub(crate) row: u64,
    /// The id of its record, where rows name that.
    pub(crate) id: Option<Uuid>,
    /// Values by key of the field, as a client would send them.
    pub(crate) values: Map<String, Value>,
    /// References by what the other record is called.
    pub(crate) through: Vec<Through>,
}

/// A reference by what the other record is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Through {
    /// The column.
    pub(crate) column: String,
    /// The field.
    pub(crate) field: String,
    /// The other record's entity.
    pub(crate) entity: EntityKey,
    /// The other record's field.
    pub(crate) other: String,
    /// What it is called there.
    pub(crate) names: Vec<Named>,
}

/// What a record is called in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    /// The text of a cell.
    Text(String),
    /// A value of JSON.
    Json(Value),
}

/// What rows are read by.
pub(crate) struct Reading<'r> {
    /// The entity.
    pub(crate) entity: &'r Entity,
    /// How the file is imported.
    pub(crate) options: &'r Options,
    /// Its form.
    pub(crate) format: Format,
    /// Its columns; none of JSON Lines.
    pub(crate) columns: &'r Columns,
    /// The tenant's time zone.
    pub(crate) zone: Tz,
}

impl Reading<'_> {
    /// What a row says.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn draft(&self, row: Row) -> Result<Draft, Vec<Fault>> {
        let number = row.number;
        let mut draft =
            Draft { row: number, id: None, values: self.options.constants.clone(), through: Vec::new() };
        let mut faults = match row.content {
            Ok(Cells::Texts(texts)) => self.texts(&texts, &mut draft),
            Ok(Cells::Members(members)) => self.members(members, &mut draft),
            Err(unreadable) => vec![self.unreadable(number, &unreadable)],
        };
        if faults.is_empty() {
            return Ok(draft);
        }
        // Whoever mends the row is to know all that is wrong with it.
        faults.extend(self.wrong_values(&draft));
        Err(faults)
    }

    /// What the types of the fields say to the values that could be read of a row.
    fn wrong_values(&self, draft: &Draft) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, value) in draft.values.iter().filter(|(_, value)| !value.is_null()) {
            let read = self.entity.def.field(key).map(|field| field.kind.read(value, ""));
            let Some(Err(errors)) = read else { continue };
            let is_its = |target: &Option<Target>| target.as_ref().and_then(Target::field) == Some(key);
            let column = self.columns.0.iter().find(|(_, target)| is_its(target));
            let column = column.map_or(key, |(column, _)| column);
            let fault = |error: FieldError| {
                Fault::in_column(draft.row, column, &error.code, error.message).of_field(key)
            };
            faults.extend(errors.into_iter().map(fault));
        }
        faults
    }

    fn unreadable(&self, row: u64, unreadable: &Unreadable) -> Fault {
        match unreadable.column.and_then(|column| self.columns.0.get(column)) {
            Some((column, target)) => with_target(
                Fault::in_column(row, column, unreadable.code, &unreadable.message),
                target.as_ref(),
            ),
            None => Fault::of_row(row, unreadable.code, &unreadable.message),
        }
    }

    fn texts(&self, texts: &[String], draft: &mut Draft) -> Vec<Fault> {
        let columns = &self.columns.0;
        // A sheet says nothing of cells at the end of a row that are empty.
        let is_ragged = match self.format {
            Format::Xlsx => texts.len() > columns.len(),
            Format::Csv | Format::Jsonl => texts.len() != columns.len(),
        };
        if is_ragged {
            let message = format!("this row has {} fields, the header has {}", texts.len(), columns.len());
            return vec![Fault::of_row(draft.row, "field_count", message)];
        }
        let mut faults = Vec::new();
        for ((column, target), text) in columns.iter().zip(texts) {
            let Some(target) = target else { continue };
            let text = if self.format == Format::Csv { athyper_kernel_tables::unguarded(text) } else { text };
            if let Err((code, message)) = self.cell(column, target, text, draft) {
                faults.push(with_target(Fault::in_column(draft.row, column, code, message), Some(target)));
            }
        }
        faults
    }

    fn cell(&self, column: &str, target: &Target, text: &str, draft: &mut Draft) -> Result<(), cell::Wrong> {
        let is_empty = text.trim().is_empty();
        match target {
            Target::Id if is_empty => {}
            Target::Id => draft.id = Some(id(text.trim())?),
            Target::Field(field) | Target::Through { field, .. } if is_empty => {
                // A new record has its default instead, which a null would be as well.
                if self.options.mode != Mode::Create && self.options.empty == Empty::Clear {
                    draft.values.insert(field.clone(), Value::Null);
                }
            }
            Target::Field(field) => {
                let Some(def) = self.entity.def.field(field) else { return Ok(()) };
                draft.values.insert(field.clone(), cell::read(&def.kind, text, self.zone)?);
            }
            Target::Through { field, entity, other } => {
                let names = match self.entity.def.field(field).map(|def| &def.kind) {
                    Some(FieldType::References(_)) => cell::entries(text),
                    _ => vec![text],
                };
                let names = names.into_iter().map(|name| Named::Text(name.to_owned())).collect();
                draft.through.push(through(column, field, entity, other, names));
            }
        }
        Ok(())
    }

    fn members(&self, members: Map<String, Value>, draft: &mut Draft) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (column, value) in members {
            let done = target_of(self.entity, self.options, &column).and_then(|target| {
                let Some(target) = target else { return Ok(()) };
                Self::member(&column, target, value, draft)
            });
            if let Err((code, message)) = done {
                faults.push(Fault::in_column(draft.row, &column, code, message));
            }
        }
        faults
    }

    fn member(column: &str, target: Target, value: Value, draft: &mut Draft) -> Result<(), cell::Wrong> {
        let named_before = |field: &str, draft: &Draft| {
            draft.values.contains_key(field) || draft.through.iter().any(|through| through.field == field)
        };
        match target {
            Target::Id if value.is_null() => {}
            Target::Id => draft.id = Some(id(value.as_str().unwrap_or_default())?),
            Target::Field(field) | Target::Through { field, .. } if named_before(&field, draft) => {
                return Err(("double_column", format!("{field} is given twice")));
            }
            Target::Field(field) => drop(draft.values.insert(field, value)),
            Target::Through { field, .. } if value.is_null() => drop(draft.values.insert(field, Value::Null)),
            Target::Through { field, entity, other } => {
                let names = match value {
                    Value::Array(list) => list.into_iter().map(Named::Json).collect(),
                    one => vec![Named::Json(one)],
                };
                draft.through.push(through(column, &field, &entity, &other, names));
            }
        }
        Ok(())
    }
}

fn through(column: &str, field: &str, entity: &EntityKey, other: &str, names: Vec<Named>) -> Through {
    let (column, field, other) = (column.to_owned(), field.to_owned(), other.to_owned());
    Through { column, field, entity: entity.clone(), other, names }
}

fn with_target(fault: Fault, target: Option<&Target>) -> Fault {
    match target.and_then(Target::field) {
        Some(field) => fault.of_field(field),
        None => fault,
    }
}

fn id(text: &str) -> Result<Uuid, cell::Wrong> {
    Uuid::try_parse(text)
        .map_err(|_| ("invalid", "an id such as 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 is expected".to_owned()))
}
