//! Entity and record in a path.

use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::Problem;
use athyper_kernel_http::ProblemResponse;
use athyper_kernel_record_model::RecordId;
use athyper_kernel_types::Id;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

/// The `{entity}` of a path. What is no key cannot be the key of anything: 404.
#[derive(Clone, Debug)]
pub struct EntityPath(pub EntityKey);

/// The `{entity}` and `{id}` of a path. What is none cannot be that of anything: 404.
#[derive(Clone, Debug)]
pub struct RecordPath(pub EntityKey, pub RecordId);

impl<S: Send + Sync> FromRequestParts<S> for EntityPath {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        let key = found.ok().and_then(|Path(key)| EntityKey::parse(&key).ok());
        Ok(Self(key.ok_or_else(|| Problem::not_found("entity"))?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RecordPath {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<(String, Uuid)>::from_request_parts(parts, state).await;
        let Path((key, id)) = found.map_err(|_| Problem::not_found("record"))?;
        let key = EntityKey::parse(&key).map_err(|_| Problem::not_found("entity"))?;
        Ok(Self(key, Id::from_uuid(id)))
    }
}
