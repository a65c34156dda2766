//! Declares a fiscal period.

use std::collections::BTreeSet;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Name};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::period::{Period, PeriodState};
use crate::posting::check_not_signed_off;
use crate::store::periods;
use crate::whose_books;
use athyper_kernel_ledger::Day;

/// A period to declare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::CreatePeriod)]
pub(crate) struct CreatePeriod {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(max_length = 32, example = "main")]
    entity: Option<String>,
    /// Name for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// First day.
    #[schema(value_type = String, format = Date)]
    starts_on: Day,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    ends_on: Day,
}

/// Declare a period
///
/// Periods do not overlap, and none is declared before one that is signed off. Where none is declared, each calendar month is a period of its own, made when it is first
/// posted to.
#[utoipa::path(
    post,
    path = "/v1/finance/periods",
    operation_id = "finance.create_period",
    tag = "finance",
    request_body(
        content = CreatePeriod,
        example = json!({"name": "First quarter 2025", "startsOn": "2025-01-01", "endsOn": "2025-03-31"})
    ),
    responses((status = 201, description = "The period, open", body = Period), CreateProblems)
)]
pub(crate) async fn create_period(mut cmd: Command<Json<CreatePeriod>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/finance/periods/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreatePeriod) -> Result<Done<Period>, Error> {
    let (starts_on, ends_on) = (input.starts_on.date(), input.ends_on.date());
    if ends_on < starts_on {
        return Err(Error::PeriodEndsBeforeStart);
    }
    let entity = whose_books::find_or_open(tx, input.entity.as_deref(), None).await?;
    periods::lock_calendar(tx).await?;
    if let Some(other) = periods::overlapping(tx, entity.id, starts_on, ends_on).await? {
        return Err(Error::PeriodOverlaps { name: other.name });
    }
    check_not_signed_off(tx, &entity, ends_on).await?;

    let period = Period {
        id: Id::new(tx.clock()),
        entity: entity.id,
        entity_code: entity.code,
        locked: BTreeSet::new(),
        signed_off: false,
        name: input.name.as_str().to_owned(),
        starts_on,
        ends_on,
        state: PeriodState::Open,
        version: 1,
    };
    periods::insert(tx, &period).await?;

    let event = AuditEvent::info("finance.create_period")
        .about("finance.period", period.id)
        .with("name", period.name.as_str())
        .with("startsOn", starts_on.to_string())
        .with("endsOn", ends_on.to_string());
    Ok(Done::new(period, event))
}
