//! Journals under budgets: the answer to the control of postings of `athyper-kernel-ledger`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_ledger::{Entity, Held, LineToPost, PostingControl, Source, Turnovers, Warning};
use athyper_kernel_types::Id;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::committing;
use crate::error::{Error, problem};
use crate::model::commitment::{CommitmentId, Kind};
use crate::model::figures::Use;
use crate::model::line::LineId;
use crate::model::plan::{Plan, month_of};
use crate::spending::{self, TRIES};
use crate::store::{budgets, commitments, movements, overruns};

/// Who is asked before a journal is posted. What was posted it is told by who keeps the ledger.
pub fn posting_control(turnovers: Arc<dyn Turnovers>) -> Arc<dyn PostingControl> {
    Arc::new(BudgetControl { turnovers })
}

struct BudgetControl {
    turnovers: Arc<dyn Turnovers>,
}

#[async_trait]
impl PostingControl for BudgetControl {
    async fn hold(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        lines: &[LineToPost<'_>],
    ) -> Result<Held, Problem> {
        hold(tx, &*self.turnovers, entity, lines).await.map_err(problem)
    }

    async fn check(
        &self,
        tx: &mut TenantTx,
        entity: &Entity,
        lines: &[LineToPost<'_>],
        base: &[Decimal],
        held: &Held,
    ) -> Result<Vec<Warning>, Problem> {
        check(tx, &*self.turnovers, entity, (lines, base), held).await.map_err(problem)
    }
}

/// The active budgets of the days of these lines.
async fn plans(tx: &mut TenantTx, entity: &Entity, lines: &[LineToPost<'_>]) -> Result<Vec<Plan>, Error> {
    let days = || lines.iter().map(|line| line.date);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Ok(Vec::new()) };
    Ok(budgets::active_plans(tx, &entity.code, (first, last)).await?)
}

async fn hold(
    tx: &mut TenantTx,
    turnovers: &dyn Turnovers,
    entity: &Entity,
    lines: &[LineToPost<'_>],
) -> Result<Held, Error> {
    for _ in 0..TRIES {
        let plans = plans(tx, entity, lines).await?;
        if plans.is_empty() {
            return Ok(Held::default());
        }
        let codes: BTreeSet<&str> = lines.iter().map(|line| line.account).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        let paths = spending::paths(tx, turnovers, &plans, &codes).await?;
        let mut held = Held::default();
        let mut used: Vec<(&Plan, BTreeSet<LineId>)> =
            plans.iter().map(|plan| (plan, BTreeSet::new())).collect();
        for (place, line) in lines.iter().enumerate() {
            let path = paths.get(line.account).map_or(&[][..], Vec::as_slice);
            for (plan, ids) in used.iter_mut().filter(|(plan, _)| plan.covers(line.date)) {
                for hit in plan.used_by(line.account, path, line.dimensions) {
                    held.lines.push((place, hit.id.uuid()));
                    ids.insert(hit.id);
                }
            }
        }
        if spending::lock(tx, &used).await? {
            return Ok(held);
        }
    }
    Err(Error::Contended)
}

async fn check(
    tx: &mut TenantTx,
    turnovers: &dyn Turnovers,
    entity: &Entity,
    (lines, base): (&[LineToPost<'_>], &[Decimal]),
    held: &Held,
) -> Result<Vec<Warning>, Error> {
    let plans = plans(tx, entity, lines).await?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for plan in &plans {
        let of_plan: Vec<(&LineToPost<'_>, Use)> = held
            .lines
            .iter()
            .filter_map(|(place, id)| {
                let line = plan.line(Id::from_uuid(*id))?;
                let (posted, base) = (lines.get(*place)?, base.get(*place)?);
                let amount = line.side.of(*base);
                Some((posted, Use { line: line.id, month: month_of(posted.date), amount }))
            })
            .collect();
        show_consumed(tx, &of_plan).await?;
        let uses: Vec<Use> = of_plan.iter().map(|(_, used)| *used).collect();
        for overrun in spending::judge(tx, turnovers, entity, (plan, &uses), true).await? {
            let message = spending::message(plan, &overrun);
            let by: Vec<&LineToPost<'_>> = overrun
                .by
                .iter()
                .filter_map(|place| of_plan.get(*place))
                .map(|(posted, _)| *posted)
                .collect();
            if overrun.is_refused {
                let pointer = |posted: &&LineToPost<'_>| format!("/lines/{}/account", posted.position);
                errors.extend(
                    by.iter().map(|posted| FieldError::new(pointer(posted), "exceeded", message.clone())),
                );
                continue;
            }
            let journals: BTreeSet<Uuid> = by.iter().map(|posted| posted.journal).collect();
            for journal in journals {
                overruns::insert(tx, &overrun, ("journal", journal), plan.currency, &message).await?;
                warnings.push(Warning { journal, message: message.clone() });
            }
        }
    }
    if errors.is_empty() { Ok(warnings) } else { Err(Error::Exceeded(errors)) }
}

/// What was consumed for the posting of these documents the ledger shows from now on, as far as it is on the same line.
async fn show_consumed(tx: &mut TenantTx, posted: &[(&LineToPost<'_>, Use)]) -> Result<(), Error> {
    let mut sources: Vec<&Source> = Vec::new();
    for (line, _) in posted {
        if !sources.contains(&line.source) {
            sources.push(line.source);
        }
    }
    let awaiting = movements::awaiting(tx, &sources).await?;
    if awaiting.is_empty() {
        return Ok(());
    }
    let mut left: BTreeMap<(usize, LineId), Decimal> = BTreeMap::new();
    for (line, used) in posted {
        if let Some(place) = sources.iter().position(|source| *source == line.source) {
            *left.entry((place, used.line)).or_default() += used.amount;
        }
    }
    // What counts on other lines is shown by other postings, and these lines are not to be locked after the others.
    let ids: Vec<Uuid> = awaiting.iter().map(|(id, _, _)| *id).collect();
    let places = commitments::places(tx, &ids).await?;
    let is_here = |line: LineId| posted.iter().any(|(_, used)| used.line == line);
    let here = places.into_iter().filter(|(_, line, _)| is_here(*line)).map(|(id, _, _)| id).collect();
    let mut held = committing::hold(tx, here).await?;
    for (id, place, amount) in awaiting {
        let Ok(place) = usize::try_from(place) else { continue };
        let (Some(commitment), Some(source)) = (held.get_mut(&id), sources.get(place)) else { continue };
        let Some(shown) = left.get_mut(&(place, commitment.line)) else { continue };
        let amount = amount.min(*shown).min(commitment.consumed);
        if amount <= Decimal::ZERO {
            continue;
        }
        *shown -= amount;
        let step = (Kind::Post, CommitmentId::new(tx.clock()).uuid());
        committing::write(tx, commitment, step, Some(amount), Some((*source).clone())).await?;
    }
    Ok(())
}
