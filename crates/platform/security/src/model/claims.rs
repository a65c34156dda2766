//! What is kept of an identity's claims: what tenancy, people and step-up need, and nothing of the protocol.

use serde_json::{Map, Value};

/// Claims that are kept.
const KEPT: [&str; 26] = [
    "sub",
    "realmKey",
    "realm",
    "realm_key",
    "tenantKey",
    "tenant",
    "tenant_key",
    "orgKey",
    "org",
    "org_key",
    "tenants",
    "orgs",
    "name",
    "preferred_username",
    "given_name",
    "family_name",
    "email",
    "email_verified",
    "locale",
    "zoneinfo",
    "acr",
    "amr",
    "auth_time",
    "client_id",
    "kind",
    "groups",
];

/// The claims that are kept.
pub(crate) fn kept(claims: &Map<String, Value>) -> Map<String, Value> {
    let kept = KEPT.iter().filter_map(|name| Some(((*name).to_owned(), claims.get(*name)?.clone())));
    kept.collect()
}

/// A name for people.
pub(crate) fn display_name(claims: &Map<String, Value>) -> Option<&str> {
    ["name", "preferred_username", "email"].iter().find_map(|name| claims.get(*name)?.as_str())
}
