//! What hinders the close of a period here: what is due in it or before it and not made. The answer to the port of
//! `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{CheckedStep, CloseCheck, Figure, FiscalPeriod, MOST_COUNTED, filtered};

use crate::error::Error;
use crate::store::occurrences::{self, NotMade};

/// What hinders a close in recurring entries.
pub fn close_check() -> Arc<dyn CloseCheck> {
    Arc::new(OfRecurringEntries)
}

struct OfRecurringEntries;

#[async_trait]
impl CloseCheck for OfRecurringEntries {
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<CheckedStep>, Problem> {
        let due = (period.entity.code.as_str(), period.ends_on);
        let found = occurrences::not_made(tx, due, MOST_COUNTED).await.map_err(Error::from)?;
        let open =
            format!("(state == \"planned\" || state == \"failed\") && dueOn <= \"{}\"", period.ends_on);
        Ok(vec![CheckedStep::unless(
            "recurring.entries_made",
            "Every recurring entry that is due up to the end of the period is made or skipped",
            found.into_iter().map(figure).collect(),
            "run the recurring entries up to the end of the period; retry or skip what failed",
            &filtered("/v1/recurring/occurrences", &open),
        )])
    }
}

fn figure(not_made: NotMade) -> Figure {
    let text = match not_made.problem {
        Some(problem) => format!("due on {}, failed: {problem}", not_made.due_on),
        None => format!("due on {}, not made", not_made.due_on),
    };
    Figure::new(not_made.name, text)
}
