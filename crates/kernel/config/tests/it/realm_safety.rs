//! Weak settings keep a deployment from starting, all of them in one report, each with how to mend it.

use serde_json::{Value, json};

use crate::support::{input, loaded, refused};

const DEPLOYED: [(&str, &str); 8] = [
    ("ATHYPER_SUPER__DB_URL", "postgres://h/d"),
    ("ATHYPER_SUPER__REDIS_URL", "redis://h"),
    ("ATHYPER_SUPER__S3_ENDPOINT", "https://h"),
    ("ATHYPER_SUPER__S3_ACCESS_KEY", "a"),
    ("ATHYPER_SUPER__S3_SECRET_KEY", "b"),
    ("ATHYPER_SUPER__MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("ATHYPER_SUPER__AUDIT_SIGNING_KEY", "c"),
    ("PUBLIC_BASE_URL", "https://a.example"),
];

fn strong() -> Value {
    json!({
        "iam": {"clientId": "x", "issuerUrl": "https://id.example/realms/x"},
        "redirectUriAllowlist": ["https://a.example/auth/callback"],
        "featureFlags": {"bffSessions": true, "pkceFlow": true, "csrfProtection": true, "strictIssuerCheck": true},
    })
}

fn with(changes: &Value) -> Value {
    let mut realm = strong();
    json_patch(&mut realm, changes);
    realm
}

fn json_patch(target: &mut Value, changes: &Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (key, change) in changes {
                json_patch(target.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
        (target, changes) => *target = changes.clone(),
    }
}

fn env<'a>(environment: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut env = DEPLOYED.to_vec();
    env.push(("ENVIRONMENT", environment));
    for (name, value) in more {
        env.retain(|(known, _)| known != name);
        env.push((name, value));
    }
    env
}

fn file(realm: &Value) -> Value {
    json!({"iam": {"realms": {"athyper": realm}}})
}

/// The lines of the report on this realm in production, without the prefix that they share.
fn weak(changes: &Value) -> Vec<String> {
    let lines = refused(input(Some(&file(&with(changes))), &env("production", &[]), &[]));
    let short =
        |line: String| line.trim_start_matches("iam.realms.athyper.").replace(" (file, test.json)", "");
    lines.into_iter().map(short).collect()
}

#[test]
fn a_strong_realm_loads_everywhere() {
    for environment in ["staging", "production"] {
        loaded(input(Some(&file(&strong())), &env(environment, &[]), &[]));
    }
}

#[test]
fn an_issuer_on_this_machine_is_none_and_a_name_that_only_looks_so_is_one() {
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "id.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "2130706433",
    ] {
        let lines = weak(&json!({"iam": {"issuerUrl": format!("https://{host}/realms/x")}}));
        assert_eq!(
            lines,
            [
                "iam.issuerUrl: names this machine, where production has no issuer; set it to the issuer's own address"
            ],
            "{host}"
        );
    }
    for host in ["localhost.example", "acme-devices.example", "a.dev.example", "127.0.0.1.example"] {
        let realm = with(&json!({"iam": {"issuerUrl": format!("https://{host}/dev/x")}}));
        loaded(input(Some(&file(&realm)), &env("production", &[]), &[]));
    }
}

#[test]
fn everything_weak_is_in_one_report() {
    let lines = weak(&json!({
        "iam": {"issuerUrl": "http://id.example"},
        "redirectUriAllowlist": [],
        "featureFlags": {"pkceFlow": false, "csrfProtection": false, "strictIssuerCheck": false},
    }));
    let guard = |name: &str| {
        format!(
            "featureFlags.{name}: is off although featureFlags.bffSessions is on in production; set it to true"
        )
    };
    let mut expected = vec![
        "iam.issuerUrl: must be https in production; begin it with https://".to_owned(),
        "redirectUriAllowlist: is empty although featureFlags.bffSessions is on: nobody could sign in; \
         add https://a.example/auth/callback"
            .to_owned(),
        guard("pkceFlow"),
        guard("csrfProtection"),
        guard("strictIssuerCheck"),
    ];
    let mut lines = lines;
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
}

#[test]
fn without_browser_sessions_their_guards_are_not_asked_for() {
    let realm = with(&json!({
        "redirectUriAllowlist": [],
        "featureFlags": {"bffSessions": false, "pkceFlow": false, "csrfProtection": false, "strictIssuerCheck": false},
    }));
    loaded(input(Some(&file(&realm)), &env("production", &[]), &[]));
}

#[test]
fn guards_may_be_off_outside_production() {
    let realm = with(&json!({
        "featureFlags": {"pkceFlow": false, "csrfProtection": false, "strictIssuerCheck": false},
    }));
    loaded(input(Some(&file(&realm)), &env("staging", &[]), &[]));
}

#[test]
fn redirects_are_exact_https_and_hold_our_own() {
    let mend = "add https://a.example/auth/callback";
    assert_eq!(
        weak(&json!({"redirectUriAllowlist": ["https://a.example/auth/callback/"]})),
        [format!("redirectUriAllowlist: does not hold the address that sign-ins return to; {mend}")]
    );
    for other in ["http://b.example/cb", "https://localhost/cb", "https://[::1]/cb"] {
        assert_eq!(
            weak(&json!({"redirectUriAllowlist": ["https://a.example/auth/callback", other]})),
            ["redirectUriAllowlist: holds an address that is plain http or names this machine; \
              keep https:// addresses of other hosts only"]
        );
    }
    for wild in ["https://*.a.example/auth/callback", "https://a.example/*"] {
        let lines = weak(&json!({"redirectUriAllowlist": ["https://a.example/auth/callback", wild]}));
        assert_eq!(
            lines,
            [
                "redirectUriAllowlist: not allowed; has a wildcard, but addresses are compared to the letter: name each one"
            ]
        );
    }
}

#[test]
fn the_public_address_is_https_and_not_this_machine() {
    let realm = with(&json!({"featureFlags": {"bffSessions": false}}));
    for (url, problem) in [
        ("http://a.example", "must be https in production; begin it with https://"),
        (
            "https://localhost:3000",
            "names this machine alone; set it to the address under which browsers reach the platform",
        ),
    ] {
        assert_eq!(
            refused(input(Some(&file(&realm)), &env("production", &[("PUBLIC_BASE_URL", url)]), &[])),
            [format!("publicBaseUrl (env, PUBLIC_BASE_URL): {problem}")]
        );
        loaded(input(Some(&file(&realm)), &env("staging", &[("PUBLIC_BASE_URL", url)]), &[]));
    }
}

#[test]
fn two_realms_have_two_issuers() {
    let realm = |issuer: &str| json!({"iam": {"clientId": "x", "issuerUrl": issuer}});
    let multi = ("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm");
    for other in ["https://id.example/x", "https://id.example/x/"] {
        let realms =
            json!({"iam": {"realms": {"athyper": realm("https://id.example/x"), "b": realm(other)}}});
        assert_eq!(
            refused(input(Some(&realms), &[multi], &[])),
            ["iam.realms.b.iam.issuerUrl (file, test.json): is the issuer of realm athyper as well; \
              give each realm an issuer of its own"]
        );
    }
    let realms = json!({"iam": {"realms": {"athyper": realm("https://id.example/x"), "b": realm("https://id.example/y")}}});
    loaded(input(Some(&realms), &[multi], &[]));
}
