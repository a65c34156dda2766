//! Settles one open item by another.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountRef, Allocated, Allocation, Book, ItemId, PostingControl, Source};
use athyper_kernel_types::{Currency, Id, Money};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::determination::determine_role;
use crate::error::Error;
use crate::model::entry::{ItemState, convert};
use crate::model::journal::{JournalId, NewJournal, NewLine, ONCE};
use crate::model::legal_entity::LegalEntity;
use crate::posting::{EXCHANGE_REALISED, PostingRights, enter_periods, post};
use crate::store::allocations::{self, NewAllocation};
use crate::store::items::{NewSettlement, SettledBy};
use crate::store::{items, journals, legal_entities};
use athyper_kernel_ledger::Day;

/// Which items settle each other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::AllocateItems)]
pub(crate) struct AllocateItems {
    /// The debit item.
    #[schema(value_type = Uuid)]
    debit: ItemId,
    /// The credit item, of the same party, account and currency.
    #[schema(value_type = Uuid)]
    credit: ItemId,
    /// How much of each, in their currency; as much as can be where it is left out.
    #[schema(value_type = Option<String>, example = "120.00")]
    amount: Option<String>,
    /// The day, on which a difference of exchange is posted.
    #[schema(value_type = String, format = Date)]
    date: Day,
}

/// An allocation, as it is made or undone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::Allocation)]
pub(crate) struct AllocationBody {
    /// Id.
    id: Uuid,
    /// What is left open of the debit item, in its currency.
    #[schema(example = "0.00")]
    debit_open: String,
    /// What is left open of the credit item.
    #[schema(example = "30.00")]
    credit_open: String,
    /// The realised difference of exchange in base currency: positive for a loss.
    #[schema(example = "0.00")]
    pub(crate) difference: String,
}

impl From<Allocated> for AllocationBody {
    fn from(made: Allocated) -> Self {
        let text = |amount: Decimal| amount.to_string();
        Self {
            id: made.id,
            debit_open: text(made.debit_open),
            credit_open: text(made.credit_open),
            difference: text(made.difference),
        }
    }
}

/// Settle one open item by another
///
/// An advance or a credit note settles an invoice. In a foreign currency each is settled at what it is carried at, and the
/// difference is posted as realised.
#[utoipa::path(
    post,
    path = "/v1/finance/allocations",
    operation_id = "finance.allocate_items",
    tag = "finance",
    request_body(
        content = AllocateItems,
        example = json!({"debit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "credit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
            "amount": "120.00", "date": "2025-03-20"})
    ),
    responses((status = 201, description = "The allocation", body = AllocationBody), CreateProblems)
)]
pub(crate) async fn allocate_items(
    State(deps): State<Deps>,
    mut cmd: Command<Json<AllocateItems>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, rights).await?;
    let reply =
        Reply::created(format!("/v1/finance/allocations/{}", done.output.id), &done.output)?.version(1);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &AllocateItems,
    rights: PostingRights,
) -> Result<Done<AllocationBody>, Error> {
    let found = items::find(tx, [input.debit, input.credit]).await?;
    let currency = found.first().ok_or(Error::ItemNotFound)?.currency;
    let amount = match &input.amount {
        Some(text) => Money::parse_amount(text, currency)
            .map_err(|error| Error::InvalidAmount { message: error.to_string() })?
            .amount(),
        None => found.iter().map(|item| item.open.abs()).min().unwrap_or_default(),
    };
    let allocation = Allocation {
        debit: input.debit,
        credit: input.credit,
        amount,
        date: input.date.date(),
        into_soft_closed: rights.into_soft_closed,
    };
    let made = allocate(tx, &*deps.control, &allocation).await?;
    let body = AllocationBody::from(made);
    let event = AuditEvent::info("finance.allocate_items")
        .about("finance.open_item", input.debit)
        .with("credit", input.credit.to_string())
        .with("amount", amount.to_string())
        .with("currency", currency.code())
        .with("difference", body.difference.as_str());
    Ok(Done::new(body, event))
}

