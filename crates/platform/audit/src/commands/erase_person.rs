//! Erases what the trail says about a person.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, Json, ProblemResponse, Reply};
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::text::Line;
use crate::ports::Persons;
use crate::store::erasures::{self, Erasure};
use athyper_kernel_http::CreateProblems;

/// Whose values to erase.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = audit::ErasePerson)]
pub(crate) struct ErasePerson {
    /// The subject of that person's tokens, or the id of the principal: each leads to all names of the person.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    subject: Line,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Line,
}

/// Erase a person's values
///
/// Addresses, names and whatever else events keep apart as personal are gone for good, with the salts of their digests. The
/// events stay, under the subject, which says nothing by itself, and the chain still verifies.
#[utoipa::path(
    post,
    path = "/v1/audit/erasures",
    operation_id = "audit.erase_person",
    tag = "audit",
    request_body(content = ErasePerson, example = json!({"subject": "u-17", "reason": "Request of the person"})),
    responses((status = 201, description = "The erasure", body = Erasure), CreateProblems)
)]
pub(crate) async fn erase_person(
    State(deps): State<Deps>,
    mut cmd: Command<Json<ErasePerson>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &*deps.persons, &cmd.body.0).await?;
    let reply = Reply::created("/v1/audit/erasures".to_owned(), &done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    persons: &dyn Persons,
    input: &ErasePerson,
) -> Result<Done<Erasure>, Error> {
    let names = persons.names(tx, input.subject.as_str()).await?;
    let id = Id::new(tx.clock());
    let erased_values = erasures::erase(tx, &names, id).await?;
    let erasure = Erasure {
        id,
        subject: input.subject.to_string(),
        reason: input.reason.to_string(),
        erased_values,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
    };
    erasures::insert(tx, &erasure).await?;

    let event = AuditEvent::info("audit.erase_person")
        .about("audit.erasure", erasure.id)
        .with("subject", erasure.subject.as_str())
        .with("reason", erasure.reason.as_str())
        .with("erasedValues", erasure.erased_values);
    Ok(Done::new(erasure, event))
}
