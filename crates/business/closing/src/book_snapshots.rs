//! How the ledger shows what the books said when a period was signed off: the answer to the port of `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{BookSnapshot, Snapshots};
use athyper_kernel_types::Id;
use uuid::Uuid;

use crate::error::Error;
use crate::model::close::CloseState;
use crate::store::{closes, snapshots};

/// The snapshots of this domain.
pub fn book_snapshots() -> Arc<dyn Snapshots> {
    Arc::new(OfCloses)
}

struct OfCloses;

#[async_trait]
impl Snapshots for OfCloses {
    async fn find(
        &self,
        tx: &mut dyn TenantConnection,
        close: Uuid,
    ) -> Result<Option<BookSnapshot>, Problem> {
        let found = closes::find(tx, Id::from_uuid(close)).await.map_err(Error::from)?;
        let Some(close) = found.filter(|close| close.state != CloseState::Open) else { return Ok(None) };
        let balances = snapshots::balances(tx, &close).await.map_err(Error::from)?;
        Ok(Some(BookSnapshot {
            as_of: close.ends_on,
            base_currency: close.base_currency,
            balances: balances.into_iter().map(Into::into).collect(),
            entity: close.entity,
        }))
    }
}
