//! Posts an entry in the books of two legal entities at once.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, Narration};
use athyper_kernel_ledger_model::rate::Rate;
use athyper_kernel_types::{Currency, Id};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::entry::{
    Books, Entry, EntryLine, EntryReference, EntryState, NewLine, due, due_line, mirrored, read_lines,
};
use crate::model::relation::Side;
use crate::store::{entries, relations, take_turn};

/// What is posted in the books of one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewEntryBooks)]
pub(crate) struct NewBooks {
    /// Code of the legal entity.
    #[schema(max_length = 32, example = "alpha")]
    entity: String,
    /// Units of its base currency for one of the entry's; the rate recorded for the day where it is left out.
    #[schema(value_type = Option<String>, example = "0.9246")]
    rate: Option<Rate>,
    /// The lines, without what is due. Left out for `to`, they are those of `from` on the other side of the same accounts.
    lines: Option<Vec<NewLine>>,
}

/// An entry as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewEntry)]
pub(crate) struct NewEntry {
    /// Id given by the caller. The same id with the same content gives the entry that is there.
    id: Uuid,
    /// The day in the books of both.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// Currency of all amounts.
    currency: Currency,
    /// Number of a document for people.
    #[schema(value_type = Option<String>, max_length = 100)]
    reference: Option<EntryReference>,
    /// What it is about.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// In the books of the first.
    from: NewBooks,
    /// In the books of the second.
    to: NewBooks,
}

/// Post an entry between two legal entities
///
/// In the books of both at once, or in neither. What the lines of each leave is put on its account of what is due from or to the other by
/// the relation of the day; both have to leave the same. Each side is worth what it is at its own rate, stated or recorded.
#[utoipa::path(
    post,
    path = "/v1/group/entries",
    operation_id = "group.post_entry",
    tag = "group",
    request_body(
        content = NewEntry,
        example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "date": "2025-03-31", "currency": "EUR", "reference": "IC-7",
            "narration": "Rent of March", "from": {"entity": "alpha", "lines": [{"account": "6100 Rent", "credit": "500.00"}]},
            "to": {"entity": "beta"}})
    ),
    responses((status = 201, description = "The entry", body = Entry), CreateProblems)
)]
pub(crate) async fn post_entry(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewEntry>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let location = format!("/v1/group/entries/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewEntry,
    into_soft_closed: bool,
) -> Result<Done<Entry>, Error> {
    let mut entry = read(tx, deps, input).await?;
    let event = AuditEvent::info("group.post_entry")
        .about(ENTRY, entry.id)
        .with("entity", entry.from.entity.as_str())
        .with("partner", entry.to.entity.as_str())
        .with("date", entry.date.to_string())
        .with("amount", entry.amount.to_string())
        .with("currency", entry.currency.code());
    take_turn(tx, &format!("entry {}", entry.id)).await?;
    if let Some(found) = entries::find(tx, entry.id).await? {
        let is_same = found.asks_for_the_same(&entry);
        return if is_same {
            Ok(Done::new(found, event.with("isRepeated", true)))
        } else {
            Err(Error::EntryDiffers)
        };
    }
    post_both(tx, deps, &mut entry, into_soft_closed).await?;
    entries::insert(tx, &entry).await?;
    Ok(Done::new(entry, event))
}

/// What is to be posted, not valued yet.
async fn read(tx: &mut TenantTx, deps: &Deps, input: &NewEntry) -> Result<Entry, Error> {
    let (from, to) = (input.from.entity.as_str(), input.to.entity.as_str());
    let date = input.date.date();
    let missing = || Error::NoRelation { from: from.to_owned(), to: to.to_owned(), date };
    let relation = relations::of_pair(tx, (from, to), date).await?.ok_or_else(missing)?;
    let (our_side, their_side) = relation.of(from).ok_or_else(missing)?;
    let none = Vec::new();
    let ours = read_lines(input.from.lines.as_ref().unwrap_or(&none), input.currency, "from")
        .map_err(Error::Invalid)?;
    let theirs = match &input.to.lines {
        Some(lines) => read_lines(lines, input.currency, "to").map_err(Error::Invalid)?,
        None => mirrored(&ours),
    };
    let (amount, back) = (due(&ours), due(&theirs));
    if amount.is_zero() {
        return Err(Error::field(
            "/from/lines",
            "nothing_due",
            "the lines balance by themselves, so that nothing is due",
        ));
    }
    if back != -amount {
        let message = format!(
            "they leave {back} {} to be due, and those of {from} leave {amount}: write lines for {}",
            input.currency, -amount
        );
        return Err(Error::field("/to/lines", "not_mirrored", message));
    }
    Ok(Entry {
        id: Id::from_uuid(input.id),
        relation: relation.id,
        date,
        currency: input.currency,
        amount,
        reference: input.reference.as_ref().map(|text| text.as_str().to_owned()),
        narration: input.narration.as_ref().map(|text| text.as_str().to_owned()),
        state: EntryState::Posted,
        from: books(tx, deps, &input.from, our_side, ours).await?,
        to: books(tx, deps, &input.to, their_side, theirs).await?,
        reversed_on: None,
        reversed_because: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    })
}

async fn books(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewBooks,
    side: &Side,
    mut lines: Vec<EntryLine>,
) -> Result<Books, Error> {
    let entity = deps.ledger.entity(tx, Some(&side.entity)).await?;
    let amount = due(&lines);
    lines.push(due_line(side, amount));
    Ok(Books {
        entity: entity.code,
        base_currency: entity.base_currency,
        rate: input.rate.map(Rate::number),
        journal: Uuid::nil(),
        number: String::new(),
        reversal: None,
        lines,
    })
}

/// Posts both sides, in the order of the codes of their legal entities: whoever posts in the books of the same two takes locks in the same
/// order.
async fn post_both(
    tx: &mut TenantTx,
    deps: &Deps,
    entry: &mut Entry,
    into_soft_closed: bool,
) -> Result<(), Error> {
    let is_ordered = entry.from.entity < entry.to.entity;
    for step in if is_ordered { ["from", "to"] } else { ["to", "from"] } {
        let books = if step == "from" { &entry.from } else { &entry.to };
        let posting = entry
            .posting(books, step, into_soft_closed)
            .map_err(|error| Error::field(format!("/{step}/lines"), "invalid_amount", error.to_string()))?;
        let posted = deps.ledger.post(tx, &posting).await.map_err(|problem| at(step, problem))?;
        let books = if step == "from" { &mut entry.from } else { &mut entry.to };
        books.journal = posted.journal;
        books.number = posted.number;
        for (line, valued) in books.lines.iter_mut().zip(posted.lines) {
            line.base = valued.base;
        }
    }
    Ok(())
}

/// What the ledger says of the lines of a side, with pointers into the entry.
pub(crate) fn at(step: &str, mut problem: Problem) -> Problem {
    for field in &mut problem.fields {
        if field.pointer.starts_with("/lines") {
            field.pointer = format!("/{step}{}", field.pointer);
        }
    }
    problem
}
