//! One file per read.

pub(crate) mod list_candidates;
pub(crate) mod list_dismissals;
pub(crate) mod list_groups;

use std::sync::Arc;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::Caller;
use athyper_kernel_records::{Entity, Listing, compared};

use crate::Deps;
use crate::access::reads;
use crate::error::Error;

/// The entity of this key, for somebody who may read its records.
async fn readable(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    caller: &Caller,
    key: &EntityKey,
) -> Result<Arc<Entity>, Error> {
    let entity = deps.records.entities().find(tx, key).await?;
    let entity = entity.ok_or(athyper_kernel_records::Error::EntityNotFound)?;
    reads(caller, &entity)?;
    Ok(entity)
}

/// What the rules of an entity compare; only that of this key, where one is named. One that compares what is hidden from the caller
/// or masked is none for them.
fn rules(entity: &Entity, listing: &Listing, key: Option<&str>) -> Result<Vec<String>, Error> {
    let wanted = entity.def.duplicates.iter().filter(|rule| key.is_none_or(|key| rule.key.as_str() == key));
    let rules: Vec<String> = wanted
        .filter(|rule| listing.open().knows(rule))
        .filter_map(|rule| compared(rule, |field| entity.slot(field)))
        .collect();
    if rules.is_empty() && key.is_some() { Err(Error::UnknownRule) } else { Ok(rules) }
}
