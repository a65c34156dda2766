//! What `config explain` and `config check` say.

use athyper_kernel_config::LoadInput;
use serde_json::json;

use crate::support::{input, loaded};

#[test]
fn a_prefix_selects_whole_keys() {
    let loaded = loaded(LoadInput::default());
    let paths = |prefix| loaded.explain(prefix).into_iter().map(|e| e.path).collect::<Vec<_>>();
    assert_eq!(paths(Some("redis")), ["redis.url"]);
    assert_eq!(paths(Some("audit.writer")), ["audit.writer"]);
    assert_eq!(
        paths(Some("db")),
        [
            "db.url",
            "db.adminUrl",
            "db.replicaUrl",
            "db.pooler",
            "db.poolMax",
            "db.acquireTimeoutMs",
            "db.statementTimeoutMs"
        ]
    );
    assert!(paths(Some("d")).is_empty());
    assert!(paths(None).len() > 40);
}

#[test]
fn a_line_names_path_value_layer_and_source() {
    let file = json!({"http": {"bodyLimitBytes": 4096}});
    let loaded =
        loaded(input(Some(&file), &[("ATHYPER_SUPER__DB_URL", "postgres://h")], &[("db.poolMax", "3")]));
    assert_eq!(
        loaded.explain_text(Some("db")),
        "db.url = \"[redacted]\"    (super, ATHYPER_SUPER__DB_URL)\n\
         db.adminUrl = (unset)    (defaults, built-in)\n\
         db.replicaUrl = (unset)    (defaults, built-in)\n\
         db.pooler = \"none\"    (defaults, built-in)\n\
         db.poolMax = 3    (overrides, --set)\n\
         db.acquireTimeoutMs = 5000    (defaults, built-in)\n\
         db.statementTimeoutMs = 30000    (defaults, built-in)\n"
    );
    assert_eq!(
        loaded.explain_text(Some("nope")),
        "there is no setting nope; leave the path out to see all\n"
    );
    assert_eq!(
        loaded.check_text(),
        "configuration is valid: env local, mode api, 2 realm(s), values: 1 from file, 1 from overrides, \
         1 from super\n"
    );
}

#[test]
fn without_sources_all_is_built_in() {
    assert_eq!(
        loaded(LoadInput::default()).check_text(),
        "configuration is valid: env local, mode api, 2 realm(s), values: all built-in\n"
    );
}
