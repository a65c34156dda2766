//! The container: the frozen registrations and the root scope.

use std::sync::Arc;

use crate::dispose::DisposeReport;
use crate::error::ContainerError;
use crate::registry::{Description, Registry};
use crate::scope::{Scope, ScopeValues};
use crate::token::Token;

/// A built container. Cloning it is cheap and gives the same container.
///
/// It wires parts together at boot; nothing fetches from it while working.
#[derive(Debug, Clone)]
pub struct Container {
    root: Scope,
}

impl Container {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { root: Scope::root(registry) }
    }

    /// The root scope, which holds values and singletons.
    pub fn root(&self) -> &Scope {
        &self.root
    }

    /// [`Scope::try_get`] on the root.
    pub fn try_get<T>(&self, token: &Token<T>) -> Result<Option<Arc<T>>, ContainerError>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        self.root.try_get(token)
    }

    /// [`Scope::resolve`] on the root.
    pub async fn resolve<T>(&self, token: &Token<T>) -> Result<Arc<T>, ContainerError>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        self.root.resolve(token).await
    }

    /// [`Scope::create_scope`] on the root.
    pub fn create_scope(&self, values: ScopeValues) -> Result<Scope, ContainerError> {
        self.root.create_scope(values)
    }

    /// [`Scope::dispose`] on the root: disposes singletons and values, last made first.
    pub async fn dispose(&self) -> DisposeReport {
        self.root.dispose().await
    }

    /// [`Scope::describe`] on the root: every registration, and whether the root has an instance of it.
    pub fn describe(&self) -> Vec<Description> {
        self.root.describe()
    }
}
