//! What is in force, compiled: by tenant, never a second behind the database.

use std::collections::BTreeSet;
use std::sync::Arc;

use athyper_kernel_cel::Cache as Conditions;
use athyper_kernel_db::{Database, DbError, FreshCache, TenantConnection, TenantTx, announce};
use athyper_kernel_http::Catalogue;
use athyper_kernel_policy::{Origin, Policy, PolicyDocument, PolicySet, Rule, networks_named};
use athyper_kernel_records::Entities;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::TenantId;
use foldhash::quality::RandomState;
use moka::sync::Cache;

use crate::known::{Found, KnownNow, Versions, named, named_keys, versions};
use crate::model::shadow::ShadowId;
use crate::platform_policies::{guards, of_modules};
use crate::store::policies;

/// The topic of changes of what is in force; it has one key.
pub(crate) const TOPIC: &str = "policy.live";
/// Tenants whose policies a process keeps in memory.
const TENANTS: u64 = 5_000;
/// Rules that a process keeps compiled, over all tenants.
const RULES: u64 = 500_000;

/// What a tenant has in force, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Counts the changes.
    pub(crate) number: i64,
    /// The tenant's policies; none where one of them cannot be read.
    pub(crate) policies: Option<Arc<Vec<Policy>>>,
    /// The entities that their rules name.
    entities: Arc<BTreeSet<String>>,
}

/// What is in force in all tenants. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct LivePolicies {
    stored: FreshCache<Stored>,
    /// By tenant, number, and the versions of the entities that rules name.
    compiled: Cache<(TenantId, i64, Versions), Arc<PolicySet>, RandomState>,
    /// With a draft in place, by shadow, number, and the versions of entities.
    in_shadow: Cache<(ShadowId, i64, Versions), Arc<PolicySet>, RandomState>,
    catalogue: Catalogue,
    conditions: Conditions,
    entities: Entities,
}

impl LivePolicies {
    /// What is in force by this database.
    pub(crate) fn new(
        database: &Database,
        catalogue: Catalogue,
        conditions: Conditions,
        entities: Entities,
    ) -> Self {
        let len = |set: &PolicySet| u32::try_from(set.len() + 10).unwrap_or(u32::MAX);
        let weigh = move |_: &_, set: &Arc<PolicySet>| len(set);
        let weigh_shadow = move |_: &_, set: &Arc<PolicySet>| len(set);
        let (compiled, in_shadow) =
            (Cache::builder().max_capacity(RULES), Cache::builder().max_capacity(RULES / 10));
        Self {
            stored: FreshCache::new(database, TOPIC, TENANTS),
            compiled: compiled.weigher(weigh).build_with_hasher(RandomState::default()),
            in_shadow: in_shadow.weigher(weigh_shadow).build_with_hasher(RandomState::default()),
            catalogue,
            conditions,
            entities,
        }
    }

    /// What is in force in the tenant of this transaction.
    ///
    /// # Errors
    /// When the database does not answer: then nothing is decided.
    pub(crate) async fn get(&self, tx: &mut impl TenantConnection) -> Result<Arc<PolicySet>, DbError> {
        let tenant = tx.tenant_id();
        let stored = self.stored.get(tenant, "", || async { stored(tx).await }).await?;
        let mut found = Vec::new();
        for key in named_keys(&stored.entities) {
            found.push((key.to_string(), self.entities.find(tx, &key).await?));
        }
        Ok(self.set(tenant, &stored, found))
    }

    /// The same for one who has no transaction: one is opened only where something is not known yet.
    ///
    /// # Errors
    /// When the database does not answer: then nothing is decided.
    pub(crate) async fn of(
        &self,
        database: &Database,
        context: &TenantContext,
    ) -> Result<Arc<PolicySet>, DbError> {
        let stored = self.stored_of(database, context).await?;
        let found = self.find_all(database, context, &stored.entities).await?;
        Ok(self.set(context.tenant_id(), &stored, found))
    }

