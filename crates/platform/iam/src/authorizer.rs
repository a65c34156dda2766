//! The platform's authoriser: bindings, and the roles of tokens where the tenant trusts them.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{Database, DbError, FreshCache};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Authorizer, Catalogue, GrantedRights, Identity};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Id;

use crate::error::Error;
use crate::guard::TOPIC;
use crate::ports::Duties;
use crate::rights::{Found, Known, Who, kind_of, load};

/// Callers whose rights a process keeps in memory.
const KEPT: u64 = 20_000;

/// Knows what callers may do. Rights are kept until access changes in their tenant, and are never more than a second old;
/// while the database does not answer, nobody is let in.
#[derive(Clone, Debug)]
pub struct IamAuthorizer {
    database: Database,
    known: Known,
    kept: FreshCache<Found>,
}

impl IamAuthorizer {
    /// Over this database and these permissions, with who knows which duties are kept apart.
    pub fn new(database: Database, catalogue: Catalogue, duties: Arc<dyn Duties>) -> Self {
        let kept = FreshCache::new(&database, TOPIC, KEPT);
        let clock = database.clock().clone();
        Self { database, known: Known { catalogue, clock, duties }, kept }
    }

    async fn found(&self, context: &TenantContext, who: Who<'_>) -> Result<Found, DbError> {
        let load = || async {
            let mut tx = self.database.read_tx(context).await?;
            load(&mut tx, &self.known, who).await
        };
        self.kept.get(context.tenant_id(), &key(&who), load).await
    }
}

/// The same for the same caller with the same token roles, and for no other: each part says how long it is.
fn key(who: &Who<'_>) -> String {
    let principal = who.principal.map_or_else(String::new, |id: Id<_>| id.to_string());
    let parts = [principal.as_str(), who.provider, who.subject].into_iter();
    let all = parts.chain(who.token_roles.iter().map(String::as_str));
    all.fold(String::new(), |key, part| key + &part.len().to_string() + ":" + part)
}

#[async_trait]
impl Authorizer for IamAuthorizer {
    async fn rights(
        &self,
        context: &TenantContext,
        identity: &Identity,
    ) -> Result<Arc<GrantedRights>, Problem> {
        let who = Who {
            principal: identity.principal,
            provider: context.realm_key(),
            subject: &context.actor().id,
            kind: kind_of(context),
            token_roles: &identity.roles,
        };
        match self.found(context, who).await? {
            Found::Rights(rights) => Ok(rights),
            Found::ShutOut => Err(Error::ShutOut.into()),
        }
    }
}
