//! Says what a group of a provider gives.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, Command, CreateProblems, Json, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::mapping::{ClaimValue, Mapping, MappingId, Target};
use crate::model::provider::ProviderId;
use crate::store::{mappings, providers};

/// Most mappings of one provider.
const MOST: i64 = 500;

/// A mapping to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = federation::CreateMapping)]
pub(crate) struct CreateMapping {
    /// The provider.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) provider: ProviderId,
    /// The value of its claim of groups; case counts.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) value: ClaimValue,
    /// What whoever has it gets.
    pub(crate) target: Target,
}

/// Make a mapping
///
/// Whoever signs in with this value among the groups gets the target; whoever signs in without it loses it, if it was this mapping that gave it.
/// Nobody makes a mapping to what they do not hold themselves, in the same scope.
#[utoipa::path(
    post,
    path = "/v1/federation/mappings",
    operation_id = "federation.create_mapping",
    tag = "federation",
    request_body(
        content = CreateMapping,
        example = json!({"provider": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "value": "finance-readers",
            "target": {"role": "viewer", "scope": {"kind": "module", "module": "finance"}}})
    ),
    responses((status = 201, description = "The mapping", body = Mapping), CreateProblems)
)]
pub(crate) async fn create_mapping(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateMapping>>,
) -> Result<Reply, ProblemResponse> {
    let (caller, input) = (cmd.caller().clone(), cmd.body.0.clone());
    let done = execute(&mut cmd.tx, &deps, &caller, input).await?;
    let location = format!("/v1/federation/mappings/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    input: CreateMapping,
) -> Result<Done<Mapping>, Error> {
    // Before the lock of all access, as sign-ins take both in this order.
    let provider = providers::lock(tx, input.provider).await?.ok_or(Error::UnknownProvider)?;
    if mappings::count(tx, provider.id).await? >= MOST {
        return Err(Error::TooMany { most: MOST });
    }
    let target = deps.directory.check_may_give(tx, caller, &input.target.to_value()).await?;
    let mapping = Mapping {
        id: MappingId::new(tx.clock()),
        provider: provider.id,
        value: input.value.as_str().to_owned(),
        target,
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
    };

    mappings::insert(tx, &mapping).await?;

    let event = AuditEvent::info("federation.create_mapping")
        .about("federation.mapping", mapping.id)
        .with("provider", provider.key.as_str())
        .with("value", mapping.value.as_str())
        .with("target", mapping.target.clone());
    Ok(Done::new(mapping, event))
}
