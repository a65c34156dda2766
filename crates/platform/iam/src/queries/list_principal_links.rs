//! Lists the subjects that are linked to a principal.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{PathId, ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{Error, Thing};
use crate::model::principal::{Link, Principal};
use crate::store::{links, principals};

/// List the links of a principal
///
/// A subject of an issuer that signs in as the principal.
#[utoipa::path(
    get,
    path = "/v1/iam/principals/{id}/links",
    operation_id = "iam.list_principal_links",
    tag = "iam",
    params(("id" = String, Path, description = "Id of the principal", format = Uuid), PageRequest),
    responses((status = 200, description = "A page", body = Page<LinkView>, example = json!({"items": [{"id": "5f0f8a4b-53a5-5c0c-8a24-8df2bd4b8c2f", "provider": "athyper", "subject": "248289761001",
        "authority": "local"}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_principal_links(
    PathId(id): PathId<athyper_kernel_types::Principal>,
    Report(mut read): Report<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, id, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    id: athyper_kernel_types::Id<athyper_kernel_types::Principal>,
    query: &PageRequest,
) -> Result<Page<LinkView>, Error> {
    let principal = principals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let sort = format!("links {id}");
    let after: Option<Uuid> = query.keys(&sort)?;
    // A principal has few links: they are read whole and cut here.
    let mut rows: Vec<LinkView> =
        links::of(tx, id).await?.into_iter().map(|link| LinkView::of(&principal, link)).collect();
    rows.sort_by_key(|row| row.id);
    rows.retain(|row| after.is_none_or(|after| row.id > after));
    rows.truncate(query.fetch_limit() as usize);
    Ok(Page::from_rows(rows, query, &sort, |row| row.id)?)
}

/// A link, as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::PrincipalLink)]
pub(crate) struct LinkView {
    /// Id, made of principal, provider and subject.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
    /// The link.
    #[serde(flatten)]
    pub(crate) link: Link,
}

impl LinkView {
    /// The link of a principal.
    pub(crate) fn of(principal: &Principal, link: Link) -> Self {
        Self { id: Self::id_of(principal, &link), link }
    }

    /// The id of a link: a UUID of version 5 (RFC 9562, section 5.5) in the space of its principal.
    pub(crate) fn id_of(principal: &Principal, link: &Link) -> Uuid {
        let name = format!("{}:{} {}", link.provider.len(), link.provider, link.subject);
        Uuid::new_v5(&principal.id.uuid(), name.as_bytes())
    }
}
