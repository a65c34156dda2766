//! How an amount is laid over what is open.

use rust_decimal::Decimal;
use uuid::Uuid;

/// An item and what is open of it, positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// The item.
    pub(crate) item: Uuid,
    /// What is open of it.
    pub(crate) open: Decimal,
}

/// Lays an amount over items, one after the other, and gives how much each takes; what is left over at the end comes beside.
pub(crate) fn lay_over(items: &mut [Open], amount: Decimal) -> (Vec<(Uuid, Decimal)>, Decimal) {
    let mut left = amount;
    let mut taken = Vec::new();
    for item in items {
        let part = item.open.min(left);
        if part > Decimal::ZERO {
            item.open -= part;
            left -= part;
            taken.push((item.item, part));
        }
    }
    (taken, left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_item_takes_more_than_is_open(
            opens in prop::collection::vec(0_i64..1_000, 0..6), amount in 0_i64..3_000,
        ) {
            let mut items: Vec<Open> =
                opens.iter().map(|open| Open { item: Uuid::nil(), open: (*open).into() }).collect();
            let (taken, left) = lay_over(&mut items, amount.into());
            let sum: Decimal = taken.iter().map(|(_, part)| *part).sum();
            prop_assert_eq!(sum + left, amount.into());
            prop_assert!(items.iter().all(|item| item.open >= Decimal::ZERO));
            prop_assert!(left.is_zero() || items.iter().all(|item| item.open.is_zero()));
        }
    }
}
