//! All that this domain needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_module::{BuildError, DomainParts, PlatformDocument};
use athyper_kernel_records::{Entities, RECORDS, Records};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::model::Frame;
use crate::routes;

/// The database, which a document is read from while it is sent.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The document of the platform, which that of a tenant continues.
const DOCUMENT: Token<PlatformDocument> = Token::new(tokens::REGISTRY_OPENAPI);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[DATABASE.name(), RECORDS.name(), DOCUMENT.name()];

/// What the query works with.
#[derive(Clone)]
pub(crate) struct Deps {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Where a document is read from while it is sent.
    pub(crate) database: Database,
    /// The document of the platform.
    document: Arc<PlatformDocument>,
    /// Its parts, from when they were first asked for.
    frame: Arc<OnceCell<Arc<Frame>>>,
}

impl Deps {
    /// The platform's part of the document.
    ///
    /// # Errors
    /// When the platform's document cannot be made or has no place for entities.
    pub(crate) async fn frame(&self) -> Result<Arc<Frame>, BuildError> {
        let make = || async {
            let text = self.document.text().await?;
            let frame =
                spawn_blocking(move || Ok::<_, BuildError>(Frame::of(&serde_json::from_slice(&text)?)?));
            frame.await?.map(Arc::new)
        };
        self.frame.get_or_try_init(make).await.cloned()
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("entities", &self.entities).finish_non_exhaustive()
    }
}

/// Builds the route.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let deps = Deps {
            entities: Records::resolve(&scope).await?.entities().clone(),
            database: scope.resolve(&DATABASE).await?.as_ref().clone(),
            document: scope.resolve(&DOCUMENT).await?,
            frame: Arc::default(),
        };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
