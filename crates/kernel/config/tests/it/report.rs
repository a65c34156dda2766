//! Everything wrong is in one report, each line with path, layer, source, what and how to mend.

use athyper_kernel_config::{ConfigErrors, FileSource, LoadInput, Mode, load};
use serde_json::json;

use crate::support::{input, loaded, refused};

#[test]
fn many_mistakes_in_all_layers_are_one_report() {
    let file = json!({
        "port": "hunter2",
        "db": {"poolMx": 1, "poolMax": 5_000, "url": "postgres://u:hunter2@h/d"},
        "jobQueue": {"concurrency": 0},
        "iam": {"defaultTenantKey": "nobody", "realms": {"athyper": {
            "iam": {"clientId": " ", "issuerUrl": "http://u:hunter2@issuer", "clientSecretRef": "gone"},
            "tenants": {"bad key": {"colour": 1}},
            "featureFlags": {"pkce": true},
            "platformMinimums": {"maxLoginFailures": 11},
        }}},
        "unknown\nline": {},
    });
    let env = [
        ("ENVIRONMENT", "production"),
        ("MODE", "worker"),
        ("LOG_LEVEL", "hunter2"),
        ("REDIS_URL", "redis://:hunter2@h"),
        ("TELEMETRY_ENABLED", "perhaps"),
        ("ATHYPER_SUPER__DB_ULR", "postgres://hunter2"),
        ("ATHYPER_SUPER_REDIS_URL", "redis://hunter2"),
        ("ATHYPER_SUPER__S3_ENDPOINT", "s3.example"),
        ("ATHYPER_SUPER__IAM_SECRET__Athyper", "hunter2"),
    ];
    let overrides =
        [("http.bodyLimitBytes", "-1"), ("audit.writer", "noop"), ("a..b", "1"), ("s3.bucket", "b")];
    let mut lines = refused(input(Some(&file), &env, &overrides));
    assert!(!lines.concat().contains("hunter2"), "{lines:#?}");
    let mut expected = [
        "port (file, test.json): is a text; must be a whole number from 0 to 65535",
        "db.poolMx (file, test.json): unknown key; did you mean poolMax?",
        "db.poolMax (file, test.json): not allowed; must be from 1 to 1000",
        "db.url (file, test.json): locked: only the operator may set it; set ATHYPER_SUPER__DB_URL instead",
        "jobQueue.concurrency (file, test.json): not allowed; must be from 1 to 256",
        "iam.defaultTenantKey (file, test.json): names a tenant that the default realm does not have; \
         add it to the realm's tenants, or name another",
        "iam.realms.athyper.iam.clientId (file, test.json): not allowed; must not be blank",
        "iam.realms.athyper.iam.issuerUrl (file, test.json): not allowed; must not carry a user name or password",
        "iam.realms.athyper.iam.issuerUrl (file, test.json): must be https in production; begin it with https://",
        "iam.realms.athyper.iam.clientSecretRef (file, test.json): names a client secret that is not set; \
         set ATHYPER_SUPER__IAM_SECRET__gone, or remove the reference",
        "iam.realms.athyper.tenants.\"bad key\" (file, test.json): not a valid key; \
         use letters, digits, _ and -, at most 63, beginning with a letter or digit",
        "iam.realms.athyper.tenants.\"bad key\".colour (file, test.json): unknown key; \
         known here: name, defaults, orgs",
        "iam.realms.athyper.featureFlags.pkce (file, test.json): unknown key; known here: bffSessions, \
         refreshRotation, csrfProtection, pkceFlow, strictIssuerCheck",
        "iam.realms.athyper.platformMinimums.maxLoginFailures (file, test.json): not allowed; must be from 1 to 10",
        "\"unknown\\nline\" (file, test.json): unknown key; known here: env, mode, serviceName, port, logLevel, \
         shutdownTimeoutMs, pinThreads, publicBaseUrl, dataDir, db, redis, s3, mail, telemetry, jobQueue, http, operator, audit, vault, accounts, policy, iam",
        "logLevel (env, LOG_LEVEL): not a known value; use one of fatal, error, warn, info, debug, trace",
        "redis.url (env, REDIS_URL): locked: only the operator may set it; set ATHYPER_SUPER__REDIS_URL instead",
        "telemetry.enabled (env, TELEMETRY_ENABLED): is a text; \
         must be true or false (as text also 1, yes, y, on, 0, no, n, off)",
        "mode (env, MODE): says worker, but this process is the api; leave it out, or start the other process",
        "http.bodyLimitBytes (overrides, --set): is a number; must be a whole number, 0 or more",
        "a..b (overrides, --set): not a path; write 1 to 32 keys with dots between, for example db.poolMax=20",
        "s3.bucket (overrides, --set): locked: only the operator may set it; set ATHYPER_SUPER__S3_BUCKET instead",
        "audit.writer (overrides, --set): only database keeps an audit trail in production; \
         set it to database, or leave it out",
        "ATHYPER_SUPER__DB_ULR (super, ATHYPER_SUPER__DB_ULR): no such variable; \
         did you mean ATHYPER_SUPER__DB_URL?",
        "ATHYPER_SUPER_REDIS_URL (super, ATHYPER_SUPER_REDIS_URL): no such variable; \
         did you mean ATHYPER_SUPER__REDIS_URL?",
        "s3.endpoint (super, ATHYPER_SUPER__S3_ENDPOINT): not allowed; \
         must be an absolute http:// or https:// address",
        "ATHYPER_SUPER__IAM_SECRET__Athyper (super, ATHYPER_SUPER__IAM_SECRET__Athyper): \
         holds a client secret that no realm uses; \
         name it in a realm's iam.clientSecretRef, or correct or unset the variable",
        "s3.accessKey (not set): required in production; set ATHYPER_SUPER__S3_ACCESS_KEY",
        "s3.secretKey (not set): required in production; set ATHYPER_SUPER__S3_SECRET_KEY",
        "audit.signingKey (not set): required in production; set ATHYPER_SUPER__AUDIT_SIGNING_KEY",
        "vault.masterKey (not set): required in production, to seal secrets and personal data; \
         set ATHYPER_SUPER__MASTER_KEY; make one with: openssl rand -base64 32",
        "publicBaseUrl (not set): required in production; set ATHYPER_SUPER__PUBLIC_BASE_URL",
    ];
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn a_mistake_hidden_by_a_higher_layer_is_still_reported() {
    let file = json!({"port": "x"});
    let lines = refused(input(Some(&file), &[("PORT", "81")], &[]));
    assert_eq!(lines, ["port (file, test.json): is a text; must be a whole number from 0 to 65535"]);
}

#[test]
fn numbers_out_of_range_are_told_from_texts() {
    for (text, line) in [
        ("70000", "port (env, PORT): is a number; must be a whole number from 0 to 65535"),
        ("-1", "port (env, PORT): is a number; must be a whole number from 0 to 65535"),
        ("1.5", "port (env, PORT): is a number; must be a whole number from 0 to 65535"),
        ("0", "port (env, PORT): not allowed; must be from 1 to 65535"),
        ("http", "port (env, PORT): is a text; must be a whole number from 0 to 65535"),
    ] {
        assert_eq!(refused(input(None, &[("PORT", text)], &[])), [line]);
    }
}

fn text_file(text: &str) -> LoadInput {
    let file = FileSource::Text { name: "test.json".to_owned(), text: text.to_owned() };
    LoadInput { file: Some(file), ..LoadInput::default() }
}

#[test]
fn an_unusable_file_is_reported_with_its_place_and_the_other_layers_are_still_checked() {
    let mut input = text_file("{\n  \"secretThing\": \"hunter2\" 3\n}");
    input.env.insert("PORT".to_owned(), "x".to_owned());
    input.env.insert("ENVIRONMENT".to_owned(), "production".to_owned());
    input.env.insert("ATHYPER_SUPER__REDIS_URL".to_owned(), "redis://h".to_owned());
    input.env.insert("ATHYPER_SUPER__IAM_SECRET__x".to_owned(), "hunter2".to_owned());
    let lines = refused(input);
    assert_eq!(
        lines,
        [
            "test.json (file, test.json): is not valid JSON: expected `,` or `}` at line 2 column 28; \
             correct it at that place",
            "port (env, PORT): is a text; must be a whole number from 0 to 65535",
            "db.url (not set): required in production; set ATHYPER_SUPER__DB_URL",
            "s3.endpoint (not set): required in production; set ATHYPER_SUPER__S3_ENDPOINT",
            "s3.accessKey (not set): required in production; set ATHYPER_SUPER__S3_ACCESS_KEY",
            "s3.secretKey (not set): required in production; set ATHYPER_SUPER__S3_SECRET_KEY",
            "audit.signingKey (not set): required in production; set ATHYPER_SUPER__AUDIT_SIGNING_KEY",
            "vault.masterKey (not set): required in production, to seal secrets and personal data; \
             set ATHYPER_SUPER__MASTER_KEY; make one with: openssl rand -base64 32",
        ],
        "nothing is said of what may be in the file"
    );
}

#[test]
fn files_that_are_missing_too_large_too_deep_or_no_object_are_refused() {
    let missing = input(None, &[("ATHYPER_KERNEL_CONFIG_PATH", "/nowhere/a.json")], &[]);
    assert_eq!(
        refused(missing),
        ["/nowhere/a.json (file, /nowhere/a.json): there is no such file; \
          create it, or correct or unset ATHYPER_KERNEL_CONFIG_PATH"]
    );
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(4 * 1024 * 1024));
    assert!(refused(text_file(&large))[0].contains("is larger than 4194304 bytes"));
    let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
    assert!(refused(text_file(&deep))[0].contains("recursion limit exceeded at line 1"));
    for text in ["[]", "null", "3"] {
        assert!(refused(text_file(text))[0].contains("does not hold a JSON object"));
    }
    assert!(refused(text_file(""))[0].contains("EOF while parsing a value at line 1 column 0"));
    assert!(
        refused(text_file("{\"port\": 1,\n\"port\": 2}"))[0].contains("\"port\" is there twice at line 2")
    );
}

