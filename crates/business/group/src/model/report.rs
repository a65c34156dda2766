//! What a consolidation says: the trial balance by account and column, what columns sum up to, and by which figures it agrees with the
//! ledgers.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_ledger::AccountType;
use athyper_kernel_types::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::agreement::Agreement;
use super::group::{Definition, GroupId};
use super::numbers::negated;
use super::run::{Difference, Inputs, Kept, Line, Part, RunId, RunState};
use super::translation::{MemberBooks, Rates};

/// An account of the group with what each column has on it, debit positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::RunAccount)]
pub(crate) struct Row {
    /// Code.
    pub(crate) account: String,
    /// Name.
    pub(crate) name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub(crate) kind: AccountType,
    /// By code of the member; those that have nothing on it are left out.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) members: BTreeMap<String, Decimal>,
    /// What was stated by hand.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) adjustments: Decimal,
    /// What is eliminated.
    #[schema(value_type = String, example = "-924.60")]
    pub(crate) eliminations: Decimal,
    /// All of it.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) group: Decimal,
}

/// What a column sums up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::ColumnTotal)]
pub(crate) struct ColumnTotal {
    /// Code of the member, `adjustments`, `eliminations` or `group`.
    pub(crate) column: String,
    /// What is owned, debit positive.
    #[schema(value_type = String)]
    pub(crate) assets: Decimal,
    /// What is owed, credit positive.
    #[schema(value_type = String)]
    pub(crate) liabilities: Decimal,
    /// What belongs to the owners, credit positive: without the result of the time.
    #[schema(value_type = String)]
    pub(crate) equity: Decimal,
    /// What is earned, credit positive.
    #[schema(value_type = String)]
    pub(crate) income: Decimal,
    /// What is spent, debit positive, without what others have of the result.
    #[schema(value_type = String)]
    pub(crate) expenses: Decimal,
    /// Income less expenses.
    #[schema(value_type = String)]
    pub(crate) result: Decimal,
    /// What others have of it.
    #[schema(value_type = String)]
    pub(crate) result_of_non_controlling: Decimal,
    /// What the owners of the parent have of it.
    #[schema(value_type = String)]
    pub(crate) result_of_owners: Decimal,
    /// All debits less all credits: zero.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) difference: Decimal,
}

/// By which figures the column of a member agrees with its ledger, in its own currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::MemberFigures)]
pub(crate) struct MemberFigures {
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its base currency.
    pub(crate) currency: Currency,
    /// First day of what it earned for the group.
    pub(crate) from: NaiveDate,
    /// The rates that it was translated at.
    pub(crate) rates: Rates,
    /// How many accounts have a balance.
    pub(crate) accounts: usize,
    /// Sum of the balances on the debit side; those on the credit side sum up to the same.
    #[schema(value_type = String)]
    pub(crate) debit: Decimal,
    /// Sum of the balances on the credit side.
    #[schema(value_type = String)]
    pub(crate) credit: Decimal,
}

