//! Reads one legal entity.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::LEGAL_ENTITY;
use crate::error::Error;
use crate::model::legal_entity::LegalEntity;
use crate::store::legal_entities;

/// Get a legal entity
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/finance/legal-entities/{id}",
    operation_id = "finance.get_legal_entity",
    tag = "finance",
    params(("id" = String, Path, description = "Id of the legal entity", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The legal entity",
            body = LegalEntity,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "main", "name": "Trading GmbH",
                "baseCurrency": "EUR", "fiscalYearStart": 1, "roundingLimit": "1.00", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_legal_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<LegalEntity>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let about = (LEGAL_ENTITY, id.uuid());
    deps.records.check_on(&mut read.tx, &caller, about, Error::EntityNotFound).await?;
    let entity = legal_entities::find(&mut read.tx, id).await?.ok_or(Error::EntityNotFound)?;
    read.reply(entity.version, &entity)
}
