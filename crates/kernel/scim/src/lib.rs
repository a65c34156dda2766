//! The language of SCIM 2.0, without HTTP and without a database: RFC 7643 (schemas) and RFC 7644 (protocol).
//!
//! A resource is a JSON object whose form a [`ResourceKind`] states: [`USER`] and [`GROUP`]. What a client sends goes
//! through [`accept`], which knows names in any case and drops what the schema does not have. A filter is read by
//! [`Filter::parse`] and resolved against the schema to a [`Test`]; a test decides on a resource in memory
//! ([`Test::holds`]), and [`sql`] makes a condition of it for whoever keeps the resources in tables. A patch is a list of
//! [`PatchOperation`]s, applied one after the other by [`apply`]. A [`Selection`] says which attributes an answer has.
//! [`forms`] has users and groups as values, and [`Base`] where they are.

mod accept;
mod discovery;
mod error;
pub mod filter;
pub mod forms;
mod list;
mod messages;
pub mod patch;
mod path;
mod place;
mod resources;
mod schema;
mod select;
pub mod sql;
mod test;

pub use accept::accept;
pub use discovery::{
    resource_type, resource_types, schema_document, schema_documents, service_provider_config,
};
pub use error::{ScimError, ScimType};
pub use filter::{Comparison, Filter, Literal};
pub use list::{AttributeQuery, ListQuery, ListRequest, Order, SearchRequest};
pub use messages::{ListResponse, PatchRequest};
pub use patch::{PatchKind, PatchOperation, PatchTarget, apply};
pub use path::AttributePath;
pub use place::Base;
pub use resources::{ENTERPRISE_USER, GROUP, RESOURCE_KINDS, USER};
pub use schema::{Attribute, Kind, Mutability, ResourceKind, Returned, Schema, Target, Uniqueness};
pub use select::Selection;
pub use test::{Check, Test};

/// Media type of SCIM (RFC 7644, section 3.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// Most resources of one answer.
pub const MOST_RESULTS: u32 = 200;
