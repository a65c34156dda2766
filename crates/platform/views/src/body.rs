//! A view as clients get it.

use athyper_kernel_records::moment;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::view::{View, ViewId, ViewSettings};

/// A view.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = views::View)]
pub(crate) struct ViewBody {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: ViewId,
    /// The key of the entity whose records it shows.
    entity: String,
    /// What people call it.
    name: String,
    /// Whether everybody in the tenant sees it.
    is_shared: bool,
    /// Whether it is the caller's.
    is_own: bool,
    /// Whose it is.
    owner: String,
    /// What it shows.
    settings: ViewSettings,
    /// Counts its changes, from 1.
    version: i64,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
    /// When it was changed last (RFC 3339, UTC).
    updated_at: String,
    /// Who changed it last.
    updated_by: String,
}

impl ViewBody {
    pub(crate) fn of(view: View, caller: &str) -> Self {
        Self {
            id: view.id,
            entity: view.entity,
            name: view.name,
            is_shared: view.is_shared,
            is_own: view.owner == caller,
            owner: view.owner,
            settings: view.settings,
            version: view.version,
            created_at: moment(view.created_at),
            updated_at: moment(view.updated_at),
            updated_by: view.updated_by,
        }
    }
}
