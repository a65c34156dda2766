//! Reads one mail domain.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};

use crate::error::{Error, Thing};
use crate::model::domain::MailDomain;
use crate::store::domains;

/// Get a mail domain
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/federation/domains/{id}",
    operation_id = "federation.get_domain",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the domain", format = Uuid)),
    responses((status = 200, description = "The domain", body = MailDomain), RecordProblems)
)]
pub(crate) async fn get_domain(
    PathId(id): PathId<MailDomain>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let found = domains::find(&mut read.tx, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    read.reply(found.version, &found)
}
