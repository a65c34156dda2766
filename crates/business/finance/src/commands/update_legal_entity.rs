//! Changes what of a legal entity may change.

use std::collections::BTreeMap;

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::Book;
use athyper_kernel_types::{Name, SeriesPattern};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_legal_entity::{check_pattern, rounding_limit};
use crate::entities::LEGAL_ENTITY;
use crate::error::Error;
use crate::model::legal_entity::LegalEntity;
use crate::store::legal_entities;

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::UpdateLegalEntity)]
pub(crate) struct UpdateLegalEntity {
    /// Name for people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<Name>,
    /// How much may go to the rounding account when a journal is posted, in base currency.
    #[schema(example = "0.50")]
    rounding_limit: Option<String>,
    /// How the numbers of books are written from now on.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    books: BTreeMap<Book, SeriesPattern>,
}

/// Change a legal entity
///
/// Its currency and its fiscal years never change: they are what was posted in.
#[utoipa::path(
    patch,
    path = "/v1/finance/legal-entities/{id}",
    operation_id = "finance.update_legal_entity",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the legal entity", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateLegalEntity, example = json!({"name": "Trading SE", "roundingLimit": "0.50"})),
    responses((status = 200, description = "The legal entity as it is now", body = LegalEntity), ChangeProblems)
)]
pub(crate) async fn update_legal_entity(
    State(deps): State<Deps>,
    PathId(id): PathId<LegalEntity>,
    mut cmd: Command<Json<UpdateLegalEntity>>,
) -> Result<Reply, ProblemResponse> {
    let entity = legal_entities::lock(&mut cmd.tx, id).await?.ok_or(Error::EntityNotFound)?;
    let caller = cmd.caller().clone();
    let about = (LEGAL_ENTITY, id.uuid());
    deps.records.check_on(&mut cmd.tx, &caller, about, Error::EntityNotFound).await?;
    cmd.require_version(entity.version)?;
    let done = execute(&mut cmd.tx, entity, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entity: LegalEntity,
    input: &UpdateLegalEntity,
) -> Result<Done<LegalEntity>, Error> {
    input.books.values().try_for_each(check_pattern)?;
    let changed = LegalEntity {
        name: input.name.as_ref().map_or_else(|| entity.name.clone(), |name| name.as_str().to_owned()),
        rounding_limit: match &input.rounding_limit {
            Some(text) => rounding_limit(Some(text), entity.base_currency)?,
            None => entity.rounding_limit,
        },
        version: entity.version + 1,
        ..entity.clone()
    };
    legal_entities::update(tx, &changed).await?;
    for (book, pattern) in &input.books {
        legal_entities::set_pattern(tx, entity.id, *book, &pattern.to_string()).await?;
    }

    let patterns: BTreeMap<&str, String> =
        input.books.iter().map(|(book, pattern)| (book.as_str(), pattern.to_string())).collect();
    let event = AuditEvent::info("finance.update_legal_entity")
        .about("finance.legal_entity", entity.id)
        .with("code", entity.code.as_str())
        .with("changes", changes(&entity, &changed))
        .with("books", serde_json::json!(patterns));
    Ok(Done::new(changed, event))
}
