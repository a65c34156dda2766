//! Accounts at banks.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use athyper_kernel_bank_files::CsvMapping;
use athyper_kernel_bank_files::payments::PainVersion;

/// Id of a bank account.
pub(crate) type BankAccountId = Id<BankAccount>;

/// An account at a bank.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = banking::BankAccount)]
pub(crate) struct BankAccount {
    /// Id.
    pub(crate) id: BankAccountId,
    /// What it is called in the house.
    pub(crate) name: String,
    /// Name of its owner, as it stands in orders to pay.
    pub(crate) holder: String,
    /// IBAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iban: Option<String>,
    /// Its number, where it has no IBAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    /// The bank's BIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bic: Option<String>,
    /// Currency.
    pub(crate) currency: Currency,
    /// Code of the legal entity whose account it is.
    pub(crate) entity: String,
    /// Code of the account of the ledger that it is booked on.
    pub(crate) ledger_account: String,
    /// How its CSV files are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csv: Option<CsvMapping>,
    /// The form of payment files that its bank takes.
    pub(crate) payment_format: PainVersion,
    /// The last day that is reconciled and signed off: what is booked up to it changes no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_off_until: Option<NaiveDate>,
    /// Where it stands.
    pub(crate) state: BankAccountState,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who entered it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Where a bank account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = banking::BankAccountState)]
pub(crate) enum BankAccountState {
    /// In use.
    Active,
    /// Nothing more is imported or paid from it.
    Closed,
}

impl BankAccountState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Closed].into_iter().find(|state| state.as_str() == word)
    }
}

impl BankAccount {
    /// IBAN or number.
    pub(crate) fn identifier(&self) -> &str {
        self.iban.as_deref().or(self.number.as_deref()).unwrap_or_default()
    }

    /// Whether what a bank writes in a statement names this account: its IBAN or number, with or without its currency behind it, or the
    /// bank code and number that the IBAN is made of.
    pub(crate) fn is_named(&self, written: &str) -> bool {
        let own = letters(self.identifier());
        let written_letters = letters(written);
        let without_currency = written_letters.strip_suffix(self.currency.code()).unwrap_or(&written_letters);
        if written_letters == own || without_currency == own {
            return true;
        }
        let Some(inner) = self.iban.as_deref().and_then(|iban| iban.get(4..)) else { return false };
        let padded = written.split_once('/').map(|(bank, number)| format!("{bank}{number:0>10}"));
        without_currency == inner || padded.is_some_and(|padded| padded == inner)
    }
}

/// Letters and digits alone, in capitals.
pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
