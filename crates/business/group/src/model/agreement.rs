//! What two legal entities say of what they owe each other.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_ledger::AccountBalance;
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::numbers::{negated, plain};
use super::relation::Relation;

/// What each of a pair says in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Agreement)]
pub(crate) struct Agreement {
    /// Code of the one.
    pub(crate) entity: String,
    /// Code of the other.
    pub(crate) partner: String,
    /// The currency.
    pub(crate) currency: Currency,
    /// What the one says that the other owes it: below zero for what it says that it owes.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "500.00")]
    pub(crate) due_from_partner: Decimal,
    /// What the other says that it owes the one.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "450.00")]
    pub(crate) due_to_entity: Decimal,
    /// By how much the one says more.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "50.00")]
    pub(crate) difference: Decimal,
}

/// What the balances of a legal entity say on these accounts, by currency.
fn said(accounts: &BTreeSet<&str>, balances: &[AccountBalance]) -> BTreeMap<Currency, Decimal> {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for balance in balances.iter().filter(|balance| accounts.contains(balance.account.as_str())) {
        *sums.entry(balance.currency).or_default() += balance.amount;
    }
    sums
}

/// What the pairs of these relations say of each other, by currency; where both say nothing there is no line. Relations of one pair
/// that follow each other are one, and an account that they share counts once.
pub(crate) fn agreements<'a>(
    relations: &[Relation],
    balances: impl Fn(&str) -> &'a Vec<AccountBalance>,
) -> Vec<Agreement> {
    /// Accounts of the one, and of the other.
    type Due<'a> = (BTreeSet<&'a str>, BTreeSet<&'a str>);
    let mut pairs: BTreeMap<(&str, &str), Due<'_>> = BTreeMap::new();
    for relation in relations {
        let (a, b) = pairs.entry((&relation.a.entity, &relation.b.entity)).or_default();
        a.extend(relation.a.due());
        b.extend(relation.b.due());
    }
    let mut found = Vec::new();
    for ((entity, partner), (a, b)) in pairs {
        let (says, said_back) = (said(&a, balances(entity)), said(&b, balances(partner)));
        let currencies: BTreeSet<Currency> = says.keys().chain(said_back.keys()).copied().collect();
        found.extend(currencies.into_iter().map(|currency| {
            let of = |sums: &BTreeMap<Currency, Decimal>| sums.get(&currency).copied().unwrap_or_default();
            agreement((entity, partner), currency, of(&says), negated(of(&said_back)))
        }));
    }
    found.retain(|it| !(it.due_from_partner.is_zero() && it.due_to_entity.is_zero()));
    found
}

fn agreement(
    (entity, partner): (&str, &str),
    currency: Currency,
    ours: Decimal,
    theirs: Decimal,
) -> Agreement {
    let scaled = |mut amount: Decimal| {
        amount.rescale(currency.minor_units());
        amount
    };
    Agreement {
        entity: entity.to_owned(),
        partner: partner.to_owned(),
        currency,
        due_from_partner: scaled(ours),
        due_to_entity: scaled(theirs),
        difference: scaled(ours - theirs),
    }
}
