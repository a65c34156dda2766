//! Lists elevations, latest first.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Id, Page, PageRequest};

use crate::error::Error;
use crate::model::elevation::{Elevation, ElevationKind};
use crate::store::elevations;

/// Order of the list.
const SORT: &str = "elevations id desc";

/// List elevations
///
/// Those of all operators, ended ones too, latest first.
#[utoipa::path(
    get,
    path = "/v1/control/elevations",
    operation_id = "control.list_elevations",
    tag = "control",
    params(PageRequest),
    responses(
        (
            status = 200,
            description = "A page of elevations",
            body = Page<Elevation>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "actorId": "operator-1",
                "tenantId": null, "reason": "Ticket 4711: a new customer", "startsAt": "2026-01-05T09:00:00Z",
                "endsAt": "2026-01-05T09:30:00Z", "endedAt": null, "version": 1}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_elevations(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<Elevation>, Error> {
    let before: Option<Id<ElevationKind>> = page.keys(SORT)?;
    let rows = elevations::list(tx, before, page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, SORT, |elevation| elevation.id)?)
}
