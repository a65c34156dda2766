//! The one rule of double entry: in each currency, debits equal credits.

use std::collections::BTreeMap;

use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use crate::LineAmount;

/// A currency in which lines do not balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The currency.
    pub currency: Currency,
    /// Debits minus credits, in this currency.
    pub difference: Decimal,
}

/// The currencies in which these lines do not balance to the last minor unit. Currencies are never converted into each
/// other to make them balance.
pub fn imbalances(amounts: impl IntoIterator<Item = LineAmount>) -> Vec<Imbalance> {
    let mut differences: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for amount in amounts {
        *differences.entry(amount.currency()).or_default() += amount.debit() - amount.credit();
    }
    differences
        .into_iter()
        .filter(|(_, difference)| !difference.is_zero())
        .map(|(currency, difference)| Imbalance { currency, difference })
        .collect()
}

/// The sum of the debits in each currency, as text with the currency's decimals: what a balanced journal moves.
pub fn totals(amounts: impl IntoIterator<Item = LineAmount>) -> BTreeMap<&'static str, String> {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for amount in amounts {
        *sums.entry(amount.currency()).or_default() += amount.debit();
    }
    sums.into_iter()
        .map(|(currency, mut sum)| {
            sum.rescale(currency.minor_units());
            (currency.code(), sum.to_string())
        })
        .collect()
}

impl std::fmt::Display for Imbalance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.difference > Decimal::ZERO { "debits" } else { "credits" };
        write!(f, "{side} exceed the other side by {} {}", self.difference.abs(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(cents: i64, currency: &str) -> LineAmount {
        let text = Decimal::new(cents.abs(), 2).to_string();
        let currency = Currency::parse(currency).unwrap();
        let (debit, credit) = if cents > 0 { (Some(&*text), None) } else { (None, Some(&*text)) };
        LineAmount::parse(debit, credit, currency).unwrap()
    }

    fn cents() -> impl Strategy<Value = i64> {
        prop_oneof![-10_000_000_i64..=-1, 1_i64..=10_000_000]
    }

    #[test]
    fn currencies_do_not_balance_each_other() {
        let found = imbalances([amount(100, "USD"), amount(-100, "EUR")]);
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["credits exceed the other side by 1.00 EUR", "debits exceed the other side by 1.00 USD"]
        );
    }

    #[test]
    fn totals_are_the_debits_of_each_currency() {
        let lines = [amount(150, "USD"), amount(50, "USD"), amount(-200, "USD"), amount(-5, "EUR")];
        let totals: Vec<(&str, String)> = totals(lines).into_iter().collect();
        assert_eq!(totals, [("EUR", "0.00".to_owned()), ("USD", "2.00".to_owned())]);
    }

    proptest! {
        #[test]
        fn lines_and_their_mirror_balance(cents in prop::collection::vec((cents(), any::<bool>()), 1..40)) {
            let lines: Vec<_> =
                cents.iter().map(|(cents, is_euro)| amount(*cents, if *is_euro { "EUR" } else { "USD" })).collect();
            let both = lines.iter().copied().chain(lines.iter().map(|line| line.mirrored()));
            prop_assert_eq!(imbalances(both), []);
        }

        #[test]
        fn one_minor_unit_is_enough_to_be_seen(cents in prop::collection::vec(cents(), 1..40)) {
            let lines: Vec<_> = cents.iter().map(|cents| amount(*cents, "USD")).collect();
            let both = lines.iter().copied().chain(lines.iter().map(|line| line.mirrored()));
            let found = imbalances(both.chain([amount(1, "USD")]));
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].difference, Decimal::new(1, 2));
        }
    }
}
