//! The figures of the ledger that statements are made of, as the port gives them.

use std::collections::BTreeMap;

use athyper_kernel_db::ReadTx;
use athyper_kernel_ledger::{AccountMovement, Movements};
use chrono::NaiveDate;

use super::Whose;
use crate::Deps;
use crate::error::Error;
use crate::model::balance_sheet::Balances;
use crate::model::columns::Column;
use crate::model::income_statement::Movement;
use crate::model::reconciliation::TrialBalance;

/// The books while a statement is made of them. All is read in one transaction, so that all columns are of one moment.
pub(super) struct Books<'b> {
    deps: &'b Deps,
    tx: &'b mut ReadTx,
    whose: &'b Whose<'b>,
    /// Trial balances by day: columns share them.
    trial_balances: BTreeMap<NaiveDate, TrialBalance>,
}

impl<'b> Books<'b> {
    pub(super) fn new(deps: &'b Deps, tx: &'b mut ReadTx, whose: &'b Whose<'b>) -> Self {
        Self { deps, tx, whose, trial_balances: BTreeMap::new() }
    }

    /// What was posted in some days.
    pub(super) async fn movements(
        &mut self,
        from: Option<NaiveDate>,
        to: NaiveDate,
        with_adjusting: bool,
    ) -> Result<Vec<AccountMovement>, Error> {
        let which = Movements { from, to, dimension: self.whose.dimension.cloned(), with_adjusting };
        Ok(self.deps.ledger.movements(self.tx, &self.whose.entity, &which).await?)
    }

    /// The trial balance of a day; of a part of the books there is none.
    pub(super) async fn trial_balance(&mut self, day: NaiveDate) -> Result<Option<TrialBalance>, Error> {
        if self.whose.dimension.is_some() {
            return Ok(None);
        }
        if let Some(known) = self.trial_balances.get(&day) {
            return Ok(Some(known.clone()));
        }
        let balances = self.deps.ledger.balances(self.tx, &self.whose.entity, day).await?;
        let trial = TrialBalance::new(&balances);
        self.trial_balances.insert(day, trial.clone());
        Ok(Some(trial))
    }

    /// The balances of a column, those before its fiscal year apart.
    pub(super) async fn balances(&mut self, column: Column) -> Result<Balances, Error> {
        let (year_start, _) = self.whose.entity.fiscal_year(column.to).ok_or(Error::DayUnknown)?;
        let day_before = year_start.pred_opt().ok_or(Error::DayUnknown)?;
        Ok(Balances {
            year_start,
            before: self.movements(None, day_before, false).await?,
            since: self.movements(Some(year_start), column.to, false).await?,
            trial_balance: self.trial_balance(column.to).await?,
        })
    }

    /// What was posted in the days of a column.
    pub(super) async fn movement(&mut self, column: Column) -> Result<Movement, Error> {
        let from = column.from.ok_or(Error::DayUnknown)?;
        let day_before = from.pred_opt().ok_or(Error::DayUnknown)?;
        let before = self.trial_balance(day_before).await?;
        let after = self.trial_balance(column.to).await?;
        Ok(Movement {
            movements: self.movements(Some(from), column.to, true).await?,
            trial_balances: before.zip(after),
        })
    }
}
