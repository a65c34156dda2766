//! What a consolidation is worked out from, as the ledger and what is recorded have it at this moment.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{Entity, Movements};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Deps;
use crate::error::Error;
use crate::model::elimination::pairs;
use crate::model::group::{Definition, Member, Method};
use crate::model::relation::Relation;
use crate::model::run::{Adjustment, Inputs};
use crate::model::translation::{Balance, MemberBooks, Rates, trial_balance};
use crate::store::{groups, relations};

/// Rates that are stated for a member.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StatedRates {
    /// Of the last day.
    pub(crate) closing: Option<Decimal>,
    /// Of the time.
    pub(crate) average: Option<Decimal>,
}

/// Everything that goes into a consolidation of a group, and the relations between its members.
///
/// # Errors
/// Names each rate that is neither stated nor recorded.
pub(crate) async fn gather(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    definition: &Definition,
    (from, date): (NaiveDate, NaiveDate),
    stated: &BTreeMap<String, StatedRates>,
    adjustments: Vec<Adjustment>,
) -> Result<(Inputs, Vec<Relation>), Error> {
    let is_member = |member: &&Member| member.since <= date && member.until.is_none_or(|until| until >= date);
    let members: Vec<&Member> = definition.members.iter().filter(is_member).collect();
    let (mut books, mut faults) = (Vec::with_capacity(members.len()), Vec::new());
    for member in &members {
        let entity = deps.ledger.entity(tx, Some(&member.entity)).await?;
        let since = from.max(member.since);
        let balances = balances(tx, deps, &entity, (since, date)).await?;
        let stated = stated.get(&member.entity).copied().unwrap_or_default();
        match rates(tx, deps, (definition, &entity), (since, date), stated, &balances).await? {
            Ok(rates) => {
                books.push(MemberBooks {
                    entity: entity.code,
                    currency: entity.base_currency,
                    from: since,
                    rates,
                    balances,
                });
            }
            Err(missing) => faults.extend(missing),
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let codes: Vec<String> = members.iter().map(|member| member.entity.clone()).collect();
    let mut between = relations::of_entities(tx, &codes).await?;
    between.retain(|it| codes.contains(&it.a.entity) && codes.contains(&it.b.entity));
    let inputs =
        Inputs { definition: definition.clone(), from, date, books, pairs: pairs(&between), adjustments };
    Ok((inputs, between))
}

/// The balances of a legal entity as a consolidation takes them.
pub(crate) async fn balances(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    entity: &Entity,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Balance>, Error> {
    let which = |from| Movements { from, to, dimension: None, with_adjusting: true };
    let until = deps.ledger.movements(tx, entity, &which(None)).await?;
    let during = deps.ledger.movements(tx, entity, &which(Some(from))).await?;
    Ok(trial_balance(&until, &during))
}

/// The rates of a member: stated, or else recorded. None is made up: those that are missing are named.
async fn rates(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    (definition, entity): (&Definition, &Entity),
    (from, date): (NaiveDate, NaiveDate),
    stated: StatedRates,
    balances: &[Balance],
) -> Result<Result<Rates, Vec<FieldError>>, Error> {
    let (currency, presentation) = (entity.base_currency, definition.currency);
    if currency == presentation {
        let one = Decimal::ONE;
        return Ok(Ok(Rates {
            closing: one,
            closing_is_stated: false,
            average: Some(one),
            average_is_stated: false,
        }));
    }
    let mut missing = Vec::new();
    let mut is_missing = |which: &str, message: String| {
        missing.push(FieldError::new(format!("/rates/{}/{which}", entity.code), "rate_missing", message));
    };
    let closing = if let Some(rate) = stated.closing {
        Some(rate)
    } else {
        // The rate that books in the presentation currency would be kept at.
        let books = Entity { base_currency: presentation, ..entity.clone() };
        match deps.ledger.rate(tx, &books, currency, date).await {
            Ok(rate) => Some(rate),
            Err(problem) if problem.kind.is_fault() => return Err(problem.into()),
            Err(problem) => {
                is_missing("closing", problem.detail);
                None
            }
        }
    };
    let average = match stated.average {
        Some(rate) => Some(rate),
        None => groups::average_rate(tx, (currency, presentation), (from, date)).await?,
    };
    let is_needed = balances.iter().any(|balance| definition.methods.of(balance.kind) == Method::Average);
    if average.is_none() && is_needed {
        let message = format!(
            "no average rate of {currency} in {presentation} is recorded for {from} to {date}: state one, or record it as group.average_rate"
        );
        is_missing("average", message);
    }
    let Some(closing) = closing.filter(|_| missing.is_empty()) else { return Ok(Err(missing)) };
    Ok(Ok(Rates {
        closing,
        closing_is_stated: stated.closing.is_some(),
        average,
        average_is_stated: stated.average.is_some(),
    }))
}
