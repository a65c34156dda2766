//! Lists the versions that a record had.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::check;
use crate::entity::{Entity, RecordId};
use crate::error::Error;
use crate::path::RecordPath;
use crate::record::moment;
use crate::store::revisions::Revision;
use crate::store::{records, revisions};

/// A version that a record had, and what made it so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Revision)]
pub(crate) struct RevisionBody {
    /// The version.
    version: i64,
    /// What made it: `create`, `update`, `transition`, `delete`, `restore`, `revert`, `merge` or `convert`.
    action: String,
    /// The state then.
    #[schema(nullable)]
    state: Option<String>,
    /// When it was made (RFC 3339, UTC).
    recorded_at: String,
    /// Who made it.
    recorded_by: String,
    /// The fields whose values it changed: before and after, null for no value.
    #[schema(value_type = Object)]
    changes: Map<String, Value>,
}

/// List the versions of a record
///
/// The latest first, each with the fields that it changed.
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/{id}/revisions",
    operation_id = "records.list_revisions",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        PageRequest
    ),
    responses((status = 200, description = "A page of versions", body = Page<RevisionBody>), RecordProblems)
)]
pub(crate) async fn list_revisions(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_read(&mut read, &key).await?;
    Ok(Reply::ok(&execute(&mut read.tx, &entity, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    entity: &Entity,
    id: RecordId,
    page: &PageRequest,
) -> Result<Page<RevisionBody>, Error> {
    records::find(tx, entity, id).await?.ok_or(Error::RecordNotFound)?;
    let sort = format!("revisions of {id} version desc");
    let before: Option<i64> = page.keys(&sort)?;
    // One more than the page needs, so that its last version can be held against the one before it.
    let rows = revisions::list(tx, entity, id, before, page.fetch_limit() + 1).await?;
    let nothing = Map::new();
    let shown = rows.len().min(page.fetch_limit() as usize);
    let bodies = rows.iter().take(shown).enumerate().map(|(at, row)| {
        let earlier = rows.get(at + 1).map_or(&nothing, |row| &row.values);
        body(row, earlier)
    });
    Ok(Page::from_rows(bodies.collect(), page, &sort, |row: &RevisionBody| row.version)?)
}

fn body(row: &Revision, earlier: &Map<String, Value>) -> RevisionBody {
    let changes = check::changed(earlier, &row.values).into_iter().map(|key| {
        let change = json!({"before": earlier.get(&key), "after": row.values.get(&key)});
        (key, change)
    });
    RevisionBody {
        version: row.version,
        action: row.action.clone(),
        state: row.state.clone(),
        recorded_at: moment(row.recorded_at),
        recorded_by: row.recorded_by.clone(),
        changes: changes.collect(),
    }
}
