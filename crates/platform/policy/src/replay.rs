//! Asks decisions of the log again under a draft.
//!
//! Roles, the time, the way it came and the strength of the sign-in are those of the decision. Groups, units, who reports to whom and the
//! record are as they are now: where what is in force would answer otherwise by now than it did then, nothing is said of the draft.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use athyper_kernel_cel::Value;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::{GrantedRights, token_grants};
use athyper_kernel_policy::{Circumstances, Decision, Outcome, PolicySet, RuleName, Subject, SubjectKind};
use athyper_kernel_records::find_seen;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::model::decision::word;
use crate::store::replays::Kept;
use crate::trial::Asked;

/// What became of decisions.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Replay)]
pub(crate) struct Replay {
    /// At how many decisions of the period it has looked, the newest first.
    pub(crate) looked_at: usize,
    /// The last of them, to go on with as `before`; none where that was all.
    pub(crate) next: Option<Uuid>,
    /// How many are answered as they were.
    same: usize,
    /// How many were allowed and are not with the draft.
    newly_denied: usize,
    /// How many were not allowed and are with the draft.
    newly_allowed: usize,
    /// How many cannot be asked again, by reason.
    not_replayed: BTreeMap<NotReplayed, usize>,
    /// Those that are answered otherwise.
    differences: Vec<ReplayDifference>,
}

/// Why a decision cannot be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::NotReplayed)]
pub(crate) enum NotReplayed {
    /// It was made before what it rested on was kept.
    FactsNotKept,
    /// The principal is gone, or not active any more.
    NoPrincipal,
    /// Nobody declares the operation any more.
    NoOperation,
    /// What it was about is no entity, or none any more.
    NoEntity,
    /// The record is gone.
    NoRecord,
    /// What is in force would answer otherwise by now: the record, the groups, or policies have changed.
    Drifted,
}

/// A decision that is answered otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::ReplayDifference)]
pub(crate) struct ReplayDifference {
    /// Id of the decision in the log.
    decision: Uuid,
    /// When it was made (UTC).
    decided_at: DateTime<Utc>,
    /// Whose question it was.
    actor: String,
    /// The operation.
    operation: String,
    /// The entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    record_id: Option<String>,
    /// The answer then.
    before: String,
    /// The answer with the draft.
    after: Outcome,
    /// The rules that it rested on then: `policy/rule`.
    rules_before: Vec<String>,
    /// The rules that it rests on with the draft.
    rules_after: Vec<RuleName>,
}

/// Asks decisions again.
pub(crate) struct Replayer<'d> {
    deps: &'d Deps,
    live: Arc<PolicySet>,
    draft: Arc<PolicySet>,
    people: HashMap<Uuid, Option<Arc<GrantedRights>>>,
    /// What was found.
    pub(crate) found: Replay,
}

impl<'d> Replayer<'d> {
    /// Under what is in force, and under a draft.
    pub(crate) fn new(deps: &'d Deps, live: Arc<PolicySet>, draft: Arc<PolicySet>) -> Self {
        Self { deps, live, draft, people: HashMap::new(), found: Replay::default() }
    }

