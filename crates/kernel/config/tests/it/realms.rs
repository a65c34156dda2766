//! Rules on realms, tenants, organisations and client secrets.

use serde_json::{Value, json};

use crate::support::{input, loaded, refused};

fn realm(extra: Value) -> Value {
    let mut realm = json!({"iam": {"clientId": "x"}});
    if let (Some(realm), Value::Object(extra)) = (realm.as_object_mut(), extra) {
        realm.extend(extra);
    }
    realm
}

fn lines(iam: &Value, env: &[(&str, &str)]) -> Vec<String> {
    refused(input(Some(&json!({ "iam": iam })), env, &[]))
}

#[test]
fn the_default_realm_must_exist() {
    let iam = json!({"realms": {"other": realm(json!({}))}});
    let problem = "names a realm that is not configured; add it to iam.realms, or name another";
    assert_eq!(lines(&iam, &[]), [format!("iam.defaultRealmKey (not set): {problem}")]);
    assert_eq!(
        lines(&iam, &[("IAM_DEFAULT_REALM", "third")]),
        [format!("iam.defaultRealmKey (env, IAM_DEFAULT_REALM): {problem}")]
    );
    loaded(input(Some(&json!({ "iam": iam })), &[("IAM_DEFAULT_REALM", "other")], &[]));
}

#[test]
fn the_default_tenant_and_organisation_must_exist() {
    let iam = json!({"realms": {"athyper": realm(json!({"tenants": {"t": {"orgs": {"o": {}}}}}))}});
    let set = |env: &[(&str, &str)]| input(Some(&json!({ "iam": iam })), env, &[]);
    loaded(set(&[("IAM_DEFAULT_TENANT", "t"), ("IAM_DEFAULT_ORG", "o")]));
    for (env, problem) in [
        (
            &[("IAM_DEFAULT_TENANT", "u"), ("IAM_DEFAULT_ORG", "o")][..],
            "iam.defaultTenantKey (env, IAM_DEFAULT_TENANT): names a tenant that the default realm does not have",
        ),
        (
            &[("IAM_DEFAULT_TENANT", "t"), ("IAM_DEFAULT_ORG", "p")],
            "iam.defaultOrgKey (env, IAM_DEFAULT_ORG): names an organisation that the default tenant does not have",
        ),
        (&[("IAM_DEFAULT_ORG", "o")], "iam.defaultOrgKey (env, IAM_DEFAULT_ORG): needs a default tenant"),
    ] {
        let lines = refused(set(env));
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].starts_with(problem), "{lines:#?}");
    }
}

#[test]
fn the_operators_have_a_realm_of_their_own_which_is_not_counted() {
    let file = |key: &str| {
        json!({"iam": {"platformRealmKey": key,
            "realms": {"athyper": realm(json!({})), "ops": realm(json!({}))}}})
    };
    loaded(input(Some(&file("ops")), &[], &[]));
    assert_eq!(
        refused(input(Some(&file("athyper")), &[("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm")], &[])),
        [
            "iam.platformRealmKey (file, test.json): names the default realm: whoever names no realm would be an \
          operator; give the operators a realm of their own"
        ]
    );
    let lines =
        refused(input(Some(&file("nowhere")), &[("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm")], &[]));
    assert_eq!(
        lines,
        [
            "iam.platformRealmKey (file, test.json): names a realm that is not configured; add it to iam.realms, or \
          name another"
        ]
    );
}

#[test]
fn one_realm_is_one_realm() {
    let file = json!({"iam": {"realms": {"athyper": realm(json!({})), "b": realm(json!({}))}}});
    assert_eq!(
        refused(input(Some(&file), &[], &[])),
        ["iam.realms (file, test.json): holds 2 realms although iam.strategy is single_realm; \
          keep one, or set ATHYPER_SUPER__IAM_STRATEGY=multi_realm"]
    );
    loaded(input(Some(&file), &[("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm")], &[]));
}

#[test]
fn keys_are_checked_at_all_three_levels() {
    let tenants = json!({"t": {"orgs": {"a.b": {}}}, "": {}, "x".repeat(64): {}});
    let iam =
        json!({"defaultRealmKey": "__proto__", "realms": {"__proto__": realm(json!({"tenants": tenants}))}});
    let found = lines(&iam, &[]);
    let paths: Vec<&str> = found.iter().filter_map(|line| line.split(" (").next()).collect();
    let long = format!("iam.realms.__proto__.tenants.{}", "x".repeat(64));
    assert_eq!(
        paths,
        [
            "iam.realms.__proto__",
            "iam.realms.__proto__.tenants.\"\"",
            "iam.realms.__proto__.tenants.t.orgs.\"a.b\"",
            long.as_str()
        ]
    );
    assert!(found.iter().all(|line| line.contains("not a valid key; use letters")));
}

#[test]
fn a_free_default_may_have_any_key() {
    let file = json!({"iam": {"realms": {"athyper": realm(json!({"defaults": {"__proto__": {"a": 1}, "a.b": 2}}))}}});
    let loaded = loaded(input(Some(&file), &[], &[]));
    let defaults = loaded.config.iam.realms["athyper"].defaults.as_map();
    assert_eq!(json!(defaults), json!({"__proto__": {"a": 1}, "a.b": 2}));
}

#[test]
fn client_secrets_must_resolve_and_must_be_used() {
    let with_ref = json!({"realms": {"athyper": {"iam": {"clientId": "x", "clientSecretRef": "shared"}}}});
    assert_eq!(
        lines(&with_ref, &[]),
        ["iam.realms.athyper.iam.clientSecretRef (file, test.json): names a client secret that is not set; \
          set ATHYPER_SUPER__IAM_SECRET__shared, or remove the reference"]
    );
    let unused = |name: &str| {
        format!(
            "{name} (super, {name}): holds a client secret that no realm uses; \
             name it in a realm's iam.clientSecretRef, or correct or unset the variable"
        )
    };
    let own = ("ATHYPER_SUPER__IAM_SECRET__athyper", "a");
    let shared = ("ATHYPER_SUPER__IAM_SECRET__shared", "b");
    assert_eq!(
        lines(&with_ref, &[own, shared]),
        [unused(own.0)],
        "a reference replaces the realm's own name"
    );
    let without_ref = json!({"realms": {"athyper": realm(json!({}))}});
    assert_eq!(lines(&without_ref, &[own, shared]), [unused(shared.0)]);
    loaded(input(Some(&json!({ "iam": with_ref })), &[shared], &[]));
    loaded(input(Some(&json!({ "iam": without_ref })), &[own], &[]));
    loaded(input(None, &[own], &[]));
}

#[test]
fn the_client_secret_itself_is_no_setting() {
    let iam = json!({"realms": {"athyper": {"iam": {"clientId": "x", "clientSecret": "hunter2"}}}});
    assert_eq!(
        lines(&iam, &[]),
        ["iam.realms.athyper.iam.clientSecret (file, test.json): unknown key; did you mean clientSecretRef?"]
    );
}

#[test]
fn a_realm_has_one_issuer() {
    let both = json!({"iam": {"clientId": "x", "issuerUrl": "https://i"}, "builtInIssuer": true});
    assert_eq!(
        lines(&json!({"realms": {"athyper": both}}), &[]),
        ["iam.realms.athyper.iam.issuerUrl (file, test.json): \
          set although builtInIssuer is true: a realm has one issuer; remove one of the two"]
    );
}
