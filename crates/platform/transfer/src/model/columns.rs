//! What the columns of a file stand for.

use std::collections::HashSet;

use athyper_kernel_entity::{EntityKey, FieldType, SYSTEM_FIELDS};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{Entity, is_key};

use crate::model::fault::{Fault, name};
use crate::model::options::{Mode, Options};
use crate::model::row::Row;

/// What a column stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The id of the record.
    Id,
    /// A field.
    Field(String),
    /// A reference, named by a field of the other record whose values come once.
    Through {
        /// The field.
        field: String,
        /// The other record's entity.
        entity: EntityKey,
        /// The other record's field.
        other: String,
    },
}

impl Target {
    /// The field that gets a value.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Id => None,
            Self::Field(field) | Self::Through { field, .. } => Some(field),
        }
    }
}

/// Why a column stands for nothing: a stable code, and words for people.
type Refused = (&'static str, String);

/// What a column of this name stands for; nothing where it is to be passed over.
///
/// # Errors
/// When there is no such field, or it cannot be set.
pub(crate) fn target_of(entity: &Entity, options: &Options, column: &str) -> Result<Option<Target>, Refused> {
    let (text, is_meant) = match options.mapping.get(column) {
        Some(None) => return Ok(None),
        Some(Some(text)) => (text.as_str(), true),
        None => (column, false),
    };
    if text == "id" && options.by.as_deref() == Some("id") {
        return Ok(Some(Target::Id));
    }
    let is_set_by_itself = SYSTEM_FIELDS.contains(&text) || entity.unsettable().any(|key| key == text);
    if is_set_by_itself {
        // A file that was exported has these columns as well.
        return if is_meant {
            Err(("read_only", format!("{} cannot be set, map no column to it", name(text))))
        } else {
            Ok(None)
        };
    }
    if entity.def.field(text).is_some() {
        return Ok(Some(Target::Field(text.to_owned())));
    }
    if let Some(through) = through(entity, text) {
        return Ok(Some(through));
    }
    let message = if is_meant {
        format!("there is no field {}, map the column to another one or to null", name(text))
    } else {
        "no field has this key: rename the column, or map it to a field or to null".to_owned()
    };
    Err(("unknown_column", message))
}

/// A reference and a field of the other record: `customer.code`.
fn through(entity: &Entity, text: &str) -> Option<Target> {
    let (field, other) = text.split_once('.')?;
    let (FieldType::Reference(reference) | FieldType::References(reference)) = &entity.def.field(field)?.kind
    else {
        return None;
    };
    let (field, other) = (field.to_owned(), other.to_owned());
    Some(Target::Through { field, entity: reference.entity.clone(), other })
}

/// The columns of a file with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns(pub(crate) Vec<(String, Option<Target>)>);

impl Columns {
    /// What the columns of a header stand for.
    ///
    /// # Errors
    /// All columns that cannot be used, or that are missing.
    pub(crate) fn of(
        entity: &Entity,
        options: &Options,
        header: &[String],
        row: u64,
    ) -> Result<Self, Vec<Fault>> {
        let (mut columns, mut faults) = (Vec::new(), Vec::new());
        let (mut names, mut fields) = (HashSet::new(), HashSet::new());
        for (at, column) in header.iter().enumerate() {
            let column = column.trim();
            let mut refuse = |code: &str, message: String| {
                faults.push(Fault::in_column(row, column, code, message));
            };
            if column.is_empty() {
                refuse("unknown_column", format!("column {} has no name", at + 1));
                continue;
            }
            if !names.insert(column) {
                refuse("double_column", "this column is there twice".to_owned());
                continue;
            }
            let target = match target_of(entity, options, column) {
                Ok(target) => target,
                Err((code, message)) => {
                    refuse(code, message);
                    continue;
                }
            };
            if let Some(field) = target.as_ref().map(|target| target.field().unwrap_or("id").to_owned())
                && !fields.insert(field.clone())
            {
                refuse("double_column", format!("another column stands for {field} already"));
                continue;
            }
            columns.push((column.to_owned(), target));
        }
        for column in options.mapping.keys().filter(|column| !names.contains(column.as_str())) {
            faults.push(Fault::in_column(
                row,
                column,
                "missing_column",
                "this column is mapped and not there",
            ));
        }
        for field in options.constants.keys().filter(|field| fields.contains(*field)) {
            let message = "this field has a constant value as well, map the column to null";
            faults.push(Fault::in_column(row, field, "double_column", message).of_field(field));
        }
        if let Some(by) = &options.by
            && options.mode != Mode::Create
            && !fields.contains(by)
            && !options.constants.contains_key(by)
        {
            let message = "records are found by this field, and no column stands for it";
            faults.push(Fault::in_column(row, by, "missing_column", message).of_field(by));
        }
        if faults.is_empty() { Ok(Self(columns)) } else { Err(faults) }
    }
}

/// Whether the options can be used for the entity.
///
/// # Errors
/// All that is wrong, with pointers to the query's parameters.
pub(crate) fn check_options(entity: &Entity, options: &Options) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    match (options.mode, options.by.as_deref()) {
        (Mode::Create, Some(_)) => {
            let message = "by is for mode=update and mode=upsert, leave it out";
            errors.push(FieldError::new("?by", "unexpected", message));
        }
        (Mode::Update | Mode::Upsert, None) => {
            let message = "say by what a row names its record: id, or a field whose values come once";
            errors.push(FieldError::new("?by", "required", message));
        }
        (_, Some(by)) if by != "id" && !is_key(entity, by) => {
            let message = "this is no field whose values come once among all records";
            errors.push(FieldError::new("?by", "not_unique", message));
        }
        _ => {}
    }
    for (key, value) in &options.constants {
        let pointer = format!("?constants/{}", name(key));
        match entity.def.field(key) {
            None => errors.push(FieldError::new(pointer, "unknown_field", "there is no such field")),
            Some(_) if entity.unsettable().any(|unsettable| unsettable == key) => {
                errors.push(FieldError::new(pointer, "read_only", "this value cannot be set"));
            }
            Some(field) => errors.extend(field.kind.read(value, &pointer).err().into_iter().flatten()),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The names in a header row.
///
/// # Errors
/// When the row cannot be read.
pub(crate) fn header_of(row: &Row) -> Result<Vec<String>, Fault> {
    match &row.content {
        Ok(crate::model::row::Cells::Texts(texts)) => Ok(texts.clone()),
        Ok(crate::model::row::Cells::Members(_)) => Ok(Vec::new()),
        Err(unreadable) => Err(Fault::of_row(row.number, unreadable.code, &unreadable.message)),
    }
}
