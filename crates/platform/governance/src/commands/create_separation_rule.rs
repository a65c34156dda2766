//! Says that two duties are kept apart.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, Limits, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::separation::{Duty, RuleId, SeparationRule};
use crate::store::separation;

/// What somebody needs who takes a rule back.
const TAKES_BACK: &str = "governance.delete_separation_rule";

/// Two duties to keep apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = governance::CreateSeparationRule)]
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
/// From now on nobody is given both, by whichever binding, group or role. Who has both by bindings already keeps them: an
/// access review finds them. What the roles of a token give of two duties that its bearer would have together does not count.
#[utoipa::path(
    post,
    path = "/v1/governance/separation-rules",
    operation_id = "governance.create_separation_rule",
    tag = "governance",
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
    let caller = cmd.caller().clone();
    deps.access.caller(&mut cmd.tx, &caller).await?;
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await?;
    // A rule takes what tokens give of both of its duties: a token's own role among them, perhaps.
    let rights = deps.access.caller(&mut cmd.tx, &caller).await?;
    if !rights.cover(TAKES_BACK, &Limits::default()) {
        return Err(Error::ShutsOut.into());
    }
    let location = format!("/v1/governance/separation-rules/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &CreateSeparationRule,
) -> Result<Done<SeparationRule>, Error> {
    let left = known(tx, deps, &input.left, "/left").await?;
    let right = known(tx, deps, &input.right, "/right").await?;
    if left == right {
        return Err(Error::SameDuty);
    }
    let rule = SeparationRule {
        id: RuleId::new(tx.clock()),
        name: input.name.as_str().to_owned(),
        left,
        right,
        version: 1,
    };
    separation::insert_rule(tx, &rule).await?;
    deps.access.changed(tx).await?;

    let event = AuditEvent::info("governance.create_separation_rule")
        .about("governance.separation_rule", rule.id)
        .with("name", rule.name.as_str())
        .with("left", json!(rule.left))
        .with("right", json!(rule.right));
    Ok(Done::new(rule, event))
}

/// The duty in the words that rules are held against.
async fn known(tx: &mut TenantTx, deps: &Deps, duty: &Duty, pointer: &'static str) -> Result<Duty, Error> {
    match duty {
        Duty::Permission(name) if deps.catalogue.find(name).is_some() => Ok(duty.clone()),
        Duty::Permission(name) => Err(Error::UnknownPermission { pointer, name: name.clone() }),
        Duty::Role(name) => match deps.access.role_word(tx, name).await? {
            Some(word) => Ok(Duty::Role(word)),
            None => Err(Error::UnknownReference { pointer, what: Thing::Role }),
        },
    }
}
