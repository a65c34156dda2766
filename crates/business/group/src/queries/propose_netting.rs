//! Shows what two legal entities can net.

use std::collections::BTreeMap;

use athyper_kernel_http::{ProblemResponse, Reply, Report, ReportProblems};
use athyper_kernel_ledger::{Day, tenant_defaults};
use athyper_kernel_types::Currency;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::problem;
use crate::model::netting::Proposal;
use crate::netting::between;

/// Between whom and when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposeNetting {
    /// One of the two, by its code.
    #[param(max_length = 32)]
    entity: String,
    /// The other, by its code.
    #[param(max_length = 32)]
    partner: String,
    /// Only in this currency.
    currency: Option<Currency>,
    /// The day of the netting; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Day>,
}

/// What two legal entities can net.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::NettingReport)]
pub(crate) struct NettingReport {
    /// The one whose code comes first.
    #[schema(example = "alpha")]
    entity: String,
    /// The other.
    #[schema(example = "beta")]
    partner: String,
    /// The day.
    date: NaiveDate,
    /// In each currency in which something is open.
    proposals: Vec<Proposal>,
}

/// Propose a netting
///
/// What two legal entities have open with each other on their control accounts, by the parties that their relation says: items with the
/// same reference and the same open amount in the books of both are netted, all others are left out with the reason. Nothing is kept.
#[utoipa::path(
    get,
    path = "/v1/group/reports/netting",
    operation_id = "group.propose_netting",
    tag = "group",
    params(ProposeNetting),
    responses(
        (
            status = 200,
            description = "What can be netted",
            body = NettingReport,
            example = json!({"entity": "alpha", "partner": "beta", "date": "2025-03-31", "proposals": [{"currency": "EUR", "receivable": "600.00",
                "payable": "400.00", "rest": "200.00", "isPossible": true, "pairs": [
                    {"reference": "A-7", "amount": "600.00", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "account": "1200 Receivables",
                        "partnerItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "partnerAccount": "2100 Payables"},
                    {"reference": "B-3", "amount": "-400.00", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "account": "2100 Payables",
                        "partnerItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074", "partnerAccount": "1200 Receivables"}],
                "leftOut": [{"entity": "beta", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075", "reference": "A-8", "open": "-70.00",
                    "why": "not_with_partner"}]}]})
        ),
        ReportProblems
    )
)]
pub(crate) async fn propose_netting(
    State(deps): State<Deps>,
    Report(mut read): Report<ProposeNetting>,
) -> Result<Reply, ProblemResponse> {
    let today = tenant_defaults::today(read.tx.context(), &deps.clock);
    let date = read.query.on.map_or(today, Day::date);
    let (entity, partner, currency) =
        (read.query.entity.clone(), read.query.partner.clone(), read.query.currency);
    let found =
        between(&mut read.tx, &deps, (&entity, &partner), (date, currency), '?').await.map_err(problem)?;
    let proposals = found.proposals(date, &BTreeMap::new());
    let (entity, partner) = (found.relation.a.entity, found.relation.b.entity);
    Ok(Reply::ok(&NettingReport { entity, partner, date, proposals })?)
}
