//! Says what a line is: which open items it settles, and what is booked on accounts.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::OpenItem;
use athyper_kernel_types::{Id, Text};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::entities::LINE;
use crate::error::Error;
use crate::held::{check_not_signed_off, hold_line};
use crate::model::bank_account::BankAccount;
use crate::model::line::{AccountPart, ItemPart, Line, LineState, Match};
use crate::model::matching::on_account;
use crate::model::money;
use crate::store::lines;

/// Most parts of a line.
const MOST_PARTS: usize = 500;

/// What a line is: one of its suggestions, or parts. One part may leave its amount out and takes what the others leave.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::MatchInput)]
pub(crate) struct MatchInput {
    /// The suggestion of this place, from 0; then nothing else is said.
    suggestion: Option<usize>,
    /// Open items that it settles.
    #[serde(default)]
    items: Vec<ItemInput>,
    /// What is booked on accounts.
    #[serde(default)]
    postings: Vec<PostingInput>,
    /// What is left stays open on the control account of the first item, as its party's.
    #[serde(default)]
    rest_on_account: bool,
}

/// An open item that a line settles.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::ItemInput)]
pub(crate) struct ItemInput {
    /// The open item.
    item: Uuid,
    /// How much of it, with its sign; all that is open, but not more than the line leaves, where it is left out.
    amount: Option<String>,
}

/// What is booked on an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::PostingInput)]
pub(crate) struct PostingInput {
    /// Code of the account.
    #[schema(value_type = String, max_length = 255)]
    account: Text<1, 255>,
    /// How much, positive for money that came in; what the other parts leave, where it is left out.
    amount: Option<String>,
    /// Whose it is.
    party: Option<Uuid>,
    /// The tax code whose base it is.
    #[schema(value_type = Option<String>, max_length = 64)]
    tax_code: Option<Text<1, 64>>,
    /// Values by key of the dimension.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    dimensions: BTreeMap<String, Text<1, 255>>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 500)]
    memo: Option<Text<1, 500>>,
}

/// Match a line
///
/// Its parts must sum up to its amount. An item of which less is settled stays open with the rest. Nothing is booked yet; a line that is
/// matched already is matched anew.
#[utoipa::path(
    post,
    path = "/v1/banking/lines/{id}/match",
    operation_id = "banking.match_line",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the line", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is matched")
    ),
    request_body(
        content = MatchInput,
        example = json!({"items": [{"item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"}], "postings": [{"account": "4730", "amount": "-2.38"}]})
    ),
    responses((status = 200, description = "The line", body = Line), ChangeProblems)
)]
pub(crate) async fn match_line(
    State(deps): State<Deps>,
    PathId(id): PathId<Line>,
    mut cmd: Command<Json<MatchInput>>,
) -> Result<Reply, ProblemResponse> {
    let (account, line) = hold_line(&mut cmd.tx, id).await?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (LINE, id.uuid()), Error::LineNotFound).await?;
    cmd.check_version(line.version)?;
    let done = execute(&mut cmd.tx, &deps, &account, line, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &BankAccount,
    mut line: Line,
    input: &MatchInput,
) -> Result<Done<Line>, Error> {
    check_not_signed_off(account, &line)?;
    if !matches!(line.state, LineState::New | LineState::Suggested | LineState::Matched) {
        return Err(Error::LineState(line.state));
    }
    let matched = match input.suggestion {
        Some(place) => of_suggestion(&line, place, input)?,
        None => of_parts(tx, deps, &line, input).await?,
    };
    check(tx, deps, &line, &matched).await?;

    line.matched = Some(matched.clone());
    line.state = LineState::Matched;
    lines::update(tx, &line).await?;
    lines::hold_items(tx, &line).await?;

    line.version += 1;
    let event = AuditEvent::info("banking.match_line")
        .about("banking.line", line.id)
        .with("amount", line.amount.to_string())
        .with("match", json!(matched));
    Ok(Done::new(line, event))
}

