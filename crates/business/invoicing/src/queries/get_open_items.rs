//! What is open at the end of a day.

use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_types::{Currency, Page, PageRequest};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::invoice::{PartyName, Side};
use crate::store::invoices::in_units;
use crate::store::reports::{self, OpenRow, Which};
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger::tenant_defaults;

/// Which items.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetOpenItems {
    /// The day at whose end they are open; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) as_of: Option<Day>,
    /// What customers owe, or what is owed to suppliers; both where it is left out.
    #[param(inline)]
    pub(crate) side: Option<Side>,
    /// One party alone.
    pub(crate) party: Option<Uuid>,
    /// Which page.
    #[serde(flatten)]
    #[param(ignore)]
    pub(crate) page: PageRequest,
}

/// An item that is open.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::OpenItem)]
pub(crate) struct OpenItem {
    /// Id of the open item in the ledger.
    id: Uuid,
    /// The document that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<Uuid>,
    /// The payment that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Uuid>,
    /// `receivable` or `payable`.
    side: String,
    /// Code of the legal entity.
    entity: String,
    /// Number of the document.
    number: String,
    /// Who owes or is owed.
    party: PartyName,
    /// Day of the document.
    date: NaiveDate,
    /// When it falls due.
    due_on: NaiveDate,
    /// Currency.
    currency: String,
    /// What is open of it: positive for what is owed to us.
    #[schema(value_type = String, example = "1829.10")]
    open: Decimal,
    /// The same in the currency of the books, at what it is carried at before any revaluation.
    #[schema(value_type = String, example = "1829.10")]
    book_open: Decimal,
}

/// List what is open at the end of a day
///
/// By what falls due first. The sum of all items of a side is the balance of its control account on that day.
#[utoipa::path(
    get,
    path = "/v1/invoicing/reports/open-items",
    operation_id = "invoicing.get_open_items",
    tag = "invoicing",
    params(GetOpenItems, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of open items",
            body = Page<OpenItem>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "invoice": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "side": "receivable", "entity": "MAIN", "number": "INV-2025-000042",
                "party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"}, "date": "2025-03-01",
                "dueOn": "2025-04-15", "currency": "EUR", "open": "1829.10", "bookOpen": "1829.10"}], "nextCursor": null})
        ),
        ReportProblems
    )
)]
pub(crate) async fn get_open_items(
    State(deps): State<Deps>,
    Report(mut read): Report<GetOpenItems>,
) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "dueOn, id";
    let which = which(&read.query, tenant_defaults::today(read.tx.context(), &deps.clock));
    let after: Option<(NaiveDate, Uuid)> = read.query.page.keys(SORT)?;
    let limit = read.query.page.fetch_limit().into();
    let rows = reports::open_items(&mut read.tx, &which, after, limit).await.map_err(Error::from)?;
    let items = rows.into_iter().map(shown).collect();
    let page = Page::from_rows(items, &read.query.page, SORT, |item: &OpenItem| (item.due_on, item.id))?;
    Ok(Reply::ok(&page)?)
}

/// Which items a query means.
pub(crate) fn which(query: &GetOpenItems, today: NaiveDate) -> Which {
    Which {
        as_of: query.as_of.map_or(today, Day::date),
        side: query.side.map(Side::as_str),
        party: query.party,
    }
}

fn shown(row: OpenRow) -> OpenItem {
    let open = Currency::parse(&row.currency).map_or(row.open, |currency| in_units(row.open, currency));
    OpenItem {
        id: row.id,
        invoice: row.invoice_id,
        payment: row.payment_id,
        side: row.side,
        entity: row.entity,
        number: row.number,
        party: PartyName { id: row.party_id, name: row.party_name },
        date: row.date,
        due_on: row.due_on,
        currency: row.currency,
        open,
        // The decimals of the base currency: it is at most as fine as the ledger keeps it.
        book_open: row.book_open.normalize(),
    }
}
