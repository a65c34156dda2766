//! Where resources are, and what is said of each besides its attributes.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ResourceKind;

/// The address below which a tenant is provisioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

impl Base {
    /// That of the tenant of this key; `public_url` is where the platform is reached.
    pub fn new(public_url: &str, tenant: &str) -> Self {
        Self(format!("{public_url}/scim/v2/{tenant}"))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where a resource is.
    pub fn location(&self, kind: &ResourceKind, id: Uuid) -> String {
        format!("{}{}/{id}", self.0, kind.endpoint)
    }

    /// A resource's `meta` (RFC 7643, section 3.1); `version` is its entity tag, and the times are those of its making and of its
    /// last change (UTC).
    pub fn meta(
        &self,
        kind: &ResourceKind,
        id: Uuid,
        version: &str,
        (created, modified): (DateTime<Utc>, DateTime<Utc>),
    ) -> Value {
        json!({
            "resourceType": kind.name, "created": created, "lastModified": modified,
            "location": self.location(kind, id), "version": version
        })
    }
}
