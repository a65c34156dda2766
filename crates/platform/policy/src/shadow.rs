//! Drafts that are asked beside what is in force: which ones a tenant has, and the queue to where they are asked.
//!
//! A request never waits for it. It looks at what is known in memory whether the tenant has a shadow, and hands its decision to
//! a queue; what is too much is counted and left out. Whatever goes wrong here changes no decision.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use athyper_kernel_cel::{Context, Value};
use athyper_kernel_db::{Database, DbError, FreshCache, TenantTx, announce};
use athyper_kernel_http::{Decided, Rights};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_policy::{Decision, Granted, Origin, Policy, PolicyDocument, Question};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::known::named;
use crate::live::LivePolicies;
use crate::model::policy::PolicyId;
use crate::model::shadow::{EndReason, Shadow, ShadowId};
use crate::shadow_writer::Writer;
use crate::store::shadows::{self, StoredShadow};

/// The topic of changes of what runs in the shadow; it has one key.
const TOPIC: &str = "policy.shadow";
/// Tenants whose shadows a process keeps in memory.
const TENANTS: u64 = 5_000;
/// Decisions that wait to be asked again. What comes when it is full is left out, and counted.
const WAITING: usize = 2_048;

/// A draft that is asked beside what is in force.
#[derive(Debug)]
pub(crate) struct Running {
    /// Id.
    pub(crate) id: ShadowId,
    /// The policy.
    pub(crate) policy: PolicyId,
    /// The draft as a policy; none where what is stored is none.
    pub(crate) candidate: Option<Policy>,
    /// The entities that its rules name.
    pub(crate) entities: BTreeSet<String>,
    one_in: u64,
    ends_at: DateTime<Utc>,
}

impl From<StoredShadow> for Running {
    fn from(stored: StoredShadow) -> Self {
        let document: Option<PolicyDocument> = serde_json::from_value(stored.document).ok();
        Self {
            id: Id::from_uuid(stored.id),
            policy: Id::from_uuid(stored.policy_id),
            entities: named(document.iter()),
            candidate: document.map(|document| Policy {
                origin: Origin::Tenant,
                key: stored.key,
                version: stored.version,
                rules: document.rules,
            }),
            one_in: u64::try_from(stored.one_in).unwrap_or(1).max(1),
            ends_at: stored.ends_at,
        }
    }
}

impl Running {
    /// Whether a decision of this time (UTC) that drew this number is asked again.
    pub(crate) fn takes(&self, draw: u64, at: DateTime<Utc>) -> bool {
        at < self.ends_at && draw.is_multiple_of(self.one_in)
    }
}

/// What runs in the shadow of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The drafts.
    pub(crate) shadows: Vec<Running>,
    /// Decisions that could not wait.
    pub(crate) skipped: AtomicI64,
}

/// A decision that is to be asked again.
#[derive(Debug)]
pub(crate) struct Case {
    /// What runs in the shadow.
    pub(crate) watch: Arc<Watch>,
    /// The number that it drew.
    pub(crate) draw: u64,
    /// Whose question it was.
    pub(crate) rights: Rights,
    /// The answer in force.
    pub(crate) decision: Decision,
    /// The record.
    pub(crate) record: Option<Value>,
    /// The entity.
    pub(crate) entity: Option<String>,
    /// When, and in which zone.
    pub(crate) at: Context,
    operation: String,
    kind: Option<String>,
    granted: Granted,
}

impl Case {
    fn of(decided: &Decided<'_>, draw: u64, watch: Arc<Watch>) -> Self {
        let Decided { rights, question, decision } = *decided;
        Self {
            watch,
            draw,
            rights: rights.clone(),
            decision: decision.clone(),
            record: question.record.cloned(),
            entity: question.entity.map(ToOwned::to_owned),
            at: *question.at,
            operation: question.operation.to_owned(),
            kind: question.kind.map(ToOwned::to_owned),
            granted: question.granted.clone(),
        }
    }

