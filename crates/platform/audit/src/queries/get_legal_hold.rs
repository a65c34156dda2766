//! Shows a legal hold.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, Reply};

use crate::error::Error;
use crate::model::legal_hold::LegalHold;
use crate::store::holds;
use athyper_kernel_http::RecordProblems;

/// Get a legal hold
///
/// With its version.
#[utoipa::path(
    get,
    path = "/v1/audit/legal-holds/{id}",
    operation_id = "audit.get_legal_hold",
    tag = "audit",
    params(("id" = String, Path, description = "Id of the hold", format = Uuid)),
    responses((status = 200, description = "The hold", body = LegalHold), RecordProblems)
)]
pub(crate) async fn get_legal_hold(
    PathId(id): PathId<LegalHold>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let hold = holds::find(&mut read.tx, id).await?.ok_or(Error::HoldNotFound)?;
    read.reply(hold.version, &hold)
}
