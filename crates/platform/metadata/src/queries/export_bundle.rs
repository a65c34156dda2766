//! Gives definitions in force out as a bundle.

use athyper_kernel_db::ReadTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_records::{SystemEntities, find_entity};
use axum::extract::State;
use serde::Deserialize;

use crate::Deps;
use crate::bundles::{Bundle, BundledEntity, FORMAT, MAX_ENTITIES};
use crate::error::Error;
use crate::model::document::Document;

/// Which entities.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportBundle {
    /// Keys of entities in force, separated by commas; at most 100.
    keys: String,
}

/// Export entities
///
/// Their definitions in force as one document, which can be planned and applied in another tenant.
#[utoipa::path(
    get,
    path = "/v1/metadata/bundles/export",
    operation_id = "metadata.export_bundle",
    tag = "metadata",
    params(ExportBundle),
    responses((status = 200, description = "The bundle", body = Bundle), ReadProblems)
)]
pub(crate) async fn export_bundle(
    State(deps): State<Deps>,
    mut read: Read<ExportBundle>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps.system, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    system: &SystemEntities,
    query: &ExportBundle,
) -> Result<Bundle, Error> {
    let names: Vec<&str> = query.keys.split(',').map(str::trim).collect();
    let wrong = |code: &str, message: String| {
        Error::Records(athyper_kernel_records::Error::Query(FieldError::new("?keys", code, message)))
    };
    if names.len() > MAX_ENTITIES {
        return Err(wrong("too_many", format!("name at most {MAX_ENTITIES} entities")));
    }
    let mut entities = Vec::new();
    for name in names {
        let unknown = || wrong("unknown_entity", format!("there is no entity {name:?} in force"));
        let key = EntityKey::parse(name).map_err(|_| unknown())?;
        let entity = find_entity(tx, system, &key).await?.ok_or_else(unknown)?;
        entities.push(BundledEntity {
            version: Some(entity.version),
            definition: Document::of(&entity).to_value(),
        });
    }
    Ok(Bundle { format: FORMAT.to_owned(), entities })
}