    /// The question, as it was.
    pub(crate) fn question(&self) -> Question<'_> {
        Question {
            operation: &self.operation,
            kind: self.kind.as_deref(),
            entity: self.entity.as_deref(),
            record: self.record.as_ref(),
            granted: &self.granted,
            at: &self.at,
        }
    }
}

/// Takes decisions to be asked again. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shadows {
    known: FreshCache<Arc<Watch>>,
    /// The tenants that have a shadow.
    watched: Arc<RwLock<HashMap<TenantId, Arc<Watch>>>>,
    queue: mpsc::Sender<Case>,
    drawn: Arc<(AtomicU64, RandomState)>,
}

impl Shadows {
    /// Begins to ask again, until the process stops.
    pub(crate) fn begin(database: &Database, live: LivePolicies, lifecycle: &Lifecycle) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let writer = Writer::new(database.clone(), live, waiting);
        lifecycle.spawn("policy shadows", writer.run(lifecycle.stopping()));
        Self {
            known: FreshCache::new(database, TOPIC, TENANTS),
            watched: Arc::default(),
            queue,
            drawn: Arc::default(),
        }
    }

    /// Takes note of what runs in the shadow of a tenant, as far as that can be had: the database is asked only after a change.
    pub(crate) async fn look(&self, database: &Database, context: &TenantContext) {
        let tenant = context.tenant_id();
        let load = || async {
            let mut tx = database.read_tx(context).await?;
            let stored = shadows::running(&mut tx, database.clock().now()).await?;
            let shadows = stored.into_iter().map(Running::from).collect();
            Ok::<_, DbError>(Arc::new(Watch { shadows, ..Watch::default() }))
        };
        let watch = self.known.get(tenant, "", load).await.unwrap_or_else(|error| {
            tracing::warn!(tenant.id = %tenant, error = %error, "what runs in the shadow is not known");
            Arc::default()
        });
        self.note(tenant, watch);
    }

    fn note(&self, tenant: TenantId, watch: Arc<Watch>) {
        match self.watch_of(tenant) {
            None if watch.shadows.is_empty() => return,
            Some(noted) if Arc::ptr_eq(&noted, &watch) => return,
            _ => {}
        }
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        if watch.shadows.is_empty() {
            watched.remove(&tenant);
        } else {
            watched.insert(tenant, watch);
        }
    }

    fn watch_of(&self, tenant: TenantId) -> Option<Arc<Watch>> {
        self.watched.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    /// Whether anything runs in the shadow of a tenant.
    pub(crate) fn watches(&self, tenant: TenantId) -> bool {
        self.watched.read().unwrap_or_else(PoisonError::into_inner).contains_key(&tenant)
    }

    /// Takes a decision, if it is one that is asked again. Never waits.
    pub(crate) fn take(&self, decided: &Decided<'_>) {
        let Some(watch) = self.watch_of(decided.rights.context().tenant_id()) else { return };
        // By chance and not by turns, as requests come in patterns.
        let (count, dice) = &*self.drawn;
        let draw = dice.hash_one(count.fetch_add(1, Ordering::Relaxed));
        if !watch.shadows.iter().any(|shadow| shadow.takes(draw, decided.question.at.now)) {
            return;
        }
        let case = Case::of(decided, draw, Arc::clone(&watch));
        if self.queue.try_send(case).is_err() {
            watch.skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Says that what runs in the shadow has changed, as part of the transaction.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn changed(tx: &mut TenantTx) -> Result<(), DbError> {
    announce(tx, TOPIC, "").await
}

/// Ends what runs of a policy in the shadow, if anything does.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn end(
    tx: &mut TenantTx,
    policy: PolicyId,
    reason: EndReason,
) -> Result<Option<Shadow>, DbError> {
    let ended = shadows::end(tx, policy, reason).await?;
    if ended.is_some() {
        changed(tx).await?;
    }
    Ok(ended)
}
