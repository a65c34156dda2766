//! Lists the pairs of which somebody has said that they are two things.

use std::collections::HashSet;

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_records::{Entity, EntityPath, Guard, RecordId, find_records};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::dismissal::Dismissal;
use crate::queries::readable;
use crate::store::dismissals;

/// Which pairs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDismissals {
    /// Only those of this record.
    record: Option<Uuid>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List dismissed pairs
///
/// The pairs of which somebody has said that they are no duplicates.
#[utoipa::path(
    get,
    path = "/v1/duplicates/{entity}/dismissals",
    operation_id = "duplicates.list_dismissals",
    tag = "duplicates",
    params(("entity" = String, Path, description = "Key of the entity"), ListDismissals, PageRequest),
    responses((status = 200, description = "A page of pairs", body = Page<Dismissal>), RecordProblems)
)]
pub(crate) async fn list_dismissals(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    Report(mut read): Report<ListDismissals>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let entity = readable(&mut read.tx, &deps, &caller, &key).await?;
    Ok(Reply::ok(&execute(&mut read.tx, &entity, &Guard::of(&caller), &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    query: &ListDismissals,
) -> Result<Page<Dismissal>, Error> {
    let sort = format!("dismissals of {} {:?} records", entity.id, query.record);
    let after: Option<(Uuid, Uuid)> = query.page.keys(&sort)?;
    let rows = dismissals::list(tx, entity.id, query.record, after, query.page.fetch_limit()).await?;
    let mut page = Page::from_rows(rows, &query.page, &sort, |pair| (pair.first_id, pair.second_id))?;
    if !guard.is_free(entity) {
        // Nothing is told of a record that the caller may not read, or that is gone.
        let ids = page.items.iter().flat_map(|pair| [pair.first_id, pair.second_id]);
        let ids: Vec<RecordId> = ids.map(RecordId::from_uuid).collect();
        let records = find_records(tx, entity, &ids).await?;
        let shown: HashSet<Uuid> = records
            .iter()
            .filter(|record| guard.shown(entity, record).is_some())
            .map(|record| record.id.uuid())
            .collect();
        page.items.retain(|pair| shown.contains(&pair.first_id) && shown.contains(&pair.second_id));
    }
    Ok(page)
}
