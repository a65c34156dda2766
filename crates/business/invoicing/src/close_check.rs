//! What hinders the close of a period here: drafts that are dated in it. The answer to the port of `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{CheckedStep, CloseCheck, Figure, FiscalPeriod, MOST_COUNTED, filtered};

use crate::error::Error;
use crate::store::drafts::{self, Draft};

/// What hinders a close in receivables and payables.
pub fn close_check() -> Arc<dyn CloseCheck> {
    Arc::new(OfDocuments)
}

struct OfDocuments;

#[async_trait]
impl CloseCheck for OfDocuments {
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<CheckedStep>, Problem> {
        let invoices = drafts::of_invoices(tx, period, MOST_COUNTED).await.map_err(Error::from)?;
        let payments = drafts::of_payments(tx, period, MOST_COUNTED).await.map_err(Error::from)?;
        Ok(steps(period, invoices, payments))
    }
}

fn steps(period: &FiscalPeriod, invoices: Vec<Draft>, payments: Vec<Draft>) -> Vec<CheckedStep> {
    let filter = format!(
        "state == \"draft\" && entity == \"{}\" && date >= \"{}\" && date <= \"{}\"",
        period.entity.code, period.starts_on, period.ends_on
    );
    vec![
        CheckedStep::unless(
            "invoicing.invoices_posted",
            "No invoice or note of the period is a draft",
            invoices.into_iter().map(figure).collect(),
            "post the drafts, date them later, or delete them",
            &filtered("/v1/invoicing/invoices", &filter),
        ),
        CheckedStep::unless(
            "invoicing.payments_posted",
            "No payment of the period is a draft",
            payments.into_iter().map(figure).collect(),
            "post the drafts, date them later, or delete them",
            &filtered("/v1/invoicing/payments", &filter),
        ),
    ]
}

fn figure(draft: Draft) -> Figure {
    let Draft { id, date, party_name, currency, amount } = draft;
    Figure::new(party_name, format!("draft of {date} over {} {currency}, id {id}", amount.normalize()))
}
