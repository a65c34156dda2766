//! Lists what somebody may do: every operation with its answer.

use std::sync::Arc;

use athyper_kernel_db::ReadTx;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_policy::{Outcome, RuleName};
use athyper_kernel_types::{Id, Page, PageRequest};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::queries::explain_decision::plain;
use crate::trial::Asked;

/// Whose access, and to what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAccess {
    /// Who.
    #[param(format = Uuid)]
    principal: Uuid,
    /// On records of this entity; on none in particular when left out.
    entity: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// An operation with the answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Access)]
pub(crate) struct Access {
    /// The operation.
    operation: &'static str,
    /// Whether it is allowed: on all records, on some, or on none.
    outcome: Outcome,
    /// The rules that the answer rests on.
    rules: Vec<RuleName>,
}

/// List what somebody may do
///
/// All operations by name, each with the answer of the policies in force for a principal, as far as its bindings and groups say.
#[utoipa::path(
    get,
    path = "/v1/policy/access",
    operation_id = "policy.list_access",
    tag = "policy",
    params(ListAccess, PageRequest),
    responses((status = 200, description = "A page of operations", body = Page<Access>), RecordProblems)
)]
pub(crate) async fn list_access(
    State(deps): State<Deps>,
    Report(mut read): Report<ListAccess>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, deps: &Deps, query: &ListAccess) -> Result<Page<Access>, Error> {
    if query.entity.as_ref().is_some_and(|entity| entity.len() > 200) {
        return Err(Error::WrongQuestion(vec![FieldError::new("?entity", "invalid", "this is no entity")]));
    }
    let unknown = Error::UnknownReference { pointer: "?principal", what: Thing::Principal };
    let rights = deps.subjects.principal(tx, Id::from_uuid(query.principal)).await?.ok_or(unknown)?;
    let set = deps.live.get(tx).await?;
    let asker = set.asker(Arc::clone(&rights.subject), plain());
    let sort = format!("policy access {} {:?}", query.principal, query.entity);
    let after: Option<String> = query.page.keys(&sort)?;
    let limit = usize::try_from(query.page.fetch_limit()).unwrap_or(usize::MAX);
    let operations = deps.catalogue.all().map(|permission| permission.name);
    let left = operations.filter(|name| after.as_deref().is_none_or(|after| *name > after));
    let answered = left.take(limit).map(|operation| {
        let about = (operation.to_owned(), query.entity.clone(), None);
        let asked = Asked::about(deps, (asker.clone(), &rights), about);
        let decision = asked.asker.decide(&asked.question());
        let rules = decision.rules.iter().map(|rule| rule.as_ref().clone()).collect();
        Access { operation, outcome: decision.outcome, rules }
    });
    Ok(Page::from_rows(answered.collect(), &query.page, &sort, |access| access.operation.to_owned())?)
}
