//! The books of a member in the currency of the group.
//!
//! Assets and liabilities at the closing rate, income and expenses at the average rate of the time, equity at what is stated for it; what
//! is left is the difference of translation (IAS 21, paragraphs 39 to 41). Each amount is rounded by itself, half up, and the difference
//! of translation takes what that leaves, so that a column sums up to zero to the minor unit.

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountMovement, AccountType};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::group::{Definition, Member, Method};
use super::numbers::{plain, plain_option, times};
use super::run::{Line, Part};

/// What stands for results of years that are not closed: no code of an account starts so.
pub(crate) const BROUGHT_FORWARD: &str = "*brought forward";
/// What stands for the difference of translation.
pub(crate) const TRANSLATION: &str = "*translation";

/// What an account of a member is at the end of the time, in the member's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Balance {
    /// Code of the account.
    pub(crate) account: String,
    /// Its name.
    pub(crate) name: String,
    /// What it counts as.
    pub(crate) kind: AccountType,
    /// Debit positive.
    #[serde(deserialize_with = "plain")]
    pub(crate) amount: Decimal,
}

/// The rates of a member, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::MemberRates)]
pub(crate) struct Rates {
    /// Units of presentation currency for one of the member's on the last day.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "0.9246")]
    pub(crate) closing: Decimal,
    /// Whether it was stated for this consolidation; recorded otherwise.
    pub(crate) closing_is_stated: bool,
    /// The average of the time; none where nothing is translated at it.
    #[serde(default, deserialize_with = "plain_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0.9100")]
    pub(crate) average: Option<Decimal>,
    /// Whether it was stated.
    pub(crate) average_is_stated: bool,
}

/// What is known of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberBooks {
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// Its base currency.
    pub(crate) currency: Currency,
    /// First day of what it earned for the group.
    pub(crate) from: NaiveDate,
    /// Rates.
    pub(crate) rates: Rates,
    /// Balances, by code.
    pub(crate) balances: Vec<Balance>,
}

const fn is_result(kind: AccountType) -> bool {
    matches!(kind, AccountType::Income | AccountType::Expense)
}

/// The balances of a member: income and expense are those of the time, without what closes a year; what was earned before and is not
/// closed yet is one line of equity. They sum up to zero as the ledger does, because each journal does, and each close.
pub(crate) fn trial_balance(until: &[AccountMovement], during: &[AccountMovement]) -> Vec<Balance> {
    let mut brought_forward = Decimal::ZERO;
    let mut balances = Vec::with_capacity(until.len() + 1);
    for total in until {
        let moved = during.iter().find(|movement| movement.account == total.account);
        let (net, closing) = moved.map_or((Decimal::ZERO, Decimal::ZERO), |it| (it.net(), it.closing));
        let amount = if is_result(total.kind) {
            brought_forward += total.net() - net;
            net - closing
        } else {
            total.net() - closing
        };
        balances.push(Balance {
            account: total.account.clone(),
            name: total.name.clone(),
            kind: total.kind,
            amount,
        });
    }
    balances.push(Balance {
        account: BROUGHT_FORWARD.to_owned(),
        name: "Results brought forward".to_owned(),
        kind: AccountType::Equity,
        amount: brought_forward,
    });
    balances.retain(|balance| !balance.amount.is_zero());
    balances
}

/// The lines of a member in presentation currency, with the difference of translation as the last.
///
/// # Errors
/// Names accounts that are not mapped, or whose historical amount or rate is not stated, and amounts beyond what can be counted.
pub(crate) fn translate(
    definition: &Definition,
    member: &Member,
    books: &MemberBooks,
) -> Result<Vec<Line>, Vec<FieldError>> {
    let (mut lines, mut faults) = (Vec::with_capacity(books.balances.len() + 1), Vec::new());
    let local: Decimal = books.balances.iter().map(|balance| balance.amount).sum();
    if !local.is_zero() {
        let message =
            format!("{}: its balances sum up to {local} {} and not to zero", member.entity, books.currency);
        faults.push(FieldError::new("/group", "unbalanced", message));
    }
    for balance in &books.balances {
        match line(definition, member, books, balance) {
            Ok(line) => lines.push(line),
            Err((code, message)) => {
                faults.push(FieldError::new("/group", code, format!("{}: {message}", member.entity)));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let sum: Decimal = lines.iter().map(|line| line.amount).sum();
    if !sum.is_zero() {
        lines.push(Line {
            part: Part::Member,
            entity: Some(member.entity.clone()),
            entry: None,
            text: None,
            account: Some(TRANSLATION.to_owned()),
            name: "Difference of translation".to_owned(),
            local: None,
            rate: None,
            method: None,
            group_account: definition.special.translation.clone(),
            amount: -sum,
        });
    }
    Ok(lines)
}

fn line(
    definition: &Definition,
    member: &Member,
    books: &MemberBooks,
    balance: &Balance,
) -> Result<Line, (&'static str, String)> {
    let is_brought_forward = balance.account == BROUGHT_FORWARD;
    let target = if is_brought_forward {
        Some(definition.special.retained_earnings.as_str())
    } else {
        definition.target(&balance.account)
    };
    let target = target
        .ok_or_else(|| ("not_mapped", format!("map {} to an account of the group", balance.account)))?;
    let is_foreign = books.currency != definition.currency;
    let method = is_foreign.then(|| definition.methods.of(balance.kind));
    let too_large = || ("too_large", format!("{} is too large in {}", balance.account, definition.currency));
    let at = |rate: Decimal| times(balance.amount, rate, definition.currency).ok_or_else(too_large);
    let (rate, amount) = match method {
        None => (None, at(Decimal::ONE)?),
        Some(Method::Closing) => (Some(books.rates.closing), at(books.rates.closing)?),
        Some(Method::Average) => {
            let missing = || {
                ("rate_missing", format!("{} is translated at an average rate: state one", balance.account))
            };
            let rate = books.rates.average.ok_or_else(missing)?;
            (Some(rate), at(rate)?)
        }
        Some(Method::Historical) => {
            let stated =
                member.historical.iter().find(|it| it.account == balance.account).ok_or_else(|| {
                    let message = format!(
                        "state what {} of {} {} is in {}, as `historical` of the member",
                        balance.account, balance.amount, books.currency, definition.currency
                    );
                    ("historical_missing", message)
                })?;
            match (stated.amount, stated.rate) {
                (Some(amount), _) => (None, amount),
                (None, Some(rate)) => (Some(rate), at(rate)?),
                (None, None) => {
                    return Err((
                        "historical_missing",
                        format!("{}: neither amount nor rate", balance.account),
                    ));
                }
            }
        }
    };
    Ok(Line {
        part: Part::Member,
        entity: Some(member.entity.clone()),
        entry: None,
        text: None,
        account: Some(balance.account.clone()),
        name: balance.name.clone(),
        local: Some(balance.amount),
        rate,
        method,
        group_account: target.to_owned(),
        amount,
    })
}
