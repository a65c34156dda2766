//! With no source at all: the defaults, and the demo realm of `local`.

use std::time::Duration;

use athyper_kernel_config::{
    AuditWriter, Environment, IamStrategy, Layer, LoadInput, LogLevel, Mode, RealmConfig, RuntimeConfig, load,
};
use serde_json::{Value, json};

use crate::support::{input, loaded};

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = loaded(LoadInput::default()).config;
    assert_eq!(config.env, Environment::Local);
    assert_eq!(config.mode, Mode::Api);
    assert_eq!(config.log_level, LogLevel::Info);
    assert_eq!(config.audit.writer, AuditWriter::Database);
    assert_eq!(config.iam.strategy, IamStrategy::SingleRealm);
    let mut written = serde_json::to_value(&*config).expect("serialises");
    written["iam"]["realms"] = Value::Null;
    assert_eq!(
        written,
        json!({
            "env": "local", "mode": "api", "serviceName": "athyper-runtime", "port": 3000, "logLevel": "info",
            "shutdownTimeoutMs": 15_000, "pinThreads": false, "publicBaseUrl": null, "dataDir": null,
            "db": {"url": null, "adminUrl": null, "replicaUrl": null, "pooler": "none", "poolMax": 10, "acquireTimeoutMs": 5_000,
                   "statementTimeoutMs": 30_000},
            "redis": {"url": null},
            "s3": {"endpoint": null, "accessKey": null, "secretKey": null, "region": "us-east-1",
                   "bucket": "athyper", "useSsl": false, "pathStyle": true, "timeoutMs": 10_000},
            "mail": {"from": null, "smtp": {"url": null}},
            "telemetry": {"enabled": true, "otlpEndpoint": null, "otlpHeaders": null, "samplingRatio": 1.0,
                          "metricsIntervalMs": 60_000, "serviceVersion": env!("CARGO_PKG_VERSION")},
            "jobQueue": {"concurrency": 8, "pollIntervalMs": 1_000, "leaseSeconds": 30, "queueLimits": {}, "runInApi": null},
            "http": {"bodyLimitBytes": 2_097_152, "uploadLimitBytes": 33_554_432, "importLimitBytes": 2_147_483_648_u64, "headerLimitBytes": 65_536,
                     "requestTimeoutMs": 30_000, "headerTimeoutMs": 65_000, "maxConnections": 4_096,
                     "maxEventStreams": 512, "drainDelayMs": null, "cors": {"allowedOrigins": []}, "trustedProxies": [],
                     "forwardedHeader": "x_forwarded",
                     "rateLimits": {"enabled": true, "tenantPerMinute": 120_000, "operationPerMinute": 60_000,
                                    "operations": {}, "failedTokensPerMinute": 600}},
            "operator": {"port": null, "host": null},
            "audit": {"writer": "database", "signingKey": null, "retiredKeys": "", "checkpointEvents": 1_000,
                      "checkpointSeconds": 60,
                      "checkpoints": {"endpoint": null, "region": null, "bucket": null, "accessKey": null,
                                      "secretKey": null}},
            "vault": {"masterKey": null, "masterKeys": {}},
            "accounts": {"argon2": {"memoryKib": 19_456, "passes": 2, "lanes": 1}, "hashesAtOnce": null,
                         "invitationHours": 72, "resetMinutes": 30, "challengeMinutes": 5, "stepUpMinutes": 10,
                         "addressFailures": 30, "webauthn": {"rpId": null, "origins": []}},
            "policy": {"denyAll": false, "approvals": {"pendingHours": 72, "validHours": 24, "maxPending": 20,
                                                       "keepDays": 90}},
            "iam": {"strategy": "single_realm", "defaultRealmKey": "athyper", "defaultTenantKey": null,
                    "defaultOrgKey": null, "requireTenantClaimsInProd": true, "platformRealmKey": "platform", "realms": null},
        })
    );
}

#[test]
fn a_realm_starts_with_every_flag_off_and_the_platform_minimums() {
    let written = serde_json::to_value(RealmConfig::default()).expect("serialises");
    assert_eq!(
        written,
        json!({
            "defaults": {},
            "iam": {"issuerUrl": null, "clientId": "", "audience": null, "allowedAzp": [], "algorithms": [], "scopes": [],
                    "clientSecretRef": null, "clientSecret": null},
            "builtInIssuer": false,
            "redirectUriAllowlist": [],
            "featureFlags": {"bffSessions": false, "refreshRotation": false, "csrfProtection": false,
                             "pkceFlow": false, "strictIssuerCheck": false},
            "sessions": {"idleMinutes": null, "absoluteMinutes": null, "signInSeconds": null, "graceSeconds": null,
                         "postLogoutUrl": null},
            "platformMinimums": {"passwordMinLength": 8, "passwordHistory": 1, "maxLoginFailures": 10,
                                 "lockoutDurationMinutes": 5},
            "tenants": {},
        })
    );
}

#[test]
fn local_without_realms_serves_the_demo_realm_under_the_default_key() {
    let loaded = loaded(input(None, &[("IAM_DEFAULT_REALM", "acme")], &[]));
    let realms = &loaded.config.iam.realms;
    assert_eq!(realms.keys().collect::<Vec<_>>(), ["acme", "platform"]);
    assert_eq!(loaded.config.iam.platform_realm_key.as_deref(), Some("platform"));
    let realm = serde_json::to_value(&realms["acme"]).expect("serialises");
    assert_eq!(realm["builtInIssuer"], true);
    assert_eq!(realm["iam"]["clientId"], "athyper");
    assert_eq!(
        realm["tenants"],
        json!({
            "demo": {"name": "Demo Trading Ltd",
                     "defaults": {"currency": "USD", "timezone": "America/New_York", "locale": "en-US"},
                     "orgs": {"head-office": {"name": null, "defaults": {}}}},
            "globex": {"name": "Globex GmbH",
                       "defaults": {"currency": "EUR", "timezone": "Europe/Berlin", "locale": "de-DE"}, "orgs": {}},
        })
    );
    assert!(loaded.explain(Some("iam.realms.acme")).iter().all(|e| e.layer == Layer::Defaults));
    assert_eq!(loaded.config.iam.default_tenant_key, None);
}

#[test]
fn the_demo_realm_gives_way_to_any_realm() {
    let file = json!({"iam": {"realms": {"athyper": {"iam": {"clientId": "x"}}}}});
    let config = loaded(input(Some(&file), &[], &[])).config;
    assert!(!config.iam.realms["athyper"].built_in_issuer);
    assert!(config.iam.realms["athyper"].tenants.is_empty());
}

#[test]
fn the_mode_is_that_of_the_process() {
    for mode in [Mode::Api, Mode::Worker, Mode::Scheduler] {
        let loaded = load(LoadInput::default(), mode).expect("loads");
        assert_eq!(loaded.config.mode, mode);
        assert_eq!(loaded.explain(Some("mode"))[0].layer, Layer::Defaults);
    }
}

#[test]
fn the_drain_delay_depends_on_the_environment_unless_set() {
    let mut http = RuntimeConfig::default().http;
    assert_eq!(http.drain_delay(Environment::Local), Duration::ZERO);
    assert_eq!(http.drain_delay(Environment::Staging), Duration::from_secs(5));
    assert_eq!(http.drain_delay(Environment::Production), Duration::from_secs(5));
    http.drain_delay_ms = Some(7);
    assert_eq!(http.drain_delay(Environment::Production), Duration::from_millis(7));
}
