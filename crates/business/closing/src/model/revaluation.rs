//! What is in other currencies, at the rates of a day.
//!
//! Monetary items in a foreign currency are translated at the closing rate, and what that changes goes to profit or loss (IAS 21,
//! paragraphs 23 and 28). Monetary are bank and cash accounts, and what stays open on control accounts, item by item.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountBalance, AccountUse, ItemId, OpenItem};
use athyper_kernel_types::{Currency, Id, Money, Rounding};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Marker of the ids of revaluations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Revaluation {}

/// Id of a revaluation.
pub(crate) type RevaluationId = Id<Revaluation>;

/// Something in a foreign currency, and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::RevaluationLine)]
pub(crate) struct Line {
    /// Code of the account.
    #[schema(example = "1010 Bank USD")]
    pub(crate) account: String,
    /// Whose item it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<Uuid>,
    /// The open item; none for the balance of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub(crate) item: Option<ItemId>,
    /// Number of the item's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// The currency.
    pub(crate) currency: Currency,
    /// How much it is, debit positive.
    #[schema(value_type = String, example = "1000.00")]
    pub(crate) amount: Decimal,
    /// Units of base currency for one of the currency.
    #[schema(value_type = String, example = "0.9246")]
    pub(crate) rate: Decimal,
    /// What it is carried at in base currency.
    #[schema(value_type = String, example = "950.00")]
    pub(crate) carried: Decimal,
    /// What it is worth at the rate.
    #[schema(value_type = String, example = "924.60")]
    pub(crate) worth: Decimal,
}

impl Line {
    /// What is added to the account: above zero for a gain.
    pub(crate) fn difference(&self) -> Decimal {
        self.worth - self.carried
    }
}

/// The currencies that need a rate.
pub(crate) fn currencies(
    balances: &[AccountBalance],
    items: &[OpenItem],
    base: Currency,
) -> std::collections::BTreeSet<Currency> {
    let of_balances = balances.iter().filter(|balance| is_money(balance)).map(|balance| balance.currency);
    let of_items = items.iter().map(|item| item.currency);
    of_balances.chain(of_items).filter(|currency| *currency != base).collect()
}

fn is_money(balance: &AccountBalance) -> bool {
    matches!(balance.usage, AccountUse::Bank | AccountUse::Cash)
}

/// What money in bank and cash accounts and each open item in a foreign currency is worth, each rounded half up by itself.
///
/// # Errors
/// The currency of an amount that is too large.
pub(crate) fn revalue(
    balances: &[AccountBalance],
    items: &[OpenItem],
    base: Currency,
    rates: &BTreeMap<Currency, Decimal>,
) -> Result<Vec<Line>, Currency> {
    let worth = |amount: Decimal, currency: Currency| {
        let rate = rates.get(&currency).copied().ok_or(currency)?;
        let product = amount.checked_mul(rate).ok_or(currency)?;
        let worth = Money::rounded(product, base, Rounding::HalfUp).map_err(|_| currency)?;
        Ok((rate, worth.amount()))
    };
    let money =
        balances.iter().filter(|balance| is_money(balance) && balance.currency != base).map(|balance| {
            let (rate, worth) = worth(balance.amount, balance.currency)?;
            Ok(Line {
                account: balance.account.clone(),
                party: None,
                item: None,
                reference: None,
                currency: balance.currency,
                amount: balance.amount,
                rate,
                carried: balance.base,
                worth,
            })
        });
    let open = items.iter().filter(|item| item.currency != base).map(|item| {
        let (rate, worth) = worth(item.open, item.currency)?;
        Ok(Line {
            account: item.account.clone(),
            party: Some(item.party),
            item: Some(item.id),
            reference: item.reference.clone(),
            currency: item.currency,
            amount: item.open,
            rate,
            carried: item.open_base,
            worth,
        })
    });
    money.chain(open).collect()
}

#[cfg(test)]
mod tests {
    use athyper_kernel_ledger::AccountType;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn balance(usage: AccountUse, currency: &str, amount: &str, base: &str) -> AccountBalance {
        AccountBalance {
            account: "A".to_owned(),
            name: "A".to_owned(),
            kind: AccountType::Asset,
            usage,
            currency: Currency::parse(currency).unwrap(),
            amount: decimal(amount),
            base: decimal(base),
        }
    }

    #[test]
    fn only_money_and_items_in_other_currencies_are_revalued() {
        let euro = Currency::parse("EUR").unwrap();
        let balances = [
            balance(AccountUse::Bank, "USD", "100.00", "95.00"),
            balance(AccountUse::Bank, "EUR", "100.00", "100.00"),
            balance(AccountUse::Other, "USD", "100.00", "95.00"),
            balance(AccountUse::Cash, "JPY", "-1000", "-6.41"),
        ];
        let rates = [("USD", "0.92455"), ("JPY", "0.0061")];
        let rates = rates.map(|(code, rate)| (Currency::parse(code).unwrap(), decimal(rate))).into();
        let lines = revalue(&balances, &[], euro, &rates).unwrap();
        let found: Vec<(&str, Decimal, Decimal)> =
            lines.iter().map(|line| (line.currency.code(), line.worth, line.difference())).collect();
        assert_eq!(
            found,
            [("USD", decimal("92.46"), decimal("-2.54")), ("JPY", decimal("-6.10"), decimal("0.31"))]
        );
        assert_eq!(currencies(&balances, &[], euro).len(), 2);
    }
}
