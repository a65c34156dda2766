//! Enters a group.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::GROUP;
use crate::error::{Error, problem};
use crate::model::group::{Definition, Group};
use crate::store::groups;

/// A group as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewGroup)]
pub(crate) struct NewGroup {
    /// Code, unique in the tenant.
    #[schema(value_type = String, min_length = 1, max_length = 32, example = "alpha-group")]
    code: Text<1, 32>,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Name,
    /// What it is.
    definition: Definition,
}

/// Enter a group
///
/// The parent and who it controls, with shares, since when, and how each came to the group; the accounts of the group, which accounts of the
/// members go to them, and which of them a consolidation alone uses; at which rates classes of accounts are translated.
#[utoipa::path(
    post,
    path = "/v1/group/groups",
    operation_id = "group.create_group",
    tag = "group",
    request_body(
        content = NewGroup,
        example = json!({"code": "alpha-group", "name": "Alpha Group", "definition": {"parent": "alpha", "currency": "EUR",
            "members": [{"entity": "alpha", "sharePercent": "100", "since": "2020-01-01"},
                {"entity": "beta", "sharePercent": "80", "since": "2025-01-01",
                    "historical": [{"account": "3000 Share capital", "rate": "0.95"}],
                    "acquisition": {"investment": "1300 Shares in Beta", "consideration": "1000.00",
                        "equity": [{"account": "Share capital", "amount": "-950.00"}]}}],
            "accounts": [{"code": "Assets", "name": "Assets", "type": "asset"}, {"code": "Share capital", "name": "Share capital", "type": "equity"}],
            "mapping": [{"prefix": "1", "to": "Assets"}, {"account": "3000 Share capital", "to": "Share capital"}],
            "special": {"translation": "Share capital", "retainedEarnings": "Share capital", "goodwill": "Assets",
                "bargainPurchase": "Share capital", "nonControlling": "Share capital", "nonControllingResult": "Share capital",
                "balanceDifference": "Assets", "resultDifference": "Assets"}}})
    ),
    responses((status = 201, description = "The group", body = Group), CreateProblems)
)]
pub(crate) async fn create_group(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewGroup>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/group/groups/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, input: &NewGroup) -> Result<Done<Group>, Error> {
    check(tx, deps, &input.definition).await?;
    let group = Group {
        id: Id::new(tx.clock()),
        code: input.code.as_str().to_owned(),
        name: input.name.as_str().to_owned(),
        definition: input.definition.clone(),
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    if !groups::insert(tx, &group).await? {
        return Err(Error::GroupTaken(group.code));
    }
    let event = AuditEvent::info("group.create_group")
        .about(GROUP, group.id)
        .with("code", group.code.as_str())
        .with("members", group.definition.members.len());
    Ok(Done::new(group, event))
}

/// Checks a definition by itself, and that its members are legal entities.
pub(crate) async fn check(tx: &mut TenantTx, deps: &Deps, definition: &Definition) -> Result<(), Error> {
    let mut faults = definition.faults();
    for (index, member) in definition.members.iter().enumerate() {
        if let Err(problem) = deps.ledger.entity(tx, Some(&member.entity)).await {
            let pointer = format!("/definition/members/{index}/entity");
            faults.push(FieldError::new(pointer, "unknown_entity", problem.detail));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
