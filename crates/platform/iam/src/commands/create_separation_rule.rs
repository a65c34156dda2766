//! Says that two duties are kept apart.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Catalogue, Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::role::RoleId;
use crate::model::separation::{Duty, RuleId, SeparationRule};
use crate::queries::get_role::built_in;
use crate::store::{access, roles, separation};

/// Two duties to keep apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::CreateSeparationRule)]
pub(crate) struct CreateSeparationRule {
    /// Name, unique in the tenant.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) name: Name,
    /// One duty.
    pub(crate) left: Duty,
    /// The other duty.
    pub(crate) right: Duty,
}

/// Keep two duties apart
///
/// From now on nobody is given both, by whichever binding, group or role. Who has both already keeps them: an access review
/// finds them.
#[utoipa::path(
    post,
    path = "/v1/iam/separation-rules",
    operation_id = "iam.create_separation_rule",
    tag = "iam",
    request_body(
        content = CreateSeparationRule,
        example = json!({"name": "Enter and post", "left": {"permission": "finance.create_journal"},
            "right": {"permission": "finance.post_journal"}})
    ),
    responses((status = 201, description = "The rule", body = SeparationRule), CreateProblems)
)]
pub(crate) async fn create_separation_rule(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateSeparationRule>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps.catalogue, &cmd.body.0).await?;
    let location = format!("/v1/iam/separation-rules/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    input: &CreateSeparationRule,
) -> Result<Done<SeparationRule>, Error> {
    access::lock(tx).await?;
    check_duty(tx, catalogue, &input.left, "/left").await?;
    check_duty(tx, catalogue, &input.right, "/right").await?;
    let rule = SeparationRule {
        id: RuleId::new(tx.clock()),
        name: input.name.as_str().to_owned(),
        left: input.left.clone(),
        right: input.right.clone(),
        version: 1,
    };
    separation::insert_rule(tx, &rule).await?;

    let event = AuditEvent::info("iam.create_separation_rule")
        .about("iam.separation_rule", rule.id)
        .with("name", rule.name.as_str())
        .with("left", json!(rule.left))
        .with("right", json!(rule.right));
    Ok(Done::new(rule, event))
}

async fn check_duty(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    duty: &Duty,
    pointer: &'static str,
) -> Result<(), Error> {
    match duty {
        Duty::Permission(name) if catalogue.find(name).is_some() => Ok(()),
        Duty::Permission(name) => Err(Error::UnknownPermission { index: 0, name: name.clone() }),
        Duty::Role(name) if catalogue.role(name).is_some() => Ok(()),
        Duty::Role(name) => {
            let unknown = || Error::UnknownReference { pointer, what: Thing::Role };
            let id: RoleId = name.parse().map_err(|_| unknown())?;
            let is_known =
                built_in(catalogue, id).is_some() || !roles::load(tx, &[id.uuid()]).await?.is_empty();
            if is_known { Ok(()) } else { Err(unknown()) }
        }
    }
}
