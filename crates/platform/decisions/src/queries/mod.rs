//! One file per read that is more than a list.

pub(crate) mod analyse_model;
pub(crate) mod compare_versions;
pub(crate) mod export_model;
pub(crate) mod get_model;
pub(crate) mod get_version;
pub(crate) mod list_models;
pub(crate) mod list_versions;

use athyper_kernel_db::TenantConnection;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::store::{models, versions};

/// The draft, or a version.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichVersion {
    /// The number of the version; the draft where none is named.
    pub(crate) version: Option<i64>,
}

/// A definition that was asked for.
pub(crate) struct Asked {
    /// The number of the version; none is the draft.
    pub(crate) version: Option<i64>,
    /// What its ETag says: the number of the version, or that of the draft's changes.
    pub(crate) tag: i64,
    pub(crate) definition: Value,
}

/// The draft of a model, or one of its versions.
pub(crate) async fn definition(
    tx: &mut impl TenantConnection,
    key: &str,
    which: &WhichVersion,
) -> Result<Asked, Error> {
    let model = models::find(tx, key).await?.ok_or(Error::NotFound)?;
    let Some(number) = which.version else {
        return Ok(Asked { version: None, tag: model.version, definition: model.definition });
    };
    let version = versions::find(tx, model.id, number).await?.ok_or(Error::VersionNotFound)?;
    Ok(Asked { version: Some(number), tag: number, definition: version.definition })
}
