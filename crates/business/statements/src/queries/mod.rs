//! Reads, one file each, and what they have in common.

use athyper_kernel_db::ReadTx;
use athyper_kernel_error::Problem;
use athyper_kernel_ledger::{Day, DimensionFilter, Entity, tenant_defaults};
use chrono::NaiveDate;

use crate::Deps;
use crate::error::Error;
use crate::model::layout::{Layout, StatementKind};
use crate::model::{built_in, layout_lines};
use crate::store::layouts;

pub(crate) mod answer;
pub(crate) mod books;
pub(crate) mod get_balance_sheet;
pub(crate) mod get_built_in_layout;
pub(crate) mod get_cash_flow;
pub(crate) mod get_income_statement;
pub(crate) mod get_trial_balance;

/// The problem of a refusal in this domain's words, or the ledger's own.
fn problem(error: Error) -> Problem {
    match error {
        Error::Ledger(problem) => problem,
        own => own.into(),
    }
}

/// The days that are asked for: up to today, where the tenant keeps its books, and from the beginning of the fiscal year.
///
/// # Errors
/// When the last is before the first, or they are beyond the calendar.
fn days(
    tx: &ReadTx,
    deps: &Deps,
    entity: &Entity,
    (from, to): (Option<Day>, Option<Day>),
) -> Result<(NaiveDate, NaiveDate), Error> {
    let to = to.map_or_else(|| tenant_defaults::today(tx.context(), &deps.clock), Day::date);
    let from = match from {
        Some(from) => from.date(),
        None => entity.fiscal_year(to).ok_or(Error::DayUnknown)?.0,
    };
    if to < from { Err(Error::DaysReversed { from, to }) } else { Ok((from, to)) }
}

/// The layout of a statement: the one that is named, or the one that is marked as default, or the one that is built in.
///
/// # Errors
/// When there is none of that code, several are marked, or it contradicts itself.
async fn find_layout(tx: &mut ReadTx, statement: StatementKind, code: Option<&str>) -> Result<Layout, Error> {
    let mut found = layouts::find(tx, statement.as_str(), code).await?;
    if found.len() > 1 {
        return Err(Error::LayoutUnclear(found.into_iter().map(|layout| layout.code).collect()));
    }
    let Some(stored) = found.pop() else {
        return match code {
            Some(code) => Err(Error::LayoutNotFound { code: code.to_owned() }),
            None => built_in::layout(statement)
                .map_err(|fault| Error::LayoutUnusable { code: built_in::NAME.to_owned(), fault }),
        };
    };
    let unusable = |fault: String| Error::LayoutUnusable { code: stored.code.clone(), fault };
    let lines: Vec<layout_lines::LayoutLine> =
        serde_json::from_value(stored.rows.clone()).map_err(|error| unusable(error.to_string()))?;
    layout_lines::read(Some(stored.code.clone()), stored.name.clone(), statement, &lines).map_err(unusable)
}

/// Whose books, and which part of them.
#[derive(Debug)]
struct Whose<'w> {
    entity: Entity,
    dimension: Option<&'w DimensionFilter>,
}
