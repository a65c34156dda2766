//! What is on the accounts, and what is expected to come and to go.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_ledger::{Entity, OpenItem, OpenItems};
use axum::extract::State;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::cash::{CashAccount, CashCurrency, expect};
use crate::model::money;
use crate::store::{accounts, statements};

/// How many items are asked for at once.
const PAGE: u32 = 1000;

/// Most open items that are added up in one answer.
const MOST_ITEMS: usize = 50_000;

/// Whose position, and how far ahead.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CashQuery {
    /// Code of the legal entity; the tenant's only one where it is left out.
    entity: Option<String>,
    /// How many days ahead.
    #[param(minimum = 1, maximum = 366)]
    #[serde(default = "four_weeks")]
    days: u64,
}

fn four_weeks() -> u64 {
    28
}

/// The position.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::CashPosition)]
pub(crate) struct CashPosition {
    /// Code of the legal entity.
    entity: String,
    /// Today (UTC).
    as_of: NaiveDate,
    /// Up to which day it looks ahead.
    until: NaiveDate,
    /// What is on each account.
    accounts: Vec<CashAccount>,
    /// What is expected in each currency.
    currencies: Vec<CashCurrency>,
}

/// Get the cash position
///
/// The balances of the bank accounts of a legal entity, and by currency what its open items bring and take, week by week. What is overdue
/// is taken to come and go at once.
#[utoipa::path(
    get,
    path = "/v1/banking/cash-position",
    operation_id = "banking.get_cash_position",
    tag = "banking",
    params(CashQuery),
    responses(
        (
            status = 200,
            description = "The position",
            body = CashPosition,
            example = json!({"entity": "MAIN", "asOf": "2024-05-31", "until": "2024-06-06", "accounts": [
                {"account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Main account", "ledgerAccount": "1200", "currency": "EUR",
                    "ledgerBalance": "2210.00", "statementBalance": "2210.00", "statementOn": "2024-05-31"}],
                "currencies": [{"currency": "EUR", "balance": "2210.00", "overdueIn": "0.00", "overdueOut": "100.00", "steps": [
                    {"until": "2024-06-06", "in": "1190.00", "out": "0.00", "balance": "3300.00"}]}]})
        ),
        ReportProblems
    )
)]
pub(crate) async fn get_cash_position(
    State(deps): State<Deps>,
    Report(mut read): Report<CashQuery>,
) -> Result<Reply, ProblemResponse> {
    let position = execute(&mut read.tx, &deps, &read.query).await?;
    Ok(Reply::ok(&position)?)
}

async fn execute(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    query: &CashQuery,
) -> Result<CashPosition, Error> {
    let today = deps.clock.now().date_naive();
    let days = Some(query.days).filter(|days| (1..=366).contains(days)).ok_or(Error::InvalidDays)?;
    let until = today.checked_add_days(Days::new(days - 1)).ok_or(Error::InvalidDays)?;
    let entity = deps.ledger.entity(tx, query.entity.as_deref()).await?;
    let (mut shown, mut balances, mut counted) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    for account in accounts::active_of(tx, &entity.code).await? {
        let currency = account.currency;
        let balance = deps.ledger.balance(tx, &entity, &account.ledger_account, currency, today).await?;
        let balance = money::stored(balance, currency);
        // Bank accounts that are booked on one account of the ledger share its balance.
        if counted.insert((account.ledger_account.clone(), currency)) {
            *balances.entry(currency).or_default() += balance;
        }
        let said = statements::closing_up_to(tx, account.id, today).await?;
        shown.push(CashAccount {
            account: account.id.uuid(),
            name: account.name,
            ledger_account: account.ledger_account,
            currency,
            ledger_balance: balance,
            statement_balance: said.map(|(closing, _)| money::stored(closing, currency)),
            statement_on: said.map(|(_, on)| on),
        });
    }
    let items = open_items(tx, deps, &entity).await?;
    let currencies = expect(&balances, &items, today, until);
    Ok(CashPosition { entity: entity.code, as_of: today, until, accounts: shown, currencies })
}

/// All open items of a legal entity.
async fn open_items(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    entity: &Entity,
) -> Result<Vec<OpenItem>, Error> {
    let mut items: Vec<OpenItem> = Vec::new();
    loop {
        let which = OpenItems { after: items.last().map(|item| item.id), ..OpenItems::up_to(PAGE) };
        let page = deps.ledger.open_items(tx, entity, &which).await?;
        let is_last = page.len() < PAGE as usize;
        items.extend(page);
        if items.len() > MOST_ITEMS {
            return Err(Error::TooManyItems(MOST_ITEMS));
        }
        if is_last {
            return Ok(items);
        }
    }
}
