//! What every request asks: the policies in force in its tenant. And where decisions are written down.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use athyper_kernel_db::Database;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Catalogue, Decided, Policies, Rights};
use athyper_kernel_lifecycle::Lifecycle;
use athyper_kernel_policy::{PolicySet, SubjectKind, condition_cache};
use athyper_kernel_records::Entities;
use athyper_kernel_tenant_context::TenantContext;

use crate::decision_log::{DecisionLog, Entry, Facts};
use crate::deps::CONDITION_BYTES;
use crate::live::LivePolicies;
use crate::networks::Networks;
use crate::shadow::Shadows;

/// The policies in force in all tenants, for whoever lets requests and jobs through.
#[derive(Clone, Debug)]
pub struct InForce {
    database: Database,
    live: LivePolicies,
    log: DecisionLog,
    networks: Networks,
    shadows: Shadows,
    /// Nothing is allowed to anybody.
    denies_all: bool,
}

impl InForce {
    /// What this database has, over these permissions and entities; and begins to write decisions down, until
    /// the process stops.
    pub fn new(database: &Database, catalogue: Catalogue, entities: Entities, lifecycle: &Lifecycle) -> Self {
        let live = LivePolicies::new(database, catalogue, condition_cache(CONDITION_BYTES), entities);
        Self {
            database: database.clone(),
            networks: Networks::new(database),
            shadows: Shadows::begin(database, live.clone(), lifecycle),
            live,
            log: DecisionLog::begin(database.clone(), lifecycle),
            denies_all: false,
        }
    }

    /// The same, which refuses everything to everybody where this is said.
    #[must_use]
    pub fn denying_all(self, denies_all: bool) -> Self {
        Self { denies_all, ..self }
    }
}

#[async_trait]
impl Policies for InForce {
    async fn in_force(&self, context: &TenantContext) -> Result<Arc<PolicySet>, Problem> {
        if self.denies_all {
            return Ok(Arc::new(PolicySet::refusing(0, "the platform is told to refuse everything")));
        }
        let set = self.live.of(&self.database, context).await?;
        self.shadows.look(&self.database, context).await;
        Ok(set)
    }

    async fn networks(&self, context: &TenantContext, address: IpAddr) -> Option<Vec<String>> {
        self.networks.of(&self.database, context, address).await
    }

    fn wants_records(&self, context: &TenantContext) -> bool {
        self.shadows.watches(context.tenant_id())
    }

    fn decided(&self, decided: &Decided<'_>) {
        self.shadows.take(decided);
        let Decided { rights, question, decision } = decided;
        self.log.take(decision, || Entry {
            tenant: rights.context().tenant_id(),
            at: question.at.now,
            actor: rights.context().actor().id.clone(),
            operation: question.operation.to_owned(),
            entity: question.entity.map(ToOwned::to_owned),
            record: question.record.and_then(id_of),
            outcome: decision.outcome,
            reason: decision.reason,
            rules: decision.rules.iter().map(|rule| format!("{}/{}", rule.policy, rule.rule)).collect(),
            obligations: decision.obligations.clone(),
            number: decision.version,
            request: rights.context().request_id().to_owned(),
            facts: facts(rights),
        });
    }
}

/// What a decision rests on beside rules.
fn facts(rights: &Rights) -> Facts {
    let (subject, circumstances) = (&rights.granted().subject, rights.asker().circumstances());
    Facts {
        principal: rights.principal(),
        roles: subject.roles.clone(),
        is_service: subject.kind == SubjectKind::Service,
        channel: circumstances.channel.clone(),
        sign_in: circumstances.sign_in,
    }
}

/// The id of a record as conditions see it.
pub(crate) fn id_of(record: &athyper_kernel_cel::Value) -> Option<String> {
    let athyper_kernel_cel::Value::Map(members) = record else { return None };
    match members.get("id") {
        Some(athyper_kernel_cel::Value::String(id)) => Some(id.to_string()),
        _ => None,
    }
}
