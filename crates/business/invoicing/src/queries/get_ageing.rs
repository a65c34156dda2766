//! What is open at the end of a day, by how long it is overdue.

use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_types::{Currency, Page, PageRequest};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::invoice::PartyName;
use crate::queries::get_open_items::{GetOpenItems, which};
use crate::store::invoices::in_units;
use crate::store::reports::{self, AgeRow};
use athyper_kernel_ledger::tenant_defaults;

/// What is open of a party in a currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = invoicing::Age)]
pub(crate) struct Age {
    /// Who owes or is owed.
    party: PartyName,
    /// `receivable` or `payable`.
    side: String,
    /// Currency.
    currency: String,
    /// Not overdue.
    #[schema(value_type = String)]
    not_due: Decimal,
    /// 1 to 30 days overdue.
    #[serde(rename = "days1to30")]
    #[schema(value_type = String)]
    to_30: Decimal,
    /// 31 to 60 days overdue.
    #[serde(rename = "days31to60")]
    #[schema(value_type = String)]
    to_60: Decimal,
    /// 61 to 90 days overdue.
    #[serde(rename = "days61to90")]
    #[schema(value_type = String)]
    to_90: Decimal,
    /// More than 90 days overdue.
    #[serde(rename = "over90")]
    #[schema(value_type = String)]
    over_90: Decimal,
    /// All of it.
    #[schema(value_type = String)]
    total: Decimal,
}

/// List what is open by age
///
/// For each party and currency, at the end of a day: positive for what is owed to us.
#[utoipa::path(
    get,
    path = "/v1/invoicing/reports/ageing",
    operation_id = "invoicing.get_ageing",
    tag = "invoicing",
    params(GetOpenItems, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of parties",
            body = Page<Age>,
            example = json!({"items": [{"party": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Customer 30"},
                "side": "receivable", "currency": "EUR", "notDue": "1829.10", "days1to30": "50.00", "days31to60": "0.00",
                "days61to90": "0.00", "over90": "0.00", "total": "1879.10"}], "nextCursor": null})
        ),
        ReportProblems
    )
)]
pub(crate) async fn get_ageing(
    State(deps): State<Deps>,
    Report(mut read): Report<GetOpenItems>,
) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "party, side, currency";
    let which = which(&read.query, tenant_defaults::today(read.tx.context(), &deps.clock));
    let after: Option<(Uuid, String, String)> = read.query.page.keys(SORT)?;
    let limit = read.query.page.fetch_limit().into();
    let rows = reports::ages(&mut read.tx, &which, after.as_ref(), limit).await.map_err(Error::from)?;
    let ages = rows.into_iter().map(shown).collect();
    let page = Page::from_rows(ages, &read.query.page, SORT, |age: &Age| {
        (age.party.id, age.side.clone(), age.currency.clone())
    })?;
    Ok(Reply::ok(&page)?)
}

fn shown(row: AgeRow) -> Age {
    let currency = Currency::parse(&row.currency).ok();
    let units = |amount: Decimal| currency.map_or(amount, |currency| in_units(amount, currency));
    Age {
        party: PartyName { id: row.party_id, name: row.party_name },
        side: row.side,
        not_due: units(row.not_due),
        to_30: units(row.to_30),
        to_60: units(row.to_60),
        to_90: units(row.to_90),
        over_90: units(row.over_90),
        total: units(row.total),
        currency: row.currency,
    }
}
