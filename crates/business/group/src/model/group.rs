//! A group: whose books are consolidated, into which accounts, and by which rules.

use athyper_kernel_ledger::AccountType;
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::numbers::{plain, plain_option};

/// Marker of the ids of groups.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GroupMark {}

/// Id of a group.
pub(crate) type GroupId = Id<GroupMark>;

/// At which rate amounts of a class of accounts are translated into the presentation currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::Method)]
pub(crate) enum Method {
    /// The rate of the last day.
    Closing,
    /// The average rate of the time.
    Average,
    /// What is stated for the account, as an amount or a rate.
    Historical,
}

impl Method {
    /// The word for it, also in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::Average => "average",
            Self::Historical => "historical",
        }
    }

    /// The method with this word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Closing, Self::Average, Self::Historical].into_iter().find(|method| method.as_str() == word)
    }
}

/// The method of each class of accounts. What is left out is as IAS 21, paragraphs 39 to 41, has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = group::Methods)]
pub(crate) struct Methods {
    /// Of what is owned.
    pub(crate) asset: Method,
    /// Of what is owed.
    pub(crate) liability: Method,
    /// Of what belongs to the owners.
    pub(crate) equity: Method,
    /// Of what is earned.
    pub(crate) income: Method,
    /// Of what is spent.
    pub(crate) expense: Method,
}

impl Default for Methods {
    fn default() -> Self {
        Self {
            asset: Method::Closing,
            liability: Method::Closing,
            equity: Method::Historical,
            income: Method::Average,
            expense: Method::Average,
        }
    }
}

impl Methods {
    /// The method of accounts of this type.
    pub(crate) const fn of(self, kind: AccountType) -> Method {
        match kind {
            AccountType::Asset => self.asset,
            AccountType::Liability => self.liability,
            AccountType::Equity => self.equity,
            AccountType::Income => self.income,
            AccountType::Expense => self.expense,
        }
    }
}

/// What an account of a member is translated at, where its method is historical: an amount, or a rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Historical)]
pub(crate) struct Historical {
    /// Code of the account; `*brought forward` for results of years that are not closed.
    #[schema(max_length = 255, example = "3000 Share capital")]
    pub(crate) account: String,
    /// What it is in presentation currency, debit positive.
    #[serde(default, deserialize_with = "plain_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "-45000.00")]
    pub(crate) amount: Option<Decimal>,
    /// Units of presentation currency for one of the member's.
    #[serde(default, deserialize_with = "plain_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0.45")]
    pub(crate) rate: Option<Decimal>,
}

/// An amount on an account of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Stated)]
pub(crate) struct Stated {
    /// Code of the account of the group.
    #[schema(max_length = 255, example = "Share capital")]
    pub(crate) account: String,
    /// In presentation currency, debit positive.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "-1000.00")]
    pub(crate) amount: Decimal,
}

/// How a member came to the group (IFRS 3): all amounts in presentation currency at the rates of that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Acquisition)]
pub(crate) struct Acquisition {
    /// Code of the member that holds the shares; the parent where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    pub(crate) holder: Option<String>,
    /// Code of the account of the holder that the shares are on.
    #[schema(max_length = 255, example = "1300 Shares in Beta")]
    pub(crate) investment: String,
    /// What was given for them.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "1000.00")]
    pub(crate) consideration: Decimal,
    /// The equity that was bought, as the books had it: credits below zero.
    pub(crate) equity: Vec<Stated>,
    /// What assets were worth more, debit positive, and debts, below zero.
    #[serde(default)]
    pub(crate) fair_value: Vec<Stated>,
    /// What the shares of others were worth that day; their part of the net assets where it is left out (IFRS 3, paragraph 19).
    #[serde(default, deserialize_with = "plain_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) non_controlling: Option<Decimal>,
    /// Units of presentation currency for one of the member's that day. Goodwill is translated anew from it (IAS 21, paragraph 47).
    #[serde(default, deserialize_with = "plain_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) rate: Option<Decimal>,
}

/// A legal entity whose books are consolidated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Member)]
pub(crate) struct Member {
    /// Code of the legal entity.
    #[schema(max_length = 32, example = "beta")]
    pub(crate) entity: String,
    /// The part that belongs to the owners of the parent, directly or through others, in per cent.
    #[serde(deserialize_with = "plain")]
    #[schema(value_type = String, example = "80")]
    pub(crate) share_percent: Decimal,
    /// The day since which it is controlled. What it earned before is not the group's.
    pub(crate) since: NaiveDate,
    /// The last day on which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<NaiveDate>,
    /// What accounts are translated at whose method is historical.
    #[serde(default)]
    pub(crate) historical: Vec<Historical>,
    /// How it came to the group; none for the parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acquisition: Option<Acquisition>,
}

