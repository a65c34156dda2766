//! Local accounts, for tenants without an identity provider.
