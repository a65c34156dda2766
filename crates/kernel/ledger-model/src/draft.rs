//! What a caller writes down of a journal, and how it is read.

use std::collections::{BTreeMap, HashMap};

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{Book, Day, ItemId, LINES, LineAmount};
use athyper_kernel_types::{Currency, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::account::{Account, AccountCode, AccountId};
use crate::journal::{JournalId, NewJournal, NewLine};
use crate::legal_entity::LegalEntity;
use crate::rate::Rate;
use crate::text::{DimensionCode, Memo, Narration, Payee, Reference, RuleName};

/// What a draft says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::DraftJournal)]
pub struct DraftJournal {
    /// Code of the legal entity whose books it is for; the tenant's only one, or `main`, where it is left out.
    #[schema(max_length = 32, example = "main")]
    pub entity: Option<String>,
    /// The book that it is entered in.
    #[serde(default = "general")]
    #[schema(default = "general")]
    pub book: Book,
    /// The day that it belongs to in the books.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// Who was paid or who paid.
    #[schema(value_type = Option<String>, max_length = 255)]
    pub payee: Option<Payee>,
    /// What it is about.
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub narration: Option<Narration>,
    /// The caller's own reference, such as the number of a voucher.
    #[schema(value_type = Option<String>, max_length = 100)]
    pub reference: Option<Reference>,
    /// Stated rates: units of base currency for one of each currency. A currency without one is taken at the rate recorded for the
    /// day when the journal is posted.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"USD": "0.9488"}))]
    pub rates: BTreeMap<Currency, Rate>,
    /// Its lines.
    #[schema(min_items = 2, max_items = 1000)]
    pub lines: Vec<DraftLine>,
}

fn general() -> Book {
    Book::General
}

/// What a line of a draft says: either a debit or a credit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::DraftLine)]
pub struct DraftLine {
    /// Code of the account.
    #[schema(value_type = String)]
    pub account: AccountCode,
    /// Amount, if it is a debit: positive, with at most the decimals of the currency.
    pub debit: Option<String>,
    /// Amount, if it is a credit.
    pub credit: Option<String>,
    /// Currency; the base currency where it is left out.
    pub currency: Option<Currency>,
    /// What it is worth in base currency, on the same side, where that is stated; else the amount at the rate.
    #[schema(example = "11.40")]
    pub base_amount: Option<String>,
    /// Who owes or is owed: asked for on control accounts.
    pub party: Option<Uuid>,
    /// When what it opens falls due.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Day>,
    /// What it is about beside its account: a value by the key of each dimension.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"costCentre": "CC-100"}))]
    pub dimensions: BTreeMap<RuleName, DimensionCode>,
    /// The open item that it settles.
    #[schema(value_type = Option<Uuid>)]
    pub settles: Option<ItemId>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 500)]
    pub memo: Option<Memo>,
}

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftError {
    /// Its lines.
    Lines(Vec<FieldError>),
    /// The accounts that its lines name.
    Accounts(Vec<FieldError>),
}

impl DraftJournal {
    /// The codes of the accounts of its lines.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountCode> {
        self.lines.iter().map(|line| &line.account)
    }

    /// The currency that all lines name, if they name one.
    pub fn one_currency(&self) -> Option<Currency> {
        let first = self.lines.first()?.currency?;
        self.lines.iter().all(|line| line.currency == Some(first)).then_some(first)
    }

    /// What it says, in the books of this legal entity and with these accounts.
    ///
    /// # Errors
    /// All that is wrong with the lines, or else the accounts that are none of these.
    pub fn read(
        &self,
        id: JournalId,
        entity: &LegalEntity,
        accounts: &[Account],
    ) -> Result<NewJournal, DraftError> {
        let amounts = read_amounts(&self.lines, entity.base_currency).map_err(DraftError::Lines)?;
        let accounts = ids_of(&self.lines, accounts).map_err(DraftError::Accounts)?;
        let lines =
            self.lines.iter().zip(amounts).zip(accounts).map(|((line, (amount, base)), account)| NewLine {
                base,
                party: line.party,
                due_on: line.due_on.map(Day::date),
                dimensions: line
                    .dimensions
                    .iter()
                    .map(|(key, code)| (key.as_str().to_owned(), code.as_str().to_owned()))
                    .collect(),
                settles: line.settles,
                memo: line.memo.as_ref().and_then(Text::to_option),
                ..NewLine::new(account, amount)
            });
        Ok(NewJournal {
            payee: self.payee.as_ref().and_then(Text::to_option),
            narration: self.narration.as_ref().and_then(Text::to_option),
            reference: self.reference.as_ref().and_then(Text::to_option),
            rates: self.rates.iter().map(|(currency, rate)| (*currency, rate.number())).collect(),
            ..NewJournal::new(id, entity.id, self.book, self.date.date(), lines.collect())
        })
    }
}

/// The amounts of the lines and what is stated of their worth, debit positive, or all that is wrong with them.
fn read_amounts(
    lines: &[DraftLine],
    base_currency: Currency,
) -> Result<Vec<(LineAmount, Option<Decimal>)>, Vec<FieldError>> {
    if !LINES.contains(&lines.len()) {
        let message = format!("send {} to {} lines, these are {}", LINES.start(), LINES.end(), lines.len());
        return Err(vec![FieldError::new("/lines", "line_count", message)]);
    }
    let mut amounts = Vec::with_capacity(lines.len());
    let mut errors = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let currency = line.currency.unwrap_or(base_currency);
        let amount = LineAmount::parse(line.debit.as_deref(), line.credit.as_deref(), currency)
            .map_err(|error| (error.field(), error.code(), error.to_string()));
        let base = line.base_amount.as_deref().map(|text| {
            let worth = LineAmount::parse(Some(text), None, base_currency);
            worth.map_err(|error| ("baseAmount", error.code(), error.to_string()))
        });
        match (amount, base.transpose()) {
            (Ok(amount), Ok(base)) => {
                let on_side =
                    |worth: LineAmount| if amount.debit().is_zero() { -worth.debit() } else { worth.debit() };
                amounts.push((amount, base.map(on_side)));
            }
            (amount, base) => {
                let wrong = amount.err().into_iter().chain(base.err());
                errors.extend(wrong.map(|(field, code, message)| {
                    FieldError::new(format!("/lines/{index}/{field}"), code, message)
                }));
            }
        }
    }
    if errors.is_empty() { Ok(amounts) } else { Err(errors) }
}

/// The account of each line, or which of them do not exist.
fn ids_of(lines: &[DraftLine], accounts: &[Account]) -> Result<Vec<AccountId>, Vec<FieldError>> {
    let ids: HashMap<&AccountCode, AccountId> =
        accounts.iter().map(|account| (&account.code, account.id)).collect();
    let unknown = |(index, line): (usize, &DraftLine)| {
        let message = format!("there is no account {}", line.account);
        FieldError::new(format!("/lines/{index}/account"), "unknown_account", message)
    };
    let errors: Vec<FieldError> =
        lines.iter().enumerate().filter(|(_, line)| !ids.contains_key(&line.account)).map(unknown).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(lines.iter().filter_map(|line| ids.get(&line.account).copied()).collect())
}
