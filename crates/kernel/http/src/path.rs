//! The id or the name in a path.

use athyper_kernel_error::Problem;
use athyper_kernel_types::Id;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::ProblemResponse;

/// The `{id}` of a path. What is no id cannot be the id of anything: 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub Id<T>);

impl<S: Send + Sync, T> FromRequestParts<S> for PathId<T> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<Uuid>::from_request_parts(parts, state).await;
        let Path(id) = found.map_err(|_| Problem::not_found("record"))?;
        Ok(Self(Id::from_uuid(id)))
    }
}

/// The two ids of a path, such as `{id}` and `{member}`, in their order. What is no id cannot be the id of anything: 404.
#[derive(Clone, Copy, Debug)]
pub struct PathIds<A, B>(pub Id<A>, pub Id<B>);

impl<S: Send + Sync, A, B> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<(Uuid, Uuid)>::from_request_parts(parts, state).await;
        let Path((first, second)) = found.map_err(|_| Problem::not_found("record"))?;
        Ok(Self(Id::from_uuid(first), Id::from_uuid(second)))
    }
}

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// The `{name}` of a path. What cannot be a name is the name of nothing: 404.
#[derive(Clone, Debug)]
pub struct PathName(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathName {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = found.map_err(|_| Problem::not_found("record"))?;
        let is_name = name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
        if is_name { Ok(Self(name)) } else { Err(Problem::not_found("record").into()) }
    }
}
