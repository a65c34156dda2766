//! Makes a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::group::{Group, GroupId};
use crate::model::principal::Authority;
use crate::store::groups;

/// A group to make, or all of a group from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::GroupInput)]
pub(crate) struct GroupInput {
    /// Name, unique in the tenant; case does not count.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) display_name: Name,
    /// Id that the provisioning system has for it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub(crate) external_id: Option<Name>,
    /// What it is for.
    #[serde(default)]
    #[schema(value_type = String, max_length = 1000)]
    pub(crate) description: Text<0, 1000>,
}

impl GroupInput {
    /// Whether nothing would change.
    pub(crate) fn is_same_as(&self, old: &Group) -> bool {
        self.display_name.as_str() == old.display_name
            && self.external_id.as_ref().map(Name::as_str) == old.external_id.as_deref()
            && self.description.to_option() == old.description
    }
}

/// Make a group
///
/// It is empty, and no role is bound to it.
#[utoipa::path(
    post,
    path = "/v1/iam/groups",
    operation_id = "iam.create_group",
    tag = "iam",
    request_body(content = GroupInput, example = json!({"displayName": "Bookkeepers"})),
    responses((status = 201, description = "The group", body = Group), CreateProblems)
)]
pub(crate) async fn create_group(mut cmd: Command<Json<GroupInput>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0, Authority::Local).await?;
    let location = format!("/v1/iam/groups/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &GroupInput,
    authority: Authority,
) -> Result<Done<Group>, Error> {
    let now = tx.now();
    let group = Group {
        id: GroupId::new(tx.clock()),
        display_name: input.display_name.as_str().to_owned(),
        external_id: input.external_id.as_ref().map(|id| id.as_str().to_owned()),
        description: input.description.to_option(),
        authority,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    groups::insert(tx, &group).await?;

    let event = AuditEvent::info("iam.create_group")
        .about("iam.group", group.id)
        .with("displayName", group.display_name.as_str());
    Ok(Done::new(group, event))
}
