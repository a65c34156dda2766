//! What this domain works with, and how it is had from the container. The container is named nowhere else.

use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_module::{BuildError, DomainParts};

use crate::routes;
use crate::service::Decisions;

/// The database, for what tells that a model has changed.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] = &[DATABASE.name()];

/// What commands and queries of this domain work with.
#[derive(Clone, Debug)]
pub(crate) struct Deps {
    /// The published models.
    pub(crate) decisions: Decisions,
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let database = scope.resolve(&DATABASE).await?;
        let deps = Deps { decisions: Decisions::new(&database) };
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(deps) })
    })
}
