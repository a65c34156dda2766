//! Tries a policy: its tests against what would be in force with it.

use std::sync::Arc;

use athyper_kernel_cel::{Context, Value};
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{GrantedRights, Rights};
use athyper_kernel_policy::{
    Asker, Granted, Origin, Outcome, Policy, PolicyDocument, PolicySet, Question, check,
};
use athyper_kernel_records::seen_values;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::known::{KnownNow, named};
use crate::model::policy::StoredPolicy;
use crate::model::test_case::{AskedQuestion, StoredTest, TestId};
use crate::store::{networks, tests};

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::TestResult)]
pub(crate) struct TestResult {
    /// The test.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) id: TestId,
    /// Its name.
    pub(crate) name: String,
    /// Whether all is as expected.
    pub(crate) passed: bool,
    /// What is not.
    pub(crate) differences: Vec<String>,
}

/// All that is wrong with a document.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn faults(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    document: &PolicyDocument,
) -> Result<Vec<FieldError>, DbError> {
    let keys = named(std::iter::once(document));
    let known = KnownNow::of_entities(tx, &deps.catalogue, &deps.entities, keys).await?;
    let networks = networks::ranges(tx).await?.into_iter().map(|(key, _)| key);
    let known = known.with_networks(networks);
    Ok(check(document, &known, &deps.conditions))
}

/// The policy as it would be in force with these rules.
pub(crate) fn candidate(policy: &StoredPolicy, document: &PolicyDocument) -> Policy {
    Policy {
        origin: Origin::Tenant,
        key: policy.key.clone(),
        version: policy.published_version.unwrap_or_default() + 1,
        rules: document.rules.clone(),
    }
}

/// Runs the tests of a policy against what would be in force with these rules.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn run(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    policy: &StoredPolicy,
    document: &PolicyDocument,
) -> Result<Vec<TestResult>, DbError> {
    let set = deps.live.with(tx, &candidate(policy, document)).await?;
    let mut results = Vec::new();
    for StoredTest { id, name, test, .. } in tests::all(tx, policy.id).await? {
        let differences = match Asked::of(tx, deps, &set, &test.question).await? {
            Ok(asked) => test.expect.differences(&asked.asker.decide(&asked.question())),
            Err(fields) => {
                fields.into_iter().map(|field| format!("{}: {}", field.pointer, field.message)).collect()
            }
        };
        results.push(TestResult { id, name, passed: differences.is_empty(), differences });
    }
    Ok(results)
}

/// Refuses what may not be put in force: what has faults, no test, or a test that fails.
///
/// # Errors
/// All that is in its way.
pub(crate) async fn check_publishable(
    tx: &mut TenantTx,
    deps: &Deps,
    policy: &StoredPolicy,
    document: &PolicyDocument,
) -> Result<usize, Error> {
    let faults = faults(tx, deps, document).await?;
    if !faults.is_empty() {
        return Err(Error::Faulty(below("/draft", faults)));
    }
    let results = run(tx, deps, policy, document).await?;
    if results.is_empty() {
        return Err(Error::NoTest);
    }
    let failed = results.iter().filter(|result| !result.passed);
    let failed: Vec<String> =
        failed.map(|result| format!("{}: {}", result.name, result.differences.join(", "))).collect();
    if failed.is_empty() { Ok(results.len()) } else { Err(Error::TestsFail(failed)) }
}

/// Refuses what would shut the one who puts it in force out of taking it out of force again.
///
/// # Errors
/// [`Error::NoWayBack`].
pub(crate) async fn check_way_back(
    tx: &mut TenantTx,
    deps: &Deps,
    rights: &Rights,
    (policy, document): (&StoredPolicy, &PolicyDocument),
) -> Result<(), Error> {
    let set = deps.live.with(tx, &candidate(policy, document)).await?;
    let granted = rights.granted();
    let asker = set.asker(Arc::clone(&granted.subject), rights.asker().circumstances().clone());
    let is_denied = |operation: &&&str| {
        let about = ((**operation).to_owned(), None, None);
        let asked = Asked::about(deps, (asker.clone(), granted), about);
        asked.asker.decide(&asked.question()).outcome == Outcome::Denied
    };
    match ["policy.archive_policy", "policy.rollback_policy"].iter().find(is_denied) {
        Some(operation) => Err(Error::NoWayBack { operation }),
        None => Ok(()),
    }
}

