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
        let (kept, clock) = (FreshCache::new(&database, TOPIC, KEPT), database.clock().clone());
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use athyper_kernel_policy::SubjectKind;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_caller_has_a_key_of_their_own() {
        let key_of = |(principal, provider, subject, roles): (Option<u128>, &str, &str, &[&str])| {
            let token_roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
            let principal = principal.map(|id| Id::from_uuid(Uuid::from_u128(id)));
            key(&Who { principal, provider, subject, kind: SubjectKind::Person, token_roles: &token_roles })
        };
        let id = Uuid::from_u128(1).to_string();
        let keys = [
            (None, "realm", "ann", &[] as &[&str]),
            (Some(1), "realm", "ann", &[]),
            (Some(2), "realm", "ann", &[]),
            (None, "other", "ann", &[]),
            (None, "realm", "bob", &[]),
            (None, "realma", "nn", &[]),
            (None, &id, "ann", &[]),
            (None, "realm", "ann", &["a"]),
            (None, "realm", "ann", &["a", "b"]),
            (None, "realm", "ann", &["b", "a"]),
            (None, "realm", "ann", &["ab"]),
            (None, "realm", "ann1:a", &[]),
        ]
        .map(key_of);
        assert_eq!(HashSet::from(keys.clone()).len(), keys.len(), "{keys:?}");
    }
}
