//! State changes, one file each.

pub(crate) mod create_allocation;
pub(crate) mod create_deferral;
pub(crate) mod create_entry;
pub(crate) mod end_entry;
pub(crate) mod pause_entry;
pub(crate) mod resume_entry;
pub(crate) mod retry_occurrence;
pub(crate) mod run_entries;
pub(crate) mod skip_occurrence;
pub(crate) mod undo_occurrence;
pub(crate) mod update_entry;

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, NoBody, ProblemResponse, Reply};
use rust_decimal::Decimal;

use crate::Deps;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::allocation::Key;
use crate::model::entry::{EntryId, EntryLine, EntryState};
use crate::store::entries;

/// Puts an entry into another state: `kind` is the operation. `may` says of which states it can be.
///
/// # Errors
/// When there is no such entry for the caller, it has another version than is meant, or it is in another state.
async fn change_state(
    mut cmd: Command<NoBody>,
    deps: &Deps,
    id: EntryId,
    (kind, state): (&'static str, EntryState),
    may: impl Fn(EntryState) -> bool,
) -> Result<Reply, ProblemResponse> {
    let mut entry = entries::lock(&mut cmd.tx, id).await?.ok_or(Error::EntryNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    cmd.check_version(entry.version)?;
    if !may(entry.state) {
        return Err(problem(Error::EntryState(entry.state)).into());
    }
    entry.state = state;
    if state == EntryState::Ended {
        entry.next_on = None;
    }
    entries::update(&mut cmd.tx, &entry).await?;

    entry.version += 1;
    let event = AuditEvent::info(kind).about(ENTRY, entry.id).with("name", entry.name.as_str());
    let reply = Reply::ok(&entry)?.version(entry.version);
    cmd.finish(event, reply).await
}

/// Holds what lines name against the chart of accounts and the dimensions. `at` says where the line at a place stands.
///
/// # Errors
/// Names each account that is not there and each value that no line may name.
async fn check_named(
    tx: &mut TenantTx,
    deps: &Deps,
    lines: &[EntryLine],
    at: impl Fn(usize) -> String,
) -> Result<(), Error> {
    let codes: Vec<&str> = lines.iter().map(|line| line.account.as_str()).collect();
    let known = deps.turnovers.paths(tx, &codes).await?;
    let mut errors = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if !known.contains_key(&line.account) {
            let message = format!("there is no account {}: add it, or name another", line.account);
            errors.push(FieldError::new(format!("{}/account", at(place)), "unknown_account", message));
        }
        let named: Vec<(&str, &str)> =
            line.dimensions.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        for (key, value) in deps.turnovers.unknown_values(tx, &named).await? {
            let message = format!("there is no value {value} of a dimension {key} that lines may name");
            errors.push(FieldError::new(format!("{}/dimensions", at(place)), "unknown_value", message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidEntry(errors)) }
}

/// Holds what an allocation key names against the chart of accounts and the dimensions.
///
/// # Errors
/// Names each account that is not there and each value that no line may name.
async fn check_key(tx: &mut TenantTx, deps: &Deps, key: &Key) -> Result<(), Error> {
    let line = |account: &str, dimensions: &BTreeMap<String, String>| EntryLine {
        account: account.to_owned(),
        amount: Decimal::ZERO,
        party: None,
        dimensions: dimensions.clone(),
        memo: None,
    };
    let mut at = vec!["/allocation/sender".to_owned()];
    let mut named = vec![line(&key.sender.account, &key.sender.dimensions)];
    for (place, target) in key.targets.iter().enumerate() {
        at.push(format!("/allocation/targets/{place}"));
        named.push(line(&target.account, &target.dimensions));
    }
    if let Some(measure) = &key.measure {
        at.push("/allocation/measure".to_owned());
        named.push(line(measure.accounts.code(), &measure.dimensions));
    }
    check_named(tx, deps, &named, |place| at.get(place).cloned().unwrap_or_default()).await
}