/// Faults of a document that lies in a request or a record at this place.
pub(crate) fn below(base: &str, faults: Vec<FieldError>) -> Vec<FieldError> {
    let at = |fault: FieldError| FieldError { pointer: format!("{base}{}", fault.pointer), ..fault };
    faults.into_iter().map(at).collect()
}

/// A question, ready to be asked.
pub(crate) struct Asked {
    pub(crate) asker: Asker,
    granted: Granted,
    operation: String,
    kind: Option<String>,
    entity: Option<String>,
    record: Option<Value>,
    at: Context,
}

impl Asked {
    /// Reads a question; the inner error has what is wrong with it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn of(
        tx: &mut impl TenantConnection,
        deps: &Deps,
        set: &Arc<PolicySet>,
        asked: &AskedQuestion,
    ) -> Result<Result<Self, Vec<FieldError>>, DbError> {
        let mut wrong = Vec::new();
        if deps.catalogue.find(&asked.operation).is_none() {
            wrong.push(FieldError::new("/operation", "unknown", "there is no such operation"));
        }
        if asked.context.sign_in > 3 {
            wrong.push(FieldError::new("/context/signIn", "invalid", "0 to 3"));
        }
        let entity = match asked.entity.as_deref().map(EntityKey::parse) {
            Some(Ok(key)) => deps.entities.find(tx, &key).await?,
            _ => None,
        };
        if asked.entity.is_some() && entity.is_none() {
            wrong.push(FieldError::new("/entity", "unknown", "there is no such entity"));
        }
        let record = match (&asked.record, &entity) {
            (None, _) => None,
            (Some(_), None) => {
                if asked.entity.is_none() {
                    wrong.push(FieldError::new(
                        "/record",
                        "no_entity",
                        "a record is one of an entity: name it",
                    ));
                }
                None
            }
            (Some(record), Some(entity)) => match seen_values(entity, record) {
                Ok(value) => Some(value),
                Err(fault) => {
                    wrong.push(FieldError::new(
                        format!("/record{}", fault.pointer),
                        "invalid",
                        fault.message,
                    ));
                    None
                }
            },
        };
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let at = asked.context.at.unwrap_or_else(|| deps.clock.now());
        // Of somebody who is made up, only the built-in roles are known.
        let rights = GrantedRights::of_roles(&deps.catalogue, &deps.clock, asked.subject.subject());
        let asker = set.asker(Arc::clone(&rights.subject), asked.context.circumstances());
        let about = (asked.operation.clone(), asked.entity.clone(), record);
        Ok(Ok(Self { at: context(at), ..Self::about(deps, (asker, &rights), about) }))
    }

    /// A question about a record that has been read, or about all of an entity.
    pub(crate) fn about(
        deps: &Deps,
        (asker, rights): (Asker, &GrantedRights),
        (operation, entity, record): (String, Option<String>, Option<Value>),
    ) -> Self {
        let at = context(deps.clock.now());
        let permission = deps.catalogue.find(&operation);
        let granted = permission.map(|permission| rights.granted(permission, (entity.as_deref(), None)));
        let granted = granted.unwrap_or_default();
        Self { kind: kind_of(deps, &operation), asker, granted, operation, entity, record, at }
    }

    /// The same at another time (UTC).
    pub(crate) fn at(self, time: DateTime<Utc>) -> Self {
        Self { at: context(time), ..self }
    }

    /// The question.
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

/// The kind of an operation, as rules name it.
pub(crate) fn kind_of(deps: &Deps, operation: &str) -> Option<String> {
    deps.catalogue.find(operation).map(|permission| permission.kind.as_str().to_owned())
}

/// Conditions are read in UTC: a rule that means another zone names it.
fn context(now: DateTime<Utc>) -> Context {
    Context { now, zone: Tz::UTC }
}
