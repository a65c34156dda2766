//! Reads a netting.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::NETTING;
use crate::error::Error;
use crate::model::netting::{Netting, NettingMark};
use crate::store::nettings;

/// Get a netting
///
/// With what was netted in the books of both, and what was left out and why.
#[utoipa::path(
    get,
    path = "/v1/group/nettings/{id}",
    operation_id = "group.get_netting",
    tag = "group",
    params(("id" = String, Path, description = "Id of the netting", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The netting",
            body = Netting,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "relation": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6074",
                "date": "2025-03-31", "currency": "EUR", "receivable": "600.00", "payable": "400.00", "rest": "200.00",
                "reference": "NET-20250331-2c3d4e5f6071", "state": "posted",
                "entity": {"entity": "alpha", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "number": "JE-2025-000041",
                    "restItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6075"},
                "partner": {"entity": "beta", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073", "number": "JE-2025-000017",
                    "restItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6076"},
                "pairs": [
                    {"reference": "A-7", "amount": "600.00", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6081", "account": "1200 Receivables",
                        "partnerItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6082", "partnerAccount": "2100 Payables"},
                    {"reference": "B-3", "amount": "-400.00", "item": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6083", "account": "2100 Payables",
                        "partnerItem": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6084", "partnerAccount": "1200 Receivables"}],
                "leftOut": [], "createdAt": "2025-04-02T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_netting(
    State(deps): State<Deps>,
    PathId(id): PathId<NettingMark>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (NETTING, id.uuid()), Error::NettingNotFound).await?;
    let netting = nettings::find(&mut read.tx, id).await?.ok_or(Error::NettingNotFound)?;
    read.reply(netting.version, &netting)
}
