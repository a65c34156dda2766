//! Entities as data: what a kind of record consists of, and whether a record is one.
//!
//! An [`EntityDef`] says all that the platform knows of a kind of record: its fields and their types, what is required and
//! unique, its states, how it is numbered and shown. A domain writes its definitions in files beside its code ([`SystemEntity`]), a
//! tenant designs its own; both are the same type, and everything that works on records reads it.
//!
//! - [`EntityDef::check`] names all that is wrong with a definition at once.
//! - [`FieldType::read`] takes a value as a client sends it and gives it in its one stored form, or says what is wrong.
//! - [`indexed_value`] and [`words`] say what an index and the search keep of a value.
//! - [`EntityDef::json_schema`] describes a record for clients (JSON Schema 2020-12).
//!
//! Nothing here touches a database: where the records are kept, and who may see them, is decided by whoever uses it.

mod check;
mod check_duplicates;
mod check_fields;
mod convert;
mod country;
mod definition;
mod duplicates;
mod duration;
mod example;
mod field;
mod field_type;
mod indexed;
mod json_schema;
mod key;
mod label;
mod layout;
mod overlay;
mod read;
pub mod sortable;
mod states;
mod system;
#[cfg(test)]
mod tests;
mod text_forms;
mod values;
pub mod words;

pub use country::is_country;
pub use definition::{
    EffectiveDating, EntityDef, EntityKind, Numbering, RecordRule, SYSTEM_FIELDS, UniqueRule, Writer,
};
pub use duplicates::{DuplicateRule, MatchField, MatchMethod, OnDuplicate};
pub use duration::{IsoDuration, IsoDurationError};
pub use field::{FieldDef, FieldRule, PersonalData, UniqueField};
pub use field_type::{
    AttachmentType, ChildType, ComputedType, DecimalType, EnumOption, EnumType, FieldType, IntegerType,
    LongTextType, MoneyType, OnDelete, Plain, QuantityType, ReferenceType, TextType,
};
pub use indexed::{MAX_INDEXED_CHARS, cut, indexed_value, is_indexed};
pub use key::{EntityKey, FieldKey, KeyError};
pub use label::Label;
pub use layout::{Board, FormSection, Layout};
pub use overlay::{FieldOverlay, Overlay};
pub use read::{MAX_INTEGER, pointer_part};
pub use states::{State, StateMachine, Transition};
pub use system::{
    FIRST_CUSTOM_SLOT, LineTable, Stored, SystemEntity, TableParts, is_custom_key, read_system_entities,
};
pub use values::{StrictJson, Values};
