//! What hinders the close of a period in the ledger itself: the answer to the port of `athyper-kernel-ledger`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{
    AccountBalance, CheckedStep, CloseCheck, Figure, FiscalPeriod, MOST_COUNTED, filtered,
};
use athyper_kernel_types::{Currency, Id};
use rust_decimal::Decimal;

use crate::reports;
use crate::store::close_proofs;

/// What hinders a close in the ledger itself.
pub fn close_check() -> Arc<dyn CloseCheck> {
    Arc::new(OfLedger)
}

struct OfLedger;

#[async_trait]
impl CloseCheck for OfLedger {
    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        period: &FiscalPeriod,
    ) -> Result<Vec<CheckedStep>, Problem> {
        Ok(steps(tx, period).await?)
    }
}

async fn steps(tx: &mut dyn TenantConnection, period: &FiscalPeriod) -> Result<Vec<CheckedStep>, DbError> {
    let balances = reports::balances_on(tx, &period.entity, period.ends_on).await?;
    Ok(vec![
        earlier_periods_closed(tx, period).await?,
        journals_posted(tx, period).await?,
        numbers_complete(tx, period).await?,
        trial_balance_zero(period, &balances),
        clearing_accounts_zero(tx, period, &balances).await?,
    ])
}

async fn earlier_periods_closed(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
) -> Result<CheckedStep, DbError> {
    let entity = Id::from_uuid(period.entity.id);
    let open = close_proofs::not_closed_before(tx, entity, period.starts_on, MOST_COUNTED).await?;
    let open = open.into_iter().map(|(name, state)| Figure::new(name, state.replace('_', "-"))).collect();
    let filter = format!("state != \"closed\" && endsOn < \"{}\"", period.starts_on);
    Ok(CheckedStep::unless(
        "finance.earlier_periods_closed",
        "All earlier periods are closed",
        open,
        "close the earlier periods first: what is posted there changes what this one is carried on from",
        &filtered("/v1/finance/periods", &filter),
    ))
}

async fn journals_posted(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
) -> Result<CheckedStep, DbError> {
    let drafts = close_proofs::drafts(tx, period, MOST_COUNTED).await?;
    let draft = |(id, date, about): (uuid::Uuid, chrono::NaiveDate, Option<String>)| {
        Figure::new(about.unwrap_or_else(|| id.to_string()), format!("draft of {date}, id {id}"))
    };
    let filter =
        format!("state == \"draft\" && date >= \"{}\" && date <= \"{}\"", period.starts_on, period.ends_on);
    Ok(CheckedStep::unless(
        "finance.journals_posted",
        "No journal of the period is a draft",
        drafts.into_iter().map(draft).collect(),
        "post the drafts, date them later, or delete them",
        &filtered("/v1/finance/journals", &filter),
    ))
}

async fn numbers_complete(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
) -> Result<CheckedStep, DbError> {
    let broken = close_proofs::broken_series(tx, period, MOST_COUNTED).await?;
    let figure = |(book, year, text): (String, chrono::NaiveDate, String)| {
        Figure::new(format!("{book} from {year} on"), text)
    };
    Ok(CheckedStep::unless(
        "finance.numbers_complete",
        "The numbers of each book run from one on without a gap",
        broken.into_iter().map(figure).collect(),
        "the database has lost or gained journals beside the program: restore it, or have its operator explain the gap",
        "/v1/finance/journals?sort=number",
    ))
}

/// Sums up to zero in each currency and in base currency (invariant of double entry: each journal does).
fn trial_balance_zero(period: &FiscalPeriod, balances: &[AccountBalance]) -> CheckedStep {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for balance in balances {
        *sums.entry(balance.currency).or_default() += balance.amount;
    }
    let base: Decimal = balances.iter().map(|balance| balance.base).sum();
    let of_base = (format!("base currency {}", period.entity.base_currency.code()), base);
    let all = sums.into_iter().map(|(currency, sum)| (currency.code().to_owned(), sum)).chain([of_base]);
    let (wrong, right): (Vec<_>, Vec<_>) = all.partition(|(_, sum)| !sum.is_zero());
    let title = "The trial balance sums up to zero in each currency and in base currency";
    let figures = |sums: Vec<(String, Decimal)>| {
        let figure = |(subject, sum)| Figure::new(subject, format!("debits less credits {sum}"));
        sums.into_iter().map(figure).collect::<Vec<_>>()
    };
    if wrong.is_empty() {
        return CheckedStep::proven("finance.trial_balance_zero", title, figures(right));
    }
    CheckedStep::unless(
        "finance.trial_balance_zero",
        title,
        figures(wrong),
        "the database was changed beside the program: restore it",
        &trial_balance(period),
    )
}

async fn clearing_accounts_zero(
    tx: &mut dyn TenantConnection,
    period: &FiscalPeriod,
    balances: &[AccountBalance],
) -> Result<CheckedStep, DbError> {
    let clearing: BTreeSet<String> = close_proofs::clearing_accounts(tx, period).await?.into_iter().collect();
    let of_one = |balance: &AccountBalance| {
        let subject = format!("{} {}", balance.account, balance.currency.code());
        Figure::new(subject, format!("balance {}, in base currency {}", balance.amount, balance.base))
    };
    // Balances that are zero in both are not among them.
    let left: Vec<Figure> =
        balances.iter().filter(|balance| clearing.contains(&balance.account)).map(of_one).collect();
    let title = "Accounts of suspense and clearing are zero";
    if left.is_empty() {
        let empty = clearing.into_iter().map(|account| Figure::new(account, "balance 0")).collect();
        return Ok(CheckedStep::proven("finance.clearing_accounts_zero", title, empty));
    }
    Ok(CheckedStep::unless(
        "finance.clearing_accounts_zero",
        title,
        left,
        "post what is left there to where it belongs; which accounts these are is said by account rules for parts that begin with \
         suspense or clearing",
        &trial_balance(period),
    ))
}

/// The trial balance at the end of the period.
fn trial_balance(period: &FiscalPeriod) -> String {
    format!("/v1/finance/reports/trial-balance?asOf={}&entity={}", period.ends_on, period.entity.code)
}
