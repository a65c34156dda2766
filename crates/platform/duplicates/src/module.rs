//! What this domain hands over to the platform, as data.

use athyper_kernel_module::DomainModule;

use crate::{access, deps, routes};

/// Finding and merging duplicates. It has no schema: its tables are kept by the records service with the records.
pub const MODULE: DomainModule = DomainModule {
    name: "duplicates",
    schema: None,
    permissions: access::PERMISSIONS,
    schedules: &[],
    sealed: &[],
    entities: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
