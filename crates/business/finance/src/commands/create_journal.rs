//! Writes down a draft of a journal.

use std::collections::{BTreeMap, HashMap};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Book, ItemId};
use athyper_kernel_types::{Currency, Id, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::model::account::{AccountCode, AccountId};
use crate::model::journal::{Journal, JournalId, JournalWithLines, NewJournal, NewLine};
use crate::model::legal_entity::LegalEntity;
use crate::model::rate::Rate;
use crate::model::text::{DimensionCode, Memo, Narration, Payee, Reference, RuleName};
use crate::store::{accounts, journals, lines};
use crate::whose_books;
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger::totals;
use athyper_kernel_ledger::{LINES, LineAmount};

/// What a draft says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::DraftJournal)]
pub(crate) struct DraftJournal {
    /// Code of the legal entity whose books it is for; the tenant's only one, or `main`, where it is left out.
    #[schema(max_length = 32, example = "main")]
    entity: Option<String>,
    /// The book that it is entered in.
    #[serde(default = "general")]
    #[schema(default = "general")]
    book: Book,
    /// The day that it belongs to in the books.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// Who was paid or who paid.
    #[schema(value_type = Option<String>, max_length = 255)]
    payee: Option<Payee>,
    /// What it is about.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// The caller's own reference, such as the number of a voucher.
    #[schema(value_type = Option<String>, max_length = 100)]
    reference: Option<Reference>,
    /// Stated rates: units of base currency for one of each currency. A currency without one is taken at the rate recorded for the
    /// day when the journal is posted.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"USD": "0.9488"}))]
    rates: BTreeMap<Currency, Rate>,
    /// Its lines.
    #[schema(min_items = 2, max_items = 1000)]
    lines: Vec<DraftLine>,
}

fn general() -> Book {
    Book::General
}

/// What a line of a draft says: either a debit or a credit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::DraftLine)]
pub(crate) struct DraftLine {
    /// Code of the account.
    #[schema(value_type = String)]
    account: AccountCode,
    /// Amount, if it is a debit: positive, with at most the decimals of the currency.
    debit: Option<String>,
    /// Amount, if it is a credit.
    credit: Option<String>,
    /// Currency; the base currency where it is left out.
    currency: Option<Currency>,
    /// What it is worth in base currency, on the same side, where that is stated; else the amount at the rate.
    #[schema(example = "11.40")]
    base_amount: Option<String>,
    /// Who owes or is owed: asked for on control accounts.
    party: Option<Uuid>,
    /// When what it opens falls due.
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Day>,
    /// What it is about beside its account: a value by the key of each dimension.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"costCentre": "CC-100"}))]
    dimensions: BTreeMap<RuleName, DimensionCode>,
    /// The open item that it settles.
    #[schema(value_type = Option<Uuid>)]
    settles: Option<ItemId>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 500)]
    memo: Option<Memo>,
}

/// Write a draft of a journal
///
/// A draft may be unbalanced, counts in no balance and has no number; it changes freely until it is posted.
#[utoipa::path(
    post,
    path = "/v1/finance/journals",
    operation_id = "finance.create_journal",
    tag = "finance",
    request_body(
        content = DraftJournal,
        example = json!({"date": "2024-01-04", "payee": "BANK FEES", "narration": "Monthly bank fee", "lines": [
            {"account": "Expenses:Financial:Fees", "debit": "4.00"},
            {"account": "Assets:US:BofA:Checking", "credit": "4.00"}
        ]})
    ),
    responses((status = 201, description = "The draft", body = JournalWithLines), CreateProblems)
)]
pub(crate) async fn create_journal(mut cmd: Command<Json<DraftJournal>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let journal = &done.output.journal;
    let location = format!("/v1/finance/journals/{}", journal.id);
    let reply = Reply::created(location, &done.output)?.version(journal.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &DraftJournal,
) -> Result<Done<JournalWithLines>, Error> {
    let id = Id::new(tx.clock());
    let (entity, draft) = check(tx, id, input).await?;

    journals::insert_drafts(tx, std::slice::from_ref(&draft)).await?;
    let lines = lines::insert_draft(tx, &draft).await?;

    let journal = Journal::drafted(&draft, entity.code, tx.now(), &tx.context().actor().id);
    let written = JournalWithLines::of(journal, lines);
    let event = AuditEvent::info("finance.create_journal")
        .about("finance.journal", id)
        .with("date", written.journal.date.to_string())
        .with("lines", written.lines.len())
        .with("totals", json!(totals(written.lines.iter().map(|line| line.amount))));
    Ok(Done::new(written, event))
}

/// Reads what a draft says, and finds its legal entity and its accounts.
pub(crate) async fn check(
    tx: &mut TenantTx,
    id: JournalId,
    input: &DraftJournal,
) -> Result<(LegalEntity, NewJournal), Error> {
    let entity = whose_books::find_or_open(tx, input.entity.as_deref(), one_currency(&input.lines)).await?;
    let amounts = read_amounts(&input.lines, entity.base_currency)?;
    let accounts = find_accounts(tx, &input.lines).await?;
    let lines =
        input.lines.iter().zip(amounts).zip(accounts).map(|((line, (amount, base)), account)| NewLine {
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
    let draft = NewJournal {
        payee: input.payee.as_ref().and_then(Text::to_option),
        narration: input.narration.as_ref().and_then(Text::to_option),
        reference: input.reference.as_ref().and_then(Text::to_option),
        rates: input.rates.iter().map(|(currency, rate)| (*currency, rate.number())).collect(),
        ..NewJournal::new(id, entity.id, input.book, input.date.date(), lines.collect())
    };
    Ok((entity, draft))
}

/// The currency that all lines name, if they name one.
fn one_currency(lines: &[DraftLine]) -> Option<Currency> {
    let first = lines.first()?.currency?;
    lines.iter().all(|line| line.currency == Some(first)).then_some(first)
}

/// The amounts of the lines and what is stated of their worth, debit positive, or all that is wrong with them.
fn read_amounts(
    lines: &[DraftLine],
    base_currency: Currency,
) -> Result<Vec<(LineAmount, Option<Decimal>)>, Error> {
    if !LINES.contains(&lines.len()) {
        let message = format!("send {} to {} lines, these are {}", LINES.start(), LINES.end(), lines.len());
        return Err(Error::InvalidLines(vec![FieldError::new("/lines", "line_count", message)]));
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
    if errors.is_empty() { Ok(amounts) } else { Err(Error::InvalidLines(errors)) }
}

/// The account of each line, or which of them do not exist.
async fn find_accounts(tx: &mut TenantTx, lines: &[DraftLine]) -> Result<Vec<AccountId>, Error> {
    let codes: Vec<&AccountCode> = lines.iter().map(|line| &line.account).collect();
    let found = accounts::hold_by_codes(tx, &codes).await?;
    let ids: HashMap<&AccountCode, AccountId> =
        found.iter().map(|account| (&account.code, account.id)).collect();
    let unknown = |(index, code): (usize, &&AccountCode)| {
        let message = format!("there is no account {code}");
        FieldError::new(format!("/lines/{index}/account"), "unknown_account", message)
    };
    let errors: Vec<FieldError> =
        codes.iter().enumerate().filter(|(_, code)| !ids.contains_key(**code)).map(unknown).collect();
    if !errors.is_empty() {
        return Err(Error::AccountsNotUsable(errors));
    }
    Ok(codes.iter().filter_map(|code| ids.get(code).copied()).collect())
}
