//! Signs services in by their keys, in front of whoever verifies tokens.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{Database, SystemReason, TenantDirectory};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_http::{Authenticator, Identity};
use athyper_kernel_tenant_context::{Actor, ActorKind};
use athyper_kernel_types::Id;
use chrono::TimeDelta;
use serde_json::{Map, Value};

use crate::model::key::{PREFIX, PresentedKey};
use crate::store::keys;

/// How exactly the last use of a key is known.
const USE_PRECISION: TimeDelta = TimeDelta::minutes(1);

/// Takes `Authorization: Bearer athyper_sk_…` for the service that the key belongs to, in the tenant that the key belongs
/// to; hands all else on.
pub struct KeyAuthenticator {
    database: Database,
    tenants: TenantDirectory,
    next: Arc<dyn Authenticator>,
}

impl KeyAuthenticator {
    /// In front of this one.
    pub fn new(database: Database, tenants: TenantDirectory, next: Arc<dyn Authenticator>) -> Self {
        Self { database, tenants, next }
    }

    async fn sign_in(&self, text: &str) -> Result<Identity, Problem> {
        // One answer to all that is wrong: who tries keys learns nothing.
        let refused = || {
            let detail = "the key is not good: it is wrong, revoked or has run out";
            Problem::new(ProblemKind::Unauthenticated, "request.invalid_token", detail)
        };
        let key = PresentedKey::parse(text).ok_or_else(refused)?;
        let tenant = self.tenants.by_id(key.tenant).await?.ok_or_else(refused)?;
        let mut tx = self.database.system_tx(SystemReason::CheckKey).await?;
        let now = tx.now();
        let stored = keys::stored(&mut tx, key.tenant, key.id).await?.ok_or_else(refused)?;
        if !key.matches(&stored.secret_sha256) || stored.revoked_at.is_some() || stored.expires_at <= now {
            return Err(refused());
        }
        if stored.last_used_at.is_none_or(|last| now - last >= USE_PRECISION) {
            keys::note_use(&mut tx, key.tenant, key.id, now).await?;
            tx.commit().await?;
        }
        let principal = Id::from_uuid(stored.principal_id);
        let actor = Actor { kind: ActorKind::Service, id: principal.to_string() };
        let claims = Map::from_iter([("tenantKey".to_owned(), Value::from(tenant.tenant_key.as_str()))]);
        Ok(Identity {
            realm_key: tenant.realm_key.clone(),
            actor,
            roles: Arc::new([]),
            claims,
            principal: Some(principal),
        })
    }
}

#[async_trait]
impl Authenticator for KeyAuthenticator {
    async fn authenticate(&self, token: &str) -> Result<Arc<Identity>, Problem> {
        if token.starts_with(PREFIX) {
            self.sign_in(token).await.map(Arc::new)
        } else {
            self.next.authenticate(token).await
        }
    }
}
