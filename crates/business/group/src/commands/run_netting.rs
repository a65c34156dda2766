//! Nets what two legal entities owe each other, in the books of both at once.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, ItemId, Narration};
use athyper_kernel_types::{Currency, Reason, Text};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::NETTING;
use crate::error::{Error, problem};
use crate::model::entry::EntryReference;
use crate::model::netting::{Netting, NettingBooks, NettingId, NettingState, Proposal};
use crate::netting::{Between, between};
use crate::store::{nettings, take_turn};

/// Most items that are left out by name.
const MOST_LEFT_OUT: usize = 1_000;

/// An item that is not netted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::LeaveOut)]
pub(crate) struct LeaveOut {
    /// Id of the item, in the books of either.
    #[schema(value_type = String, format = Uuid)]
    item: ItemId,
    /// Why, such as that it is in dispute; it is kept.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// A netting as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewNetting)]
pub(crate) struct NewNetting {
    /// One of the two, by its code.
    #[schema(value_type = String, max_length = 32, example = "alpha")]
    entity: Text<1, 32>,
    /// The other, by its code.
    #[schema(value_type = String, max_length = 32, example = "beta")]
    partner: Text<1, 32>,
    /// The currency.
    currency: Currency,
    /// The day in the books of both. Items of a later day are left out.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// What the proposal says that is left, from the one whose code comes first: where it is another by now, nothing is netted.
    #[schema(value_type = Option<String>, max_length = 31, example = "200.00")]
    rest: Option<Text<1, 31>>,
    /// What is left out though it could be netted, and with it the same item of the other.
    #[serde(default)]
    leave_out: Vec<LeaveOut>,
    /// Reference of the journals and of the item of the rest; one is made up where it is left out.
    #[schema(value_type = Option<String>, max_length = 100)]
    reference: Option<EntryReference>,
    /// What it is about.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
}

/// Net what two legal entities owe each other
///
/// All that the proposal of this moment has is settled in the books of both, or in neither: receivables against payables, and what is left
/// is one open item in each, with the same reference. Each is worth what the ledger carries it at; differences of exchange are
/// realised.
#[utoipa::path(
    post,
    path = "/v1/group/nettings",
    operation_id = "group.run_netting",
    tag = "group",
    request_body(
        content = NewNetting,
        example = json!({"entity": "alpha", "partner": "beta", "currency": "EUR", "date": "2025-03-31", "rest": "200.00",
            "leaveOut": [{"item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "reason": "The goods were broken"}]})
    ),
    responses((status = 201, description = "The netting", body = Netting), CreateProblems)
)]
pub(crate) async fn run_netting(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewNetting>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let location = format!("/v1/group/nettings/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewNetting,
    into_soft_closed: bool,
) -> Result<Done<Netting>, Error> {
    let (one, other) = (input.entity.as_str(), input.partner.as_str());
    let (a, b) = if one < other { (one, other) } else { (other, one) };
    take_turn(tx, &format!("netting {a} {b}")).await?;
    let date = input.date.date();
    let found = between(tx, deps, (one, other), (date, Some(input.currency)), '/').await?;
    let left_out = leave_out(input, &found)?;
    let proposal = found.proposals(date, &left_out).into_iter().find(|proposal| proposal.is_possible);
    let proposal = proposal.ok_or(Error::NothingToNet)?;
    check_rest(input, &proposal)?;

    let mut netting = netting(tx, input, &found, proposal);
    // In the order of the codes of their legal entities, as entries are posted.
    for (is_partner, party) in [(false, found.party), (true, found.partner_party)] {
        let posting = netting
            .posting(is_partner, party, into_soft_closed)
            .map_err(|error| Error::field("/currency", "invalid_amount", error.to_string()))?;
        let posted = deps.ledger.post(tx, &posting).await;
        let books = if is_partner { &mut netting.partner } else { &mut netting.entity };
        let posted = posted.map_err(|problem| in_books(input, &books.entity, problem))?;
        books.journal = posted.journal;
        books.number = posted.number;
        books.rest_item = posted.lines.last().and_then(|line| line.item);
    }
    nettings::insert(tx, &netting).await?;

    let event = AuditEvent::info("group.run_netting")
        .about(NETTING, netting.id)
        .with("entity", netting.entity.entity.as_str())
        .with("partner", netting.partner.entity.as_str())
        .with("date", netting.date.to_string())
        .with("currency", netting.currency.code())
        .with("receivable", netting.receivable.to_string())
        .with("payable", netting.payable.to_string())
        .with("pairs", netting.pairs.len());
    Ok(Done::new(netting, event))
}

/// What is left out and why.
fn leave_out(input: &NewNetting, found: &Between) -> Result<BTreeMap<ItemId, String>, Error> {
    if input.leave_out.len() > MOST_LEFT_OUT {
        return Err(Error::field("/leaveOut", "too_many", "leave out at most 1,000 items"));
    }
    let unknown = input.leave_out.iter().position(|left| !found.has(left.item));
    if let Some(place) = unknown {
        let message =
            "nothing with this id is open between the two in this currency: take one of the proposal";
        return Err(Error::field(format!("/leaveOut/{place}/item"), "unknown_item", message));
    }
    Ok(input.leave_out.iter().map(|left| (left.item, left.reason.as_str().to_owned())).collect())
}

fn check_rest(input: &NewNetting, proposal: &Proposal) -> Result<(), Error> {
    let Some(text) = &input.rest else { return Ok(()) };
    let stated = Decimal::from_str_exact(text.as_str())
        .map_err(|_| Error::field("/rest", "invalid_amount", "write an amount such as 200.00 or -35.50"))?;
    if stated == proposal.rest { Ok(()) } else { Err(Error::NettingChanged(proposal.rest)) }
}

fn netting(tx: &TenantTx, input: &NewNetting, found: &Between, proposal: Proposal) -> Netting {
    let id = NettingId::new(tx.clock());
    let books = |entity: &str| NettingBooks {
        entity: entity.to_owned(),
        journal: Uuid::nil(),
        number: String::new(),
        rest_item: None,
        reversal: None,
    };
    // The last digits of an id are random ones.
    let digits = id.uuid().simple().to_string();
    let made_up =
        || format!("NET-{}-{}", input.date.date().format("%Y%m%d"), digits.get(20..).unwrap_or_default());
    let stated =
        input.reference.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty());
    Netting {
        id,
        relation: found.relation.id,
        date: input.date.date(),
        currency: proposal.currency,
        receivable: proposal.receivable,
        payable: proposal.payable,
        rest: proposal.rest,
        reference: stated.unwrap_or_else(made_up),
        narration: input.narration.as_ref().and_then(Text::to_option),
        state: NettingState::Posted,
        entity: books(&found.relation.a.entity),
        partner: books(&found.relation.b.entity),
        pairs: proposal.pairs,
        left_out: proposal.left_out,
        undone_on: None,
        undone_because: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    }
}

/// What the ledger says. What it says of lines is said of the legal entity in whose books they are, once: the caller has written none.
fn in_books(input: &NewNetting, entity: &str, mut problem: Problem) -> Error {
    let whose = if input.entity.as_str() == entity { "/entity" } else { "/partner" };
    let mut fields: Vec<FieldError> = Vec::with_capacity(problem.fields.len());
    for mut field in problem.fields {
        if field.pointer.starts_with("/lines") {
            whose.clone_into(&mut field.pointer);
        }
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    problem.fields = fields;
    Error::Ledger(problem)
}
