//! Open items against the balances of their control accounts: the total of the parties' accounts is the balance of the control
//! account, in each currency and in base currency.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountBalance, Figure, OpenItem};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use super::revaluation::Line;

/// A control account in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// What is open of its items, debit positive, in the currency.
    items: Decimal,
    /// The same in base currency, with what a revaluation of the day has added to them.
    items_base: Decimal,
    /// The balance, in the currency.
    balance: Decimal,
    /// The balance in base currency.
    balance_base: Decimal,
}

impl Agreement {
    /// Whether both agree.
    pub(crate) fn holds(&self) -> bool {
        self.items == self.balance && self.items_base == self.balance_base
    }
}

/// Holds the items that are open at the end of a day against the balances of their control accounts at its end, by account and
/// currency. Items are carried at what they were made with; `revalued` is what a revaluation in effect on that day has added.
pub(crate) fn agreements(
    items: &[OpenItem],
    balances: &[AccountBalance],
    revalued: &[Line],
) -> BTreeMap<(String, Currency), Agreement> {
    let mut found: BTreeMap<(String, Currency), Agreement> = BTreeMap::new();
    for item in items {
        let of_account = found.entry((item.account.clone(), item.currency)).or_default();
        of_account.items += item.open;
        of_account.items_base += item.open_base;
    }
    for line in revalued.iter().filter(|line| line.item.is_some()) {
        found.entry((line.account.clone(), line.currency)).or_default().items_base += line.difference();
    }
    for balance in balances.iter().filter(|balance| balance.usage.is_control()) {
        let of_account = found.entry((balance.account.clone(), balance.currency)).or_default();
        of_account.balance += balance.amount;
        of_account.balance_base += balance.base;
    }
    found
}

/// What is said of a control account in one currency.
pub(crate) fn figure((account, currency): &(String, Currency), found: &Agreement) -> Figure {
    let text = format!(
        "items {} at {}, balance {} at {}",
        found.items, found.items_base, found.balance, found.balance_base
    );
    Figure::new(format!("{account} {}", currency.code()), text)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_ledger::{AccountType, AccountUse};
    use athyper_kernel_types::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn item(account: &str, currency: &str, open: i64, base: i64) -> OpenItem {
        OpenItem {
            id: Id::from_uuid(Uuid::nil()),
            account: account.to_owned(),
            party: Uuid::nil(),
            date: "2025-03-01".parse().unwrap(),
            due_on: None,
            reference: None,
            currency: Currency::parse(currency).unwrap(),
            amount: Decimal::from(open),
            open: Decimal::from(open),
            open_base: Decimal::from(base),
        }
    }

    fn balance(account: &str, currency: &str, amount: i64, base: i64, usage: AccountUse) -> AccountBalance {
        AccountBalance {
            account: account.to_owned(),
            name: account.to_owned(),
            kind: AccountType::Asset,
            usage,
            currency: Currency::parse(currency).unwrap(),
            amount: Decimal::from(amount),
            base: Decimal::from(base),
        }
    }

    fn revalued(account: &str, currency: &str, difference: i64) -> Line {
        Line {
            account: account.to_owned(),
            party: Some(Uuid::nil()),
            item: Some(Id::from_uuid(Uuid::nil())),
            reference: None,
            currency: Currency::parse(currency).unwrap(),
            amount: Decimal::ZERO,
            rate: Decimal::ONE,
            carried: Decimal::ZERO,
            worth: Decimal::from(difference),
        }
    }

    fn holds(items: &[OpenItem], balances: &[AccountBalance], lines: &[Line]) -> bool {
        agreements(items, balances, lines).values().all(Agreement::holds)
    }

    #[test]
    fn base_currency_alone_can_disagree() {
        let items = [item("R", "USD", 100, 95)];
        assert!(holds(&items, &[balance("R", "USD", 100, 95, AccountUse::Receivable)], &[]));
        assert!(!holds(&items, &[balance("R", "USD", 100, 94, AccountUse::Receivable)], &[]));
        assert!(holds(
            &items,
            &[balance("R", "USD", 100, 94, AccountUse::Receivable)],
            &[revalued("R", "USD", -1)]
        ));
        assert!(!holds(&items, &[balance("R", "EUR", 100, 95, AccountUse::Receivable)], &[]));
        assert!(!holds(&items, &[], &[]), "items without a balance");
        assert!(
            !holds(&[], &[balance("R", "USD", 1, 1, AccountUse::Payable)], &[]),
            "a balance without items"
        );
        assert!(holds(&[], &[balance("Bank", "USD", 1, 1, AccountUse::Bank)], &[]), "no control account");
    }

    proptest! {
        // Whatever is open, balances that are the sums of it agree, and one that is off by anything does not.
        #[test]
        fn sums_of_items_agree_and_nothing_else_does(
            parts in prop::collection::vec((0_usize..3, 0_usize..2, -500_i64..500, -500_i64..500), 1..30),
            off in prop_oneof![-50_i64..0, 1_i64..50],
            at_base in any::<bool>(),
        ) {
            let (accounts, currencies) = (["R1", "R2", "P1"], ["USD", "JPY"]);
            let items: Vec<OpenItem> = parts
                .iter()
                .map(|(account, currency, open, base)| item(accounts[*account], currencies[*currency], *open, *base))
                .collect();
            let mut sums: BTreeMap<(usize, usize), (i64, i64)> = BTreeMap::new();
            for (account, currency, open, base) in &parts {
                let sum = sums.entry((*account, *currency)).or_default();
                *sum = (sum.0 + open, sum.1 + base);
            }
            let mut balances: Vec<AccountBalance> = sums
                .into_iter()
                .map(|((account, currency), (open, base))| {
                    balance(accounts[account], currencies[currency], open, base, AccountUse::Payable)
                })
                .collect();
            prop_assert!(holds(&items, &balances, &[]));
            let last = balances.last_mut().unwrap();
            if at_base { last.base += Decimal::from(off) } else { last.amount += Decimal::from(off) }
            prop_assert!(!holds(&items, &balances, &[]));
        }
    }
}
