//! Work that asks machines which tenants name: never within a request.

pub(crate) mod test_provider;
pub(crate) mod verify_domain;
