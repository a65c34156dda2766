//! Published models, and the decisions that they make: what commands of other domains and workflows call in their own
//! transaction, through a bridge.

use std::sync::Arc;

use athyper_kernel_cel::Context;
use athyper_kernel_db::{Database, DbError, FreshCache, TenantConnection, TenantTx, announce};
use athyper_kernel_decision::{Model, Outcome};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::Error;
use crate::examine::examine;
use crate::store::{models, versions};

/// The topic of changes of models; the key is the model's.
const TOPIC: &str = "decisions.model";
/// The topic of versions, which never change.
const VERSION_TOPIC: &str = "decisions.version";
/// Most models whose standing a process remembers, over all tenants.
const MODELS: u64 = 20_000;
/// Most compiled versions that a process keeps, over all tenants. The largest takes some ten megabytes.
const VERSIONS: u64 = 512;

/// The published models. Cheap to clone; what it knows is never more than a second behind the database.
#[derive(Clone, Debug)]
pub struct Decisions {
    heads: FreshCache<Option<models::Head>>,
    compiled: FreshCache<Option<Arc<Model>>>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The key of the model.
    pub key: &'a str,
    /// The version; the one that was published last where none is named.
    pub version: Option<i64>,
    /// The decision of the model; its result where none is named.
    pub decision: Option<&'a str>,
    /// What is given, by the names of the model's inputs.
    pub inputs: &'a Map<String, Value>,
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The id of the model, for the audit trail.
    pub model_id: Uuid,
    /// The version that decided.
    pub version: i64,
    /// The decisions with their values and rules.
    pub outcome: Outcome,
}

/// A version that can be evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) head: models::Head,
    pub(crate) version: i64,
    pub(crate) model: Arc<Model>,
}

impl Decisions {
    /// The published models of this database.
    pub fn new(database: &Database) -> Self {
        Self {
            heads: FreshCache::new(database, TOPIC, MODELS),
            compiled: FreshCache::new(database, VERSION_TOPIC, VERSIONS),
        }
    }

    /// Makes a decision within a transaction. `now` and `today` are those of the transaction, in the tenant's zone.
    ///
    /// # Errors
    /// When the model was not published or is archived, when the inputs cannot be read, and when there is no decision for them.
    pub async fn decide(&self, tx: &mut TenantTx, ask: &Ask<'_>) -> Result<Decided, Error> {
        let published = self.published(tx, ask.key, ask.version).await?;
        let context = context(tx, None);
        let outcome = evaluate(&published.model, ask.decision, ask.inputs, &context)?;
        Ok(Decided { model_id: published.head.id.uuid(), version: published.version, outcome })
    }

    /// A version of a model, compiled.
    pub(crate) async fn published(
        &self,
        tx: &mut impl TenantConnection,
        key: &str,
        version: Option<i64>,
    ) -> Result<Published, Error> {
        let tenant = tx.tenant_id();
        let head = self.heads.get(tenant, key, || async { models::head(tx, key).await }).await?;
        let head = head.ok_or(Error::NotFound)?;
        if head.is_archived {
            return Err(Error::Archived);
        }
        let latest = head.published_version.ok_or(Error::NotPublished)?;
        let version = version.unwrap_or(latest);
        let at = format!("{}:{version}", head.id);
        let found = self
            .compiled
            .get(tenant, &at, || async { compile(versions::find(tx, head.id, version).await?).await });
        let model = found.await?.ok_or(Error::VersionNotFound)?;
        Ok(Published { head, version, model })
    }

    /// Tells every process that a model has changed.
    pub(crate) async fn changed(tx: &mut TenantTx, key: &str) -> Result<(), DbError> {
        announce(tx, TOPIC, key).await
    }
}

async fn compile(version: Option<crate::model::version::Version>) -> Result<Option<Arc<Model>>, Error> {
    let Some(version) = version else { return Ok(None) };
    let (_, model) = examine(version.definition).await?.map_err(|_| Error::Broken)?;
    Ok(Some(Arc::new(model)))
}

/// The time and the zone of a transaction, as expressions see them.
pub(crate) fn context(tx: &TenantTx, at: Option<DateTime<Utc>>) -> Context {
    let zone = tx.context().default_text("timezone").and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    Context { now: at.unwrap_or_else(|| tx.now()), zone }
}

/// Reads what is given and evaluates.
pub(crate) fn evaluate(
    model: &Model,
    decision: Option<&str>,
    inputs: &Map<String, Value>,
    context: &Context,
) -> Result<Outcome, Error> {
    let inputs = model.read_inputs(inputs).map_err(|mut faults| {
        for fault in &mut faults {
            fault.pointer.insert_str(0, "/inputs");
        }
        Error::Inputs(faults)
    })?;
    model.evaluate(decision, &inputs, context).map_err(Error::Undecided)
}
