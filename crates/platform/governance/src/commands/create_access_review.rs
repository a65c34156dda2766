//! Opens an access review.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_types::{Name, PrincipalId};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::binding::{BindingId, Subject};
use crate::model::review::{AccessReview, ReviewId, ReviewStatus, Verdict};
use crate::ports::{Access, Which};
use crate::store::reviews;

/// Furthest day on which a review is due.
const MOST_DAYS: i64 = 366;

/// A review to open. Without a principal, group and role it is about all bindings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = governance::CreateAccessReview)]
pub(crate) struct CreateAccessReview {
    /// Name.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub(crate) name: Name,
    /// Who decides; has to have the role `access_reviewer` or more to do so.
    pub(crate) reviewer: PrincipalId,
    /// When it is closed by itself (UTC), at most 366 days ahead.
    pub(crate) due_at: DateTime<Utc>,
    /// What becomes of a binding about which nothing was decided.
    pub(crate) undecided: Verdict,
    /// Only bindings of this principal itself.
    pub(crate) principal: Option<PrincipalId>,
    /// Only bindings of this group.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) group: Option<Uuid>,
    /// Only bindings of this role.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) role: Option<Uuid>,
}

/// Open an access review
///
/// Over the bindings that hold at this moment. What is decided is carried out when the review is closed, by somebody or
/// when it is due.
#[utoipa::path(
    post,
    path = "/v1/governance/access-reviews",
    operation_id = "governance.create_access_review",
    tag = "governance",
    request_body(
        content = CreateAccessReview,
        example = json!({"name": "First quarter", "reviewer": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
            "dueAt": "2025-04-15T00:00:00Z", "undecided": "revoke"})
    ),
    responses((status = 201, description = "The review", body = AccessReview), CreateProblems)
)]
pub(crate) async fn create_access_review(
    State(deps): State<Deps>,
    mut cmd: Command<Json<CreateAccessReview>>,
) -> Result<Reply, ProblemResponse> {
    // Behind the lock of access, so that no binding is made or ended while they are counted.
    let caller = cmd.caller().clone();
    deps.access.caller(&mut cmd.tx, &caller).await?;
    let done = execute(&mut cmd.tx, &*deps.access, &cmd.body.0).await?;
    let location = format!("/v1/governance/access-reviews/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    access: &dyn Access,
    input: &CreateAccessReview,
) -> Result<Done<AccessReview>, Error> {
    let now = tx.now();
    if input.due_at <= now || input.due_at - now > TimeDelta::days(MOST_DAYS) {
        return Err(Error::WrongTime { pointer: "/dueAt", most_days: MOST_DAYS });
    }
    if access.is_active(tx, input.reviewer).await? != Some(true) {
        return Err(Error::UnknownReference { pointer: "/reviewer", what: Thing::Principal });
    }
    let ids = meant(tx, access, input).await?;
    if ids.is_empty() {
        return Err(Error::NothingToReview);
    }
    let review = AccessReview {
        id: ReviewId::new(tx.clock()),
        name: input.name.as_str().to_owned(),
        reviewer: input.reviewer,
        due_at: input.due_at,
        undecided: input.undecided,
        status: ReviewStatus::Open,
        closed_at: None,
        version: 1,
    };
    reviews::insert(tx, &review, &ids).await?;

    let event = AuditEvent::info("governance.create_access_review")
        .about("governance.access_review", review.id)
        .with("name", review.name.as_str())
        .with("bindings", ids.len());
    Ok(Done::new(review, event))
}

/// The bindings that the review is about.
async fn meant(
    tx: &mut TenantTx,
    access: &dyn Access,
    input: &CreateAccessReview,
) -> Result<Vec<BindingId>, Error> {
    let subject = match (input.principal, input.group) {
        (Some(id), None) => Some(Subject::Principal(id)),
        (None, Some(id)) => Some(Subject::Group(id)),
        (None, None) => None,
        // A binding is of one of both.
        (Some(_), Some(_)) => return Ok(Vec::new()),
    };
    let found = access.active_bindings(tx, Which { subject, role: input.role }).await?;
    Ok(found.iter().map(|binding| binding.id).collect())
}
