//! Identities of tests: a realm with two tenants, and tokens that say plainly who they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_config::{FileSource, IamConfig, LoadInput, Mode, RealmConfig, load};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{Authenticator, Identity};
use athyper_kernel_tenant_context::Actor;

/// The realm of all tests.
pub const REALM: &str = "athyper";

/// Its tenants.
pub const TENANTS: [&str; 2] = ["demo", "globex"];

/// The realm of those who run the platform.
pub const OPERATOR_REALM: &str = "platform";

/// Its tenants.
pub const OPERATOR_TENANTS: [&str; 2] = ["operators", "partners"];

/// The realm of a tenant of these tests.
pub fn realm_of(tenant: &str) -> &'static str {
    if OPERATOR_TENANTS.contains(&tenant) { OPERATOR_REALM } else { REALM }
}

/// Realms as a first start in env `local` has them, but that everybody of [`REALM`] is an operator too, as far as their role
/// goes: so one user can call every operation.
pub fn iam_config() -> Arc<IamConfig> {
    let mut iam = apart();
    iam.platform_realm_key = Some(REALM.to_owned());
    Arc::new(iam)
}

/// Realms as a first start in env `local` has them: operators are in [`OPERATOR_REALM`] alone.
pub fn operators_apart() -> Arc<IamConfig> {
    Arc::new(apart())
}

fn apart() -> IamConfig {
    let input = LoadInput {
        file: Some(FileSource::Text { name: "test".to_owned(), text: "{}".to_owned() }),
        env: BTreeMap::new(),
        overrides: Vec::new(),
    };
    let loaded = load(input, Mode::Api).unwrap_or_else(|errors| panic!("{errors}"));
    let mut iam = loaded.config.iam.clone();
    // Realms that serve nobody, so that there are more than fit on a page of a few.
    for key in ["spare-1", "spare-2", "spare-3"] {
        iam.realms.insert(key.to_owned(), RealmConfig::default());
    }
    let operators = iam.realms.get_mut(OPERATOR_REALM).expect("the operators' realm");
    for tenant in OPERATOR_TENANTS {
        operators.tenants.entry(tenant.to_owned()).or_default();
    }
    iam
}

/// The token of a user `role` of a tenant, for [`TestAuthenticator`]. Several roles are joined by `+`.
pub fn token(tenant: &str, role: &str) -> String {
    format!("test.{tenant}.{role}")
}

/// Subject of the token of a user `role` of a tenant: the first of several roles names the user.
pub fn subject(tenant: &str, role: &str) -> String {
    format!("{}@{tenant}", role.split('+').next().unwrap_or(role))
}

/// Takes [`token`]s for what they say; the real verification has tests of its own.
#[derive(Clone, Copy, Debug)]
pub struct TestAuthenticator;

#[async_trait]
impl Authenticator for TestAuthenticator {
    async fn authenticate(&self, token: &str) -> Result<Arc<Identity>, Problem> {
        let parts: Vec<&str> = token.split('.').collect();
        let ["test", tenant, role] = parts[..] else {
            return Err(Problem::new(ProblemKind::Unauthenticated, "request.invalid_token", "no test token"));
        };
        let subject = subject(tenant, role);
        let claims = serde_json::json!({ "tenantKey": tenant, "sub": subject });
        Ok(Arc::new(Identity {
            realm_key: realm_of(tenant).to_owned(),
            actor: Actor::user(subject),
            roles: role.split('+').map(str::to_owned).collect(),
            claims: claims.as_object().cloned().unwrap_or_default(),
            principal: None,
        }))
    }
}
