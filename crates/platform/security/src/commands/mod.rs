//! State changes, one file each.

pub(crate) mod revoke_own_session;
pub(crate) mod revoke_person_sessions;
pub(crate) mod revoke_realm_sessions;
pub(crate) mod revoke_session;
pub(crate) mod revoke_tenant_sessions;
pub(crate) mod rotate_keys;
