//! Posts the opening balances of an uploaded file, all of them or none, in one transaction; or tries to, and keeps nothing.

use std::collections::HashMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, Upload, delete_upload, set_progress, succeed_operation,
};
use athyper_kernel_ledger::{
    Account, AccountCode, AccountRef, Book, Entity, Posting, PostingDays, PostingLine, Source,
};
use athyper_kernel_types::{Currency, Id, Money};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::entities::BALANCES;
use crate::error::Error;
use crate::jobs::file::{free_file, read_file};
use crate::model::balance_file::{self, BalanceRow, rate};
use crate::model::csv_table::RowErrors;
use crate::model::opening::{Leg, Part, difference, parts};
use crate::model::opening_balances::{
    BalancesState, OpeningBalances, OpeningBalancesId, PostedJournal, step,
};
use crate::store::balances;

/// The part of the account that takes what balances of several currencies stand against.
const OPENING_BALANCE: &str = "opening_balance";

/// Which file, and what its balances are of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportBalances {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
    /// Its SHA-256 digest, in hexadecimal.
    pub(crate) sha256: String,
    /// The id that the opening balances get.
    pub(crate) id: OpeningBalancesId,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// The day.
    pub(crate) date: NaiveDate,
    /// What is left to the opening balance account, in base currency, debit positive.
    pub(crate) opening_balance: Decimal,
    /// Whether the file is only tried.
    pub(crate) dry_run: bool,
    /// Whether whoever sent it may post to soft-closed periods.
    pub(crate) into_soft_closed: bool,
}

impl JobPayload for ImportBalances {
    const NAME: &'static str = "opening.import_balances";
    // It starts anew each time and keeps nothing in between; giving up costs a person's time.
    const MAX_ATTEMPTS: i16 = 25;
}

impl ImportBalances {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self {
            upload: Id::nil(),
            sha256: String::new(),
            id: Id::nil(),
            entity: "main".to_owned(),
            date: NaiveDate::MIN,
            opening_balance: Decimal::ZERO,
            dry_run: false,
            into_soft_closed: false,
        }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportBalances) -> Result<(), JobError> {
    let (entity, balancing, rows) = read_and_check(&run, &deps, &payload).await?;
    let parts = parts(&rows, entity.base_currency, &balancing);
    let mut tx = run.tx().await?;
    let journals = post_all(&mut tx, &deps, &payload, &entity, &parts).await?;
    if payload.dry_run {
        drop(tx);
        tx = run.tx().await?;
    } else {
        let posted = posted(&run, &tx, &payload, &entity, rows.len(), journals.clone());
        balances::insert(&mut tx, &posted).await?;
    }

    let total = count(rows.len());
    set_progress(&mut tx, run.id(), total, Some(total)).await?;
    let debits: Decimal = rows.iter().map(|row| row.base).filter(|base| *base > Decimal::ZERO).sum();
    let result = json!({
        "dryRun": payload.dry_run,
        "balances": (!payload.dry_run).then_some(payload.id),
        "rows": rows.len(),
        "journals": if payload.dry_run { json!(journals.len()) } else { json!(journals) },
        "debits": amount_text(debits, entity.base_currency),
        "openingBalance": amount_text(payload.opening_balance, entity.base_currency),
        "currency": entity.base_currency,
    });
    succeed_operation(&mut tx, run.id(), result.clone()).await?;
    delete_upload(&mut tx, payload.upload).await?;
    let event = AuditEvent::info("opening.import_balances")
        .about("platform.job", run.id())
        .with("entity", entity.code.as_str())
        .with("date", payload.date.to_string())
        .with("result", result);
    run.complete(tx, event).await?;
    free_file(&run, &*deps.uploads, payload.upload).await;
    Ok(())
}

/// Reads the file and holds it against the ledger, as far as that goes without posting it.
async fn read_and_check(
    run: &JobRun,
    deps: &Deps,
    payload: &ImportBalances,
) -> Result<(Entity, Vec<String>, Vec<BalanceRow>), JobError> {
    let mut tx = run.read_tx().await?;
    let entity = deps.ledger.entity(&mut tx, Some(&payload.entity)).await?;
    drop(tx);
    let base = entity.base_currency;
    let read = move |file: &[u8]| balance_file::read(file, base);
    let (rows, mut errors) = read_file(run, &*deps.uploads, payload.upload, read).await?;
    let mut tx = run.read_tx().await?;
    let balancing = deps.set_up.balancing_dimensions(&mut tx).await?;
    let known = deps.set_up.accounts(&mut tx).await?;
    let days = PostingDays { days: [payload.date].into(), into_soft_closed: payload.into_soft_closed };
    for reason in deps.set_up.refused_days(&mut tx, Some(&entity.code), &days).await?.into_values() {
        errors.push(FieldError::new("?date", "period_closed", reason));
    }
    let by_code: HashMap<&AccountCode, &Account> =
        known.iter().map(|account| (&account.code, account)).collect();
    for row in &rows {
        check_account(row, &by_code, &mut errors);
    }
    // A sum that lacks bad rows says nothing.
    let difference = difference(&rows, payload.opening_balance);
    if errors.is_empty() && !difference.is_zero() {
        errors.push(unbalanced(difference, base));
    }
    errors.into_result().map_err(Error::InvalidFile)?;
    Ok((entity, balancing, rows))
}

/// Checks that the account of a row exists, takes postings, and has a party where it is a control account.
fn check_account(row: &BalanceRow, by_code: &HashMap<&AccountCode, &Account>, errors: &mut RowErrors) {
    let code = &row.account;
    let (column, problem, message) = match by_code.get(code) {
        None => ("account", "unknown_account", format!("there is no account {code}")),
        Some(Account { refusal: Some(reason), .. }) => {
            ("account", "account_not_usable", format!("{code}: {reason}"))
        }
        Some(account) if account.usage.is_control() && row.party.is_none() => {
            ("party", "required", format!("{code} is a control account: name the party"))
        }
        Some(_) => return,
    };
    errors.push(FieldError::in_row(row.row, column, problem, message));
}

