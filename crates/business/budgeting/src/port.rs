//! How other domains set amounts aside: the answer to the port of budgets of `athyper-kernel-ledger`.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{
    Availability, Budgets, Ledger, Reservation, Spending, Standing, Step, Turnovers,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::committing::{reserve, take_steps};
use crate::error::{Error, problem};
use crate::model::budget::Window;
use crate::model::commitment::{Commitment, Kind};
use crate::model::figures::{Use, controlled, limit, sum};
use crate::model::plan::month_of;
use crate::spending::{self, Office};

/// Who keeps budgets, with who keeps the ledger.
pub fn budgets(ledger: Arc<dyn Ledger>, turnovers: Arc<dyn Turnovers>) -> Arc<dyn Budgets> {
    Arc::new(Office { ledger, turnovers })
}

#[async_trait]
impl Budgets for Office {
    async fn reserve(
        &self,
        tx: &mut TenantTx,
        reservations: &[Reservation],
    ) -> Result<Vec<Option<Standing>>, Problem> {
        let pointer = |position| format!("/lines/{position}/amount");
        let made = reserve(tx, self, reservations, pointer).await.map_err(problem)?;
        Ok(made
            .into_iter()
            .map(|made| made.map(|(commitment, warnings)| commitment.standing(warnings)))
            .collect())
    }

    async fn commit(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem> {
        step(tx, Kind::Commit, steps).await
    }

    async fn consume(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem> {
        step(tx, Kind::Consume, steps).await
    }

    async fn release(&self, tx: &mut TenantTx, steps: &[Step]) -> Result<Vec<Standing>, Problem> {
        step(tx, Kind::Release, steps).await
    }

    async fn check(
        &self,
        tx: &mut dyn TenantConnection,
        entity: Option<&str>,
        date: NaiveDate,
        spending: &Spending,
        amount: Decimal,
    ) -> Result<Availability, Problem> {
        availability(tx, self, entity, date, spending, amount).await.map_err(problem)
    }
}

async fn step(tx: &mut TenantTx, kind: Kind, steps: &[Step]) -> Result<Vec<Standing>, Problem> {
    let taken = take_steps(tx, kind, steps).await.map_err(problem)?;
    Ok(taken.iter().map(|commitment: &Commitment| commitment.standing(Vec::new())).collect())
}

/// What is left for something, and what would be said of an amount.
///
/// # Errors
/// As the port says.
pub(crate) async fn availability(
    tx: &mut dyn TenantConnection,
    office: &Office,
    entity: Option<&str>,
    date: NaiveDate,
    spending: &Spending,
    amount: Decimal,
) -> Result<Availability, Error> {
    let free = Availability { available: None, is_refused: false, warnings: Vec::new() };
    let entity = office.ledger.entity(tx, entity).await?;
    let Some(plan) = spending::plan_on(tx, &entity.code, date).await? else { return Ok(free) };
    let Some(line) = spending::line_for(tx, &*office.turnovers, &plan, spending).await? else {
        return Ok(free);
    };
    let uses = [Use { line: line.id, month: month_of(date), amount }];
    let with_control = controlled(&plan, &uses);
    if with_control.is_empty() {
        return Ok(free);
    }
    let below = with_control.iter().flat_map(|line| plan.subtree(line.id)).collect();
    let sheet = spending::sheet(tx, &*office.turnovers, &entity, &plan, &below).await?;
    let scope = (plan.window == Window::Month).then(|| month_of(date));
    let left = with_control.iter().map(|line| {
        let figures = sum(&sheet, &plan.subtree(line.id), scope);
        limit(&plan, line, figures.budget) - figures.used()
    });
    let found = crate::model::figures::overruns(&plan, &sheet, &uses, false);
    let said = found.iter().filter(|overrun| !overrun.is_refused);
    Ok(Availability {
        available: left.min(),
        is_refused: found.iter().any(|overrun| overrun.is_refused),
        warnings: said.map(|overrun| spending::message(&plan, overrun)).collect(),
    })
}
