//! The platform's authoriser: bindings, and the roles of tokens where the tenant trusts them.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::{Database, DbError, FreshCache};
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Authorizer, Catalogue, GrantedRights, Identity};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Id;
use uuid::Uuid;

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

/// Characters that the length of a part takes, with its colon: of less than ten thousand.
const LENGTH: usize = 5;

/// The same for the same caller with the same token roles, and for no other: each part says how long it is.
fn key(who: &Who<'_>) -> String {
    let mut text = Uuid::encode_buffer();
    let principal = who.principal.map_or("", |id: Id<_>| id.uuid().hyphenated().encode_lower(&mut text));
    let roles = who.token_roles.iter().map(String::as_str);
    let parts = [principal, who.provider, who.subject].into_iter().chain(roles);
    // Each request makes one: as large as it gets from the beginning.
    let mut key = String::with_capacity(parts.clone().map(|part| part.len() + LENGTH).sum());
    for part in parts {
        // Writing to a String cannot fail.
        let _ = write!(key, "{}:", part.len());
        key.push_str(part);
    }
    key
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
    use athyper_kernel_types::PrincipalId;

    use super::*;

    /// Principal, realm, subject and roles of the token.
    type Caller<'a> = (Option<PrincipalId>, &'a str, &'a str, &'a [&'a str]);

    fn key_of(&(principal, provider, subject, roles): &Caller<'_>) -> String {
        let token_roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        key(&Who { principal, provider, subject, kind: SubjectKind::Person, token_roles: &token_roles })
    }

    #[test]
    fn each_caller_has_a_key_of_their_own() {
        let (one, other) = (Id::from_uuid(Uuid::from_u128(1)), Id::from_uuid(Uuid::from_u128(2)));
        let id = one.to_string();
        let callers: [Caller<'_>; 12] = [
            (None, "realm", "ann", &[]),
            (Some(one), "realm", "ann", &[]),
            (Some(other), "realm", "ann", &[]),
            (None, "other", "ann", &[]),
            (None, "realm", "bob", &[]),
            (None, "realma", "nn", &[]),
            (None, &id, "ann", &[]),
            (None, "realm", "ann", &["a"]),
            (None, "realm", "ann", &["a", "b"]),
            (None, "realm", "ann", &["b", "a"]),
            (None, "realm", "ann", &["ab"]),
            (None, "realm", "ann1:a", &[]),
        ];
        let keys: HashSet<String> = callers.iter().map(key_of).collect();
        assert_eq!(keys.len(), callers.len(), "{keys:?}");
        for caller in &callers {
            assert_eq!(key_of(caller), key_of(caller));
        }
    }
}
