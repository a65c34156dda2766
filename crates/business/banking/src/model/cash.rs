//! The cash position: what is on the accounts, and what is expected to come and to go.

use std::collections::BTreeMap;

use athyper_kernel_ledger::OpenItem;
use athyper_kernel_types::Currency;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Days of a step.
const STEP_DAYS: u64 = 7;

/// What is on a bank account.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::CashAccount)]
pub(crate) struct CashAccount {
    /// Id of the bank account.
    pub(crate) account: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// Code of its account in the ledger.
    pub(crate) ledger_account: String,
    /// Currency.
    pub(crate) currency: Currency,
    /// What the ledger says.
    #[schema(value_type = String)]
    pub(crate) ledger_balance: Decimal,
    /// What the bank said last.
    #[schema(value_type = Option<String>)]
    pub(crate) statement_balance: Option<Decimal>,
    /// The day of that.
    pub(crate) statement_on: Option<NaiveDate>,
}

/// What is expected in a currency.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::CashCurrency)]
pub(crate) struct CashCurrency {
    /// Currency.
    pub(crate) currency: Currency,
    /// What the ledger says is on all accounts.
    #[schema(value_type = String)]
    pub(crate) balance: Decimal,
    /// What should have come already.
    #[schema(value_type = String)]
    pub(crate) overdue_in: Decimal,
    /// What should have gone already.
    #[schema(value_type = String)]
    pub(crate) overdue_out: Decimal,
    /// Week by week.
    pub(crate) steps: Vec<CashStep>,
}

/// What falls due in a week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::CashStep)]
pub(crate) struct CashStep {
    /// Its last day.
    pub(crate) until: NaiveDate,
    /// What comes in.
    #[serde(rename = "in")]
    #[schema(value_type = String)]
    pub(crate) comes_in: Decimal,
    /// What goes out, positive.
    #[serde(rename = "out")]
    #[schema(value_type = String)]
    pub(crate) goes_out: Decimal,
    /// What is there then, with what is overdue.
    #[schema(value_type = String)]
    pub(crate) balance: Decimal,
}

/// The expectation of each currency that has an account or an open item. What has no due day is due at once.
pub(crate) fn expect(
    balances: &BTreeMap<Currency, Decimal>,
    items: &[OpenItem],
    today: NaiveDate,
    until: NaiveDate,
) -> Vec<CashCurrency> {
    let mut currencies: BTreeMap<Currency, Vec<&OpenItem>> =
        balances.keys().map(|currency| (*currency, Vec::new())).collect();
    for item in items {
        currencies.entry(item.currency).or_default().push(item);
    }
    let of_currency = |(currency, items): (Currency, Vec<&OpenItem>)| {
        let balance = balances.get(&currency).copied().unwrap_or_default();
        let due = |item: &OpenItem| item.due_on.unwrap_or(today);
        let overdue: Vec<Decimal> =
            items.iter().filter(|item| due(item) < today).map(|item| item.open).collect();
        let (overdue_in, overdue_out) = both_ways(overdue);
        let mut running = balance + overdue_in - overdue_out;
        let (mut steps, mut first) = (Vec::new(), today);
        while first <= until {
            let last = first.checked_add_days(Days::new(STEP_DAYS - 1)).map_or(until, |last| last.min(until));
            let within =
                items.iter().filter(|item| (first..=last).contains(&due(item))).map(|item| item.open);
            let (comes_in, goes_out) = both_ways(within);
            running += comes_in - goes_out;
            steps.push(CashStep { until: last, comes_in, goes_out, balance: running });
            let Some(next) = last.succ_opt() else { break };
            first = next;
        }
        CashCurrency { currency, balance, overdue_in, overdue_out, steps }
    };
    currencies.into_iter().map(of_currency).collect()
}

/// What comes in of these amounts, and what goes out.
fn both_ways(amounts: impl IntoIterator<Item = Decimal>) -> (Decimal, Decimal) {
    amounts.into_iter().fold((Decimal::ZERO, Decimal::ZERO), |(comes_in, goes_out), amount| {
        if amount > Decimal::ZERO { (comes_in + amount, goes_out) } else { (comes_in, goes_out - amount) }
    })
}
