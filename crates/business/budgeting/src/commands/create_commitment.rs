//! Sets an amount aside on a budget.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Reservation, Spending};
use athyper_kernel_types::Text;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::committing::reserve;
use crate::entities::COMMITMENT;
use crate::error::{Error, problem};
use crate::model::commitment::Commitment;
use crate::model::money;

/// What is set aside: on an account, or on a line of the budget.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = budgeting::NewCommitment)]
pub(crate) struct NewCommitment {
    /// Id given by the caller. The same id with the same content gives the commitment that is there.
    id: Uuid,
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "main")]
    entity: Option<Text<1, 32>>,
    /// The day that it is to be spent on: it decides the year and the month.
    date: NaiveDate,
    /// Code of the account that it will be posted to.
    #[schema(value_type = Option<String>, max_length = 255, example = "6100")]
    account: Option<Text<1, 255>>,
    /// Values of dimensions that it will be posted about.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// Key of the line, where no account is named.
    #[schema(value_type = Option<String>, max_length = 64, example = "advertising")]
    line: Option<Text<1, 64>>,
    /// How much, in base currency.
    #[schema(value_type = String, max_length = 31, example = "500.00")]
    amount: Text<1, 31>,
    /// When what is still reserved is let go (UTC).
    expires_at: Option<DateTime<Utc>>,
    /// What it is for.
    #[schema(value_type = Option<String>, max_length = 255)]
    reference: Option<Text<1, 255>>,
    /// Whether it is committed at once.
    #[serde(default)]
    is_committed: bool,
}

/// A commitment, and what a budget that only warns has to say.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::MadeCommitment)]
pub(crate) struct MadeCommitment {
    /// The commitment.
    #[serde(flatten)]
    commitment: Commitment,
    /// What goes beyond a line that warns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Set an amount aside
///
/// Refused where a line of the active budget, or one above it, stops and has less left. However many ask at the same time, no more
/// is set aside than there is.
#[utoipa::path(
    post,
    path = "/v1/budgeting/commitments",
    operation_id = "budgeting.create_commitment",
    tag = "budgeting",
    request_body(
        content = NewCommitment,
        example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "date": "2026-03-15", "account": "6100", "amount": "500.00",
            "expiresAt": "2026-03-31T22:00:00Z", "reference": "PR-2026-0007"})
    ),
    responses((status = 201, description = "The commitment", body = MadeCommitment), CreateProblems)
)]
pub(crate) async fn create_commitment(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewCommitment>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/budgeting/commitments/{}", done.output.commitment.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.commitment.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewCommitment,
) -> Result<Done<MadeCommitment>, Error> {
    let entity = deps.office.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    let amount = money::parse_positive(input.amount.as_str(), entity.base_currency);
    let reservation = Reservation {
        id: input.id,
        entity: Some(entity.code),
        date: input.date,
        spending: spending(input.account.as_ref(), &input.dimensions, input.line.as_ref())?,
        amount: amount.map_err(Error::InvalidAmount)?,
        expires_at: input.expires_at,
        reference: input.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        is_committed: input.is_committed,
    };
    let made = reserve(tx, &deps.office, &[reservation], |_| "/amount".to_owned()).await?;
    let (commitment, warnings) = made.into_iter().next().flatten().ok_or(Error::NoLine)?;

    let event = AuditEvent::info("budgeting.create_commitment")
        .about(COMMITMENT, commitment.id)
        .with("line", commitment.line_key.as_str())
        .with("amount", commitment.amount.to_string())
        .with("warnings", warnings.len());
    Ok(Done::new(MadeCommitment { commitment, warnings }, event))
}

/// What is spent on: either an account or a line.
///
/// # Errors
/// [`Error::InvalidLines`] where it is neither or both.
pub(crate) fn spending(
    account: Option<&Text<1, 255>>,
    dimensions: &BTreeMap<String, String>,
    line: Option<&Text<1, 64>>,
) -> Result<Spending, Error> {
    match (account, line) {
        (Some(account), None) => {
            Ok(Spending::Account { code: account.as_str().to_owned(), dimensions: dimensions.clone() })
        }
        (None, Some(line)) => Ok(Spending::Line(line.as_str().to_owned())),
        _ => {
            let message = "name either an account or a line of the budget";
            Err(Error::InvalidLines(vec![FieldError::new("/account", "one_of", message)]))
        }
    }
}
