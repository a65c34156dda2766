//! What hinders the close of a period here: lines that are not in the ledger, balances that nobody has reconciled, and statements
//! that are missing. The answer to the port of `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{CheckedStep, CloseCheck, Figure, FiscalPeriod, MOST_COUNTED, filtered};

use crate::error::Error;
use crate::store::close_proofs::{self, Unreconciled};

/// What hinders a close in bank accounts.
pub fn close_check() -> Arc<dyn CloseCheck> {
    Arc::new(OfBankAccounts)
}

struct OfBankAccounts;

#[async_trait]
impl CloseCheck for OfBankAccounts {
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<CheckedStep>, Problem> {
        Ok(steps(tx, period).await?)
    }
}

async fn steps(tx: &mut dyn TenantConnection, period: &FiscalPeriod) -> Result<Vec<CheckedStep>, Error> {
    let lines = close_proofs::lines_not_posted(tx, period, MOST_COUNTED).await?;
    let lines = lines.into_iter().map(|line| {
        let text =
            format!("{} {} of {}, id {}", line.amount.normalize(), line.currency, line.booked_on, line.id);
        Figure::new(line.account, text)
    });
    let accounts = close_proofs::unreconciled(tx, period, MOST_COUNTED).await?;
    let missing = close_proofs::missing_statements(tx, period, MOST_COUNTED).await?;
    let missing = missing.into_iter().map(|statement| {
        let text = format!(
            "the balance before the statement of {} differs by {} from the one after what came before it",
            statement.opening_on,
            statement.gap.normalize()
        );
        Figure::new(statement.account, text)
    });
    let open = format!(
        "(state == \"new\" || state == \"suggested\" || state == \"matched\") && bookedOn <= \"{}\"",
        period.ends_on
    );
    let gaps = format!("gap != 0.0 && closingOn <= \"{}\"", period.ends_on);
    Ok(vec![
        CheckedStep::unless(
            "banking.lines_posted",
            "Every line of a bank statement up to the end of the period is posted or ignored",
            lines.collect(),
            "match and post the lines, or ignore them with a reason",
            &filtered("/v1/banking/lines", &open),
        ),
        CheckedStep::unless(
            "banking.statements_complete",
            "No statement is missing between two others",
            missing.collect(),
            "import the statements that are missing",
            &filtered("/v1/banking/statements", &gaps),
        ),
        CheckedStep::unless(
            "banking.reconciliations_signed",
            "Every bank account is reconciled and signed off up to the end of the period",
            accounts.into_iter().map(of_account).collect(),
            "open a reconciliation of the last day of the period and sign it off",
            "/v1/banking/reconciliations",
        ),
    ])
}

fn of_account(account: Unreconciled) -> Figure {
    let text = match account.signed_off_until {
        Some(day) => format!("signed off until {day}"),
        None => "never signed off".to_owned(),
    };
    Figure::new(account.name, text)
}
