//! Identity and access asks which duties are kept apart; governance answers, in the transaction of the one who asks.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_governance::model::separation as answered;
use athyper_governance::{broken_rules, has_rules};
use athyper_iam::ports::{BrokenRule, Duties, Duty, Holder};
use athyper_kernel_db::{DbError, TenantConnection};
use chrono::{DateTime, Utc};

struct Rules;

/// Who knows which duties are kept apart.
pub fn duties() -> Arc<dyn Duties> {
    Arc::new(Rules)
}

fn asked(holder: &Holder) -> answered::Holder {
    answered::Holder { principal: holder.principal, held: holder.held.clone() }
}

fn duty(duty: answered::Duty) -> Duty {
    match duty {
        answered::Duty::Permission(name) => Duty::Permission(name),
        answered::Duty::Role(word) => Duty::Role(word),
    }
}

#[async_trait]
impl Duties for Rules {
    async fn are_kept_apart(&self, tx: &mut dyn TenantConnection) -> Result<bool, DbError> {
        has_rules(tx).await
    }

    async fn broken(
        &self,
        tx: &mut dyn TenantConnection,
        now: DateTime<Utc>,
        holders: &[Holder],
    ) -> Result<Vec<BrokenRule>, DbError> {
        let holders: Vec<_> = holders.iter().map(asked).collect();
        let broken = broken_rules(tx, now, &holders).await?.into_iter();
        let rule = |rule: answered::BrokenRule| BrokenRule {
            principal: rule.principal,
            name: rule.name,
            duties: rule.duties.map(duty),
        };
        Ok(broken.map(rule).collect())
    }
}
