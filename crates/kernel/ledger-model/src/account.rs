//! Accounts, and whether they take postings.

pub use athyper_kernel_ledger::{AccountCode, AccountType, AccountUse};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Id of an account.
pub type AccountId = Id<Account>;

/// An account, or a group that only holds others.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::Account)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// Code: the path in the tree, unique in the tenant.
    #[schema(value_type = String, example = "Assets:US:BofA:Checking")]
    pub code: AccountCode,
    /// Name for people.
    #[schema(example = "Checking")]
    pub name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// The account above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<AccountId>,
    /// Whether journals may name it; a group takes none.
    pub postable: bool,
    /// What it is used for.
    #[serde(rename = "use")]
    pub usage: AccountUse,
    /// The currency that its lines are in; any where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Keys of the dimensions that its lines must name a value of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_dimensions: Vec<String>,
    /// Whether it takes new postings now.
    pub state: AccountState,
    /// Since when it exists in the books.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_on: Option<NaiveDate>,
    /// Version: what `If-Match` names.
    pub version: i64,
}

/// Whether an account takes new postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = finance::AccountState)]
pub enum AccountState {
    /// It does.
    Active,
    /// It does not, until it is active again. What was posted can still be reversed.
    Blocked,
}

/// Why an account takes no posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// It is blocked.
    #[error("the account is blocked: take another one, or make it active again")]
    Blocked,
    /// It is a group.
    #[error("the account is a group: take one of those below it")]
    NotPostable,
}

impl Account {
    /// Whether a journal may be posted to it.
    pub fn check_usable(&self) -> Result<(), NotUsable> {
        match (self.state, self.postable) {
            (AccountState::Blocked, _) => Err(NotUsable::Blocked),
            (AccountState::Active, false) => Err(NotUsable::NotPostable),
            (AccountState::Active, true) => Ok(()),
        }
    }
}

impl AccountState {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    /// The state with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Blocked].into_iter().find(|state| state.as_str() == word)
    }
}
