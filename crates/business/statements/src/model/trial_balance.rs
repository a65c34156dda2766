//! The trial balance with what moved.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountMovement, AccountType, DimensionFilter, Entity};
use athyper_kernel_tables::{Cell, Row, Table};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::Column;
use super::file::{heading, number, said};
use super::reconciliation::{self, Check, CheckBody};
use super::statement::{account_ledger, check_body, text};

/// A trial balance. Amounts are in base currency and have its decimals; balances are debit positive.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::TrialBalance)]
pub(crate) struct TrialBalance {
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// Its name.
    pub(crate) entity_name: String,
    /// Its base currency.
    pub(crate) currency: Currency,
    /// First day.
    pub(crate) from: NaiveDate,
    /// Last day.
    pub(crate) to: NaiveDate,
    /// The values of a dimension that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dimension: Option<String>,
    /// The accounts by code.
    pub(crate) lines: Vec<Line>,
    /// The sums of the columns.
    pub(crate) totals: Totals,
    /// What agrees with the ledger.
    pub(crate) reconciliation: Vec<CheckBody>,
    /// Whether all of it agrees.
    pub(crate) reconciles: bool,
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::TrialBalanceLine)]
pub(crate) struct Line {
    /// Code.
    pub(crate) account: String,
    /// Name.
    pub(crate) name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub(crate) kind: AccountType,
    /// Balance before the first day.
    #[schema(example = "100.00")]
    pub(crate) opening: String,
    /// Debits.
    #[schema(example = "12.34")]
    pub(crate) debit: String,
    /// Credits.
    #[schema(example = "0.00")]
    pub(crate) credit: String,
    /// Balance at the end of the last day.
    #[schema(example = "112.34")]
    pub(crate) closing: String,
    /// Its ledger for these days: path and query.
    pub(crate) link: String,
}

/// The sums of the columns.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::TrialBalanceTotals)]
pub(crate) struct Totals {
    /// Of opening balances: zero.
    pub(crate) opening: String,
    /// Of debits.
    pub(crate) debit: String,
    /// Of credits: the same.
    pub(crate) credit: String,
    /// Of closing balances: zero.
    pub(crate) closing: String,
}

/// The figures of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    opening: Decimal,
    debit: Decimal,
    credit: Decimal,
}

impl Figures {
    fn closing(self) -> Decimal {
        self.opening + self.debit - self.credit
    }
}

/// The trial balance of what was posted before some days and in them.
pub(crate) fn trial_balance(
    entity: &Entity,
    days: Column,
    dimension: Option<&DimensionFilter>,
    (before, since): (&[AccountMovement], &[AccountMovement]),
    trial: Option<&reconciliation::TrialBalance>,
) -> TrialBalance {
    let mut accounts: BTreeMap<&str, (&AccountMovement, Figures)> = BTreeMap::new();
    for movement in before {
        accounts.entry(&movement.account).or_insert((movement, Figures::default())).1.opening +=
            movement.net();
    }
    for movement in since {
        let figures = &mut accounts.entry(&movement.account).or_insert((movement, Figures::default())).1;
        figures.debit += movement.debit;
        figures.credit += movement.credit;
    }
    let all: Vec<(&AccountMovement, Figures)> = accounts.into_values().collect();
    let mut totals = Figures::default();
    for (_, figures) in &all {
        totals.opening += figures.opening;
        totals.debit += figures.debit;
        totals.credit += figures.credit;
    }
    let checks: Vec<CheckBody> =
        checks(&all, totals, trial).iter().map(|check| check_body(check, entity.base_currency)).collect();
    let shown = |amount: Decimal| text(amount, entity.base_currency);
    let line = |(account, figures): &(&AccountMovement, Figures)| Line {
        account: account.account.clone(),
        name: account.name.clone(),
        kind: account.kind,
        opening: shown(figures.opening),
        debit: shown(figures.debit),
        credit: shown(figures.credit),
        closing: shown(figures.closing()),
        link: account_ledger(&entity.code, &account.account, days, dimension, true),
    };
    TrialBalance {
        entity: entity.code.clone(),
        entity_name: entity.name.clone(),
        currency: entity.base_currency,
        from: days.from.unwrap_or(days.to),
        to: days.to,
        dimension: dimension.map(ToString::to_string),
        lines: all.iter().map(line).collect(),
        totals: Totals {
            opening: shown(totals.opening),
            debit: shown(totals.debit),
            credit: shown(totals.credit),
            closing: shown(totals.closing()),
        },
        reconciles: checks.iter().all(|check| check.holds),
        reconciliation: checks,
    }
}

fn checks(
    all: &[(&AccountMovement, Figures)],
    totals: Figures,
    trial: Option<&reconciliation::TrialBalance>,
) -> Vec<Check> {
    let mut checks = vec![Check::new(
        "debits_equal_credits",
        "The debits of these days are their credits",
        totals.debit,
        totals.credit,
    )];
    if let Some(trial) = trial {
        let differing: Decimal =
            all.iter().map(|(account, figures)| (figures.closing() - trial.of(&account.account)).abs()).sum();
        let known: std::collections::BTreeSet<&str> =
            all.iter().map(|(account, _)| account.account.as_str()).collect();
        let missing: Decimal =
            trial.codes().filter(|code| !known.contains(code)).map(|code| trial.of(code).abs()).sum();
        checks.push(Check {
            key: "accounts_agree_with_trial_balance",
            says: "Each closing balance is what the balances of the ledger say; the sums are those of the debit columns",
            found: all.iter().map(|(_, figures)| figures.closing().max(Decimal::ZERO)).sum(),
            expected: trial.columns().0,
            difference: differing + missing,
        });
        checks.push(trial.is_zero());
    }
    checks
}

/// The trial balance as a table, for files.
pub(crate) fn table(trial: &TrialBalance) -> Table {
    let mut rows: Vec<Row> = trial.lines.iter().map(row).collect();
    let totals = [&trial.totals.opening, &trial.totals.debit, &trial.totals.credit, &trial.totals.closing];
    let mut cells = vec![Cell::Text("Sum".to_owned()), Cell::Empty, Cell::Empty];
    cells.extend(totals.map(|amount| number(amount)));
    rows.push(Row { level: 0, is_strong: true, cells });
    let days = format!("{} to {}", trial.from, trial.to);
    let mut subtitle =
        vec![heading(&trial.entity_name, &trial.entity, &trial.currency.to_string()), days.clone()];
    subtitle.extend(trial.dimension.as_ref().map(|dimension| format!("Only lines about {dimension}")));
    Table {
        title: "Trial balance".to_owned(),
        subtitle,
        columns: ["Account", "Name", "Type", "Opening", "Debit", "Credit", "Closing"]
            .map(str::to_owned)
            .to_vec(),
        text_columns: 3,
        rows,
        notes: said(&days, &trial.reconciliation),
    }
}

fn row(line: &Line) -> Row {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut cells = vec![text(&line.account), text(&line.name), text(line.kind.as_str())];
    cells.extend([&line.opening, &line.debit, &line.credit, &line.closing].map(|amount| number(amount)));
    Row { level: 0, is_strong: false, cells }
}
