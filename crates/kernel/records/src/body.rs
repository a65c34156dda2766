//! Records and values in the OpenAPI document.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A record: what every record has, and a member for each field of its entity, null where there is no value.
///
/// What `fields` does not name is left out, but for id and version; and an entity whose records never change does not say
/// who changed them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Record)]
pub struct RecordBody {
    /// Its id.
    id: Uuid,
    /// Counts its changes, from 1.
    version: i64,
    /// Its state, where the entity has states.
    #[schema(nullable)]
    state: Option<String>,
    /// When it was made (RFC 3339, UTC).
    #[schema(required = false)]
    created_at: String,
    /// Who made it.
    #[schema(required = false)]
    created_by: String,
    /// When it was changed last (RFC 3339, UTC).
    #[schema(required = false)]
    updated_at: String,
    /// Who changed it last.
    #[schema(required = false)]
    updated_by: String,
    /// Values by the key of the field.
    #[serde(flatten)]
    values: BTreeMap<String, Value>,
}

/// Values by the key of the field; what they may be is said by the schema of the entity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = records::Values)]
pub(crate) struct ValuesBody {
    #[serde(flatten)]
    values: BTreeMap<String, Value>,
}
