//! Funds: a tree in which each gives to those below it what it holds itself.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Id of a fund.
pub(crate) type FundId = Id<Fund>;

/// A fund.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Fund)]
pub(crate) struct Fund {
    /// Id.
    pub(crate) id: FundId,
    /// Code, unique in the tenant.
    #[schema(example = "research")]
    pub(crate) code: String,
    /// What it is called.
    pub(crate) name: String,
    /// The fund that gives to it; one without is given to from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) parent: Option<FundId>,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// What it was given, less what it gave back.
    #[schema(value_type = String, example = "50000.00")]
    pub(crate) received: Decimal,
    /// What it holds: what it was given and has not given on.
    #[schema(value_type = String, example = "20000.00")]
    pub(crate) held: Decimal,
    /// What active budgets that name it plan to spend.
    #[schema(value_type = String, example = "15000.00")]
    pub(crate) planned: Decimal,
    /// What it holds and nothing is planned upon: it may be given on, or planned.
    #[schema(value_type = String, example = "5000.00")]
    pub(crate) free: Decimal,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who entered it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Who has not got it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the fund {code} holds {held} {currency}, of which active budgets plan {planned}: no more than {free} can be given; give to \
     it first, or plan less upon it"
)]
pub(crate) struct TooLittle {
    /// Code of the fund.
    pub(crate) code: String,
    /// What it holds.
    pub(crate) held: Decimal,
    /// What is planned upon it.
    pub(crate) planned: Decimal,
    /// The rest.
    pub(crate) free: Decimal,
    /// The currency.
    pub(crate) currency: Currency,
}

/// More is planned than there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the fund {code} holds {held} {currency}, of which active budgets plan {taken}, and with this it would be {planned}: give \
     {missing} more to it, plan less, or close a budget that it pays for"
)]
pub(crate) struct NotCovered {
    /// Code of the fund.
    pub(crate) code: String,
    /// What it holds.
    pub(crate) held: Decimal,
    /// What was planned upon it before.
    pub(crate) taken: Decimal,
    /// What would be.
    pub(crate) planned: Decimal,
    /// By how much that is too much.
    pub(crate) missing: Decimal,
    /// The currency.
    pub(crate) currency: Currency,
}

impl Fund {
    /// Takes what it holds and nothing is planned upon, to give it on.
    fn take(&mut self, amount: Decimal) -> Result<(), TooLittle> {
        if amount > self.free {
            return Err(TooLittle {
                code: self.code.clone(),
                held: self.held,
                planned: self.planned,
                free: self.free,
                currency: self.currency,
            });
        }
        self.held -= amount;
        self.free -= amount;
        Ok(())
    }

    /// Notes what active budgets plan upon it by now.
    ///
    /// # Errors
    /// [`NotCovered`] when it holds less. Then nothing has changed.
    pub(crate) fn plan(&mut self, planned: Decimal) -> Result<(), NotCovered> {
        if planned > self.held {
            return Err(NotCovered {
                code: self.code.clone(),
                held: self.held,
                taken: self.planned,
                planned,
                missing: planned - self.held,
                currency: self.currency,
            });
        }
        self.planned = planned;
        self.free = self.held - planned;
        Ok(())
    }

    /// Is given an amount by the fund above it, or from outside where there is none; below zero it gives that back.
    ///
    /// # Errors
    /// [`TooLittle`] when who gives holds less. Then nothing has changed.
    pub(crate) fn receive(&mut self, parent: Option<&mut Self>, amount: Decimal) -> Result<(), TooLittle> {
        if amount < Decimal::ZERO {
            self.take(-amount)?;
            self.received += amount;
            if let Some(parent) = parent {
                parent.held -= amount;
                parent.free -= amount;
            }
            return Ok(());
        }
        if let Some(parent) = parent {
            parent.take(amount)?;
        }
        self.received += amount;
        self.held += amount;
        self.free += amount;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn fund(number: u128, parent: Option<u128>) -> Fund {
        Fund {
            id: Id::from_uuid(Uuid::from_u128(number)),
            code: number.to_string(),
            name: number.to_string(),
            parent: parent.map(|parent| Id::from_uuid(Uuid::from_u128(parent))),
            currency: Currency::parse("EUR").unwrap(),
            received: Decimal::ZERO,
            held: Decimal::ZERO,
            planned: Decimal::ZERO,
            free: Decimal::ZERO,
            created_at: DateTime::UNIX_EPOCH,
            created_by: "ada".to_owned(),
            version: 1,
        }
    }

    proptest! {
        #[test]
        fn a_tree_conserves_what_it_was_given_and_keeps_what_is_planned(
            steps in proptest::collection::vec((0_usize..7, -5_000_i64..10_000, any::<bool>()), 0..120),
        ) {
            // A root, two funds below it, and two below each of these.
            let mut funds: Vec<Fund> =
                [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2)]
                    .into_iter().enumerate().map(|(number, parent)| fund(number as u128, parent)).collect();
            for (at, amount, is_planned) in steps {
                if is_planned {
                    let fits = Decimal::from(amount.abs()) <= funds[at].held;
                    prop_assert_eq!(funds[at].plan(amount.abs().into()).is_ok(), fits);
                }
                let mut child = funds[at].clone();
                let above = child.parent.map(|parent| funds.iter().position(|fund| fund.id == parent).unwrap());
                let mut parent = above.map(|place| funds[place].clone());
                if child.receive(parent.as_mut(), amount.into()).is_ok() {
                    funds[at] = child;
                    if let (Some(place), Some(parent)) = (above, parent) {
                        funds[place] = parent;
                    }
                }
                for fund in &funds {
                    let given: Decimal =
                        funds.iter().filter(|below| below.parent == Some(fund.id)).map(|below| below.received).sum();
                    prop_assert!(fund.held >= Decimal::ZERO && fund.held <= fund.received);
                    prop_assert!(fund.planned <= fund.held, "what is planned is there");
                    prop_assert_eq!(fund.free, fund.held - fund.planned);
                    prop_assert_eq!(fund.held + given, fund.received, "what it was given it holds or gave on");
                }
                prop_assert_eq!(funds.iter().map(|fund| fund.held).sum::<Decimal>(), funds[0].received);
            }
        }
    }
}
