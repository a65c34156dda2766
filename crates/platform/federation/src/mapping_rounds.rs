//! What the groups of a person at a provider give: gained and lost at each sign-in, and never more taken than was given.

use std::collections::BTreeSet;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::ProblemKind;
use athyper_kernel_types::PrincipalId;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::provider::{Provider, ProviderId};
use crate::ports::Directory;
use crate::store::gifts::{self, Gift};
use crate::store::mappings;

/// Gives a person what the mappings say for these groups, and takes back what they do not say any more. What cannot be given, such as a duty
/// that is kept apart from another, is left out and named in the facts: it does not keep the person out.
pub(crate) async fn apply(
    tx: &mut TenantTx,
    directory: &dyn Directory,
    provider: &Provider,
    person: PrincipalId,
    groups: &BTreeSet<String>,
    facts: &mut Map<String, Value>,
) -> Result<(), Error> {
    let all = mappings::of_provider(tx, provider.id).await?;
    let had = gifts::of_person(tx, provider.id, person).await?;
    let wanted: Vec<_> = all.iter().filter(|mapping| groups.contains(&mapping.value)).collect();
    let is_wanted = |gift: &&Gift| wanted.iter().any(|mapping| mapping.id == gift.mapping);
    let (mut gained, mut lost, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    // Taken first, so that a duty which goes makes room for the one that is kept apart from it.
    for gift in had.iter().filter(|gift| !is_wanted(gift)) {
        match directory.take_back(tx, &[(person, gift.given)]).await {
            Ok(()) => {
                gifts::delete(tx, gift.mapping, Some(person)).await?;
                lost.push(gift.mapping.to_string());
            }
            Err(problem) if problem.kind.is_fault() => return Err(problem.into()),
            Err(problem) => refused.push(format!("{}: {}", gift.mapping, problem.code)),
        }
    }
    for mapping in &wanted {
        let before = had.iter().find(|gift| gift.mapping == mapping.id);
        match directory.give(tx, person, &mapping.target).await {
            // Somebody had taken it away meanwhile.
            Ok(Some(given)) => {
                if before.is_some() {
                    gifts::delete(tx, mapping.id, Some(person)).await?;
                }
                gifts::insert(tx, provider.id, &Gift { mapping: mapping.id, person, given }).await?;
                gained.push(mapping.id.to_string());
            }
            Ok(None) => {}
            Err(problem) if problem.kind.is_fault() || problem.kind == ProblemKind::Malformed => {
                return Err(problem.into());
            }
            Err(problem) => refused.push(format!("{}: {}", mapping.id, problem.code)),
        }
    }
    for (name, ids) in [("gained", gained), ("lost", lost), ("notGiven", refused)] {
        if !ids.is_empty() {
            facts.insert(name.to_owned(), Value::from(ids));
        }
    }
    Ok(())
}

/// Takes back all that mappings gave to anybody, and forgets it.
pub(crate) async fn take_back_all(
    tx: &mut TenantTx,
    directory: &dyn Directory,
    mapping: crate::model::mapping::MappingId,
) -> Result<usize, Error> {
    let given: Vec<_> =
        gifts::of_mapping(tx, mapping).await?.into_iter().map(|gift| (gift.person, gift.given)).collect();
    if !given.is_empty() {
        directory.take_back(tx, &given).await?;
        gifts::delete(tx, mapping, None).await?;
    }
    Ok(given.len())
}

/// As [`take_back_all`], of all mappings of a provider, which go with it.
pub(crate) async fn remove_all(
    tx: &mut TenantTx,
    directory: &dyn Directory,
    provider: ProviderId,
) -> Result<usize, Error> {
    let mut count = 0;
    for mapping in mappings::of_provider(tx, provider).await? {
        count += take_back_all(tx, directory, mapping.id).await?;
        mappings::delete(tx, mapping.id).await?;
    }
    Ok(count)
}
