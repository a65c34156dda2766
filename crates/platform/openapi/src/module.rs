//! What this domain hands over to the platform, as data.

use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// The document of a tenant.
pub const MODULE: DomainModule = DomainModule {
    name: "openapi",
    schema: None,
    permissions: access::PERMISSIONS,
    schedules: &[],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