/// An account of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::GroupAccount)]
pub(crate) struct GroupAccount {
    /// Code.
    #[schema(max_length = 255, example = "Cash")]
    pub(crate) code: String,
    /// Name.
    #[schema(max_length = 255, example = "Cash and cash equivalents")]
    pub(crate) name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub(crate) kind: AccountType,
}

/// Which accounts of members go to an account of the group: one by its code, or all whose code starts so. A code is nearer than a
/// start, and a longer start than a shorter one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Mapping)]
pub(crate) struct Mapping {
    /// Code of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) account: Option<String>,
    /// Start of the codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, example = "10")]
    pub(crate) prefix: Option<String>,
    /// Code of the account of the group.
    #[schema(max_length = 255, example = "Cash")]
    pub(crate) to: String,
}

/// Codes of accounts of the group that only a consolidation uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Special)]
pub(crate) struct Special {
    /// Takes the differences of translation: equity.
    pub(crate) translation: String,
    /// Takes results of earlier years, and what others have of what was earned since a member came: equity.
    pub(crate) retained_earnings: String,
    /// Goodwill: an asset.
    pub(crate) goodwill: String,
    /// Takes what was bought for less than it is worth (IFRS 3, paragraph 34): equity or income.
    pub(crate) bargain_purchase: String,
    /// What belongs to others: equity.
    pub(crate) non_controlling: String,
    /// Their part of the result: an expense, which is none of the result of the group.
    pub(crate) non_controlling_result: String,
    /// Takes what balances between members differ by: an asset or a liability.
    pub(crate) balance_difference: String,
    /// Takes what income and expense between members differ by: an income or an expense.
    pub(crate) result_difference: String,
}

/// What a group is, beside its code and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Definition)]
pub(crate) struct Definition {
    /// Code of the legal entity that controls the others; it is a member.
    #[schema(max_length = 32, example = "alpha")]
    pub(crate) parent: String,
    /// The currency that the group is presented in.
    pub(crate) currency: Currency,
    /// Whose books are consolidated.
    pub(crate) members: Vec<Member>,
    /// The accounts of the group.
    pub(crate) accounts: Vec<GroupAccount>,
    /// Which accounts of members go to them.
    pub(crate) mapping: Vec<Mapping>,
    /// Which of them only a consolidation uses.
    pub(crate) special: Special,
    /// At which rates classes of accounts are translated.
    #[serde(default)]
    pub(crate) methods: Methods,
}

/// A group.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::Group)]
pub(crate) struct Group {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: GroupId,
    /// Code, unique in the tenant.
    pub(crate) code: String,
    /// What it is called.
    pub(crate) name: String,
    /// What it is.
    pub(crate) definition: Definition,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

impl Definition {
    /// The account of the group with this code.
    pub(crate) fn account(&self, code: &str) -> Option<&GroupAccount> {
        self.accounts.iter().find(|account| account.code == code)
    }

    /// The code of the account of the group that an account of a member goes to.
    pub(crate) fn target(&self, account: &str) -> Option<&str> {
        let exact = self.mapping.iter().find(|mapping| mapping.account.as_deref() == Some(account));
        let nearest = || {
            let starts =
                |mapping: &&Mapping| mapping.prefix.as_deref().is_some_and(|it| account.starts_with(it));
            self.mapping
                .iter()
                .filter(starts)
                .max_by_key(|mapping| mapping.prefix.as_deref().map_or(0, str::len))
        };
        exact.or_else(nearest).map(|mapping| mapping.to.as_str())
    }
}

impl Special {
    /// All of them: name of the field, code, and which types it may be of.
    pub(crate) fn all(&self) -> [(&'static str, &str, &'static [AccountType]); 8] {
        use AccountType::{Asset, Equity, Expense, Income, Liability};
        [
            ("translation", &self.translation, &[Equity]),
            ("retainedEarnings", &self.retained_earnings, &[Equity]),
            ("goodwill", &self.goodwill, &[Asset]),
            ("bargainPurchase", &self.bargain_purchase, &[Equity, Income]),
            ("nonControlling", &self.non_controlling, &[Equity]),
            ("nonControllingResult", &self.non_controlling_result, &[Expense]),
            ("balanceDifference", &self.balance_difference, &[Asset, Liability]),
            ("resultDifference", &self.result_difference, &[Income, Expense]),
        ]
    }
}
