//! Lists the entities in force.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::entity::Entity;
use crate::error::Error;
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
pub(crate) async fn list_entities(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<EntityBody>, Error> {
    const SORT: &str = "entities key";
    let after: Option<String> = page.keys(SORT)?;
    let rows = entities::list(tx, after.as_deref(), page.fetch_limit()).await?;
    let page = Page::from_rows(rows, page, SORT, |entity| entity.def.key.to_string())?;
    Ok(page.map(|entity| EntityBody::of(&entity)))
}
