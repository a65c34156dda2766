//! Definitions that go from one tenant to another: what a bundle would do here.

use std::collections::BTreeMap;

use athyper_kernel_db::TenantTx;
use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{SystemEntities, look_up, new_entity_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::design::{Design, Fault};
use crate::model::document::{self, Document};
use crate::model::slots::{Slots, carry};
use crate::planning::{Plan, plan, sketch};
use crate::store::designs;

/// The form of a bundle.
pub(crate) const FORMAT: &str = "athyper.entities/1";
/// Most entities of a bundle.
pub(crate) const MAX_ENTITIES: usize = 100;

/// Definitions of entities, to be taken to another tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::Bundle)]
pub(crate) struct Bundle {
    /// `athyper.entities/1`.
    pub(crate) format: String,
    /// The entities, by key.
    pub(crate) entities: Vec<BundledEntity>,
}

/// An entity of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = metadata::BundledEntity)]
pub(crate) struct BundledEntity {
    /// Its version where it comes from.
    #[serde(default)]
    pub(crate) version: Option<i64>,
    /// Its definition.
    #[schema(value_type = Object)]
    pub(crate) definition: Value,
}

/// How an entity of a bundle stands to the one of its key here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = metadata::Drift)]
pub(crate) enum Drift {
    /// There is none here.
    New,
    /// It is the same.
    Same,
    /// It is another one: the plan names what differs.
    Changed,
    /// It cannot be used here: the faults say why.
    Faulty,
}

/// What a bundle would do to an entity.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::BundlePlanEntry)]
pub(crate) struct BundlePlanEntry {
    /// The entity's key.
    pub(crate) key: String,
    /// How it stands to the one here.
    pub(crate) drift: Drift,
    /// Whether the one here has a draft that was not published, which would be lost.
    pub(crate) has_draft: bool,
    /// What would change; none where nothing would, or it cannot be used.
    #[schema(nullable)]
    pub(crate) plan: Option<Plan>,
    /// What is wrong with it here.
    pub(crate) faults: Vec<Fault>,
}

/// An entity of a bundle, and the design that it would be here.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// What would be published; its version is that of the draft here.
    pub(crate) design: Design,
    /// Whether there is a design here.
    pub(crate) is_known: bool,
    /// Whether the draft here was not published.
    pub(crate) has_draft: bool,
}

/// The designs that a bundle would make, locked where they are here; and the keys of its entities.
///
/// # Errors
/// When the bundle has not the form of one.
pub(crate) async fn candidates(
    tx: &mut TenantTx,
    system: &SystemEntities,
    bundle: &Bundle,
) -> Result<(Vec<Candidate>, Vec<EntityKey>), Error> {
    let keys = check(bundle)?;
    let texts: Vec<&str> = keys.iter().map(EntityKey::as_str).collect();
    let mut known = designs::lock_by_keys(tx, &texts).await?;
    // Of several drafts with one key, that of the entity in force counts.
    known.sort_by_key(|design| design.published_version.is_none());
    let mut found = Vec::new();
    for (bundled, key) in bundle.entities.iter().zip(&keys) {
        let definition = bundled.definition.clone();
        let here = known.iter().find(|design| design.key == key.as_str()).cloned();
        let Some(here) = here else {
            found.push(Candidate {
                design: begun(tx, system, key, definition),
                is_known: false,
                has_draft: false,
            });
            continue;
        };
        let base = look_up(tx, system, here.id).await?;
        let has_draft = match &base {
            Some(base) => document::read(&here.definition).ok() != Some(Document::of(base)),
            None => true,
        };
        let in_force = base.map(|base| base.slots().clone()).unwrap_or_default();
        let slots = carry(&definition, &Slots::new(), &in_force, &BTreeMap::new());
        found.push(Candidate { design: Design { definition, slots, ..here }, is_known: true, has_draft });
    }
    Ok((found, keys))
}

/// What a bundle would do to one entity.
pub(crate) async fn look_at(
    tx: &mut TenantTx,
    system: &SystemEntities,
    candidate: &Candidate,
    coming: &[EntityKey],
) -> Result<BundlePlanEntry, Error> {
    let design = &candidate.design;
    let entry = |drift, plan, faults: Vec<FieldError>| BundlePlanEntry {
        key: design.key.clone(),
        drift,
        has_draft: candidate.has_draft,
        plan,
        faults: faults.into_iter().map(Fault::from).collect(),
    };
    let found = match sketch(tx, system, design, coming).await {
        Ok(found) => found,
        Err(Error::Faulty(faults)) => return Ok(entry(Drift::Faulty, None, faults)),
        Err(error) => return Err(error),
    };
    if found.diff.steps.is_empty() && design.archived_at.is_none() {
        return Ok(entry(Drift::Same, None, Vec::new()));
    }
    let drift = if found.base.is_some() { Drift::Changed } else { Drift::New };
    let changes = found.count(tx).await?;
    Ok(entry(drift, Some(plan(design, &found, changes)), Vec::new()))
}

/// A design that begins with a definition.
fn begun(tx: &TenantTx, system: &SystemEntities, key: &EntityKey, definition: Value) -> Design {
    Design {
        id: system.get(key).map_or_else(|| new_entity_id(tx), |entity| entity.id),
        key: key.to_string(),
        definition,
        slots: Slots::new(),
        version: 1,
        published_version: None,
        archived_at: None,
        operation: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        updated_by: tx.context().actor().id.clone(),
    }
}

/// The keys of a bundle's entities.
fn check(bundle: &Bundle) -> Result<Vec<EntityKey>, Error> {
    let mut faults = Vec::new();
    if bundle.format != FORMAT {
        let message = format!("a bundle of the form {FORMAT} is expected");
        faults.push(FieldError::new("/bundle/format", "unknown_format", message));
    }
    if !(1..=MAX_ENTITIES).contains(&bundle.entities.len()) {
        let message = format!("a bundle has 1 to {MAX_ENTITIES} entities");
        faults.push(FieldError::new("/bundle/entities", "length", message));
    }
    let mut keys: Vec<EntityKey> = Vec::new();
    for (at, bundled) in bundle.entities.iter().enumerate() {
        let pointer = format!("/bundle/entities/{at}/definition");
        if let Some(fault) = document::unkeepable(&bundled.definition) {
            faults.push(FieldError::new(&pointer, fault.code, fault.message));
            continue;
        }
        match EntityKey::parse(&document::key_of(&bundled.definition)) {
            Ok(key) if keys.contains(&key) => {
                let message = "another entity of the bundle has this key";
                faults.push(FieldError::new(format!("{pointer}/key"), "repeated", message));
            }
            Ok(key) => keys.push(key),
            Err(error) => {
                faults.push(FieldError::new(format!("{pointer}/key"), "invalid", error.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(keys) } else { Err(Error::Unkeepable(faults)) }
}