/// Settles one item by another, and posts the difference between what they are carried at.
///
/// # Errors
/// When they are not of one party, account and currency, less is open than is asked for, the period of the day is closed, or the
/// difference cannot be posted.
pub(crate) async fn allocate(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    allocation: &Allocation,
) -> Result<Allocated, Error> {
    let entity = items::entity_of(tx, allocation.debit).await?.ok_or(Error::ItemNotFound)?;
    let entity = legal_entities::find(tx, entity).await?.ok_or(Error::EntityNotFound)?;
    // What is open at the end of a closed period does not change either, so an allocation is dated as a posting is.
    let rights = PostingRights { into_soft_closed: allocation.into_soft_closed };
    enter_periods(tx, &entity, None, [(allocation.date, None)], rights).await?;
    let mut states = items::lock(tx, entity.id, &[allocation.debit, allocation.credit]).await?;
    let (Some(debit), Some(credit)) = (states.remove(&allocation.debit), states.remove(&allocation.credit))
    else {
        return Err(Error::ItemNotFound);
    };
    check_pair(&debit, &credit)?;
    let amount = allocation.amount;
    if amount <= Decimal::ZERO {
        return Err(Error::InvalidAmount { message: "the amount must be above zero".to_owned() });
    }
    let (debit, debit_base) = settled(debit, -amount, entity.base_currency)?;
    let (credit, credit_base) = settled(credit, amount, entity.base_currency)?;

    let id = Id::<Allocation>::new(tx.clock()).uuid();
    // What the account is left with beside its items: more on the debit side is a loss.
    let difference = debit_base - credit_base;
    let journal = if difference.is_zero() {
        None
    } else {
        Some(post_difference(tx, control, &entity, (id, &debit, difference), allocation).await?)
    };
    let row = NewAllocation {
        id,
        debit: allocation.debit,
        credit: allocation.credit,
        amount,
        debit_base,
        credit_base,
        date: allocation.date,
        journal,
    };
    allocations::insert(tx, &row).await?;
    let settlement = |item, amount, base| NewSettlement {
        item,
        date: allocation.date,
        amount,
        base,
        by: SettledBy::Allocation(id),
    };
    let settlements = [
        settlement(allocation.debit, -amount, -debit_base),
        settlement(allocation.credit, amount, credit_base),
    ];
    let left = |item: &ItemState| scaled(item.open.abs(), item.currency);
    let (debit_open, credit_open) = (left(&debit), left(&credit));
    let after = BTreeMap::from([(allocation.debit, debit), (allocation.credit, credit)]);
    items::settle(tx, &settlements, &after).await?;
    Ok(Allocated { id, debit_open, credit_open, difference: scaled(difference, entity.base_currency) })
}

/// An amount with the decimals of its currency.
pub(crate) fn scaled(mut amount: Decimal, currency: Currency) -> Decimal {
    amount.rescale(currency.minor_units());
    amount
}

fn check_pair(debit: &ItemState, credit: &ItemState) -> Result<(), Error> {
    let reason = if debit.amount < Decimal::ZERO || credit.amount > Decimal::ZERO {
        "one is a debit and the other a credit"
    } else if debit.account != credit.account {
        "they are on one account"
    } else if debit.party != credit.party {
        "they are of one party"
    } else if debit.currency != credit.currency {
        "they are in one currency"
    } else {
        return Ok(());
    };
    Err(Error::ItemsDiffer { reason })
}

/// An item after this amount is added to what is open of it, and what that takes off its base amount, positive.
fn settled(item: ItemState, amount: Decimal, base: Currency) -> Result<(ItemState, Decimal), Error> {
    let open = item.open + amount;
    if amount.abs() > item.open.abs() {
        let open = scaled(item.open.abs(), item.currency);
        return Err(Error::MoreThanOpen { open, currency: item.currency });
    }
    let carried = item.open_base.abs();
    let taken = if open.is_zero() {
        carried
    } else {
        let at_rate = convert(amount.abs(), item.rate, base)
            .map_err(|(_, _, message)| Error::InvalidAmount { message })?;
        at_rate.min(carried)
    };
    let open_base =
        if item.open_base < Decimal::ZERO { item.open_base + taken } else { item.open_base - taken };
    Ok((ItemState { open, open_base, ..item }, taken))
}

/// Posts what the items were carried at beyond each other: on their account, against realised differences of exchange.
async fn post_difference(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    entity: &LegalEntity,
    (id, item, difference): (Uuid, &ItemState, Decimal),
    allocation: &Allocation,
) -> Result<JournalId, Error> {
    let side = if difference > Decimal::ZERO { "loss" } else { "gain" };
    let role = AccountRef::role(EXCHANGE_REALISED).with("side", side);
    let realised = determine_role(tx, entity, &role).await?.account;
    let of_item =
        NewLine { party: Some(item.party), ..NewLine::adjusting(item.account, item.currency, -difference) };
    let lines = vec![of_item, NewLine::adjusting(realised, item.currency, difference)];
    let draft = NewJournal {
        narration: Some("Realised difference of exchange".to_owned()),
        source: Some((Source::new("finance.allocation", id, "post"), ONCE)),
        ..NewJournal::new(Id::new(tx.clock()), entity.id, Book::Exchange, allocation.date, lines)
    };
    let id = draft.id;
    let drafts = [draft];
    journals::insert_drafts(tx, &drafts).await?;
    let rights = PostingRights { into_soft_closed: allocation.into_soft_closed };
    post(tx, control, entity, &drafts, rights).await?;
    Ok(id)
}
