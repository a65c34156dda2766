//! Lists mappings, oldest first.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::mapping::Mapping;
use crate::model::provider::ProviderId;
use crate::store::mappings;

/// Which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMappings {
    /// Only of this provider.
    #[param(value_type = Option<String>, format = Uuid)]
    provider: Option<ProviderId>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List mappings
///
/// The oldest first.
#[utoipa::path(
    get,
    path = "/v1/federation/mappings",
    operation_id = "federation.list_mappings",
    tag = "federation",
    params(ListMappings, PageRequest),
    responses((status = 200, description = "A page", body = Page<Mapping>), ReadProblems)
)]
pub(crate) async fn list_mappings(mut read: Read<ListMappings>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListMappings) -> Result<Page<Mapping>, Error> {
    let sort = format!("mappings id, {:?}", query.provider);
    let after: Option<Uuid> = query.page.keys(&sort)?;
    let rows = mappings::list(tx, query.provider, after, query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |row: &Mapping| row.id.uuid())?)
}
