//! Posts a matched line.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountRef, Book, Posting, PostingLine, Settles, Source, TaxPart};
use athyper_kernel_types::{Id, Money};
use axum::extract::State;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;

use crate::Deps;
use crate::entities::LINE;
use crate::error::Error;
use crate::held::{check_not_signed_off, hold_line};
use crate::model::bank_account::{BankAccount, letters};
use crate::model::line::{Line, LineState, Match};
use crate::model::names::normal;
use crate::store::learned::{self, Kind};
use crate::store::{lines, payments};

/// Post a line
///
/// The line must be matched. Its journal is of the day of the booking; open items are settled by it, and what is learned of the payer is
/// remembered. An order to pay that it executes is marked as booked.
#[utoipa::path(
    post,
    path = "/v1/banking/lines/{id}/post",
    operation_id = "banking.post_line",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the line", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is posted")
    ),
    responses(
        (
            status = 200,
            description = "The posted line",
            body = Line,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "statement": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "lineNo": 1, "bookedOn": "2024-05-02", "amount": "1190.00",
                "currency": "EUR", "isReversal": false, "state": "posted", "suggestions": [], "journalNumber": "BK-2024-000007",
                "postedBy": "ada", "version": 3})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn post_line(
    State(deps): State<Deps>,
    PathId(id): PathId<Line>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let (account, line) = hold_line(&mut cmd.tx, id).await?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (LINE, id.uuid()), Error::LineNotFound).await?;
    cmd.check_version(line.version)?;
    let done = execute(&mut cmd.tx, &deps, &account, line).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &BankAccount,
    mut line: Line,
) -> Result<Done<Line>, Error> {
    check_not_signed_off(account, &line)?;
    let matched = line.matched.clone().filter(|_| line.state == LineState::Matched);
    let matched = matched.ok_or(Error::LineState(line.state))?;
    line.posting_no += 1;
    let posting = posting(account, &line, &matched)?;

    let posted = deps.ledger.post(tx, &posting).await?;
    line.state = LineState::Posted;
    line.journal = Some(posted.journal);
    line.journal_number = Some(posted.number.clone());
    line.posted_at = Some(tx.now());
    line.posted_by = Some(tx.context().actor().id.clone());
    lines::update(tx, &line).await?;
    lines::hold_items(tx, &line).await?;
    for (kind, value, party) in lessons(&line) {
        learned::confirm(tx, kind, &value, party).await?;
    }
    payments::settle(tx, &line).await?;

    line.version += 1;
    let event = AuditEvent::info("banking.post_line")
        .about("banking.line", line.id)
        .with("journal", posted.number)
        .with("amount", line.amount.to_string())
        .with("match", json!(matched));
    Ok(Done::new(line, event))
}

/// The document that a posting of a line is of.
pub(crate) fn source(line: &Line) -> Source {
    Source::new(LINE, line.id.uuid(), &format!("post-{}", line.posting_no))
}

/// What a line teaches of who is on the other side, if it is about one party.
pub(crate) fn lessons(line: &Line) -> Vec<(Kind, String, uuid::Uuid)> {
    let Some(party) = line.matched.as_ref().and_then(Match::party) else { return Vec::new() };
    let account = line.counterparty.as_deref().map(letters).map(|account| (Kind::Account, account));
    let name = line.name.as_deref().map(normal).map(|name| (Kind::Name, name));
    let lessons = account.into_iter().chain(name).filter(|(_, value)| !value.is_empty());
    lessons.map(|(kind, value)| (kind, value, party)).collect()
}

/// What the ledger is asked to post: the account of the bank against the parts.
fn posting(account: &BankAccount, line: &Line, matched: &Match) -> Result<Posting, Error> {
    let money =
        |amount: Decimal| Money::new(amount, line.currency).map_err(athyper_kernel_error::Problem::internal);
    let mut posted =
        vec![PostingLine::new(AccountRef::Code(account.ledger_account.clone()), money(line.amount)?)];
    for part in &matched.items {
        let mut item = PostingLine::new(AccountRef::Code(part.account.clone()), money(-part.amount)?);
        item.party = Some(part.party);
        item.settles = Some(Settles { item: Id::from_uuid(part.item) });
        posted.push(item);
    }
    for part in &matched.postings {
        let mut other = PostingLine::new(AccountRef::Code(part.account.clone()), money(-part.amount)?);
        other.party = part.party;
        other.dimensions = part.dimensions.clone();
        other.tax = part.tax_code.clone().map(|code| TaxPart { code, base: None });
        other.memo.clone_from(&part.memo);
        posted.push(other);
    }
    Ok(Posting {
        entity: Some(account.entity.clone()),
        book: Book::Bank,
        date: line.booked_on,
        source: source(line),
        reference: line.end_to_end.clone().or_else(|| line.bank_reference.clone()),
        payee: line.name.clone(),
        narration: line.purpose.as_ref().map(|purpose| purpose.chars().take(1000).collect()),
        rates: BTreeMap::new(),
        lines: posted,
        into_soft_closed: false,
    })
}
