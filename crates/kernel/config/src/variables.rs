//! The environment: which variable sets which path, for the `env` layer and for the `super` layer above all others.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::errors::{Fault, Report};
use crate::layer::{Layer, Origin};
use crate::nearest::nearest;
use crate::path::Path;

/// Variables by name. Each is read plainly in the `env` layer and with [`SUPER_PREFIX`] in the `super` layer. Of two
/// spellings for one path the first is the one that messages name.
const VARIABLES: [(&str, &str); 45] = [
    ("ENVIRONMENT", "env"),
    ("MODE", "mode"),
    ("SERVICE_NAME", "serviceName"),
    ("PORT", "port"),
    ("OPERATOR_PORT", "operator.port"),
    ("OPERATOR_HOST", "operator.host"),
    ("LOG_LEVEL", "logLevel"),
    ("SHUTDOWN_TIMEOUT_MS", "shutdownTimeoutMs"),
    ("PIN_THREADS", "pinThreads"),
    ("PUBLIC_BASE_URL", "publicBaseUrl"),
    ("DB_URL", "db.url"),
    ("DATABASE_URL", "db.url"),
    ("DB_ADMIN_URL", "db.adminUrl"),
    ("DATABASE_ADMIN_URL", "db.adminUrl"),
    ("DB_POOLER", "db.pooler"),
    ("DB_REPLICA_URL", "db.replicaUrl"),
    ("DB_POOL_MAX", "db.poolMax"),
    ("REDIS_URL", "redis.url"),
    ("S3_ENDPOINT", "s3.endpoint"),
    ("S3_ACCESS_KEY", "s3.accessKey"),
    ("S3_SECRET_KEY", "s3.secretKey"),
    ("S3_REGION", "s3.region"),
    ("S3_BUCKET", "s3.bucket"),
    ("S3_USE_SSL", "s3.useSsl"),
    ("S3_PATH_STYLE", "s3.pathStyle"),
    ("S3_TIMEOUT_MS", "s3.timeoutMs"),
    ("SMTP_URL", "mail.smtp.url"),
    ("MAIL_FROM", "mail.from"),
    ("OTLP_HEADERS", "telemetry.otlpHeaders"),
    ("OTLP_ENDPOINT", "telemetry.otlpEndpoint"),
    ("TELEMETRY_ENABLED", "telemetry.enabled"),
    ("MASTER_KEY", "vault.masterKey"),
    ("AUDIT_SIGNING_KEY", "audit.signingKey"),
    ("AUDIT_RETIRED_KEYS", "audit.retiredKeys"),
    ("AUDIT_CHECKPOINTS_ENDPOINT", "audit.checkpoints.endpoint"),
    ("AUDIT_CHECKPOINTS_REGION", "audit.checkpoints.region"),
    ("AUDIT_CHECKPOINTS_BUCKET", "audit.checkpoints.bucket"),
    ("AUDIT_CHECKPOINTS_ACCESS_KEY", "audit.checkpoints.accessKey"),
    ("AUDIT_CHECKPOINTS_SECRET_KEY", "audit.checkpoints.secretKey"),
    ("IAM_STRATEGY", "iam.strategy"),
    ("IAM_DEFAULT_REALM", "iam.defaultRealmKey"),
    ("IAM_DEFAULT_TENANT", "iam.defaultTenantKey"),
    ("IAM_DEFAULT_ORG", "iam.defaultOrgKey"),
    ("ATHYPER_ENV", "env"),
    ("ATHYPER_DATA_DIR", "dataDir"),
];

/// Start of the name of every variable of the `super` layer.
pub(crate) const SUPER_PREFIX: &str = "ATHYPER_SUPER__";

/// Start of the rest of the name, after [`SUPER_PREFIX`], of a variable that holds a client secret.
const SECRET_PREFIX: &str = "IAM_SECRET__";

/// Start of the rest of the name of a variable that holds a former master key, and the path that such keys are under.
const FORMER_KEY_PREFIX: &str = "MASTER_KEYS__";
const FORMER_KEYS: &str = "vault.masterKeys";

