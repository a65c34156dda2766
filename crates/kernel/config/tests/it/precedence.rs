//! Which layer wins, how texts are read, and which variable sets what.

use athyper_kernel_config::{DbPooler, Layer, LoadInput, LogLevel};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{input, loaded, refused};

/// Input in which each of these layers sets `port` to its own number.
fn ports(layers: &[Layer]) -> LoadInput {
    let has = |layer| layers.contains(&layer);
    let file = json!({"port": 3001});
    let mut env = Vec::new();
    if has(Layer::Env) {
        env.push(("PORT", "3002"));
    }
    if has(Layer::Super) {
        env.push(("ATHYPER_SUPER__PORT", "3004"));
    }
    let overrides: &[(&str, &str)] = if has(Layer::Overrides) { &[("port", "3003")] } else { &[] };
    input(has(Layer::File).then_some(&file), &env, overrides)
}

#[test]
fn of_every_two_layers_the_higher_wins_and_is_named() {
    let layers = [
        (Layer::Defaults, 3000, "built-in"),
        (Layer::File, 3001, "test.json"),
        (Layer::Env, 3002, "PORT"),
        (Layer::Overrides, 3003, "--set"),
        (Layer::Super, 3004, "ATHYPER_SUPER__PORT"),
    ];
    for (low, _, _) in layers {
        for (high, port, source) in layers.into_iter().filter(|(high, _, _)| *high >= low) {
            let loaded = loaded(ports(&[low, high]));
            assert_eq!(loaded.config.port, port, "{low} and {high}");
            let explained = &loaded.explain(Some("port"))[0];
            assert_eq!((explained.layer, explained.source.as_str()), (high, source), "{low} and {high}");
        }
    }
}

