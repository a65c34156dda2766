//! Settles one open item by another: an advance or a note against an invoice.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Currency;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::create_payment::amount;
use crate::error::Error;
use crate::posting::PostingRights;
use crate::settling;
use crate::store::invoices::in_units;
use crate::store::items;
use crate::store::items::ItemRow;
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger::tenant_defaults;

/// Which items settle each other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = invoicing::AllocateItems)]
pub(crate) struct AllocateItems {
    /// The open item that somebody owes us.
    debit: Uuid,
    /// The open item that we owe.
    credit: Uuid,
    /// How much of each, in their currency; as much as is open of both where it is left out.
    #[schema(example = "50.00")]
    amount: Option<String>,
    /// The day; today, where the tenant keeps its books, if it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
}

/// What was settled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::AllocatedItems)]
pub(crate) struct AllocatedItems {
    /// Id of the allocation, by which it can be undone.
    id: Uuid,
    /// How much of each.
    #[schema(value_type = String)]
    amount: Decimal,
    /// Currency.
    currency: Currency,
    /// The day.
    date: NaiveDate,
    /// What is open of the debit item.
    #[schema(value_type = String)]
    debit_open: Decimal,
    /// What is open of the credit item, positive.
    #[schema(value_type = String)]
    credit_open: Decimal,
}

/// Settle one open item by another
///
/// An advance or a note settles an invoice, or a refund a note: items of one party, account and currency. A difference of rates
/// is posted as realised.
#[utoipa::path(
    post,
    path = "/v1/invoicing/allocations",
    operation_id = "invoicing.allocate_items",
    tag = "invoicing",
    request_body(
        content = AllocateItems,
        example = json!({"debit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "credit": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075", "amount": "50.00"})
    ),
    responses((status = 200, description = "What was settled", body = AllocatedItems), CreateProblems)
)]
pub(crate) async fn allocate_items(
    State(deps): State<Deps>,
    mut cmd: Command<Json<AllocateItems>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0, rights).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &AllocateItems,
    rights: PostingRights,
) -> Result<Done<AllocatedItems>, Error> {
    let (documents, of_payments) = settling::lock_behind(tx, deps, &[input.debit, input.credit]).await?;
    let (debit, credit) = pair(tx, input).await?;
    let currency = Currency::parse(&debit.currency)
        .map_err(|_| athyper_kernel_db::DbError::Corrupt(format!("currency of item {}", debit.id)))?;
    let most = in_units(debit.open.min(-credit.open), currency);
    let wanted = match &input.amount {
        None => most,
        Some(text) => {
            let mut errors = Vec::new();
            let wanted = amount(&mut errors, "/amount", text, currency, true);
            if !errors.is_empty() {
                return Err(Error::Invalid(errors));
            }
            wanted
        }
    };
    if wanted > most || most.is_zero() {
        return Err(Error::AboveOpen { open: most });
    }
    let latest = debit.date.max(credit.date);
    let today = tenant_defaults::today(tx.context(), &deps.clock);
    let date = input.date.map_or_else(|| today.max(latest), Day::date);
    if date < latest {
        return Err(Error::ItemsDoNotFit { what: "items do not settle each other before both are there" });
    }

    let id = settling::allocate(tx, deps, (debit.id, credit.id), wanted, date, rights).await?;
    settling::refresh(tx, &documents, &of_payments).await?;

    let (debit, credit) = pair(tx, input).await?;
    let output = AllocatedItems {
        id,
        amount: wanted,
        currency,
        date,
        debit_open: in_units(debit.open, currency),
        credit_open: in_units(-credit.open, currency),
    };
    let event = AuditEvent::info("invoicing.allocate_items")
        .about("invoicing.item", debit.id)
        .with("allocation", id.to_string())
        .with("credit", credit.id.to_string())
        .with("amount", wanted.to_string())
        .with("currency", currency.code())
        .with("date", date.to_string());
    Ok(Done::new(output, event))
}

/// The two items, which must be of one party, account, legal entity and currency, and on different sides.
async fn pair(tx: &mut TenantTx, input: &AllocateItems) -> Result<(ItemRow, ItemRow), Error> {
    let found = items::find(tx, &[input.debit, input.credit]).await?;
    let item = |id: Uuid, pointer| {
        found.iter().find(|row| row.id == id).cloned().ok_or(Error::ItemNotFound { pointer })
    };
    let (debit, credit) = (item(input.debit, "/debit")?, item(input.credit, "/credit")?);
    if debit.amount.is_sign_negative() || credit.amount.is_sign_positive() {
        return Err(Error::ItemsDoNotFit { what: "name an item that is owed to us, and one that we owe" });
    }
    if (debit.party_id, &debit.account, &debit.entity) != (credit.party_id, &credit.account, &credit.entity) {
        return Err(Error::ItemsDoNotFit {
            what: "the items are not of one party, account and legal entity",
        });
    }
    if debit.currency != credit.currency {
        return Err(Error::ItemsDoNotFit { what: "the items are not of one currency" });
    }
    Ok((debit, credit))
}