/// A variable that sets a path.
pub(crate) struct Setting {
    pub(crate) path: Path,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// A client secret by the name after `ATHYPER_SUPER__IAM_SECRET__`, in the case it was written.
pub(crate) type ClientSecrets = BTreeMap<String, SecretString>;

/// The plain variables that are set.
pub(crate) fn read_env(env: &BTreeMap<String, String>, report: &mut Report) -> Vec<Setting> {
    let named = VARIABLES.iter().map(|(name, path)| ((*name).to_owned(), *path));
    settings(env, Layer::Env, named, report)
}

/// The `ATHYPER_SUPER__*` variables that are set, and the client secrets. A variable of that kind which is not known is
/// reported: it was meant to do something.
pub(crate) fn read_super(
    env: &BTreeMap<String, String>,
    report: &mut Report,
) -> (Vec<Setting>, ClientSecrets) {
    let mut found = settings(env, Layer::Super, super_names(), report);
    let mut secrets = ClientSecrets::new();
    // A single underscore and lower case are common slips, so they are caught by the shorter prefix.
    let ours = |name: &str| name.to_ascii_uppercase().starts_with("ATHYPER_SUPER");
    for (name, text) in env.iter().filter(|(name, _)| ours(name)) {
        let Some(text) = non_blank(text) else { continue };
        let after = |prefix| name.strip_prefix(SUPER_PREFIX).and_then(|rest| rest.strip_prefix(prefix));
        let secret = after(SECRET_PREFIX);
        if let Some(key) = after(FORMER_KEY_PREFIX).filter(|key| !key.is_empty()) {
            let path = Path::dotted(FORMER_KEYS).child(key);
            let origin = Origin::new(Layer::Super, name.clone());
            found.push(Setting { path, text: text.to_owned(), origin });
        } else if let Some(realm) = secret.filter(|realm| !realm.is_empty()) {
            secrets.insert(realm.to_owned(), SecretString::from(text));
        } else if !super_names().any(|(known, _)| known == *name) {
            let candidates: Vec<String> = super_names().map(|(name, _)| name).collect();
            let mend = match nearest(name, candidates.iter().map(String::as_str)) {
                Some(close) => format!("did you mean {close}?"),
                None => format!(
                    "unset it; {SUPER_PREFIX}{SECRET_PREFIX}<realm>, {SUPER_PREFIX}{FORMER_KEY_PREFIX}<name> and these \
                     are known: {}",
                    candidates.join(", ")
                ),
            };
            report.stray(name, &Origin::new(Layer::Super, name.clone()), "no such variable", mend);
        }
    }
    (found, secrets)
}

/// The variable of the `super` layer that sets a path.
pub(crate) fn super_variable(path: &Path) -> Option<String> {
    let dotted = path.to_string();
    if dotted == FORMER_KEYS {
        return Some(format!("{SUPER_PREFIX}{FORMER_KEY_PREFIX}<name>"));
    }
    super_names().find(|(_, path)| *path == dotted).map(|(name, _)| name)
}

/// The variable of the `super` layer that holds a client secret.
pub(crate) fn secret_variable(name: &str) -> String {
    format!("{SUPER_PREFIX}{SECRET_PREFIX}{name}")
}

fn super_names() -> impl Iterator<Item = (String, &'static str)> {
    VARIABLES
        .iter()
        .filter(|(name, _)| !name.starts_with("ATHYPER_"))
        .map(|(name, path)| (format!("{SUPER_PREFIX}{name}"), *path))
}

/// The settings of these variables. Two spellings of one path must agree.
fn settings(
    env: &BTreeMap<String, String>,
    layer: Layer,
    named: impl Iterator<Item = (String, &'static str)>,
    report: &mut Report,
) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    for (name, path) in named {
        let Some(text) = env.get(&name).and_then(|text| non_blank(text)) else {
            continue;
        };
        let path = Path::dotted(path);
        let origin = Origin::new(layer, name);
        match found.iter().find(|other| other.path == path) {
            None => found.push(Setting { path, text: text.to_owned(), origin }),
            Some(other) if other.text == text => {}
            Some(other) => {
                let mend = format!("set only one of {} and {}", other.origin.source, origin.source);
                let what = format!("{} has another value", other.origin.source);
                report.broken(&origin, Fault::new(path, what, mend));
            }
        }
    }
    found
}

/// The text without white space around it; a blank variable counts as unset.
fn non_blank(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