#[test]
fn objects_merge_across_layers_and_lists_replace() {
    let file = json!({"iam": {"realms": {"athyper": {
        "iam": {"clientId": "x", "allowedAzp": ["a", "b"]},
        "defaults": {"a": {"x": 1, "y": 2}},
    }}}});
    let overrides = [
        ("iam.realms.athyper.iam.allowedAzp", r#"["c"]"#),
        ("iam.realms.athyper.defaults.a.y", "3"),
        ("iam.realms.athyper.defaults.b", "free text"),
        ("port", "4000"),
        ("port", "4001"),
    ];
    let loaded = loaded(input(Some(&file), &[], &overrides));
    let realm = &loaded.config.iam.realms["athyper"];
    assert_eq!(realm.iam.client_id, "x");
    assert_eq!(realm.iam.allowed_azp, ["c"]);
    assert_eq!(json!(realm.defaults.as_map()), json!({"a": {"x": 1, "y": 3}, "b": "free text"}));
    assert_eq!(loaded.config.port, 4001, "the last override of a path wins");
    let layers: Vec<_> =
        loaded.explain(Some("iam.realms.athyper.defaults")).into_iter().map(|e| (e.path, e.layer)).collect();
    let path = |leaf: &str| format!("iam.realms.athyper.defaults.{leaf}");
    assert_eq!(
        layers,
        [(path("a.x"), Layer::File), (path("a.y"), Layer::Overrides), (path("b"), Layer::Overrides)]
    );
}

#[test]
fn every_plain_variable_sets_its_path() {
    let config = loaded(input(
        None,
        &[
            ("ATHYPER_ENV", "local"),
            ("MODE", "api"),
            ("SERVICE_NAME", "12"),
            ("PORT", " 8080 "),
            ("LOG_LEVEL", "trace"),
            ("SHUTDOWN_TIMEOUT_MS", "500"),
            ("PIN_THREADS", "yes"),
            ("PUBLIC_BASE_URL", "https://a.example"),
            ("ATHYPER_DATA_DIR", "/data"),
            ("DB_POOLER", "transaction"),
            ("DB_POOL_MAX", "7"),
            ("TELEMETRY_ENABLED", "no"),
            ("IAM_DEFAULT_REALM", "r"),
            ("IAM_DEFAULT_TENANT", "demo"),
            ("IAM_DEFAULT_ORG", "head-office"),
        ],
        &[],
    ))
    .config;
    assert_eq!(config.service_name, "12", "a text of digits stays a text");
    assert_eq!(config.port, 8080);
    assert_eq!(config.log_level, LogLevel::Trace);
    assert_eq!(config.shutdown_timeout_ms, 500);
    assert!(config.pin_threads);
    assert_eq!(config.public_base_url.as_deref(), Some("https://a.example"));
    assert_eq!(config.data_dir.as_deref(), Some("/data".as_ref()));
    assert_eq!(config.db.pooler, DbPooler::Transaction);
    assert_eq!(config.db.pool_max, 7);
    assert!(!config.telemetry.enabled);
    assert_eq!(config.iam.default_realm_key, "r");
    assert_eq!(config.iam.default_tenant_key.as_deref(), Some("demo"));
    assert_eq!(config.iam.default_org_key.as_deref(), Some("head-office"));
}

#[test]
fn every_super_variable_sets_its_path_and_secrets_keep_their_case() {
    let file = json!({"iam": {"realms": {
        "athyper": {"iam": {"clientId": "x"}},
        "MyRealm": {"iam": {"clientId": "y"}},
        "myrealm": {"iam": {"clientId": "z", "clientSecretRef": "shared-One"}},
    }}});
    let config = loaded(input(
        Some(&file),
        &[
            ("ATHYPER_SUPER__DATABASE_URL", "postgres://u:p@h/d"),
            ("ATHYPER_SUPER__DB_ADMIN_URL", "postgresql://a:p@h/d"),
            ("ATHYPER_SUPER__REDIS_URL", "redis://:p@h"),
            ("ATHYPER_SUPER__S3_ENDPOINT", "https://s3"),
            ("ATHYPER_SUPER__S3_ACCESS_KEY", "123456"),
            ("ATHYPER_SUPER__S3_SECRET_KEY", "true"),
            ("ATHYPER_SUPER__S3_BUCKET", "b"),
            ("ATHYPER_SUPER__S3_REGION", "eu"),
            ("ATHYPER_SUPER__S3_USE_SSL", "on"),
            ("ATHYPER_SUPER__OTLP_ENDPOINT", "http://otlp:4317"),
            ("ATHYPER_SUPER__TELEMETRY_ENABLED", "off"),
            ("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm"),
            ("ATHYPER_SUPER__IAM_DEFAULT_REALM", "MyRealm"),
            ("ATHYPER_SUPER__IAM_SECRET__MyRealm", "upper"),
            ("ATHYPER_SUPER__IAM_SECRET__shared-One", "lower"),
        ],
        &[],
    ))
    .config;
    let secret =
        |secret: &Option<secrecy::SecretString>| secret.as_ref().map(|s| s.expose_secret().to_owned());
    assert_eq!(secret(&config.db.url).as_deref(), Some("postgres://u:p@h/d"));
    assert_eq!(secret(&config.db.admin_url).as_deref(), Some("postgresql://a:p@h/d"));
    assert_eq!(secret(&config.redis.url).as_deref(), Some("redis://:p@h"));
    assert_eq!(config.s3.endpoint.as_deref(), Some("https://s3"));
    assert_eq!(secret(&config.s3.access_key).as_deref(), Some("123456"));
    assert_eq!(secret(&config.s3.secret_key).as_deref(), Some("true"));
    assert_eq!((config.s3.bucket.as_str(), config.s3.region.as_str(), config.s3.use_ssl), ("b", "eu", true));
    assert_eq!(config.telemetry.otlp_endpoint.as_deref(), Some("http://otlp:4317"));
    assert!(!config.telemetry.enabled);
    assert_eq!(config.iam.default_realm_key, "MyRealm");
    assert_eq!(secret(&config.iam.realms["MyRealm"].iam.client_secret).as_deref(), Some("upper"));
    assert_eq!(secret(&config.iam.realms["myrealm"].iam.client_secret).as_deref(), Some("lower"));
    assert_eq!(secret(&config.iam.realms["athyper"].iam.client_secret), None);
}

#[test]
fn both_spellings_may_be_set_only_to_the_same_value() {
    let both = |a: &'static str, b: &'static str| {
        input(None, &[("ATHYPER_SUPER__DB_URL", a), ("ATHYPER_SUPER__DATABASE_URL", b)], &[])
    };
    loaded(both("postgres://h/hunter2", "postgres://h/hunter2 "));
    assert_eq!(
        refused(both("postgres://h/hunter2", "postgres://h/other")),
        ["db.url (super, ATHYPER_SUPER__DATABASE_URL): ATHYPER_SUPER__DB_URL has another value; \
          set only one of ATHYPER_SUPER__DB_URL and ATHYPER_SUPER__DATABASE_URL"]
    );
    let environment = input(None, &[("ENVIRONMENT", "local"), ("ATHYPER_ENV", "staging")], &[]);
    assert_eq!(
        refused(environment),
        [
            "env (env, ATHYPER_ENV): ENVIRONMENT has another value; set only one of ENVIRONMENT and ATHYPER_ENV"
        ]
    );
}

#[test]
fn a_blank_variable_is_unset() {
    let env = [
        ("PORT", ""),
        ("LOG_LEVEL", "  "),
        ("ATHYPER_KERNEL_CONFIG_PATH", " "),
        ("ATHYPER_SUPER__DB_URL", ""),
        ("ATHYPER_SUPER__IAM_SECRET__x", " "),
        ("DATABASE_URL", ""),
    ];
    assert_eq!(loaded(input(None, &env, &[])).config.port, 3000);
}

#[test]
fn the_file_is_found_by_its_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("athyper.json");
    std::fs::write(&path, r#"{"port": 4242}"#).expect("written");
    let path = path.to_str().expect("UTF-8");
    let loaded = loaded(input(None, &[("ATHYPER_KERNEL_CONFIG_PATH", path)], &[]));
    assert_eq!(loaded.config.port, 4242);
    assert_eq!(loaded.explain(Some("port"))[0].source, path);
}