fn invalid(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Error {
    Error::InvalidMatch(vec![FieldError::new(pointer, code, message)])
}

fn of_suggestion(line: &Line, place: usize, input: &MatchInput) -> Result<Match, Error> {
    if !input.items.is_empty() || !input.postings.is_empty() || input.rest_on_account {
        return Err(invalid("/suggestion", "not_alone", "a suggestion is taken as it is: name nothing else"));
    }
    let found = line.suggestions.get(place).map(|suggestion| suggestion.proposal.clone());
    found.ok_or_else(|| invalid("/suggestion", "unknown", "the line has no such suggestion: read it again"))
}

/// The parts with their amounts.
async fn of_parts(tx: &mut TenantTx, deps: &Deps, line: &Line, input: &MatchInput) -> Result<Match, Error> {
    if input.items.is_empty() && input.postings.is_empty()
        || input.items.len() + input.postings.len() > MOST_PARTS
    {
        return Err(invalid(
            "",
            "parts",
            format!("name 1 to {MOST_PARTS} items or postings, or a suggestion"),
        ));
    }
    let found = find_items(tx, deps, input.items.iter().map(|part| part.item)).await?;
    let amount = |pointer: String, text: &Option<String>| -> Result<Option<Decimal>, Error> {
        let read = text.as_deref().map(|text| money::read(text, line.currency)).transpose();
        read.map_err(|message| invalid(pointer, "invalid_amount", message))
    };
    let mut left = line.amount;
    let mut postings = Vec::new();
    let mut rest_of = None;
    for (place, part) in input.postings.iter().enumerate() {
        let amount = amount(format!("/postings/{place}/amount"), &part.amount)?;
        if amount.is_none() && (rest_of.replace(place).is_some() || input.rest_on_account) {
            let message = "only one part takes the rest";
            return Err(invalid(format!("/postings/{place}/amount"), "required", message));
        }
        left -= amount.unwrap_or_default();
        postings.push(AccountPart {
            account: part.account.as_str().to_owned(),
            amount: amount.unwrap_or_default(),
            party: part.party,
            tax_code: part.tax_code.as_ref().map(|code| code.as_str().to_owned()),
            dimensions: part
                .dimensions
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().to_owned()))
                .collect(),
            memo: part.memo.as_ref().map(|memo| memo.as_str().to_owned()),
        });
    }
    let mut items = Vec::new();
    for (place, part) in input.items.iter().enumerate() {
        let Some(item) = found.get(&part.item) else {
            return Err(invalid(
                format!("/items/{place}/item"),
                "unknown_item",
                "there is no such open item",
            ));
        };
        let said = amount(format!("/items/{place}/amount"), &part.amount)?;
        // An item of the line's own direction does not take more than is left of it.
        let goes = |amount: Decimal| amount > Decimal::ZERO;
        let is_own = goes(item.open) == goes(line.amount) && goes(item.open) == goes(left);
        let most = if is_own && item.open.abs() > left.abs() { left } else { item.open };
        let amount = said.unwrap_or(most);
        left -= amount;
        let (account, party, reference) = (item.account.clone(), item.party, item.reference.clone());
        items.push(ItemPart { item: part.item, amount, account, party, reference });
    }
    if let Some(rest) = rest_of.and_then(|place| postings.get_mut(place)) {
        rest.amount = left;
    } else if input.rest_on_account && !left.is_zero() {
        let first = input.items.first().and_then(|part| found.get(&part.item));
        let first =
            first.ok_or_else(|| invalid("/restOnAccount", "no_item", "name an item whose account it is"))?;
        postings.push(on_account(first, left));
    }
    Ok(Match { items, postings })
}

async fn find_items(
    tx: &mut TenantTx,
    deps: &Deps,
    ids: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, OpenItem>, Error> {
    let ids: BTreeSet<_> = ids.map(Id::from_uuid).collect();
    let found = deps.ledger.items(tx, &ids).await?;
    Ok(found.into_iter().map(|item| (item.id.uuid(), item)).collect())
}

/// Holds a match against the line and against what is open.
async fn check(tx: &mut TenantTx, deps: &Deps, line: &Line, matched: &Match) -> Result<(), Error> {
    let mut errors = Vec::new();
    let found = find_items(tx, deps, matched.items.iter().map(|part| part.item)).await?;
    let ids: Vec<Uuid> = found.keys().copied().collect();
    let held = lines::held_items(tx, &ids, line.id).await?;
    let mut seen = BTreeSet::new();
    for (place, part) in matched.items.iter().enumerate() {
        let mut wrong = |code: &str, message: String| {
            errors.push(FieldError::new(format!("/items/{place}"), code, message));
        };
        let Some(item) = found.get(&part.item) else {
            wrong("unknown_item", "there is no such open item".to_owned());
            continue;
        };
        let open = item.open - held.get(&part.item).copied().unwrap_or_default();
        if !seen.insert(part.item) {
            wrong("twice", "the item is named twice".to_owned());
        } else if item.currency != line.currency {
            wrong(
                "other_currency",
                format!("the item is in {}, and the line in {}", item.currency, line.currency),
            );
        } else if part.amount.is_zero() || (part.amount > Decimal::ZERO) != (item.amount > Decimal::ZERO) {
            wrong("wrong_sign", format!("of the item {open} is open: the part has its sign"));
        } else if part.amount.abs() > open.abs() || (open > Decimal::ZERO) != (item.amount > Decimal::ZERO) {
            wrong("not_open", format!("of the item {open} is open, with what other lines take of it"));
        }
    }
    for (place, part) in matched.postings.iter().enumerate() {
        if part.amount.is_zero() {
            let message = "nothing is left for this part";
            errors.push(FieldError::new(format!("/postings/{place}/amount"), "zero", message));
        }
    }
    if errors.is_empty() && matched.sum() != line.amount {
        let message = format!("the parts sum up to {}, and the line is {}", matched.sum(), line.amount);
        errors.push(FieldError::new("", "sum", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidMatch(errors)) }
}
