//! Lists who may do something: principals, each with what the answer rests on.

use std::sync::Arc;

use athyper_kernel_cel::Value;
use athyper_kernel_db::ReadTx;
use athyper_kernel_http::GrantedRights;
use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_policy::{Asker, Effect, Obligation, Outcome, RuleName, SubjectKind};
use athyper_kernel_types::{Cursor, Id, Page, PageRequest, PrincipalId};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::asking::About;
use crate::error::Error;
use crate::queries::explain_decision::plain;
use crate::trial::Asked;

/// Principals that are looked at at once.
const BATCH: u32 = 200;
/// Principals that one request looks at at most. Where so many may not, the page has fewer rows than were asked for.
const MOST: u32 = 5_000;

/// To do what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListHolders {
    /// The operation, such as `records.update_record`.
    operation: String,
    /// The entity of the record.
    entity: Option<String>,
    /// The record; all of the entity when it is left out, and then who may on some of them is among the answers.
    #[param(format = Uuid)]
    record: Option<Uuid>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// Somebody who may.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Holder)]
pub(crate) struct HolderBody {
    /// The principal.
    principal: PrincipalId,
    /// By which word the trail knows it.
    actor: String,
    /// Whether it is a service and no person.
    service: bool,
    /// Whether it may on all records that were asked about, or on some: `allowed` or `depends`.
    outcome: Outcome,
    /// The rules that allow it; those of the platform's policy `roles` name a role.
    rules: Vec<RuleName>,
    /// The rules that deny it on some of the records.
    except: Vec<RuleName>,
    /// What has to be done.
    obligations: Vec<Obligation>,
}

/// List who may do something
///
/// All active principals, by id, who may do an operation by the policies in force, on a record or on some of an entity, each with the
/// rules that allow it. What bindings and groups say counts; what tokens add is known only when somebody calls. A
/// request looks at 5,000 principals at most: a page may have fewer rows than it could and still be followed by another.
#[utoipa::path(
    get,
    path = "/v1/policy/holders",
    operation_id = "policy.list_holders",
    tag = "policy",
    params(ListHolders, PageRequest),
    responses((status = 200, description = "A page of principals", body = Page<HolderBody>), RecordProblems)
)]
pub(crate) async fn list_holders(
    State(deps): State<Deps>,
    mut read: Read<ListHolders>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: ListHolders,
) -> Result<Page<HolderBody>, Error> {
    let ListHolders { operation, entity, record, page } = query;
    let about = About { operation, entity, record };
    let sort = format!("policy holders {about:?}");
    let mut after: Option<PrincipalId> = page.keys::<Uuid>(&sort)?.map(Id::from_uuid);
    let seen = about.read(tx, deps).await?;
    let set = deps.live.get(tx).await?;
    let (limit, mut looked_at) = (usize::try_from(page.limit()).unwrap_or(usize::MAX), 0);
    let mut items: Vec<HolderBody> = Vec::new();
    loop {
        let batch = deps.subjects.principals(tx, after, BATCH).await?;
        let is_last = batch.len() < BATCH as usize;
        for (principal, rights) in batch {
            looked_at += 1;
            let asker = set.asker(Arc::clone(&rights.subject), plain());
            let found = holder(deps, (asker, &rights), &about, seen.as_ref());
            if let Some((outcome, rules, except, obligations)) = found {
                if items.len() == limit {
                    // One more there is: the page ends before it.
                    return Ok(Page { items, next_cursor: next(&sort, after)? });
                }
                let service = rights.subject.kind == SubjectKind::Service;
                let actor = rights.subject.id.clone();
                items.push(HolderBody { principal, actor, service, outcome, rules, except, obligations });
            }
            after = Some(principal);
        }
        if is_last {
            return Ok(Page { items, next_cursor: None });
        }
        if looked_at >= MOST {
            return Ok(Page { items, next_cursor: next(&sort, after)? });
        }
    }
}

fn next(sort: &str, after: Option<PrincipalId>) -> Result<Option<String>, Error> {
    Ok(after.map(|id| Cursor::new(sort, &id)).transpose()?.map(|cursor| cursor.to_string()))
}

type Found = (Outcome, Vec<RuleName>, Vec<RuleName>, Vec<Obligation>);

/// What somebody may, who may anything of it.
fn holder(deps: &Deps, who: (Asker, &GrantedRights), about: &About, seen: Option<&Value>) -> Option<Found> {
    let asked = Asked::about(deps, who, (about.operation.clone(), about.entity.clone(), seen.cloned()));
    let question = asked.question();
    let decision = asked.asker.decide(&question);
    if decision.outcome == Outcome::Denied {
        return None;
    }
    let (mut rules, mut except) = (Vec::new(), Vec::new());
    for bearer in asked.asker.bearers(&question) {
        let of = if bearer.effect == Effect::Allow { &mut rules } else { &mut except };
        of.push(bearer.rule.as_ref().clone());
    }
    Some((decision.outcome, rules, except, decision.obligations))
}
