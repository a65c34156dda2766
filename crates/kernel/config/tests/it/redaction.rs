//! No secret appears in anything that can be printed.

use athyper_kernel_config::{LoadInput, LoadedConfig};
use serde_json::json;

use crate::support::{input, loaded};

const SECRET: &str = "hunter2";

fn full_of_secrets() -> LoadInput {
    let free =
        json!({"apiToken": SECRET, "relay": "smtp://u:hunter2@h", "nested": {"clientSecret": [SECRET]}});
    let file = json!({"iam": {"realms": {"athyper": {
        "iam": {"clientId": "x", "clientSecretRef": "shared"},
        "defaults": free,
        "tenants": {"t": {"defaults": free, "orgs": {"o": {"defaults": free}}}},
    }}}});
    let env = [
        ("ATHYPER_SUPER__DB_URL", "postgres://u:hunter2@h/d"),
        ("ATHYPER_SUPER__DB_ADMIN_URL", "postgres://u:hunter2@h/d"),
        ("ATHYPER_SUPER__DB_REPLICA_URL", "postgres://u:hunter2@h/d"),
        ("ATHYPER_SUPER__SMTP_URL", "smtps://u:hunter2@h"),
        ("MAIL_FROM", "a@example.com"),
        ("ATHYPER_SUPER__OTLP_HEADERS", "authorization=Bearer hunter2"),
        ("ATHYPER_SUPER__REDIS_URL", "redis://:hunter2@h"),
        ("ATHYPER_SUPER__S3_ACCESS_KEY", SECRET),
        ("ATHYPER_SUPER__S3_SECRET_KEY", SECRET),
        ("ATHYPER_SUPER__IAM_SECRET__shared", SECRET),
    ];
    input(Some(&file), &env, &[("iam.realms.athyper.defaults.password", SECRET)])
}

#[test]
fn nothing_that_can_be_printed_holds_a_secret() {
    let input = full_of_secrets();
    let shown_input = format!("{input:?} {input:#?}");
    let loaded: LoadedConfig = loaded(input);
    let shown = [
        shown_input,
        format!("{loaded:?} {loaded:#?}"),
        format!("{:?}", loaded.config),
        serde_json::to_string(&*loaded.config).expect("serialises"),
        serde_json::to_string(&loaded.explain(None)).expect("serialises"),
        format!("{:?}", loaded.explain(None)),
        loaded.explain_text(None),
        loaded.check_text(),
    ];
    for text in shown {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn secrets_are_shown_as_set_and_keep_their_origin() {
    let loaded = loaded(full_of_secrets());
    for (path, source) in [
        ("db.url", "ATHYPER_SUPER__DB_URL"),
        ("s3.accessKey", "ATHYPER_SUPER__S3_ACCESS_KEY"),
        ("iam.realms.athyper.iam.clientSecret", "ATHYPER_SUPER__IAM_SECRET__shared"),
        ("iam.realms.athyper.defaults.password", "--set"),
        ("iam.realms.athyper.tenants.t.defaults.nested.clientSecret", "test.json"),
    ] {
        let explained = loaded.explain(Some(path));
        assert_eq!(explained.len(), 1, "{path}");
        assert_eq!(
            (&explained[0].value, explained[0].source.as_str()),
            (&json!("[redacted]"), source),
            "{path}"
        );
    }
}

#[test]
fn code_that_needs_a_free_default_still_gets_it() {
    let config = loaded(full_of_secrets()).config;
    assert_eq!(config.iam.realms["athyper"].defaults.as_map()["apiToken"], SECRET);
}
