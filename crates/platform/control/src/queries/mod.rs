//! One file per read.

pub(crate) mod get_tenant;
pub(crate) mod list_elevations;
pub(crate) mod list_realms;
pub(crate) mod list_tenants;