/// A consolidation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Run)]
pub(crate) struct Run {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: RunId,
    /// Id of the group.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) group: GroupId,
    /// Its code.
    pub(crate) group_code: String,
    /// First day of income and expenses.
    pub(crate) from: NaiveDate,
    /// Last day.
    pub(crate) date: NaiveDate,
    /// The presentation currency.
    pub(crate) currency: Currency,
    /// How far it is.
    pub(crate) state: RunState,
    /// The members, and by which figures their columns agree with their ledgers.
    pub(crate) members: Vec<MemberFigures>,
    /// The consolidated trial balance, by account.
    pub(crate) accounts: Vec<Row>,
    /// What each column sums up to.
    pub(crate) totals: Vec<ColumnTotal>,
    /// What does not fit.
    pub(crate) differences: Vec<Difference>,
    /// What pairs of members say that they owe each other, in the currencies that they owe it in.
    pub(crate) agreements: Vec<Agreement>,
    /// SHA-256 over what went in and what came out, in hexadecimal.
    pub(crate) digest: String,
    /// When it was made final (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) final_at: Option<DateTime<Utc>>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) final_by: Option<String>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

impl Kept {
    /// It as it is shown.
    pub(crate) fn shown(&self) -> Run {
        let accounts = rows(&self.inputs.definition, &self.outcome.lines);
        Run {
            id: self.id,
            group: self.group,
            group_code: self.group_code.clone(),
            from: self.inputs.from,
            date: self.inputs.date,
            currency: self.inputs.definition.currency,
            state: self.state,
            members: figures(&self.inputs),
            totals: totals(&self.inputs, &accounts),
            accounts,
            differences: self.outcome.differences.clone(),
            agreements: self.agreements.clone(),
            digest: self.digest.clone(),
            final_at: self.final_at,
            final_by: self.final_by.clone(),
            created_at: self.created_at,
            created_by: self.created_by.clone(),
            version: self.version,
        }
    }
}

/// The consolidated trial balance: accounts in the order of the group, without those that have nothing on them.
pub(crate) fn rows(definition: &Definition, lines: &[Line]) -> Vec<Row> {
    let zero = zero(definition.currency);
    let mut rows: Vec<Row> = definition
        .accounts
        .iter()
        .map(|account| Row {
            account: account.code.clone(),
            name: account.name.clone(),
            kind: account.kind,
            members: BTreeMap::new(),
            adjustments: zero,
            eliminations: zero,
            group: zero,
        })
        .collect();
    let places: BTreeMap<&str, usize> = definition
        .accounts
        .iter()
        .enumerate()
        .map(|(place, account)| (account.code.as_str(), place))
        .collect();
    let used: BTreeSet<&str> = lines.iter().map(|line| line.group_account.as_str()).collect();
    for line in lines {
        let place = places.get(line.group_account.as_str()).copied();
        let Some(row) = place.and_then(|place| rows.get_mut(place)) else { continue };
        row.group += line.amount;
        match (line.part, &line.entity) {
            (Part::Member, Some(entity)) => *row.members.entry(entity.clone()).or_insert(zero) += line.amount,
            (Part::Adjustment, _) => row.adjustments += line.amount,
            _ => row.eliminations += line.amount,
        }
    }
    rows.retain(|row| used.contains(row.account.as_str()));
    rows
}

fn zero(currency: Currency) -> Decimal {
    Decimal::new(0, currency.minor_units())
}

/// What the columns sum up to: members in the order of the group, adjustments, eliminations, and the group.
pub(crate) fn totals(inputs: &Inputs, rows: &[Row]) -> Vec<ColumnTotal> {
    let members = inputs.books.iter().map(|books| books.entity.as_str());
    let of_result = inputs.definition.special.non_controlling_result.as_str();
    let currency = inputs.definition.currency;
    let mut totals: Vec<ColumnTotal> = members
        .map(|entity| {
            let of = |row: &Row| row.members.get(entity).copied().unwrap_or_default();
            total(entity, currency, of_result, rows, of)
        })
        .collect();
    totals.push(total("adjustments", currency, of_result, rows, |row| row.adjustments));
    totals.push(total("eliminations", currency, of_result, rows, |row| row.eliminations));
    totals.push(total("group", currency, of_result, rows, |row| row.group));
    totals
}

fn total(
    column: &str,
    currency: Currency,
    of_result: &str,
    rows: &[Row],
    of: impl Fn(&Row) -> Decimal,
) -> ColumnTotal {
    let sum = |is_counted: &dyn Fn(&Row) -> bool| -> Decimal {
        let mut sum: Decimal = rows.iter().filter(|row| is_counted(row)).map(&of).sum();
        sum.rescale(currency.minor_units());
        sum
    };
    let kind = |kind: AccountType| sum(&|row: &Row| row.kind == kind && row.account != of_result);
    let (income, expenses) = (negated(kind(AccountType::Income)), kind(AccountType::Expense));
    let others = sum(&|row: &Row| row.account == of_result);
    ColumnTotal {
        column: column.to_owned(),
        assets: kind(AccountType::Asset),
        liabilities: negated(kind(AccountType::Liability)),
        equity: negated(kind(AccountType::Equity)),
        income,
        expenses,
        result: income - expenses,
        result_of_non_controlling: others,
        result_of_owners: income - expenses - others,
        difference: sum(&|_| true),
    }
}

/// By which figures the members agree with their ledgers.
pub(crate) fn figures(inputs: &Inputs) -> Vec<MemberFigures> {
    let of = |books: &MemberBooks| {
        let amounts = || books.balances.iter().map(|balance| balance.amount);
        let nothing = zero(books.currency);
        MemberFigures {
            entity: books.entity.clone(),
            currency: books.currency,
            from: books.from,
            rates: books.rates.clone(),
            accounts: books.balances.len(),
            debit: amounts().filter(|it| *it > Decimal::ZERO).fold(nothing, |sum, it| sum + it),
            credit: amounts().filter(|it| *it < Decimal::ZERO).fold(nothing, |sum, it| sum + it.abs()),
        }
    };
    inputs.books.iter().map(of).collect()
}
