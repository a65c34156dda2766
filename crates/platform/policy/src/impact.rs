//! What a draft would mean for those who are there and for records that are there: every operation that the changed rules are
//! about, before and after, of every principal, as far as there is time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_kernel_cel::Value;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_http::GrantedRights;
use athyper_kernel_policy::{Asker, Decision, Outcome, PolicyDocument, PolicySet, Rule, RuleName};
use athyper_kernel_records::newest_seen;
use athyper_kernel_types::PrincipalId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::commands::with_draft;
use crate::model::change::{Change, change};
use crate::model::decision::word;
use crate::model::diff::diff;
use crate::model::policy::StoredPolicy;
use crate::queries::explain_decision::plain;
use crate::store::versions;
use crate::trial::Asked;

/// Records of an entity that are looked at, the newest.
const SAMPLE: u32 = 50;
/// Pairs of an operation and an entity that are looked at.
const PAIRS: usize = 200;
/// Entities of which records are looked at.
const ENTITIES: usize = 20;
/// Principals that are looked at at once.
const BATCH: u32 = 100;
/// Differences that are told one by one.
const TOLD: usize = 500;
/// Records that a difference names.
const NAMED: usize = 3;

/// What a draft would mean.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::Impact)]
pub(crate) struct Impact {
    /// Active principals.
    principals: LookedAt,
    /// Operations that the changed rules are about, each once for every entity that they name.
    operations: LookedAt,
    /// Records by entity: the newest of those that the changed rules name.
    records: BTreeMap<String, LookedAt>,
    /// How many lose something: principals, each once for every operation and entity.
    loses: usize,
    /// How many gain something.
    gains: usize,
    /// For how many what is shown or has to be done is another.
    differs: usize,
    /// The first 500 of them.
    differences: Vec<Difference>,
}

/// How far was looked.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::LookedAt)]
pub(crate) struct LookedAt {
    /// At how many.
    looked_at: usize,
    /// Whether that was all.
    all: bool,
}

/// What a principal loses or gains.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::ImpactDifference)]
pub(crate) struct Difference {
    /// The principal.
    principal: PrincipalId,
    /// By which word the trail knows it.
    actor: String,
    /// The operation.
    operation: String,
    /// The entity, where the rules name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// What becomes of it.
    change: Change,
    /// The answer for all records now.
    before: Outcome,
    /// The answer for all records with the draft.
    after: Outcome,
    /// On how many of the records that were looked at something is lost.
    records_lost: usize,
    /// On how many something is gained.
    records_gained: usize,
    /// Some of these records.
    examples: Vec<Uuid>,
    /// The rules that make the answer now; none where nothing allows it.
    rules_before: Vec<RuleName>,
    /// The rules that make the answer with the draft; none where nothing allows it.
    rules_after: Vec<RuleName>,
}

/// An operation that is asked about, on an entity.
#[derive(Clone, Debug)]
struct Pair {
    operation: String,
    entity: Option<String>,
}

/// A look at all that a draft changes, page by page. Each page may be taken in a transaction of its own.
pub(crate) struct Look {
    before: Arc<PolicySet>,
    after: Arc<PolicySet>,
    pairs: Vec<Pair>,
    records: BTreeMap<String, Vec<(Uuid, Value)>>,
    last: Option<PrincipalId>,
    questions: usize,
    found: Impact,
}

