//! What the records service is told of a view when a list is read by it.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::ReadTx;
use athyper_kernel_error::Problem;
use athyper_kernel_records::ports::{ViewParameters, Views};
use athyper_kernel_records::{Entity, Records};
use uuid::Uuid;

use crate::checking::faults;
use crate::error::Error;
use crate::model::view::{View, ViewId};
use crate::store;

struct Kept;

/// Who tells the records service what views say.
pub fn views() -> Arc<dyn Views> {
    Arc::new(Kept)
}

#[async_trait]
impl Views for Kept {
    async fn parameters(
        &self,
        tx: &mut ReadTx,
        records: &Records,
        entity: &Entity,
        view: Uuid,
    ) -> Result<ViewParameters, Problem> {
        let settings = usable(tx, records, entity, view).await?.settings;
        Ok(ViewParameters {
            filter: settings.filter,
            search: settings.search,
            sort: settings.sort,
            fields: settings.fields,
            expand: settings.expand,
        })
    }
}

/// A view of this entity that the caller sees and that can be used now.
async fn usable(tx: &mut ReadTx, records: &Records, entity: &Entity, id: Uuid) -> Result<View, Error> {
    let tenant = tx.context().clone();
    let found = store::views::find(tx, ViewId::from_uuid(id), &tenant.actor().id).await?;
    let view = found.filter(|view| view.entity_id == entity.id).ok_or(Error::ViewNotFound)?;
    let faults = faults(records, &tenant, entity, &view.settings);
    if faults.is_empty() { Ok(view) } else { Err(Error::ViewBroken { name: view.name, faults }) }
}
