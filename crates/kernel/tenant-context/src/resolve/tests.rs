//! Resolution: a table of the rows that matter, and every combination against an oracle written apart from the rule.

use std::collections::BTreeMap;

use athyper_kernel_config::{Environment, FreeJson, IamConfig, OrgConfig, RealmConfig, TenantConfig};
use serde_json::json;

use super::{ClaimKeys, ContextRequest, HeaderKeys, claim_keys, resolve};
use crate::{ContextError, Resolved, Source};

mod matrix;
mod rows;

/// Two realms, `main` (the default) and `other`, each with tenant `t1` of organisations `o1`, `o2`, and tenant `t2` of
/// organisation `o2`.
pub(super) fn iam(strict: bool, default_tenant: Option<&str>, default_org: Option<&str>) -> IamConfig {
    let level = |name: &str| FreeJson::from(json!({"name": name, name: true}));
    let org = |key: &str| (key.to_owned(), OrgConfig { defaults: level(key), ..OrgConfig::default() });
    let tenant = |key: &str, orgs: &[&str]| {
        let orgs = orgs.iter().map(|key| org(key)).collect();
        (key.to_owned(), TenantConfig { defaults: level(key), orgs, ..TenantConfig::default() })
    };
    let realm = |key: &str| {
        let tenants = BTreeMap::from([tenant("t1", &["o1", "o2"]), tenant("t2", &["o2"])]);
        (key.to_owned(), RealmConfig { defaults: level(key), tenants, ..RealmConfig::default() })
    };
    IamConfig {
        default_realm_key: "main".to_owned(),
        default_tenant_key: default_tenant.map(str::to_owned),
        default_org_key: default_org.map(str::to_owned),
        require_tenant_claims_in_prod: strict,
        realms: BTreeMap::from([realm("main"), realm("other")]),
        ..IamConfig::default()
    }
}

pub(super) fn headers(realm: Option<&str>, tenant: Option<&str>, org: Option<&str>) -> HeaderKeys {
    HeaderKeys {
        realm: realm.map(str::to_owned),
        tenant: tenant.map(str::to_owned),
        org: org.map(str::to_owned),
    }
}

pub(super) fn claims([realm, tenant, org]: [Option<&str>; 3], tenants: &[&str], orgs: &[&str]) -> ClaimKeys {
    let list = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    ClaimKeys {
        realm: realm.map(str::to_owned),
        tenant: tenant.map(str::to_owned),
        org: org.map(str::to_owned),
        tenants: list(tenants),
        orgs: list(orgs),
    }
}

/// The keys and sources of an outcome, as one word for each level: `main/claim t1/header -`.
pub(super) fn words(outcome: Result<Resolved, ContextError>) -> Result<String, ContextError> {
    let word = |key: Option<&str>, source: Option<Source>| match (key, source) {
        (Some(key), Some(source)) => format!("{key}/{}", json!(source).as_str().unwrap_or_default()),
        (None, None) => "-".to_owned(),
        odd => format!("{odd:?}"),
    };
    outcome.map(|r| {
        let realm = word(Some(&r.realm_key), Some(r.realm_source));
        let tenant = word(r.tenant_key.as_deref(), r.tenant_source);
        format!("{realm} {tenant} {}", word(r.org_key.as_deref(), r.org_source))
    })
}

#[test]
fn claims_are_read_by_every_alias_and_only_as_texts() {
    let read = |claims: serde_json::Value| claim_keys(claims.as_object().expect("an object"));
    for [realm, tenant, org] in [
        ["realmKey", "tenantKey", "orgKey"],
        ["realm", "tenant", "org"],
        ["realm_key", "tenant_key", "org_key"],
    ] {
        let found = read(json!({realm: "r", tenant: " t ", org: "o"}));
        assert_eq!(found, claims([Some("r"), Some("t"), Some("o")], &[], &[]));
    }
    let odd = json!({
        "realmKey": 5, "realm": " ", "realm_key": "third", "tenant": ["t"], "org": null,
        "tenants": ["a", 1, null, "b"], "orgs": "o",
    });
    assert_eq!(read(odd), claims([Some("third"), None, None], &["a", "b"], &[]));
    assert_eq!(read(json!({})), ClaimKeys::default());
}

#[test]
fn defaults_come_from_the_levels_that_were_resolved() {
    let resolved = |tenant, org| {
        let request = ContextRequest { headers: headers(None, tenant, org), claims: None };
        let resolved = resolve(Environment::Local, &iam(true, None, None), &request).expect("resolves");
        (json!(resolved.defaults.values), json!(resolved.defaults.sources))
    };
    assert_eq!(
        resolved(Some("t1"), Some("o2")),
        (
            json!({"name": "o2", "main": true, "t1": true, "o2": true}),
            json!({"name": "org", "main": "realm", "t1": "tenant", "o2": "org"})
        )
    );
    assert_eq!(
        resolved(Some("t2"), None),
        (
            json!({"name": "t2", "main": true, "t2": true}),
            json!({"name": "tenant", "main": "realm", "t2": "tenant"})
        )
    );
    assert_eq!(
        resolved(None, None),
        (json!({"name": "main", "main": true}), json!({"name": "realm", "main": "realm"}))
    );
}

#[test]
fn keys_are_trimmed_and_checked_wherever_they_come_from() {
    let run = |request: &ContextRequest| resolve(Environment::Local, &iam(true, None, None), request);
    let long = "a".repeat(64);
    for text in ["a b", "__proto__", "a/../b", "t1\0", "ä", long.as_str()] {
        let bad = Some(text);
        let refuses = |request: ContextRequest, field| {
            assert_eq!(run(&request), Err(ContextError::InvalidKey { field }), "{bad:?}");
        };
        let asking = |headers| ContextRequest { headers, claims: None };
        refuses(asking(headers(bad, None, None)), "x-realm");
        refuses(asking(headers(None, bad, None)), "x-tenant");
        refuses(asking(headers(None, None, bad)), "x-org");
        let holding = |claims| ContextRequest { headers: HeaderKeys::default(), claims: Some(claims) };
        refuses(holding(claims([bad, None, None], &[], &[])), "realmKey");
        refuses(holding(claims([None, bad, None], &[], &[])), "tenantKey");
        refuses(holding(claims([None, None, bad], &[], &[])), "orgKey");
        refuses(holding(claims([None; 3], &[text], &[])), "tenants");
        refuses(holding(claims([None; 3], &[], &[text])), "orgs");
    }
    let spaced = ContextRequest {
        headers: headers(Some(" main "), Some("\tt2 "), Some("  ")),
        claims: Some(claims([Some("main "), Some(" t1"), None], &[" ", " t2 "], &[""])),
    };
    assert_eq!(words(run(&spaced)), Ok("main/claim t2/header -".to_owned()));
}

#[test]
fn a_strangers_headers_are_checked_even_where_they_are_not_looked_at() {
    let request = ContextRequest { headers: headers(None, Some("a b"), None), claims: None };
    let outcome = resolve(Environment::Production, &iam(true, None, None), &request);
    assert_eq!(outcome, Err(ContextError::InvalidKey { field: "x-tenant" }));
}
