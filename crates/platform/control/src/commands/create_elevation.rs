//! Lets an operator do more than look at the register, for a time and for a reason.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, SystemReason, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Reason, TenantId};
use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::elevation::{Elevation, MOST_MINUTES};
use crate::store::{elevations, tenants};

/// An elevation to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = control::CreateElevation)]
pub(crate) struct CreateElevation {
    /// The tenant to read in; left out, the elevation lets the register of tenants be changed.
    #[schema(value_type = Option<String>, format = Uuid)]
    tenant_id: Option<TenantId>,
    /// Why. It is told to the tenant.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
    /// For how long, in minutes.
    #[serde(deserialize_with = "minutes")]
    #[schema(minimum = 1, maximum = 480)]
    minutes: u16,
}

fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let minutes = u16::deserialize(deserializer)?;
    if (1..=MOST_MINUTES).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(de::Error::custom(format!("1 to {MOST_MINUTES} minutes are expected")))
    }
}

/// Make an elevation
///
/// Without one an operator reads the register and nothing else. It ends by itself.
#[utoipa::path(
    post,
    path = "/v1/control/elevations",
    operation_id = "control.create_elevation",
    tag = "control",
    request_body(
        content = CreateElevation,
        example = json!({"tenantId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "minutes": 30,
            "reason": "Ticket 4711: the import of journals stands still"})
    ),
    responses((status = 201, description = "The elevation", body = Elevation), CreateProblems)
)]
pub(crate) async fn create_elevation(
    mut cmd: Command<Json<CreateElevation>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let reply =
        Reply::created("/v1/control/elevations".to_owned(), &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &CreateElevation) -> Result<Done<Elevation>, Error> {
    if let Some(target) = input.tenant_id {
        tenants::find(tx, target).await?.ok_or(Error::TenantNotFound)?;
    }

    let elevation = Elevation {
        id: Id::new(tx.clock()),
        actor_id: tx.context().actor().id.clone(),
        tenant_id: input.tenant_id,
        reason: input.reason.as_str().to_owned(),
        starts_at: tx.now(),
        ends_at: tx.now() + TimeDelta::minutes(input.minutes.into()),
        ended_at: None,
        version: 1,
    };
    elevations::insert(tx, &elevation).await?;
    if let Some(target) = input.tenant_id {
        let told = AuditEvent::warn("platform.operator_may_read")
            .with("reason", &*elevation.reason)
            .with("until", elevation.ends_at.to_rfc3339());
        let mut crossing = tx.cross(SystemReason::ManageTenants).await?;
        crossing.record(target, told).await?;
        crossing.end().await?;
    }

    let event = AuditEvent::warn("control.create_elevation")
        .about("control.elevation", elevation.id)
        .with("tenantId", input.tenant_id.map(|id| id.to_string()))
        .with("reason", &*elevation.reason)
        .with("minutes", input.minutes);
    Ok(Done::new(elevation, event))
}
