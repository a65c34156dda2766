//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_records::{Entities, RECORDS, Records};
use bytes::Bytes;

use crate::model::Frame;
use crate::routes;

/// The database, which a document is read from while it is sent.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The document of the platform as JSON, which that of a tenant continues.
const DOCUMENT: Token<Bytes> = Token::new(tokens::REGISTRY_OPENAPI);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[DATABASE.name(), RECORDS.name(), DOCUMENT.name()];

/// What the query works with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Where a document is read from while it is sent.
    pub(crate) database: Database,
    /// The platform's part of the document.
    pub(crate) frame: Arc<Frame>,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("entities", &self.entities).finish_non_exhaustive()
    }
}

/// Builds the route.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let document = serde_json::from_slice(&scope.resolve(&DOCUMENT).await?)?;
        let deps = Deps {
            entities: Records::resolve(&scope).await?.entities().clone(),
            database: scope.resolve(&DATABASE).await?.as_ref().clone(),
            frame: Arc::new(Frame::of(&document)?),
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
