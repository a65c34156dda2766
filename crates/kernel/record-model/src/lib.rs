//! What a record of an entity is, without any I/O: the records service (`kernel/records`) keeps, finds and shows it.
//!
//! - An [`Entity`] is a definition in force with the slots of its fields; its [`Relation`] says where its records lie.
//! - A [`Record`] has values by the keys of the fields. [`check`] reads those that a client sends; [`Traces`] are what is kept
//!   beside it to find it by.
//! - [`Stored`] is one as it comes from the database, which a list that shows all of it writes [as it is](Members::write).
//! - [`Shown`] is what somebody is shown of a record: it becomes JSON only by that ([`Record::to_json`]). [`Open`] is the same
//!   of a list: which records, by which fields.
//! - A [`Selection`], a [`Sort`] and an [`Aggregate`] are what a list asks for; [`terms`] says what the names of a filter are in
//!   SQL and what it asks of an index, [`search`] the same of words.
//! - [`Error`] has all that the records service refuses.
//!
//! Nothing here touches a database.

mod aggregate;
pub mod check;
mod concerned;
mod duplicates;
mod entity;
mod error;
mod index;
mod named;
mod open;
mod parameters;
mod query;
mod record;
mod rehearsal;
mod relation;
pub mod search;
mod seen;
mod shown;
mod stored;
mod system;
pub mod terms;

pub use aggregate::{Aggregate, MAX_GROUPS, Output};
pub use concerned::{Concerned, RecordCount, SAMPLES};
pub use duplicates::{MatchKey, Refused, agreements, compared, match_keys};
pub use entity::{Entity, EntityId, EntityMarker, RecordId, RecordMarker, Slot, with_slots};
pub use error::Error;
pub use index::{EffectiveTime, Traces, UniqueValue, references, unique_key};
pub use named::{Successors, named_files, names_in_lines, references_in_lines, repoint, take_files};
pub use open::Open;
pub use parameters::{Parameters, is_expandable};
pub use query::{Place, Selection, Sort, SortBy, columns, listed, names, query_error};
pub use record::{AsShown, Record, moment};
pub use rehearsal::Rehearsal;
pub use relation::{Relation, sorted_by, written};
pub use seen::{seen, seen_fields, seen_values};
pub use shown::Shown;
pub use stored::{Members, Stored};
pub use system::SystemEntities;
