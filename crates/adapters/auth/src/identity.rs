//! Who a verified token speaks of: actor and roles.

use std::collections::HashSet;
use std::sync::Arc;

use athyper_kernel_tenant_context::{Actor, ActorKind};
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// Most roles of one identity. More than this is a mistake at the issuer.
const MAX_ROLES: usize = 200;

/// The party that acts: the subject, which never changes. A service has itself as its client, or says so.
pub(crate) fn actor(claims: &Map<String, Value>) -> Actor {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").unwrap_or_default();
    let is_service = text("client_id") == Some(subject) || text("kind") == Some("service");
    let kind = if is_service { ActorKind::Service } else { ActorKind::User };
    Actor { kind, id: subject.to_owned() }
}

/// The roles in this platform, each once: claim `roles`, and those that Keycloak gives in the realm and in the client
/// `client_id`. Roles in other clients say nothing about this platform, whatever their names are.
///
/// # Errors
/// More roles than an identity can have. None is left out silently: a rule that forbids something to a role must not
/// lose the role.
pub(crate) fn roles(claims: &Map<String, Value>, client_id: &str) -> Result<Arc<[String]>, Refusal> {
    let of =
        |value: Option<&Value>| value.and_then(|value| value.get("roles")).and_then(Value::as_array).cloned();
    let plain = claims.get("roles").and_then(Value::as_array).cloned();
    let realm = of(claims.get("realm_access"));
    let client = of(claims.get("resource_access").and_then(|clients| clients.get(client_id)));
    let mut seen = HashSet::new();
    let mut roles = Vec::new();
    for role in [plain, realm, client].into_iter().flatten().flatten() {
        if let Value::String(role) = role
            && !role.is_empty()
            && seen.insert(role.clone())
        {
            roles.push(role);
        }
    }
    if roles.len() > MAX_ROLES {
        return Err(Refusal::claim("roles", "more than 200 roles"));
    }
    Ok(roles.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn roles_of_all_three_places_are_joined_and_those_of_other_clients_are_not() {
        let claims = claims(json!({
            "roles": ["viewer", "", 7, "viewer"],
            "realm_access": {"roles": ["accountant", "viewer"]},
            "resource_access": {"athyper": {"roles": ["approver"]}, "account": {"roles": ["admin"]}},
        }));
        assert_eq!(*roles(&claims, "athyper").unwrap(), ["viewer", "accountant", "approver"]);
    }

    #[test]
    fn roles_in_a_shape_that_is_not_known_grant_nothing() {
        let claims = claims(json!({
            "roles": "admin", "realm_access": ["admin"], "resource_access": {"athyper": "admin"},
        }));
        assert!(roles(&claims, "athyper").unwrap().is_empty());
    }

    #[test]
    fn too_many_roles_are_refused_and_never_cut() {
        let with = |count: usize| {
            let all: Vec<_> = (0..count).map(|n| format!("r{n}")).collect();
            roles(&claims(json!({"roles": all})), "athyper").map(|roles| roles.len())
        };
        assert_eq!(with(200), Ok(200));
        assert!(with(201).is_err());
    }

    #[test]
    fn a_service_is_its_own_client_or_says_so() {
        let kind = |value| actor(&claims(value)).kind;
        assert_eq!(kind(json!({"sub": "u1", "client_id": "athyper"})), ActorKind::User);
        assert_eq!(kind(json!({"sub": "robot", "client_id": "robot"})), ActorKind::Service);
        assert_eq!(kind(json!({"sub": "u1", "kind": "service"})), ActorKind::Service);
        assert_eq!(actor(&claims(json!({"sub": "u1", "preferred_username": "ann"}))).id, "u1");
    }
}
