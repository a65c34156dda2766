//! Identities of tests: a realm with two tenants, and tokens that say plainly who they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_config::{FileSource, IamConfig, LoadInput, Mode, load};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{Authenticator, Identity};
use athyper_kernel_tenant_context::Actor;

/// The realm of all tests.
pub const REALM: &str = "athyper";

/// Its tenants.
pub const TENANTS: [&str; 2] = ["demo", "globex"];

/// Realms as a first start in env `local` has them.
pub fn iam_config() -> Arc<IamConfig> {
    let input = LoadInput {
        file: Some(FileSource::Text { name: "test".to_owned(), text: "{}".to_owned() }),
        env: BTreeMap::new(),
        overrides: Vec::new(),
    };
    let loaded = load(input, Mode::Api).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::new(loaded.config.iam.clone())
}

/// The token of a user `role` of a tenant, for [`TestAuthenticator`].
pub fn token(tenant: &str, role: &str) -> String {
    format!("test.{tenant}.{role}")
}

/// Takes [`token`]s for what they say; the real verification has tests of its own.
#[derive(Clone, Copy, Debug)]
pub struct TestAuthenticator;

#[async_trait]
impl Authenticator for TestAuthenticator {
    async fn authenticate(&self, token: &str) -> Result<Identity, Problem> {
        let parts: Vec<&str> = token.split('.').collect();
        let ["test", tenant, role] = parts[..] else {
            return Err(Problem::new(ProblemKind::Unauthenticated, "request.invalid_token", "no test token"));
        };
        let claims = serde_json::json!({ "tenantKey": tenant, "sub": format!("{role}@{tenant}") });
        Ok(Identity {
            realm_key: REALM.to_owned(),
            actor: Actor::user(format!("{role}@{tenant}")),
            roles: Arc::new([role.to_owned()]),
            claims: claims.as_object().cloned().unwrap_or_default(),
            principal: None,
        })
    }
}