#[test]
fn a_setting_that_is_wrong_is_not_also_called_missing() {
    let file = json!({"publicBaseUrl": 3, "iam": {"realms": {"athyper": "x"}}});
    let env = [
        ("ENVIRONMENT", "staging"),
        ("ATHYPER_SUPER__DB_URL", "mysql://hunter2"),
        ("ATHYPER_SUPER__REDIS_URL", "rediss://h"),
        ("ATHYPER_SUPER__S3_ENDPOINT", "http://h"),
        ("ATHYPER_SUPER__S3_ACCESS_KEY", "a"),
        ("ATHYPER_SUPER__S3_SECRET_KEY", "b"),
        ("ATHYPER_SUPER__MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("ATHYPER_SUPER__AUDIT_SIGNING_KEY", "c"),
        ("ATHYPER_SUPER__S3_USE_SSL", "1"),
        ("ATHYPER_SUPER__IAM_SECRET__athyper", "hunter2"),
    ];
    assert_eq!(
        refused(input(Some(&file), &env, &[])),
        [
            "publicBaseUrl (file, test.json): is a number; must be a text",
            "iam.realms.athyper (file, test.json): is a text; must be an object",
            "db.url (super, ATHYPER_SUPER__DB_URL): has an unknown scheme; \
             begin it with postgres:// or postgresql://",
            "s3.endpoint (super, ATHYPER_SUPER__S3_ENDPOINT): is http:// although s3.useSsl is true; \
             begin it with https://, or set ATHYPER_SUPER__S3_USE_SSL=false",
        ]
    );
}

#[test]
fn an_override_may_be_an_object_and_all_of_it_is_checked() {
    let overrides = [("db", r#"{"poolMax": "x", "url": "hunter2", "poolMx": 1}"#), ("http", "text")];
    assert_eq!(
        refused(input(None, &[], &overrides)),
        [
            "db.url (overrides, --set): locked: only the operator may set it; set ATHYPER_SUPER__DB_URL instead",
            "db.poolMax (overrides, --set): is a text; must be a whole number from 0 to 4294967295",
            "db.poolMx (overrides, --set): unknown key; did you mean poolMax?",
            "http (overrides, --set): is a text; must be an object",
        ]
    );
}

#[test]
fn an_override_may_not_be_deeper_than_any_setting_needs() {
    let deep = format!("iam.realms.x.defaults.{}", vec!["a"; 10_000].join("."));
    let errors = load(input(None, &[], &[(&deep, "1")]), Mode::Api).expect_err("refused");
    assert_eq!(errors.problems()[0].what, "not a path");
}

#[test]
fn the_report_serialises_for_machines() {
    let errors: ConfigErrors = load(input(None, &[("PORT", "x")], &[]), Mode::Api).expect_err("refused");
    assert_eq!(
        serde_json::to_value(&errors).expect("serialises"),
        json!({"problems": [{"path": "port", "layer": "env", "source": "PORT", "what": "is a text",
                             "mend": "must be a whole number from 0 to 65535"}]})
    );
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    loaded(input(None, &[("ATHYPER_TEST_CASES", "x"), ("PATH", "/bin"), ("S3_OTHER", "x")], &[]));
}
