//! What each environment requires.

use serde_json::{Value, json};

use crate::support::{input, loaded, refused};

const REAL_PARTS: [(&str, &str); 7] = [
    ("ATHYPER_SUPER__DB_URL", "postgres://h/d"),
    ("ATHYPER_SUPER__REDIS_URL", "redis://h"),
    ("ATHYPER_SUPER__S3_ENDPOINT", "https://h"),
    ("ATHYPER_SUPER__S3_ACCESS_KEY", "a"),
    ("ATHYPER_SUPER__S3_SECRET_KEY", "b"),
    ("ATHYPER_SUPER__MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("ATHYPER_SUPER__AUDIT_SIGNING_KEY", "c"),
];

fn deployed<'a>(environment: &'a str, parts: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut env = vec![("ENVIRONMENT", environment), ("PUBLIC_BASE_URL", "https://a.example")];
    env.extend(parts);
    env
}

fn file(issuer: &str) -> Value {
    json!({"iam": {"realms": {"athyper": {"iam": {"clientId": "x", "issuerUrl": issuer}}}}})
}

#[test]
fn a_complete_deployment_loads() {
    for environment in ["staging", "production"] {
        loaded(input(Some(&file("https://i/realms/x")), &deployed(environment, &REAL_PARTS), &[]));
    }
}

#[test]
fn outside_local_every_real_part_is_required() {
    for environment in ["staging", "production"] {
        assert_eq!(
            refused(input(None, &[("ENVIRONMENT", environment)], &[])),
            [
                format!("db.url (not set): required in {environment}; set ATHYPER_SUPER__DB_URL"),
                format!("redis.url (not set): required in {environment}; set ATHYPER_SUPER__REDIS_URL"),
                format!("s3.endpoint (not set): required in {environment}; set ATHYPER_SUPER__S3_ENDPOINT"),
                format!(
                    "s3.accessKey (not set): required in {environment}; set ATHYPER_SUPER__S3_ACCESS_KEY"
                ),
                format!(
                    "s3.secretKey (not set): required in {environment}; set ATHYPER_SUPER__S3_SECRET_KEY"
                ),
                format!(
                    "publicBaseUrl (not set): required in {environment}; set ATHYPER_SUPER__PUBLIC_BASE_URL"
                ),
                format!(
                    "audit.signingKey (not set): required in {environment}; set ATHYPER_SUPER__AUDIT_SIGNING_KEY"
                ),
                format!(
                    "vault.masterKey (not set): required in {environment}, to seal secrets and personal data; \
                     set ATHYPER_SUPER__MASTER_KEY; make one with: openssl rand -base64 32"
                ),
                "iam.defaultRealmKey (not set): names a realm that is not configured; \
                 add it to iam.realms, or name another"
                    .to_owned(),
            ]
        );
    }
}

#[test]
fn an_issuer_is_required_and_is_https_in_production() {
    let env = |environment| deployed(environment, &REAL_PARTS);
    let without = json!({"iam": {"realms": {"athyper": {"iam": {"clientId": "x"}}}}});
    for environment in ["staging", "production"] {
        assert_eq!(
            refused(input(Some(&without), &env(environment), &[])),
            [format!(
                "iam.realms.athyper.iam.issuerUrl (not set): required in {environment}; \
                 set it to the issuer that signs the realm's tokens"
            )]
        );
    }
    loaded(input(Some(&file("http://i")), &env("staging"), &[]));
    assert_eq!(
        refused(input(Some(&file("http://i")), &env("production"), &[])),
        [
            "iam.realms.athyper.iam.issuerUrl (file, test.json): must be https in production; begin it with https://"
        ]
    );
}

#[test]
fn the_built_in_issuer_and_audit_writers_for_development_are_local_only() {
    let file = json!({
        "audit": {"writer": "console"},
        "iam": {"realms": {"athyper": {"iam": {"clientId": "x"}, "builtInIssuer": true}}},
    });
    loaded(input(Some(&file), &[], &[]));
    for environment in ["staging", "production"] {
        assert_eq!(
            refused(input(Some(&file), &deployed(environment, &REAL_PARTS), &[])),
            [
                format!(
                    "audit.writer (file, test.json): only database keeps an audit trail in {environment}; \
                     set it to database, or leave it out"
                ),
                format!(
                    "iam.realms.athyper.builtInIssuer (file, test.json): the built-in issuer has demo users \
                     and is not for {environment}; remove it and set iam.issuerUrl of the realm"
                ),
            ]
        );
    }
}

#[test]
fn a_mail_server_needs_a_sender() {
    let server = ("ATHYPER_SUPER__SMTP_URL", "smtps://mail.example");
    let lines = refused(input(None, &[server], &[]));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("mail.from (not set): required"), "{lines:#?}");
    loaded(input(None, &[server, ("MAIL_FROM", "Athyper <no-reply@example.com>")], &[]));
    let http =
        refused(input(None, &[("ATHYPER_SUPER__SMTP_URL", "http://m"), ("MAIL_FROM", "a@b.example")], &[]));
    assert!(
        http[0].starts_with("mail.smtp.url (super, ATHYPER_SUPER__SMTP_URL): has an unknown scheme"),
        "{http:#?}"
    );
}

#[test]
fn checkpoints_have_a_place_of_their_own_with_a_whole_key() {
    let half = [
        ("ATHYPER_SUPER__AUDIT_CHECKPOINTS_BUCKET", "checkpoints"),
        ("ATHYPER_SUPER__AUDIT_CHECKPOINTS_ACCESS_KEY", "AKIA"),
    ];
    assert_eq!(
        refused(input(None, &half, &[])),
        ["audit.checkpoints.secretKey (not set): is one half of a key, whose other half is set; \
             set ATHYPER_SUPER__AUDIT_CHECKPOINTS_SECRET_KEY"]
    );
    let whole = [half.as_slice(), &[("ATHYPER_SUPER__AUDIT_CHECKPOINTS_SECRET_KEY", "hunter2")]].concat();
    let config = loaded(input(None, &whole, &[])).config;
    assert!(config.audit.checkpoints.is_set());
    assert_eq!(config.audit.checkpoints.bucket.as_deref(), Some("checkpoints"));
    let file = json!({"audit": {"checkpoints": {"bucket": "b"}}});
    assert_eq!(
        refused(input(Some(&file), &[], &[])),
        ["audit.checkpoints.bucket (file, test.json): locked: only the operator may set it; \
             set ATHYPER_SUPER__AUDIT_CHECKPOINTS_BUCKET instead"]
    );
}
