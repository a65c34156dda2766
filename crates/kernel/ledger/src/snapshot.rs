//! The books as they were when a period was signed off.

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::AccountBalance;

/// What all accounts summed up to at the end of a period, as it was written down when the period was signed off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSnapshot {
    /// Code of the legal entity.
    pub entity: String,
    /// The last day of the period.
    pub as_of: NaiveDate,
    /// Base currency of the legal entity.
    pub base_currency: Currency,
    /// The balances, by code and currency.
    pub balances: Vec<AccountBalance>,
}

/// Who keeps the snapshots of signed-off periods.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// The snapshot of the close with this id; `None` where there is no such close or it was never signed off.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn find(&self, tx: &mut dyn TenantConnection, close: Uuid)
    -> Result<Option<BookSnapshot>, Problem>;
}
