//! Names in a policy that nobody has: roles, groups, people, services and units.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_policy::{Obligation, PolicyDocument};
use uuid::Uuid;

use crate::Deps;
use crate::model::warnings::Warning;
use crate::ports::NamedKind;

/// Most of them that are told.
const MOST: usize = 200;

/// A name that a rule uses, and for what.
struct Named<'d> {
    pointer: String,
    kind: NamedKind,
    name: &'d str,
}

/// The names of a document that nobody has.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn strangers(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    document: &PolicyDocument,
) -> Result<Vec<Warning>, DbError> {
    let named = named(document);
    let mut ids: Vec<Uuid> = named.iter().filter_map(|one| Uuid::parse_str(one.name).ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: BTreeMap<Uuid, NamedKind> = if ids.is_empty() {
        BTreeMap::new()
    } else {
        deps.subjects.known(tx, &ids).await?.into_iter().collect()
    };
    let is_known = |one: &&Named<'_>| {
        let is_built_in = one.kind == NamedKind::Role && deps.catalogue.role(one.name).is_some();
        is_built_in || Uuid::parse_str(one.name).is_ok_and(|id| known.get(&id) == Some(&one.kind))
    };
    let unknown = named.iter().filter(|one| !is_known(one)).take(MOST);
    Ok(unknown
        .map(|one| Warning {
            pointer: one.pointer.clone(),
            code: "unknown",
            message: format!("there is no {} {}", noun(one.kind), one.name),
            rule: None,
        })
        .collect())
}

fn noun(kind: NamedKind) -> &'static str {
    match kind {
        NamedKind::Role => "role",
        NamedKind::Group => "group",
        NamedKind::OrgUnit => "organizational unit",
        NamedKind::Person => "person",
        NamedKind::Service => "service",
    }
}

fn named(document: &PolicyDocument) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    for (at, rule) in document.rules.iter().enumerate() {
        let subjects = &rule.subjects;
        let lists = [
            ("roles", NamedKind::Role, &subjects.roles),
            ("groups", NamedKind::Group, &subjects.groups),
            ("persons", NamedKind::Person, &subjects.persons),
            ("services", NamedKind::Service, &subjects.services),
            ("orgUnits", NamedKind::OrgUnit, &subjects.org_units),
        ];
        for (word, kind, names) in lists {
            found.extend(names.iter().enumerate().map(|(place, name)| {
                let pointer = format!("/rules/{at}/subjects/{word}/{place}");
                Named { pointer, kind, name }
            }));
        }
        found.extend(rule.obligations.iter().enumerate().filter_map(|(place, obligation)| {
            let Obligation::RequireApproval { role } = obligation else { return None };
            let pointer = format!("/rules/{at}/obligations/{place}/requireApproval/role");
            Some(Named { pointer, kind: NamedKind::Role, name: role })
        }));
    }
    found
}
