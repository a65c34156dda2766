//! Makes a key for a service.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::delegation::Granter;
use crate::error::{Error, Thing};
use crate::model::key::{MOST_AT_ONCE, NewKey, ServiceKey};
use crate::model::principal::{Principal, PrincipalKind, Status};
use crate::store::{keys, principals};

/// Furthest end of a key, in days.
const MOST_DAYS: i64 = 400;
/// Days that a key is good for where the caller does not say.
const DAYS: i64 = 90;

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreateServiceKey)]
pub(crate) struct CreateServiceKey {
    /// Until when it is good (UTC), at most 400 days ahead; 90 days where it is left out.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::NewServiceKey)]
pub(crate) struct NewServiceKey {
    /// What is known of it later.
    #[serde(flatten)]
    pub(crate) key: ServiceKey,
    /// The key itself, to be sent as `Authorization: Bearer`. It is shown in this answer and never again, not even to a
    /// repetition of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
}

/// Make a key for a service
///
/// Two keys are good at once, so that one can be put in the place of the other. Whoever has the key can do what the service
/// can, so the caller has to hold all of that.
#[utoipa::path(
    post,
    path = "/v1/iam/principals/{id}/keys",
    operation_id = "iam.create_service_key",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the service", format = Uuid)),
    request_body(content = CreateServiceKey, example = json!({"expiresAt": "2026-01-15T09:00:00Z"})),
    responses((status = 201, description = "The key, with its secret", body = NewServiceKey), ChangeProblems)
)]
pub(crate) async fn create_service_key(
    State(deps): State<Deps>,
    PathId(id): PathId<athyper_kernel_types::Principal>,
    mut cmd: Command<Json<CreateServiceKey>>,
) -> Result<Reply, ProblemResponse> {
    let granter = Granter::of(&mut cmd, &deps).await?;
    let service = principals::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let done = execute(&mut cmd.tx, &granter, &service, &cmd.body.0).await?;
    let location = format!("/v1/iam/principals/{id}/keys/{}", done.output.key.id);
    let kept = NewServiceKey { key: done.output.key.clone(), secret: None };
    let kept = Reply::created(location.clone(), &kept)?;
    let reply = Reply::created(location, &done.output)?;
    cmd.finish_once(done.event, reply, &kept).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    granter: &Granter,
    service: &Principal,
    input: &CreateServiceKey,
) -> Result<Done<NewServiceKey>, Error> {
    if service.kind != PrincipalKind::Service {
        return Err(Error::NotAService);
    }
    if service.status == Status::Deprovisioned {
        return Err(Error::Deprovisioned);
    }
    let now = tx.now();
    let expires_at = input.expires_at.unwrap_or(now + TimeDelta::days(DAYS));
    if expires_at <= now || expires_at - now > TimeDelta::days(MOST_DAYS) {
        return Err(Error::WrongTime { pointer: "/expiresAt", most_days: MOST_DAYS });
    }
    granter.check_all_of(tx, service.id).await?;
    let good = keys::count_good(tx, service.id, now).await?;
    if usize::try_from(good).unwrap_or(usize::MAX) >= MOST_AT_ONCE {
        return Err(Error::TooManyKeys);
    }
    let new = NewKey::random(tx.tenant_id(), tx.clock()).ok_or(Error::NoRandomness)?;
    keys::insert(tx, service.id, &new, expires_at).await?;

    let event = AuditEvent::info("iam.create_service_key")
        .about("iam.principal", service.id)
        .with("keyId", new.id.to_string())
        .with("expiresAt", expires_at.to_rfc3339());
    let key = ServiceKey {
        id: new.id,
        principal: service.id,
        expires_at,
        revoked_at: None,
        last_used_at: None,
        created_at: now,
    };
    Ok(Done::new(NewServiceKey { key, secret: Some(new.text.expose_secret().to_owned()) }, event))
}