impl Look {
    /// Begins with what is in force, and with this document in place of what the policy has there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn begin(
        tx: &mut impl TenantConnection,
        deps: &Deps,
        policy: &StoredPolicy,
        draft: &PolicyDocument,
    ) -> Result<Self, DbError> {
        let in_force = match (policy.published_version, policy.archived_at) {
            (Some(version), None) => {
                versions::find(tx, policy.id, version).await?.map(|found| found.document)
            }
            _ => None,
        };
        let changed = diff(&in_force.unwrap_or_default(), draft);
        let rules = changed.iter().flat_map(|one| [&one.before, &one.after]).flatten();
        let (pairs, operations) = pairs(deps, rules);
        let mut found = Impact { operations, ..Impact::default() };
        let mut records = BTreeMap::new();
        let entities: BTreeSet<&String> = pairs.iter().filter_map(|pair| pair.entity.as_ref()).collect();
        for text in entities.into_iter().take(ENTITIES) {
            let Ok(key) = EntityKey::parse(text) else { continue };
            let Some(entity) = deps.entities.find(tx, &key).await? else { continue };
            let mut sample = newest_seen(tx, &entity, SAMPLE + 1).await?;
            let all = sample.len() <= SAMPLE as usize;
            sample.truncate(SAMPLE as usize);
            found.records.insert(text.clone(), LookedAt { looked_at: sample.len(), all });
            records.insert(text.clone(), sample);
        }
        let [before, after] = with_draft(tx, deps, (policy, draft)).await?;
        Ok(Self { before, after, pairs, records, last: None, questions: 0, found })
    }

    /// Looks at some more principals, and at no more once so many questions were asked in all. Gives whether there may be more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn page(
        &mut self,
        tx: &mut impl TenantConnection,
        deps: &Deps,
        most: usize,
    ) -> Result<bool, DbError> {
        let people = deps.subjects.principals(tx, self.last, BATCH).await?;
        let is_last = people.len() < BATCH as usize;
        for (principal, rights) in people {
            if self.questions >= most {
                return Ok(false);
            }
            let askers =
                [&self.before, &self.after].map(|set| set.asker(Arc::clone(&rights.subject), plain()));
            for pair in self.pairs.clone() {
                self.ask(deps, &askers, (principal, &rights), pair);
            }
            self.found.principals.looked_at += 1;
            self.last = Some(principal);
        }
        self.found.principals.all = is_last;
        Ok(!is_last)
    }

    /// At how many principals it has looked.
    pub(crate) fn looked_at(&self) -> usize {
        self.found.principals.looked_at
    }

    /// What was found.
    pub(crate) fn found(self) -> Impact {
        self.found
    }

    fn ask(
        &mut self,
        deps: &Deps,
        askers: &[Asker; 2],
        (principal, rights): (PrincipalId, &GrantedRights),
        pair: Pair,
    ) {
        let none = Vec::new();
        let records = pair.entity.as_ref().and_then(|entity| self.records.get(entity)).unwrap_or(&none);
        self.questions += 1 + records.len();
        let both = |record: Option<&Value>| {
            askers.clone().map(|asker| {
                let about = (pair.operation.clone(), pair.entity.clone(), record.cloned());
                let asked = Asked::about(deps, (asker, rights), about);
                let decision = asked.asker.decide(&asked.question());
                (asked, decision)
            })
        };
        let general = both(None);
        let (mut lost, mut gained, mut differing) = (Vec::new(), Vec::new(), Vec::new());
        let mut telling = None;
        for (id, record) in records {
            let answers = both(Some(record));
            let list = match change(&answers[0].1, &answers[1].1) {
                None => continue,
                Some(Change::Loses) => &mut lost,
                Some(Change::Gains) => &mut gained,
                Some(Change::Differs) => &mut differing,
            };
            list.push(*id);
            telling.get_or_insert(answers);
        }
        let is_lost = !lost.is_empty();
        let in_all = change(&general[0].1, &general[1].1);
        let of_records = match (is_lost, gained.is_empty(), differing.is_empty()) {
            (true, ..) => Some(Change::Loses),
            (_, false, _) => Some(Change::Gains),
            (.., false) => Some(Change::Differs),
            _ => None,
        };
        let Some(change) = of_records.or(in_all) else { return };
        *match change {
            Change::Loses => &mut self.found.loses,
            Change::Gains => &mut self.found.gains,
            Change::Differs => &mut self.found.differs,
        } += 1;
        if self.found.differences.len() >= TOLD {
            return;
        }
        let [before, after] = [general[0].1.outcome, general[1].1.outcome];
        let [first, second] = telling.unwrap_or(general);
        self.found.differences.push(Difference {
            principal,
            actor: rights.subject.id.clone(),
            operation: pair.operation.clone(),
            entity: pair.entity.clone(),
            change,
            before,
            after,
            records_lost: lost.len(),
            records_gained: gained.len(),
            examples: lost.iter().chain(&gained).chain(&differing).take(NAMED).copied().collect(),
            rules_before: rules(&first),
            rules_after: rules(&second),
        });
    }
}

/// The rules that make an answer: those that it rests on, or all that have a part in it where it depends on the record.
fn rules((asked, decision): &(Asked, Decision)) -> Vec<RuleName> {
    if decision.outcome == Outcome::Depends {
        let bearers = asked.asker.bearers(&asked.question());
        return bearers.iter().map(|bearer| bearer.rule.as_ref().clone()).collect();
    }
    decision.rules.iter().map(|rule| rule.as_ref().clone()).collect()
}

/// The operations that rules are about, with the entities that they name; as many as are looked at.
fn pairs<'r>(deps: &Deps, rules: impl Iterator<Item = &'r Rule>) -> (Vec<Pair>, LookedAt) {
    let mut all: BTreeSet<(Option<String>, String)> = BTreeSet::new();
    for rule in rules {
        for pattern in &rule.operations {
            let meant = deps.catalogue.all().filter(|known| {
                let kind = pattern.strip_prefix("kind:");
                let module = pattern.strip_suffix(".*");
                pattern == "*"
                    || pattern == known.name
                    || kind.is_some_and(|kind| word(&known.kind) == kind)
                    || module.is_some_and(|module| known.module() == module)
            });
            all.extend(meant.map(|known| (rule.resource.entity.clone(), known.name.to_owned())));
        }
    }
    let looked_at = LookedAt { looked_at: all.len().min(PAIRS), all: all.len() <= PAIRS };
    let pairs = all.into_iter().take(PAIRS).map(|(entity, operation)| Pair { operation, entity });
    (pairs.collect(), looked_at)
}
