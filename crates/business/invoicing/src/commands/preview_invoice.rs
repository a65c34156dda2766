//! Says what a draft would come to and post, without keeping anything of it.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountRef, PostingLine};
use athyper_kernel_types::Id;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::Deps;
use crate::drafting::{self, DraftInvoice};
use crate::error::Error;
use crate::model::invoice::{ItemLine, Line, TaxLine};
use crate::model::journal::journal_lines;
use crate::posting::{out_of_range, rate_of};
use crate::store::reference;

/// What a draft would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::Preview)]
pub(crate) struct Preview {
    /// Without taxes.
    #[schema(value_type = String)]
    net: Decimal,
    /// What is paid.
    #[schema(value_type = String)]
    gross: Decimal,
    /// Units of base currency for one of the currency.
    #[schema(value_type = String)]
    rate: Decimal,
    /// Its lines.
    lines: Vec<Line>,
    /// Its taxes.
    taxes: Vec<TaxLine>,
    /// What falls due when.
    open_items: Vec<ItemLine>,
    /// The last day for paying less.
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_until: Option<NaiveDate>,
    /// How much less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    discount_amount: Option<Decimal>,
    /// What it would post.
    journal: Vec<PreviewLine>,
}

/// A line of the journal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::PreviewLine)]
pub(crate) struct PreviewLine {
    /// Code of the account, where the document names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The role for which the rules of the ledger choose it, elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// What these rules look at.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
    /// How much, debit positive.
    #[schema(value_type = String)]
    amount: Decimal,
    /// When it falls due.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<NaiveDate>,
    /// What it is about beside its account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dimensions: BTreeMap<String, String>,
}

impl PreviewLine {
    fn of(line: PostingLine) -> Self {
        let (account, role, facts) = match line.account {
            AccountRef::Code(code) => (Some(code), None, BTreeMap::new()),
            AccountRef::Role { role, facts } => (None, Some(role), facts),
        };
        let (amount, due_on, dimensions) = (line.amount.amount(), line.due_on, line.dimensions);
        Self { account, role, facts, amount, due_on, dimensions }
    }
}

/// Try out an invoice or a note
///
/// Prices it, taxes it, lays it out by the terms of payment, and says what it would post. Nothing of it is kept.
#[utoipa::path(
    post,
    path = "/v1/invoicing/invoices/preview",
    operation_id = "invoicing.preview_invoice",
    tag = "invoicing",
    request_body(
        content = DraftInvoice,
        example = json!({"kind": "purchase", "date": "2025-03-01", "currency": "EUR",
            "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Supplier 16"},
            "lines": [{"role": "expense", "quantity": "2", "unitPrice": "9.50", "taxCodes": ["P20"]}]})
    ),
    responses((status = 200, description = "What it would come to", body = Preview), CreateProblems)
)]
pub(crate) async fn preview_invoice(
    State(deps): State<Deps>,
    mut cmd: Command<Json<DraftInvoice>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &DraftInvoice,
) -> Result<Done<Preview>, Error> {
    let id = Id::new(tx.clock());
    let drafted = drafting::read(tx, deps, id, input).await?;
    let draft = &drafted.draft;
    let entity = deps.ledger.entity(tx, Some(&draft.entity)).await.map_err(Error::ledger)?;
    let rate = rate_of(tx, deps, &entity, (draft.currency, draft.rate, draft.date)).await?;
    let group = reference::party(tx, draft.party.id).await?.and_then(|party| party.account_group);
    let (party, priced) = ((draft.party.id, group.as_deref()), &drafted.priced);
    let journal = journal_lines(draft.kind, party, &drafted.lines, &priced.taxed, &priced.instalments)
        .map_err(out_of_range)?;
    let event = AuditEvent::info("invoicing.preview_invoice")
        .with("kind", draft.kind.as_str())
        .with("gross", draft.gross.to_string())
        .with("currency", draft.currency.code());
    let preview = Preview {
        net: draft.net,
        gross: draft.gross,
        rate,
        taxes: drafted.tax_lines(),
        open_items: drafted.item_lines(),
        discount_until: draft.discount.map(|(until, _)| until),
        discount_amount: draft.discount.map(|(_, amount)| amount),
        journal: journal.lines.into_iter().map(PreviewLine::of).collect(),
        lines: drafted.lines,
    };
    Ok(Done::new(preview, event))
}
