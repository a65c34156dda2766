//! The chart of accounts as a tree: what adding an account to it means.

use std::collections::HashMap;

use athyper_kernel_types::{Clock, Currency, Id};
use chrono::NaiveDate;

use super::account::{Account, AccountCode, AccountId, AccountState, AccountType, AccountUse};

/// Accounts by code, or as many of them as the question at hand needs.
#[derive(Debug, Default)]
pub struct Chart(HashMap<AccountCode, (AccountId, AccountType)>);

/// An account to add.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its code.
    pub code: AccountCode,
    /// Its name; the last segment of the code where it has none.
    pub name: Option<String>,
    /// Its type.
    pub kind: AccountType,
    /// Whether journals may name it.
    pub postable: bool,
    /// What it is used for.
    pub usage: AccountUse,
    /// The currency that its lines are in.
    pub currency: Option<Currency>,
    /// Keys of the dimensions that its lines must name.
    pub required_dimensions: Vec<String>,
    /// Since when it exists.
    pub opened_on: Option<NaiveDate>,
}

impl Wanted {
    /// An account of a code and a type that takes postings, and nothing else.
    pub fn new(code: AccountCode, kind: AccountType) -> Self {
        Self {
            code,
            name: None,
            kind,
            postable: true,
            usage: AccountUse::Other,
            currency: None,
            required_dimensions: Vec::new(),
            opened_on: None,
        }
    }
}

/// Why an account cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartError {
    /// The code has an account already.
    Taken {
        /// Type of that account.
        kind: AccountType,
    },
    /// An account above it has another type.
    TypeDiffers {
        /// The account above.
        parent: AccountCode,
        /// Its type.
        kind: AccountType,
    },
}

impl Chart {
    /// A chart of these accounts.
    pub fn new(accounts: &[Account]) -> Self {
        Self(accounts.iter().map(|account| (account.code.clone(), (account.id, account.kind))).collect())
    }

    /// Adds an account and gives what is new: the groups above it that were missing, the highest first, and last the
    /// account itself.
    ///
    /// # Errors
    /// When the code is taken, or an account above it has another type; then nothing was added.
    pub fn add(&mut self, wanted: Wanted, clock: &Clock) -> Result<Vec<Account>, ChartError> {
        if let Some((_, kind)) = self.0.get(&wanted.code) {
            return Err(ChartError::Taken { kind: *kind });
        }
        let above = wanted.code.ancestors();
        for parent in &above {
            match self.0.get(parent) {
                Some((_, kind)) if *kind != wanted.kind => {
                    return Err(ChartError::TypeDiffers { parent: parent.clone(), kind: *kind });
                }
                _ => {}
            }
        }
        let missing: Vec<_> = above.into_iter().filter(|code| !self.0.contains_key(code)).collect();
        let mut added = Vec::with_capacity(missing.len() + 1);
        for code in missing {
            let group = Wanted { postable: false, ..Wanted::new(code, wanted.kind) };
            added.push(self.enter(group, clock));
        }
        added.push(self.enter(wanted, clock));
        Ok(added)
    }

    fn enter(&mut self, wanted: Wanted, clock: &Clock) -> Account {
        let id = Id::new(clock);
        let parent = wanted.code.parent().and_then(|code| self.0.get(&code).map(|(id, _)| *id));
        self.0.insert(wanted.code.clone(), (id, wanted.kind));
        Account {
            id,
            name: wanted.name.unwrap_or_else(|| wanted.code.last_segment().to_owned()),
            code: wanted.code,
            kind: wanted.kind,
            parent,
            postable: wanted.postable,
            usage: wanted.usage,
            currency: wanted.currency,
            required_dimensions: wanted.required_dimensions,
            state: AccountState::Active,
            opened_on: wanted.opened_on,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(code: &str, kind: AccountType) -> Wanted {
        Wanted::new(code.parse().unwrap(), kind)
    }

    #[test]
    fn missing_parents_become_groups_of_the_same_type() {
        let mut chart = Chart::default();
        let added = chart.add(wanted("A:B:C", AccountType::Asset), &Clock::system()).unwrap();
        let shape: Vec<_> =
            added.iter().map(|account| (account.code.as_str(), &*account.name, account.postable)).collect();
        assert_eq!(shape, [("A", "A", false), ("A:B", "B", false), ("A:B:C", "C", true)]);
        let parents: Vec<_> = added.iter().map(|account| account.parent).collect();
        assert_eq!(parents, [None, Some(added[0].id), Some(added[1].id)]);
        let next = chart.add(wanted("A:B:D", AccountType::Asset), &Clock::system()).unwrap();
        assert_eq!((next.len(), next[0].parent), (1, Some(added[1].id)));
    }

    #[test]
    fn a_taken_code_and_another_type_are_refused_and_change_nothing() {
        let mut chart = Chart::default();
        chart.add(wanted("A:B", AccountType::Asset), &Clock::system()).unwrap();
        let taken = chart.add(wanted("A", AccountType::Income), &Clock::system());
        assert_eq!(taken.unwrap_err(), ChartError::Taken { kind: AccountType::Asset });
        let differs = chart.add(wanted("A:X:Y", AccountType::Income), &Clock::system()).unwrap_err();
        let parent = "A".parse().unwrap();
        assert_eq!(differs, ChartError::TypeDiffers { parent, kind: AccountType::Asset });
        assert_eq!(chart.0.len(), 2);
    }
}
