//! Moves money between a fund and the one above it, or outside, and holds budgets against the funds that pay for them.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_types::{Currency, Reason, Text};

use crate::entities::FUND;
use crate::error::Error;
use crate::model::fund::{Fund, FundId};
use crate::model::money;
use crate::store::funds;

/// Which way money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the fund, from the one above it.
    Given,
    /// From the fund, to the one above it.
    GivenBack,
}

/// Moves an amount in the currency of the fund.
///
/// # Errors
/// When the amount cannot be read, or whoever gives holds less.
pub(crate) async fn move_money(
    tx: &mut TenantTx,
    (held, id): (Vec<Fund>, FundId),
    way: Way,
    (amount, reason): (&Text<1, 31>, &Reason),
) -> Result<Done<Fund>, Error> {
    let (mut fund, mut parent) = (None, None);
    for it in held {
        if it.id == id { fund = Some(it) } else { parent = Some(it) }
    }
    let mut fund = fund.ok_or(Error::FundNotFound)?;
    let amount = money::parse_positive(amount.as_str(), fund.currency).map_err(Error::InvalidAmount)?;
    let (received, operation) = match way {
        Way::Given => (amount, "budgeting.grant_fund"),
        Way::GivenBack => (-amount, "budgeting.return_fund"),
    };
    fund.receive(parent.as_mut(), received)?;

    funds::update(tx, &fund).await?;
    if let Some(parent) = &parent {
        funds::update(tx, parent).await?;
    }
    funds::insert_grant(tx, fund.id, received, reason.as_str()).await?;

    fund.version += 1;
    let event = AuditEvent::info(operation)
        .about(FUND, fund.id)
        .with("amount", amount.to_string())
        .with("reason", reason.as_str())
        .with("held", fund.held.to_string());
    Ok(Done::new(fund, event))
}

/// The fund that a budget in a currency names.
///
/// # Errors
/// When there is no such fund, or its currency is another one.
pub(crate) async fn named(
    tx: &mut TenantTx,
    fund: Option<FundId>,
    currency: Currency,
) -> Result<Option<FundId>, Error> {
    let Some(id) = fund else { return Ok(None) };
    let found = funds::find(tx, id).await?.ok_or(Error::UnknownFund(id))?;
    if found.currency != currency {
        return Err(Error::FundCurrency { fund: found.code, has: found.currency, wanted: currency });
    }
    Ok(fund)
}

/// Notes what active budgets plan upon these funds by now, when all else of a command is written. Everybody locks funds last and by
/// id, and sums up behind the lock: of two who plan upon one fund, the second sees what the first one did.
///
/// # Errors
/// When more is planned than a fund holds.
pub(crate) async fn settle(tx: &mut TenantTx, named: &[Option<FundId>]) -> Result<(), Error> {
    let ids: BTreeSet<FundId> = named.iter().flatten().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    for mut fund in funds::lock(tx, &ids.into_iter().collect::<Vec<_>>()).await? {
        let planned = funds::planned(tx, &fund).await?;
        if planned != fund.planned {
            fund.plan(planned)?;
            funds::update(tx, &fund).await?;
        }
    }
    Ok(())
}
