//! Locked paths: what only the operator's `ATHYPER_SUPER__*` variables may set, in every environment.

use serde_json::Value;

use crate::errors::Fault;
use crate::path::Path;
use crate::variables::super_variable;

/// The locked paths. Nothing lies beside these in `s3`, so `s3.*` is locked as a whole.
const LOCKED: [&str; 25] = [
    "db.url",
    "db.adminUrl",
    "db.replicaUrl",
    "redis.url",
    "s3.endpoint",
    "s3.accessKey",
    "s3.secretKey",
    "s3.region",
    "s3.bucket",
    "s3.useSsl",
    "s3.pathStyle",
    "s3.timeoutMs",
    "mail.smtp.url",
    "telemetry.otlpEndpoint",
    "telemetry.otlpHeaders",
    "audit.signingKey",
    "audit.retiredKeys",
    "audit.checkpoints.endpoint",
    "audit.checkpoints.region",
    "audit.checkpoints.bucket",
    "audit.checkpoints.accessKey",
    "audit.checkpoints.secretKey",
    "iam.strategy",
    "vault.masterKey",
    "vault.masterKeys",
];

/// Whether a path is locked or lies below one that is.
pub(crate) fn is_locked(path: &Path) -> bool {
    LOCKED.iter().any(|locked| path.is_within(&Path::dotted(locked)))
}

/// Takes locked paths out of a tree of a lower layer, and says so.
pub(crate) fn strip(root: &mut Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for path in LOCKED.map(Path::dotted) {
        if path.remove(root).is_some() {
            let variable = super_variable(&path).unwrap_or_default();
            faults.push(Fault::new(
                path,
                "locked: only the operator may set it",
                format!("set {variable} instead"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::S3Config;

    #[test]
    fn every_locked_path_has_a_variable_that_sets_it() {
        for path in LOCKED.map(Path::dotted) {
            assert!(super_variable(&path).is_some(), "{path}");
        }
    }

    #[test]
    fn the_whole_of_s3_is_locked() {
        let s3 = serde_json::to_value(S3Config::default()).expect("plain data");
        for key in s3.as_object().expect("an object").keys() {
            assert!(is_locked(&Path::dotted("s3").child(key)), "{key}");
        }
    }
}
