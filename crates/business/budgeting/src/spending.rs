//! Which line something uses, who may use it at the same time, and whether there is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_ledger::{Entity, Ledger, Spending, Turnovers};
use chrono::NaiveDate;

use crate::error::Error;
use crate::model::figures::{Overrun, Sheet, Use, controlled, overruns};
use crate::model::line::{Accounts, Line, LineId};
use crate::model::plan::Plan;
use crate::store::{budgets, figures, lines};

/// How often it is tried again to lock lines whose budget was replaced meanwhile.
pub(crate) const TRIES: usize = 3;

/// What budgets are worked out with.
#[derive(Clone)]
pub(crate) struct Office {
    /// Who keeps the general ledger.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Who says what was posted.
    pub(crate) turnovers: Arc<dyn Turnovers>,
}

/// The active budget of a legal entity that a day falls into.
pub(crate) async fn plan_on(
    tx: &mut dyn TenantConnection,
    entity: &str,
    date: NaiveDate,
) -> Result<Option<Plan>, Error> {
    Ok(budgets::active_plans(tx, entity, (date, date)).await?.into_iter().next())
}

/// The accounts above each of these, as far as lines of these budgets ask for them.
pub(crate) async fn paths(
    tx: &mut dyn TenantConnection,
    turnovers: &dyn Turnovers,
    plans: &[Plan],
    codes: &[&str],
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let asks = |line: &Line| matches!(line.accounts, Some(Accounts::Under(_)));
    if codes.is_empty() || !plans.iter().flat_map(|plan| &plan.lines).any(asks) {
        return Ok(BTreeMap::new());
    }
    Ok(turnovers.paths(tx, codes).await?)
}

/// The line that something is spent on; none where the budget has none for it.
///
/// # Errors
/// [`Error::SeveralLines`].
pub(crate) async fn line_for<'p>(
    tx: &mut dyn TenantConnection,
    turnovers: &dyn Turnovers,
    plan: &'p Plan,
    spending: &Spending,
) -> Result<Option<&'p Line>, Error> {
    let (code, dimensions) = match spending {
        Spending::Line(key) => return Ok(plan.by_key(key)),
        Spending::Account { code, dimensions } => (code, dimensions),
    };
    let paths = paths(tx, turnovers, std::slice::from_ref(plan), &[code]).await?;
    let path = paths.get(code).map_or(&[][..], Vec::as_slice);
    let found = plan.used_by(code, path, dimensions);
    if found.len() > 1 {
        return Err(Error::SeveralLines(found.iter().map(|line| line.key.clone()).collect()));
    }
    Ok(found.first().copied())
}

/// Locks lines of active budgets with all above them: alone those that stop, together with others those that do not. Says whether
/// the budgets are still active, as they are then until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, used: &[(&Plan, BTreeSet<LineId>)]) -> Result<bool, Error> {
    let (mut alone, mut together) = (BTreeSet::new(), BTreeSet::new());
    for (plan, ids) in used {
        let (stopping, others) = plan.to_lock(ids);
        alone.extend(stopping);
        together.extend(others);
    }
    lines::lock(tx, &(alone.into_iter().collect(), together.into_iter().collect())).await?;
    for (plan, ids) in used {
        if !ids.is_empty() && !budgets::is_active(tx, plan.budget).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The figures of these lines by month.
pub(crate) async fn sheet(
    tx: &mut dyn TenantConnection,
    turnovers: &dyn Turnovers,
    entity: &Entity,
    plan: &Plan,
    ids: &BTreeSet<LineId>,
) -> Result<Sheet, Error> {
    let asked: Vec<LineId> = ids.iter().copied().collect();
    let mut sheet = figures::of_lines(tx, &asked).await?;
    let selected: Vec<(&Line, _)> = plan
        .lines
        .iter()
        .filter(|line| ids.contains(&line.id))
        .filter_map(|line| Some((line, line.selection()?)))
        .collect();
    let selections: Vec<_> = selected.iter().map(|(_, selection)| selection.clone()).collect();
    let months = (plan.first_day, crate::model::plan::month_of(plan.last_day));
    for turnover in turnovers.turnovers(tx, entity, months, &selections).await? {
        let Some((line, _)) = selected.get(turnover.selection) else { continue };
        sheet.entry((line.id, turnover.month)).or_default().actual += line.side.of(turnover.base);
    }
    Ok(sheet)
}

/// Where uses go beyond lines. `is_in_sheet` says whether the tables and the ledger show them already.
pub(crate) async fn judge(
    tx: &mut dyn TenantConnection,
    office: &dyn Turnovers,
    entity: &Entity,
    (plan, uses): (&Plan, &[Use]),
    is_in_sheet: bool,
) -> Result<Vec<Overrun>, Error> {
    let with_control = controlled(plan, uses);
    if with_control.is_empty() {
        return Ok(Vec::new());
    }
    let below: BTreeSet<LineId> = with_control.iter().flat_map(|line| plan.subtree(line.id)).collect();
    let sheet = sheet(tx, office, entity, plan, &below).await?;
    Ok(overruns(plan, &sheet, uses, is_in_sheet))
}

/// What to say of an overrun.
pub(crate) fn message(plan: &Plan, overrun: &Overrun) -> String {
    let units = |amount| crate::model::money::stored(amount, plan.currency);
    format!(
        "the budget line {} has {} {} left, and this is {} more than that",
        overrun.key,
        units(overrun.available),
        plan.currency.code(),
        units(overrun.excess)
    )
}
