//! Locked paths are refused from every lower layer, in every environment.

use athyper_kernel_config::LoadInput;
use serde_json::{Value, json};

use crate::support::{input, loaded, refused};

/// Locked path, a fitting value, the plain variables for it, and the variable that a message names.
const LOCKED: [(&str, &str, &[&str], &str); 18] = [
    ("db.url", "postgres://hunter2", &["DATABASE_URL", "DB_URL"], "ATHYPER_SUPER__DB_URL"),
    (
        "db.adminUrl",
        "postgres://hunter2",
        &["DATABASE_ADMIN_URL", "DB_ADMIN_URL"],
        "ATHYPER_SUPER__DB_ADMIN_URL",
    ),
    ("db.replicaUrl", "postgres://hunter2", &["DB_REPLICA_URL"], "ATHYPER_SUPER__DB_REPLICA_URL"),
    ("redis.url", "redis://hunter2", &["REDIS_URL"], "ATHYPER_SUPER__REDIS_URL"),
    ("s3.endpoint", "http://hunter2", &["S3_ENDPOINT"], "ATHYPER_SUPER__S3_ENDPOINT"),
    ("s3.accessKey", "hunter2", &["S3_ACCESS_KEY"], "ATHYPER_SUPER__S3_ACCESS_KEY"),
    ("s3.secretKey", "hunter2", &["S3_SECRET_KEY"], "ATHYPER_SUPER__S3_SECRET_KEY"),
    ("s3.region", "hunter2", &["S3_REGION"], "ATHYPER_SUPER__S3_REGION"),
    ("s3.bucket", "hunter2", &["S3_BUCKET"], "ATHYPER_SUPER__S3_BUCKET"),
    ("s3.useSsl", "true", &["S3_USE_SSL"], "ATHYPER_SUPER__S3_USE_SSL"),
    ("s3.pathStyle", "true", &["S3_PATH_STYLE"], "ATHYPER_SUPER__S3_PATH_STYLE"),
    ("s3.timeoutMs", "4711", &["S3_TIMEOUT_MS"], "ATHYPER_SUPER__S3_TIMEOUT_MS"),
    ("mail.smtp.url", "smtp://hunter2", &["SMTP_URL"], "ATHYPER_SUPER__SMTP_URL"),
    ("telemetry.otlpHeaders", "a=hunter2", &["OTLP_HEADERS"], "ATHYPER_SUPER__OTLP_HEADERS"),
    ("telemetry.otlpEndpoint", "http://hunter2", &["OTLP_ENDPOINT"], "ATHYPER_SUPER__OTLP_ENDPOINT"),
    ("iam.strategy", "multi_realm", &["IAM_STRATEGY"], "ATHYPER_SUPER__IAM_STRATEGY"),
    (
        "vault.masterKey",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        &["MASTER_KEY"],
        "ATHYPER_SUPER__MASTER_KEY",
    ),
    ("vault.masterKeys", "hunter2", &[], "ATHYPER_SUPER__MASTER_KEYS__<name>"),
];

fn tree(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, key| json!({ key: inner }))
}

#[test]
fn every_locked_path_is_refused_from_every_lower_layer_in_every_environment() {
    for environment in ["local", "staging", "production"] {
        for (path, value, variables, super_variable) in LOCKED {
            let refuses = |input: LoadInput, layer: &str, source: &str| {
                let lines = refused(input);
                let line = format!(
                    "{path} ({layer}, {source}): locked: only the operator may set it; set {super_variable} instead"
                );
                assert!(lines.contains(&line), "{environment}: {line}\nnot in {lines:#?}");
                let about = lines.iter().filter(|line| line.starts_with(&format!("{path} ("))).count();
                assert_eq!(about, 1, "one line about {path} in {lines:#?}");
                assert!(!lines.concat().contains("hunter2"));
            };
            let env = ("ENVIRONMENT", environment);
            refuses(input(Some(&tree(path, json!(value))), &[env], &[]), "file", "test.json");
            refuses(input(Some(&tree(path, json!(null))), &[env], &[]), "file", "test.json");
            refuses(input(None, &[env], &[(path, value)]), "overrides", "--set");
            let (section, key) = path.rsplit_once('.').expect("two keys");
            let object = json!({ key: value }).to_string();
            refuses(input(None, &[env], &[(section, &object)]), "overrides", "--set");
            for variable in variables {
                refuses(input(None, &[env, (variable, value)], &[]), "env", variable);
            }
        }
    }
}

#[test]
fn a_locked_path_is_set_by_its_super_variable() {
    for (path, value, variables, super_variable) in
        LOCKED.into_iter().filter(|(_, _, names, _)| !names.is_empty())
    {
        let names = variables.iter().map(|name| format!("ATHYPER_SUPER__{name}"));
        let mut found = false;
        for name in names {
            found |= name == super_variable;
            let value = if path == "s3.useSsl" { "true" } else { value };
            let env = [(name.as_str(), value), ("MAIL_FROM", "a@example.com")];
            let explained = loaded(input(None, &env, &[])).explain(Some(path));
            assert_eq!((explained.len(), explained[0].source.as_str()), (1, name.as_str()));
        }
        assert!(found, "{path}");
    }
}

#[test]
fn a_locked_path_cannot_be_slipped_in_by_position_or_by_shape() {
    for file in [
        json!({"db": ["postgres://hunter2"]}),
        json!({"redis": ["redis://hunter2"]}),
        json!({"s3": ["http://hunter2"]}),
        json!({"iam": ["multi_realm"]}),
        json!({"iam": {"strategy": {"multi_realm": null}}}),
        json!({"db": {"url": {"x": 1}}}),
    ] {
        let lines = refused(input(Some(&file), &[], &[]));
        assert_eq!(lines.len(), 1, "{file}: {lines:#?}");
        assert!(!lines.concat().contains("hunter2"));
    }
}