    /// What would be in force with a draft that runs in the shadow.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn in_shadow(
        &self,
        database: &Database,
        context: &TenantContext,
        (shadow, candidate, entities): (ShadowId, &Policy, &BTreeSet<String>),
    ) -> Result<Arc<PolicySet>, DbError> {
        let stored = self.stored_of(database, context).await?;
        let Some(own) = &stored.policies else {
            return Ok(Arc::new(PolicySet::refusing(stored.number, UNREADABLE)));
        };
        let names = stored.entities.union(entities).cloned().collect();
        let found = self.find_all(database, context, &names).await?;
        let key = (shadow, stored.number, versions(&found));
        if let Some(set) = self.in_shadow.get(&key) {
            return Ok(set);
        }
        let known = KnownNow::with(&self.catalogue, found);
        let set = Arc::new(self.compile(stored.number, &replaced(own, candidate), &known));
        self.in_shadow.insert(key, Arc::clone(&set));
        Ok(set)
    }

    async fn stored_of(&self, database: &Database, context: &TenantContext) -> Result<Stored, DbError> {
        let load = || async { stored(&mut database.read_tx(context).await?).await };
        self.stored.get(context.tenant_id(), "", load).await
    }

    async fn find_all(
        &self,
        database: &Database,
        context: &TenantContext,
        names: &BTreeSet<String>,
    ) -> Result<Vec<Found>, DbError> {
        let (mut tx, mut found) = (database.lazy_read_tx(context), Vec::new());
        for key in named_keys(names) {
            let entity = self.entities.find_lazily(&mut tx, &key).await?;
            found.push((key.to_string(), entity));
        }
        Ok(found)
    }

    /// What is stored, compiled for these entities.
    fn set(&self, tenant: TenantId, stored: &Stored, found: Vec<Found>) -> Arc<PolicySet> {
        let Some(own) = &stored.policies else {
            return Arc::new(PolicySet::refusing(stored.number, UNREADABLE));
        };
        let key = (tenant, stored.number, versions(&found));
        if let Some(set) = self.compiled.get(&key) {
            return set;
        }
        let set = Arc::new(self.compile(stored.number, own, &KnownNow::with(&self.catalogue, found)));
        for (rule, fault) in set.faults() {
            tracing::warn!(tenant.id = %tenant, policy = rule.policy, rule = rule.rule, fault = fault.message,
                "a rule in force does not compile any more: it allows nothing, or denies all that it is about");
        }
        self.compiled.insert(key, Arc::clone(&set));
        set
    }

    /// What would be in force with these rules in place of what this policy says now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn with(
        &self,
        tx: &mut impl TenantConnection,
        candidate: &Policy,
    ) -> Result<Arc<PolicySet>, DbError> {
        let stored = stored(tx).await?;
        let Some(own) = &stored.policies else {
            return Ok(Arc::new(PolicySet::refusing(stored.number, UNREADABLE)));
        };
        let policies = replaced(own, candidate);
        let documents = [documents(&policies), documents(guards().ok().as_slice())].concat();
        let known = KnownNow::of(tx, &self.catalogue, &self.entities, documents.iter()).await?;
        Ok(Arc::new(self.compile(stored.number, &policies, &known)))
    }

    /// The rules in force (`policy/rule`), the platform's among them, but those of this policy.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn rules_beside(
        &self,
        tx: &mut impl TenantConnection,
        except: Option<&str>,
    ) -> Result<Vec<(String, Rule)>, DbError> {
        let own = stored(tx).await?.policies.unwrap_or_default();
        let others = own.iter().filter(|policy| except != Some(policy.key.as_str()));
        let all = guards().ok().into_iter().chain(others.cloned());
        let named = |policy: Policy| {
            let name = move |rule: Rule| (format!("{}/{}", policy.key, rule.key), rule);
            policy.rules.into_iter().map(name)
        };
        Ok(all.flat_map(named).collect())
    }

    /// The rules in force whose conditions look for a network: `policy/rule`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn rules_in_network(
        &self,
        tx: &mut impl TenantConnection,
        network: &str,
    ) -> Result<Vec<String>, DbError> {
        let stored = stored(tx).await?;
        let own = stored.policies.unwrap_or_default();
        let keys = (*stored.entities).clone();
        let known = KnownNow::of_entities(tx, &self.catalogue, &self.entities, keys).await?;
        let names = |rule: &Rule| {
            networks_named(rule, &known, &self.conditions).iter().any(|name| **name == *network)
        };
        let rules = own.iter().flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)));
        let named = rules.filter(|(_, rule)| names(rule));
        Ok(named.map(|(policy, rule)| format!("{}/{}", policy.key, rule.key)).collect())
    }

    fn compile(&self, number: i64, own: &[Policy], known: &KnownNow) -> PolicySet {
        match guards() {
            Ok(guards) => {
                let mut all = vec![of_modules(guards, &self.catalogue)];
                all.extend_from_slice(own);
                PolicySet::compile(number, &all, known, &self.conditions)
            }
            Err(_) => PolicySet::refusing(number, "the platform's policies cannot be read"),
        }
    }
}

/// Why nothing is allowed where a stored policy is none.
const UNREADABLE: &str = "a policy in force cannot be read";

/// These policies with this one in place of what it says there.
fn replaced(own: &[Policy], candidate: &Policy) -> Vec<Policy> {
    let others = own.iter().filter(|policy| policy.key != candidate.key).cloned();
    others.chain([candidate.clone()]).collect()
}

fn documents(policies: &[Policy]) -> Vec<PolicyDocument> {
    policies.iter().map(|policy| PolicyDocument { rules: policy.rules.clone() }).collect()
}

async fn stored(tx: &mut impl TenantConnection) -> Result<Stored, DbError> {
    let (number, rows) = policies::in_force(tx).await?;
    let read = rows.into_iter().map(|row| {
        let document: PolicyDocument = serde_json::from_value(row.document).ok()?;
        Some(Policy { origin: Origin::Tenant, key: row.key, version: row.version, rules: document.rules })
    });
    let policies = read.collect::<Option<Vec<_>>>().map(Arc::new);
    let own = documents(policies.as_deref().map_or(&[], Vec::as_slice));
    let entities = named(own.iter().chain(documents(guards().ok().as_slice()).iter()));
    Ok(Stored { number, policies, entities: Arc::new(entities) })
}

/// Says that what is in force has changed, as part of the transaction, and gives its new number. Whoever changes it comes
/// here, one after the other in a tenant.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn changed(tx: &mut TenantTx) -> Result<i64, DbError> {
    let number = policies::next_number(tx).await?;
    announce(tx, TOPIC, "").await?;
    Ok(number)
}
