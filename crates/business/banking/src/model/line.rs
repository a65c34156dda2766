//! Lines of statements: `new` → `suggested` → `matched` → `posted`, or `ignored`.

use std::collections::BTreeMap;

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bank_account::BankAccountId;
use super::statement_record::StatementId;

/// Id of a line.
pub(crate) type LineId = Id<Line>;

/// A line of a statement as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::StatementLine)]
pub(crate) struct Line {
    /// Id.
    pub(crate) id: LineId,
    /// The bank account.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) account: BankAccountId,
    /// The statement that it came in first.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) statement: StatementId,
    /// Its place in that statement, from 1.
    #[serde(rename = "lineNo")]
    pub(crate) position: i32,
    /// The day of the booking.
    pub(crate) booked_on: NaiveDate,
    /// The day from which interest is reckoned.
    pub(crate) value_on: Option<NaiveDate>,
    /// How much, positive for money that came in.
    #[schema(value_type = String, example = "1190.00")]
    pub(crate) amount: Decimal,
    /// Its currency.
    pub(crate) currency: Currency,
    /// The bank says that it undoes an earlier booking.
    pub(crate) is_reversal: bool,
    /// Name of who paid or was paid.
    pub(crate) name: Option<String>,
    /// Their IBAN or account number.
    pub(crate) counterparty: Option<String>,
    /// Their BIC or bank code.
    pub(crate) bank: Option<String>,
    /// What it is about.
    pub(crate) purpose: Option<String>,
    /// The payer's name of the payment.
    pub(crate) end_to_end: Option<String>,
    /// The creditor's reference.
    pub(crate) creditor_reference: Option<String>,
    /// The mandate of a direct debit.
    pub(crate) mandate: Option<String>,
    /// The bank's name of the booking.
    pub(crate) bank_reference: Option<String>,
    /// The owner's name of it.
    pub(crate) customer_reference: Option<String>,
    /// The bank's code of the kind of booking.
    pub(crate) code: Option<String>,
    /// Where it stands.
    pub(crate) state: LineState,
    /// What it is taken for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matched: Option<Match>,
    /// What it might be, best first.
    pub(crate) suggestions: Vec<Suggestion>,
    /// How often it was posted.
    #[serde(skip)]
    pub(crate) posting_no: i32,
    /// Its journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<Uuid>,
    /// Number of that journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal_number: Option<String>,
    /// When it was posted (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_at: Option<DateTime<Utc>>,
    /// Who posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posted_by: Option<String>,
    /// Why it is not posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ignored_because: Option<String>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::LineState)]
pub(crate) enum LineState {
    /// Nobody has looked at it.
    New,
    /// There are suggestions what it might be.
    Suggested,
    /// Somebody has said what it is.
    Matched,
    /// It is in the ledger.
    Posted,
    /// It is not to be posted.
    Ignored,
}

impl LineState {
    /// All of them.
    const ALL: [Self; 5] = [Self::New, Self::Suggested, Self::Matched, Self::Posted, Self::Ignored];

    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Suggested => "suggested",
            Self::Matched => "matched",
            Self::Posted => "posted",
            Self::Ignored => "ignored",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a line is taken for: its parts sum up to its amount and have its sign, but for credit notes among invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::Match)]
pub(crate) struct Match {
    /// Open items that it settles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<ItemPart>,
    /// What is booked on accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) postings: Vec<AccountPart>,
}

/// How much of an open item a line settles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::ItemPart)]
pub(crate) struct ItemPart {
    /// The open item.
    pub(crate) item: Uuid,
    /// How much of it, positive for what is owed to the house.
    #[schema(value_type = String, example = "1190.00")]
    pub(crate) amount: Decimal,
    /// Code of its control account.
    pub(crate) account: String,
    /// Whose it is.
    pub(crate) party: Uuid,
    /// Number of its document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
}

/// How much of a line is booked on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::AccountPart)]
pub(crate) struct AccountPart {
    /// Code of the account.
    pub(crate) account: String,
    /// How much of the line, positive for money that came in.
    #[schema(value_type = String, example = "-4.90")]
    pub(crate) amount: Decimal,
    /// Whose it is: on a control account it stays open as theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) party: Option<Uuid>,
    /// The tax code whose base it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<String>,
    /// Values by key of the dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dimensions: BTreeMap<String, String>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memo: Option<String>,
}

impl Match {
    /// What the parts sum up to.
    pub(crate) fn sum(&self) -> Decimal {
        self.items.iter().map(|part| part.amount).chain(self.postings.iter().map(|part| part.amount)).sum()
    }

    /// The one party that it is about, if there is one.
    pub(crate) fn party(&self) -> Option<Uuid> {
        let own = self.postings.iter().filter_map(|part| part.party);
        let mut parties = self.items.iter().map(|part| part.party).chain(own);
        let first = parties.next()?;
        parties.all(|party| party == first).then_some(first)
    }
}

/// What a line might be, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::Suggestion)]
pub(crate) struct Suggestion {
    /// How much speaks for it, from 0 to 100.
    pub(crate) score: u8,
    /// What speaks for it.
    pub(crate) reasons: Vec<SuggestionReason>,
    /// What it would be.
    #[serde(rename = "match")]
    pub(crate) proposal: Match,
}

/// A reason for a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::SuggestionReason)]
pub(crate) struct SuggestionReason {
    /// Stable code, such as `amount_equal`, `reference_found`, `account_known`, `name_similar`, `rule`, `sum_equal`, `lines_together`
    /// or `payment_order`.
    pub(crate) code: String,
    /// The same in words.
    pub(crate) text: String,
    /// How much it adds to the score.
    pub(crate) points: u8,
}
