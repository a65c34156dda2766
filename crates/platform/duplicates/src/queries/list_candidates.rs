//! Lists the records that may be the same thing as one.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{Entity, Guard, RecordId, RecordPath, find_records};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::group::Candidate;
use crate::queries::{readable, rules};
use crate::store::groups;

/// List candidates of a record
///
/// The records that agree with it by a rule, each with the rules. Pairs that were dismissed are left out.
#[utoipa::path(
    get,
    path = "/v1/duplicates/{entity}/records/{id}/candidates",
    operation_id = "duplicates.list_candidates",
    tag = "duplicates",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        PageRequest
    ),
    responses(
        (
            status = 200,
            description = "A page of candidates",
            body = Page<Candidate>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072",
                "reasons": [{"rule": "mail", "label": "Same mail address", "fields": [{"field": "email", "method": "email"}]}],
                "record": {"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "version": 3, "name": "A. Lee", "email": "Ann@example.com"}}],
                "nextCursor": null})
        ),
        RecordProblems
    )
)]
pub(crate) async fn list_candidates(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let entity = readable(&mut read.tx, &deps, &caller, &key).await?;
    Ok(Reply::ok(&execute(&mut read.tx, &entity, &Guard::of(&caller), id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    id: RecordId,
    page: &PageRequest,
) -> Result<Page<Candidate>, Error> {
    let record = find_records(tx, entity, &[id]).await?.pop();
    guard.check(entity, &record.ok_or(athyper_kernel_records::Error::RecordNotFound)?)?;
    let listing = guard.list(entity)?;
    let sort = format!("candidates of {id} id");
    let after: Option<Uuid> = page.keys(&sort)?;
    let rules = rules(entity, &listing, None)?;
    let found = groups::agreeing(tx, entity.id, id, &rules, after, page.fetch_limit()).await?;
    let page = Page::from_rows(found, page, &sort, |(id, _)| *id)?;
    let ids: Vec<RecordId> = page.items.iter().map(|(id, _)| RecordId::from_uuid(*id)).collect();
    let records = find_records(tx, entity, &ids).await?;
    let items = Candidate::all(entity, guard, &page.items, &records);
    Ok(Page { items, next_cursor: page.next_cursor })
}
