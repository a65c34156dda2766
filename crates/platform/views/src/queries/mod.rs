//! One file for each read.

pub(crate) mod get_view;
pub(crate) mod list_views;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_records::EntityId;

use crate::Deps;
use crate::model::view::View;

/// Views with the keys that their entities have now.
///
/// # Errors
/// When the database does not answer.
async fn with_present_keys(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    views: Vec<View>,
) -> Result<Vec<View>, DbError> {
    let ids: Vec<EntityId> = views.iter().map(|view| view.entity_id).collect();
    let keys = deps.records.entities().keys_of(tx, &ids).await?;
    let present =
        |view: View| View { entity: keys.get(&view.entity_id).cloned().unwrap_or(view.entity), ..view };
    Ok(views.into_iter().map(present).collect())
}
