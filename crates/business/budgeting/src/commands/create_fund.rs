//! Enters a fund that holds nothing yet.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Currency, Name, Text};
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::FUND;
use crate::error::{Error, problem};
use crate::model::fund::{Fund, FundId};
use crate::model::money;
use crate::store::funds;

/// A fund.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewFund)]
pub(crate) struct NewFund {
    /// Code, unique in the tenant.
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "research")]
    code: Text<1, 64>,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// Id of the fund that gives to it; without one it is given to from outside.
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<FundId>,
    /// Currency; that of the fund above it, or of the main books, where it is left out.
    currency: Option<Currency>,
}

/// Enter a fund
///
/// It holds nothing until it is given something. Its currency is that of the fund above it.
#[utoipa::path(
    post,
    path = "/v1/budgeting/funds",
    operation_id = "budgeting.create_fund",
    tag = "budgeting",
    request_body(content = NewFund, example = json!({"code": "research", "name": "Research", "currency": "EUR"})),
    responses((status = 201, description = "The fund", body = Fund), CreateProblems)
)]
pub(crate) async fn create_fund(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewFund>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/budgeting/funds/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, input: &NewFund) -> Result<Done<Fund>, Error> {
    let currency = match input.parent {
        Some(parent) => {
            let found = funds::find(tx, parent).await?;
            let found = found.ok_or_else(|| Error::ParentNotFound(parent.to_string()))?;
            if input.currency.is_some_and(|currency| currency != found.currency) {
                return Err(Error::OtherCurrency);
            }
            found.currency
        }
        None => match input.currency {
            Some(currency) => currency,
            None => deps.office.ledger.entity(tx, None).await?.base_currency,
        },
    };
    let zero = money::stored(Decimal::ZERO, currency);
    let fund = Fund {
        id: FundId::new(tx.clock()),
        code: input.code.as_str().to_owned(),
        name: input.name.as_str().to_owned(),
        parent: input.parent,
        currency,
        received: zero,
        held: zero,
        planned: zero,
        free: zero,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    if !funds::insert(tx, &fund).await? {
        return Err(Error::FundTaken(fund.code));
    }

    let event = AuditEvent::info("budgeting.create_fund")
        .about(FUND, fund.id)
        .with("code", fund.code.as_str())
        .with("currency", currency.code());
    Ok(Done::new(fund, event))
}
