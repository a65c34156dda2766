//! Lists the entities in force.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_record_model::{Entity, Error, SystemEntities};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::store::entities;

/// An entity in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::Entity)]
pub(crate) struct EntityBody {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Value,
    /// Its key, as in paths.
    key: String,
    /// Counts its publications, from 1.
    version: i64,
    /// Its definition.
    #[schema(value_type = Object)]
    definition: Value,
}

impl EntityBody {
    pub(crate) fn of(entity: &Entity) -> Self {
        Self {
            id: json!(entity.id),
            key: entity.def.key.to_string(),
            version: entity.version,
            definition: json!(entity.def),
        }
    }
}

/// List entities
///
/// Those in force, by key.
#[utoipa::path(
    get,
    path = "/v1/records/entities",
    operation_id = "records.list_entities",
    tag = "records",
    params(PageRequest),
    responses((status = 200, description = "A page of entities", body = Page<EntityBody>), ReadProblems)
)]
pub(crate) async fn list_entities(
    State(deps): State<Deps>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, deps.entities.system(), &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    system: &SystemEntities,
    page: &PageRequest,
) -> Result<Page<EntityBody>, Error> {
    const SORT: &str = "entities key";
    let after: Option<String> = page.keys(SORT)?;
    let mut rows = entities::list(tx, system, after.as_deref(), page.fetch_limit()).await?;
    // Those of domains that the tenant never touched have no row.
    let is_after = |key: &str| after.as_deref().is_none_or(|after| key > after);
    let untouched: Vec<Entity> = system
        .iter()
        .filter(|entity| is_after(entity.def.key.as_str()))
        .filter(|entity| !rows.iter().any(|row| row.id == entity.id))
        .map(|entity| entity.as_ref().clone())
        .collect();
    rows.extend(untouched);
    rows.sort_by(|one, other| one.def.key.cmp(&other.def.key));
    rows.truncate(page.fetch_limit() as usize);
    let page = Page::from_rows(rows, page, SORT, |entity| entity.def.key.to_string())?;
    Ok(page.map(|entity| EntityBody::of(&entity)))
}
