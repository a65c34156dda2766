//! The records service: one implementation of everything that can be done with the records of an entity.
//!
//! # What it owns
//!
//! The schema `records`: definitions in force, the records of entities that tenants design, and what makes them found.
//!
//! # What it refuses
//!
//! - A value that the field's type does not take, a field that there is not, a missing one that is required, all named at once.
//! - A change that does not name the version it is made on, or names another than the record has.
//! - A second record with a value that comes once, and one that holds while another holds.
//! - A sort by a field that is not indexed, a filter that cannot be told the database, and any text of a client as part of a statement.
//!
//! # How it is read
//!
//! `routes.rs` is the table of contents. A command reads the values a client sends by the entity's definition (`check`,
//! `rules`), and stores the record with its traces (`write`, `index`). A list is a [`Selection`](athyper_kernel_record_model::Selection) in an
//! order; `store/lists.rs` is the only place where the text of a statement depends on a definition.
//!
//! The records of an entity lie in `records.record`, or in the table of the domain whose entity it is: `relation.rs` has the
//! pieces of statements that differ.
//!
//! A field is stored under its slot, a number that stays when the field is renamed ([`Entity::slots`]). Whoever designs
//! entities puts them in force with [`publish`].

mod access;
mod body;
mod catalogue;
mod commands;
mod counting;
mod deps;
mod expand;
mod files;
mod guard;
mod in_force;
mod many;
mod matches;
mod merge;
mod module;
mod named;
mod path;
pub mod ports;
mod queries;
mod redesign;
mod routes;
mod seen;
mod store;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub use athyper_kernel_record_model::{
    Concerned, Entity, EntityId, EntityMarker, Error, MatchKey, Parameters, Record, RecordCount, RecordId,
    Rehearsal, SAMPLES, Shown, Slot, SystemEntities, columns, compared, is_expandable, match_keys, moment,
    seen_fields, seen_values,
};
pub use body::RecordBody;
pub use catalogue::{
    ENTITY_TOPIC, Entities, entity_of, lock_version, named_entities, new_entity_id, publish,
    publish_in_slots, publish_overlay, put_next, retire, slots_of,
};
pub use counting::{count_all, count_states, count_values, stored_values};
use deps::Records as Deps;
pub use deps::{ATTACHMENTS, RECORDS, Records, VIEWS, check_read, check_write};
pub use guard::{Guard, Listing};
pub use in_force::InForce;
pub use many::{Change, Write, Written, find_by_values, is_key, lock_records, write_many};
pub use merge::{Merge, Merged, find_records, merge_records};
pub use module::MODULE;
pub use path::{EntityPath, RecordPath};
pub use queries::list_records::ListRecords;
pub use redesign::{
    Aside, Move, Redesign, Redo, begin_redesign, end_redesign, existing_keys, find_entity, look_up,
    referring_entities, rename_references, stored_entity,
};
pub use seen::{find_seen, newest_seen};
pub use walk::{Walk, WalkQuery};