    /// Asks one again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn replay(&mut self, tx: &mut impl TenantConnection, kept: Kept) -> Result<(), DbError> {
        self.found.looked_at += 1;
        let answered = self.answers(tx, &kept).await?.and_then(|[live, draft]| {
            if word(&live.outcome) == kept.outcome { Ok(draft) } else { Err(NotReplayed::Drifted) }
        });
        let draft = match answered {
            Ok(draft) => draft,
            Err(reason) => {
                *self.found.not_replayed.entry(reason).or_default() += 1;
                return Ok(());
            }
        };
        if word(&draft.outcome) == kept.outcome {
            self.found.same += 1;
            return Ok(());
        }
        // What depends on the record stands between the two.
        let is_less = draft.outcome == Outcome::Denied || kept.outcome == word(&Outcome::Allowed);
        *(if is_less { &mut self.found.newly_denied } else { &mut self.found.newly_allowed }) += 1;
        self.found.differences.push(ReplayDifference {
            decision: kept.id,
            decided_at: kept.decided_at,
            actor: kept.actor,
            operation: kept.operation,
            entity: kept.entity,
            record_id: kept.record_id,
            before: kept.outcome,
            after: draft.outcome,
            rules_before: kept.rules,
            rules_after: draft.rules.iter().map(|rule| rule.as_ref().clone()).collect(),
        });
        Ok(())
    }

    /// What is answered now, by what is in force and with the draft.
    async fn answers(
        &mut self,
        tx: &mut impl TenantConnection,
        kept: &Kept,
    ) -> Result<Result<[Decision; 2], NotReplayed>, DbError> {
        let (Some(roles), Some(is_service)) = (&kept.roles, kept.is_service) else {
            return Ok(Err(NotReplayed::FactsNotKept));
        };
        if self.deps.catalogue.find(&kept.operation).is_none() {
            return Ok(Err(NotReplayed::NoOperation));
        }
        let record = match self.record(tx, kept).await? {
            Ok(record) => record,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(rights) = self.rights(tx, kept, roles, is_service).await? else {
            return Ok(Err(NotReplayed::NoPrincipal));
        };
        let circumstances = Circumstances {
            channel: kept.channel.clone().unwrap_or_default(),
            sign_in: kept.sign_in.and_then(|strength| u8::try_from(strength).ok()).unwrap_or_default(),
            ..Circumstances::default()
        };
        Ok(Ok([&self.live, &self.draft].map(|set| {
            let asker = set.asker(Arc::clone(&rights.subject), circumstances.clone());
            let about = (kept.operation.clone(), kept.entity.clone(), record.clone());
            let asked = Asked::about(self.deps, (asker, &rights), about).at(kept.decided_at);
            asked.asker.decide(&asked.question())
        })))
    }

    async fn record(
        &self,
        tx: &mut impl TenantConnection,
        kept: &Kept,
    ) -> Result<Result<Option<Value>, NotReplayed>, DbError> {
        let Some(text) = &kept.entity else {
            return Ok(if kept.record_id.is_some() { Err(NotReplayed::NoEntity) } else { Ok(None) });
        };
        let Ok(key) = EntityKey::parse(text) else { return Ok(Err(NotReplayed::NoEntity)) };
        let Some(entity) = self.deps.entities.find(tx, &key).await? else {
            return Ok(Err(NotReplayed::NoEntity));
        };
        let Some(id) = &kept.record_id else { return Ok(Ok(None)) };
        let Ok(id) = id.parse() else { return Ok(Err(NotReplayed::NoRecord)) };
        Ok(find_seen(tx, &entity, id).await?.map(Some).ok_or(NotReplayed::NoRecord))
    }

    /// Who asked, with the roles of then and all else as it is now.
    async fn rights(
        &mut self,
        tx: &mut impl TenantConnection,
        kept: &Kept,
        roles: &[String],
        is_service: bool,
    ) -> Result<Option<GrantedRights>, DbError> {
        let Deps { catalogue, clock, subjects, .. } = self.deps;
        let known = match kept.principal_id {
            None => None,
            Some(id) => {
                let known = if let Some(known) = self.people.get(&id) {
                    known.clone()
                } else {
                    let found = subjects.principal(tx, Id::from_uuid(id)).await?;
                    self.people.insert(id, found.clone());
                    found
                };
                let Some(known) = known else { return Ok(None) };
                Some(known)
            }
        };
        let subject = Subject {
            id: kept.actor.clone(),
            kind: if is_service { SubjectKind::Service } else { SubjectKind::Person },
            roles: roles.to_vec(),
            ..known.as_ref().map(|known| known.subject.as_ref().clone()).unwrap_or_default()
        };
        let mut rights = match known {
            Some(known) => known.as_ref().clone(),
            None => GrantedRights::of_roles(catalogue, clock, Subject::default()),
        };
        rights.grants.extend(token_grants(catalogue, roles));
        rights.subject = Arc::new(subject);
        Ok(Some(rights))
    }
}
