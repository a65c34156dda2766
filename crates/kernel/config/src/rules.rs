//! Rules on the merged configuration: ranges declared in the schema, and what each environment requires.

use secrecy::{ExposeSecret, SecretString};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::errors::{Fault, Report};
use crate::path::Path;
use crate::schema::{AuditWriter, Environment, decode_master_key};
use crate::variables::super_variable;
use crate::{Mode, RuntimeConfig};

/// How a master key is made.
const MAKE_MASTER_KEY: &str = "make one with: openssl rand -base64 32";

/// Everything outside the realms that breaks a rule.
pub(crate) fn check(config: &RuntimeConfig, mode: Mode, report: &Report) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Err(errors) = config.validate() {
        flatten(&errors, &Path::default(), &mut faults);
    }
    if config.mode != mode && !report.is_broken(&Path::dotted("mode")) {
        let what = format!("says {}, but this process is the {mode}", config.mode);
        faults.push(Fault::new(Path::dotted("mode"), what, "leave it out, or start the other process"));
    }
    check_addresses(config, &mut faults);
    check_master_keys(config, &mut faults);
    if config.mode == Mode::Api && config.operator.port_in(config.mode) == config.port {
        let what = "is the public port, where nobody may see what operators see";
        faults.push(Fault::new(Path::dotted("operator.port"), what, "choose another"));
    }
    if config.env != Environment::Local {
        check_deployed(config, &mut faults);
    }
    faults
}

/// The scheme of an address decides which client speaks to it; the rest is the client's to judge.
fn check_addresses(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let mut scheme = |path: &str, address: Option<&SecretString>, schemes: [&str; 2]| {
        let known = |text: &str| schemes.iter().any(|scheme| text.starts_with(scheme));
        if address.is_some_and(|address| !known(address.expose_secret())) {
            let mend = format!("begin it with {} or {}", schemes[0], schemes[1]);
            faults.push(Fault::new(Path::dotted(path), "has an unknown scheme", mend));
        }
    };
    scheme("db.url", config.db.url.as_ref(), ["postgres://", "postgresql://"]);
    scheme("db.adminUrl", config.db.admin_url.as_ref(), ["postgres://", "postgresql://"]);
    scheme("redis.url", config.redis.url.as_ref(), ["redis://", "rediss://"]);
    scheme("db.replicaUrl", config.db.replica_url.as_ref(), ["postgres://", "postgresql://"]);
    scheme("mail.smtp.url", config.mail.smtp.url.as_ref(), ["smtps://", "smtp://"]);
    if config.mail.smtp.url.is_some() && config.mail.from.is_none() {
        let mend = "set MAIL_FROM, such as Athyper <no-reply@example.com>";
        faults.push(Fault::new(Path::dotted("mail.from"), "required where there is a mail server", mend));
    }
    let plain_endpoint = config.s3.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    if config.s3.use_ssl && plain_endpoint {
        let mend = "begin it with https://, or set ATHYPER_SUPER__S3_USE_SSL=false";
        faults.push(Fault::new(Path::dotted("s3.endpoint"), "is http:// although s3.useSsl is true", mend));
    }
    let own = &config.audit.checkpoints;
    let halves = [("accessKey", &own.access_key), ("secretKey", &own.secret_key)];
    for (name, _) in halves.iter().filter(|(_, half)| own.is_set_by_halves() && half.is_none()) {
        let path = Path::dotted("audit.checkpoints").child(name);
        let mend = format!("set {}", super_variable(&path).unwrap_or_default());
        faults.push(Fault::new(path, "is one half of a key, whose other half is set", mend));
    }
}

fn check_master_keys(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let present = config.vault.master_key.iter().map(|key| (Path::dotted("vault.masterKey"), key));
    let former = config.vault.master_keys.iter();
    let former = former.map(|(name, key)| (Path::dotted("vault.masterKeys").child(name), key));
    for (path, key) in present.chain(former) {
        if let Err(fault) = decode_master_key(key.expose_secret()) {
            faults.push(Fault::new(path, fault.to_string(), MAKE_MASTER_KEY));
        }
    }
}

/// What `local` replaces by embedded parts and everywhere else must be given.
fn check_deployed(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let env = config.env;
    let required = [
        ("db.url", config.db.url.is_some()),
        ("redis.url", config.redis.url.is_some()),
        ("s3.endpoint", config.s3.endpoint.is_some()),
        ("s3.accessKey", config.s3.access_key.is_some()),
        ("s3.secretKey", config.s3.secret_key.is_some()),
        ("publicBaseUrl", config.public_base_url.is_some()),
        ("audit.signingKey", config.audit.signing_key.is_some()),
    ];
    for path in required.iter().filter(|(_, present)| !present).map(|(path, _)| Path::dotted(path)) {
        let variable = super_variable(&path).unwrap_or_default();
        faults.push(Fault::new(path, format!("required in {env}"), format!("set {variable}")));
    }
    if config.vault.master_key.is_none() {
        let what = format!("required in {env}, to seal secrets and personal data");
        let mend = format!("set ATHYPER_SUPER__MASTER_KEY; {MAKE_MASTER_KEY}");
        faults.push(Fault::new(Path::dotted("vault.masterKey"), what, mend));
    }
    if config.audit.writer != AuditWriter::Database {
        let what = format!("only database keeps an audit trail in {env}");
        faults.push(Fault::new(Path::dotted("audit.writer"), what, "set it to database, or leave it out"));
    }
}

/// Turns the validator's tree of errors into faults. Its parameters hold the refused value, so only bounds are used.
pub(crate) fn flatten(errors: &ValidationErrors, at: &Path, faults: &mut Vec<Fault>) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by_key(|(field, _)| *field);
    for (field, kind) in fields {
        let path = at.child(&camel_case(field));
        match kind {
            ValidationErrorsKind::Struct(inner) => flatten(inner, &path, faults),
            ValidationErrorsKind::List(items) => {
                for inner in items.values() {
                    flatten(inner, &path, faults);
                }
            }
            ValidationErrorsKind::Field(errors) => {
                faults.extend(
                    errors.iter().map(|error| Fault::new(path.clone(), "not allowed", demand(error))),
                );
            }
        }
    }
}

fn demand(error: &ValidationError) -> String {
    match (&error.message, error.params.get("min"), error.params.get("max")) {
        (Some(message), _, _) => message.clone().into_owned(),
        (None, Some(min), Some(max)) => format!("must be from {min} to {max}"),
        (None, _, _) => format!("breaks the rule {}", error.code),
    }
}

/// The JSON name of a field.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}
