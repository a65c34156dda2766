//! Which realm, tenant and organisation a piece of work belongs to, and where each of them came from.
//!
//! [`resolve`] is the rule: it reads a **verified** token's claims, the `x-realm`, `x-tenant` and `x-org` headers and
//! the configured defaults, and never trusts a header beyond what the identity may enter. What comes out, joined with
//! the tenant's id, is a [`TenantContext`]: the only thing from which a tenant's transaction can be opened.

mod context;
mod defaults;
mod resolve;
mod settings;

pub use context::{Actor, ActorKind, ContextError, Resolved, Source, TenantContext};
pub use defaults::Defaults;
pub use resolve::{ChosenTenant, ClaimKeys, ContextRequest, HeaderKeys, choose_tenant, claim_keys, resolve};
pub use settings::TenantSettings;
