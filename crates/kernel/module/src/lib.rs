//! What a domain hands over to the platform: one value of plain data.
//!
//! [`DomainModule`] is what is known of a domain without any value of the running process: its name, schemas,
//! permissions, schedules and document. [`DomainParts`] is what its `build` makes from the container: routes that are
//! closed over the domain's dependencies, and the jobs it runs. Bootstrap has the list of modules; adding a domain
//! touches that list and nothing else.

mod document;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use athyper_kernel_container::Scope;
use athyper_kernel_db::Schema;
use athyper_kernel_entity::SystemEntity;
use athyper_kernel_http::Permission;
use athyper_kernel_jobs::{JobType, ScheduleDef};
use athyper_kernel_vault::SealedColumn;
use utoipa_axum::router::OpenApiRouter;

pub use document::PlatformDocument;

/// Why a domain could not be built.
pub type BuildError = Box<dyn Error + Send + Sync>;

/// Builds a domain's parts from the container.
pub type Build = fn(Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>>;

/// A domain, as data.
#[derive(Clone, Copy)]
pub struct DomainModule {
    /// Name: the first part of its operation ids, its schema and its path.
    pub name: &'static str,
    /// Its migrations; no schema when it stores nothing.
    pub schema: Option<Schema>,
    /// Who may do what.
    pub permissions: &'static [Permission],
    /// Jobs that come back by the calendar.
    pub schedules: &'static [ScheduleDef],
    /// What its records are, and how they lie in its tables.
    pub entities: &'static [SystemEntity],
    /// Where its sealed values lie, so that a tenant's new key reaches them.
    pub sealed: &'static [SealedColumn],
    /// Names of the container's tokens that `build` resolves, checked at start.
    pub dependencies: &'static [&'static str],
    /// Its OpenAPI document, printed without a running process.
    pub openapi: fn() -> utoipa::openapi::OpenApi,
    /// Builds its parts.
    pub build: Build,
}

/// The parts of a domain that are closed over its dependencies.
pub struct DomainParts {
    /// Routes with their document.
    pub router: OpenApiRouter,
    /// Jobs it can run.
    pub jobs: Vec<JobType>,
}