/// The rows do not balance: by how much, and what to state if that is meant.
fn unbalanced(difference: Decimal, base: Currency) -> FieldError {
    let side = if difference > Decimal::ZERO { "debits" } else { "credits" };
    let message = format!(
        "{side} exceed the other side by {} {base}: mend the rows, or state in openingBalance what the opening balance account takes",
        amount_text(difference.abs(), base)
    );
    FieldError::new("?openingBalance", "unbalanced", message)
}

/// Posts all journals, or says what the ledger has against each of them.
async fn post_all(
    tx: &mut TenantTx,
    deps: &Deps,
    payload: &ImportBalances,
    entity: &Entity,
    parts: &[Part<'_>],
) -> Result<Vec<PostedJournal>, JobError> {
    let (mut journals, mut errors) = (Vec::with_capacity(parts.len()), RowErrors::default());
    for (index, part) in parts.iter().enumerate() {
        let posting = posting(payload, entity, part, (index, parts.len()))?;
        match deps.ledger.post(tx, &posting).await {
            Ok(posted) => journals.push(PostedJournal { id: posted.journal, number: posted.number }),
            // What else is wrong is wanted as well; nothing of this transaction is kept.
            Err(problem) if is_about_lines(&problem) => {
                let found: Vec<FieldError> = problem.fields.iter().map(|error| in_row(error, part)).collect();
                let has_rows = found.iter().any(|error| error.row.is_some());
                // What is wrong with a row is wrong with what it stands against too.
                let told = found.into_iter().filter(|error| error.row.is_some() == has_rows);
                told.for_each(|error| errors.push(error));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    errors.into_result().map_err(Error::InvalidFile)?;
    Ok(journals)
}

/// The journal of a part.
fn posting(
    payload: &ImportBalances,
    entity: &Entity,
    part: &Part<'_>,
    (index, count): (usize, usize),
) -> Result<Posting, JobError> {
    let base = entity.base_currency;
    let rate_of =
        |currency: Currency, amount: Decimal, worth: Decimal| (currency != base).then(|| rate(amount, worth));
    let of_row = |row: &BalanceRow| PostingLine {
        base: Some(row.base),
        rate: rate_of(row.amount.currency(), row.amount.amount(), row.base),
        party: row.party,
        due_on: row.due_on,
        reference: row.reference.clone(),
        dimensions: row.dimensions.clone(),
        memo: row.reference.clone(),
        ..PostingLine::new(AccountRef::Code(row.account.as_str().to_owned()), row.amount)
    };
    let of_leg = |leg: &Leg| {
        let amount =
            Money::new(leg.amount, leg.currency).map_err(|error| JobError::abort(error.to_string()))?;
        Ok::<_, JobError>(PostingLine {
            base: Some(leg.base),
            rate: rate_of(leg.currency, leg.amount, leg.base),
            dimensions: leg.dimensions.clone(),
            ..PostingLine::new(AccountRef::role(OPENING_BALANCE), amount)
        })
    };
    let mut lines: Vec<PostingLine> = part.rows.iter().map(of_row).collect();
    for leg in &part.legs {
        lines.push(of_leg(leg)?);
    }
    let narration = if count == 1 {
        "Opening balances".to_owned()
    } else {
        format!("Opening balances {} of {count}", index + 1)
    };
    Ok(Posting {
        entity: Some(entity.code.clone()),
        book: Book::Opening,
        date: payload.date,
        source: Source::new(BALANCES, payload.id.uuid(), &step(index)),
        reference: None,
        payee: None,
        narration: Some(narration),
        rates: std::collections::BTreeMap::new(),
        lines,
        into_soft_closed: payload.into_soft_closed,
    })
}

/// Whether a refusal of the ledger names lines.
fn is_about_lines(problem: &Problem) -> bool {
    !problem.fields.is_empty() && problem.fields.iter().all(|error| error.pointer.starts_with("/lines/"))
}

/// What the ledger has against a line, at its row; what it has against a line that no row is stands on its own.
fn in_row(error: &FieldError, part: &Part<'_>) -> FieldError {
    let mut steps = error.pointer.split('/').skip(2);
    let row = steps.next().and_then(|index| part.rows.get(index.parse::<usize>().ok()?));
    let column = match steps.next().unwrap_or_default() {
        "baseAmount" | "base" | "rate" => "base_amount",
        other => other,
    };
    match row {
        Some(row) => FieldError::in_row(row.row, column, error.code.clone(), error.message.clone()),
        None => FieldError::new("", error.code.clone(), error.message.clone()),
    }
}

/// What is written down of what was posted.
fn posted(
    run: &JobRun,
    tx: &TenantTx,
    payload: &ImportBalances,
    entity: &Entity,
    rows: usize,
    journals: Vec<PostedJournal>,
) -> OpeningBalances {
    OpeningBalances {
        id: payload.id,
        entity: entity.code.clone(),
        date: payload.date,
        state: BalancesState::Posted,
        rows: i32::try_from(rows).unwrap_or(i32::MAX),
        opening_balance: payload.opening_balance,
        currency: entity.base_currency,
        journals,
        sha256: payload.sha256.clone(),
        created_at: tx.now(),
        created_by: run.context().actor().id.clone(),
        version: 1,
    }
}

fn amount_text(mut amount: Decimal, currency: Currency) -> String {
    amount.rescale(currency.minor_units());
    amount.to_string()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
