//! The steps of a close as they are at this moment: what other domains say, and what is held against each other here.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_ledger::{
    AccountBalance, AccountUse, CheckedStep, Entity, Figure, FiscalPeriod, ItemId, OpenItem,
};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use crate::Deps;
use crate::commands::create_revaluation::RevaluationBody;
use crate::error::Error;
use crate::model::close::{Checklist, CloseState, PeriodClose};
use crate::model::revaluation::{Line, currencies, revalue};
use crate::model::snapshot::Snapshot;
use crate::model::subledger::{Agreement, agreements, figure};
use crate::store::{closes, revaluations, steps};

const REVALUATIONS: &str = "/v1/closing/revaluations";

/// The steps of a close: of the moment while it is open, and afterwards as they were when it was signed off.
pub(crate) async fn checklist(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    close: &PeriodClose,
) -> Result<Checklist, Error> {
    if close.state != CloseState::Open {
        return closes::proof(tx, close.id).await?.ok_or(Error::CloseNotFound);
    }
    let period = deps.periods.find(tx, close.period).await?;
    let proven = prove(tx, deps, &period).await?;
    Ok(Checklist::new(proven, steps::of_close(tx, close.id).await?))
}

/// All that a system can prove.
pub(crate) async fn prove(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    period: &FiscalPeriod,
) -> Result<Vec<CheckedStep>, Error> {
    let mut proven = Vec::new();
    for check in &deps.checks.0 {
        proven.extend(check.check(tx, period).await?);
    }
    let entity = &period.entity;
    let balances = deps.ledger.balances(tx, entity, period.ends_on).await?;
    let items = deps.ledger.open_on(tx, entity, period.ends_on).await?;
    let revaluation = revaluations::of_day(tx, &entity.code, period.ends_on).await?;
    proven.push(revaluation_done(period, &balances, &items, revaluation.as_ref()));
    let lines = revaluation.as_ref().map(|found| found.lines.as_slice()).unwrap_or_default();
    proven.push(subledgers_agree(period, &balances, &items, lines));
    Ok(proven)
}

/// What the books say at the end of a period.
pub(crate) async fn take_snapshot(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    period: &FiscalPeriod,
) -> Result<Snapshot, Error> {
    let balances = deps.ledger.balances(tx, &period.entity, period.ends_on).await?;
    let items = deps.ledger.open_on(tx, &period.entity, period.ends_on).await?;
    Ok(Snapshot {
        entity: period.entity.code.clone(),
        starts_on: period.starts_on,
        ends_on: period.ends_on,
        base_currency: period.entity.base_currency,
        balances: balances.into_iter().map(Into::into).collect(),
        open_items: items.into_iter().map(Into::into).collect(),
        series: deps.periods.series(tx, period).await?,
    })
}

/// A revaluation is in effect on one day alone: it is undone on the next. So what it has added counts only for its own day.
fn subledgers_agree(
    period: &FiscalPeriod,
    balances: &[AccountBalance],
    items: &[OpenItem],
    revalued: &[Line],
) -> CheckedStep {
    let (step, title) = (
        "closing.subledgers_agree",
        "Open items sum up to their control accounts, per currency and in base currency",
    );
    let found = agreements(items, balances, revalued);
    let (agreeing, differing): (Vec<_>, Vec<_>) = found.iter().partition(|(_, found)| found.holds());
    let figures = |of: Vec<(&(String, Currency), &Agreement)>| {
        of.into_iter().map(|(subject, found)| figure(subject, found)).collect::<Vec<_>>()
    };
    if differing.is_empty() {
        return CheckedStep::proven(step, title, figures(agreeing));
    }
    let link =
        format!("/v1/finance/reports/trial-balance?asOf={}&entity={}", period.ends_on, period.entity.code);
    CheckedStep::unless(
        step,
        title,
        figures(differing),
        "the database was changed beside the program, or an older program has left items behind: compare the open items with the \
         ledger of the account",
        &link,
    )
}

/// Whether what is in other currencies was brought to the rates of the last day, and nothing was posted since that it lacks.
fn revaluation_done(
    period: &FiscalPeriod,
    balances: &[AccountBalance],
    items: &[OpenItem],
    revaluation: Option<&RevaluationBody>,
) -> CheckedStep {
    let (step, title) =
        ("closing.revaluation_done", "What is in other currencies is revalued at the rates of the last day");
    let base = period.entity.base_currency;
    let needed = currencies(balances, items, base);
    let Some(revaluation) = revaluation else {
        let missing =
            needed.into_iter().map(|currency| Figure::new(currency.code(), "not revalued")).collect();
        let remedy = "record the rates of the last day and revalue it";
        return CheckedStep::unless(step, title, missing, remedy, REVALUATIONS);
    };
    let stale = not_revalued(&period.entity, balances, items, revaluation);
    if stale.is_empty() {
        let rates = revaluation.rates.iter();
        let rates =
            rates.map(|(currency, rate)| Figure::new(currency.code(), format!("at {}", rate.normalize())));
        return CheckedStep::proven(step, title, rates.collect());
    }
    let remedy = "it was posted to after the revaluation: undo the revaluation and revalue the day again";
    CheckedStep::unless(step, title, stale, remedy, REVALUATIONS)
}

/// Where the revaluation was made of other amounts than the books have now.
fn not_revalued(
    entity: &Entity,
    balances: &[AccountBalance],
    items: &[OpenItem],
    revaluation: &RevaluationBody,
) -> Vec<Figure> {
    type Of = (String, Currency, Option<ItemId>);
    let key = |line: &Line| -> Of { (line.account.clone(), line.currency, line.item) };
    let said = |line: &Line| (line.amount, line.carried);
    let made_of: BTreeMap<Of, (Decimal, Decimal)> =
        revaluation.lines.iter().map(|line| (key(line), said(line))).collect();
    // Balances have in them what the revaluation added on this day.
    let mut before = balances.to_vec();
    for balance in before.iter_mut().filter(|it| matches!(it.usage, AccountUse::Bank | AccountUse::Cash)) {
        let of_account = |line: &&Line| {
            line.item.is_none() && line.account == balance.account && line.currency == balance.currency
        };
        balance.base -= revaluation.lines.iter().filter(of_account).map(Line::difference).sum::<Decimal>();
    }
    before.retain(|balance| !balance.amount.is_zero() || !balance.base.is_zero());
    let present = match revalue(&before, items, entity.base_currency, &revaluation.rates) {
        Ok(present) => present,
        Err(currency) => return vec![Figure::new(currency.code(), "not revalued")],
    };
    let present: BTreeMap<Of, (Decimal, Decimal)> =
        present.iter().map(|line| (key(line), said(line))).collect();
    let keys: std::collections::BTreeSet<&Of> = made_of.keys().chain(present.keys()).collect();
    let text = |found: Option<&(Decimal, Decimal)>| match found {
        Some((amount, carried)) => format!("{amount} at {carried}"),
        None => "nothing".to_owned(),
    };
    keys.into_iter()
        .filter(|of| made_of.get(of) != present.get(of))
        .map(|of| {
            let (account, currency, _) = of;
            let said = format!("revalued {}, now {}", text(made_of.get(of)), text(present.get(of)));
            Figure::new(format!("{account} {}", currency.code()), said)
        })
        .collect()
}
