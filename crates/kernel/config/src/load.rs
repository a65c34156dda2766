//! Reads all layers, merges them and checks the result: the way from sources to a configuration.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::errors::{Fault, Report};
use crate::explain::LoadedConfig;
use crate::faults::{Fitted, fit};
use crate::layer::{Layer, Origin};
use crate::merge::Merged;
use crate::overrides::readings;
use crate::schema::{Environment, OPERATORS, RealmConfig};
use crate::variables::{ClientSecrets, Setting};
use crate::{ConfigErrors, LoadInput, Mode, RuntimeConfig};
use crate::{file, locks, overrides, realm_rules, rules, variables};

/// Loads the configuration of a process that runs in this mode.
///
/// # Errors
/// Everything that is wrong, in one report: unreadable file, unknown keys and variables, wrong types, values out of
/// range, locked paths, unresolved secrets, missing settings, contradictions. No value appears in it.
pub fn load(input: LoadInput, mode: Mode) -> Result<LoadedConfig, ConfigErrors> {
    let mut report = Report::default();
    let mut merged = Merged::empty();
    merged.lay(json!({"mode": mode}), &Origin::new(Layer::Defaults, "this process"));
    if let Some((root, origin)) = file::read(&input, &mut report) {
        admit(vec![root], &origin, &mut merged, &mut report);
    }
    admit_settings(variables::read_env(&input.env, &mut report), &mut merged, &mut report);
    admit_settings(overrides::read(&input.overrides, &mut report), &mut merged, &mut report);
    let (settings, secrets) = variables::read_super(&input.env, &mut report);
    admit_settings(settings, &mut merged, &mut report);

    let mut config = deserialise(&mut merged, &mut report);
    if config.env == Environment::Local && config.iam.realms.is_empty() {
        let own = format!("http://localhost:{}", config.port);
        let demo = RealmConfig::demo(config.public_base_url.as_deref().unwrap_or(&own));
        config.iam.realms.insert(config.iam.default_realm_key.clone(), demo);
        if config.iam.platform_realm_key.is_none() && config.iam.default_realm_key != OPERATORS {
            config.iam.realms.insert(OPERATORS.to_owned(), RealmConfig::demo_operators());
            config.iam.platform_realm_key = Some(OPERATORS.to_owned());
        }
    }
    join_secrets(&mut config, &secrets, &mut merged);
    check(&config, mode, &secrets, &merged, &mut report);
    report.into_result()?;
    Ok(LoadedConfig::new(Arc::new(config), merged))
}

/// Reports every rule that the merged configuration breaks. A setting that is there but wrong was reported once already,
/// and of one that could be in the unreadable file nothing is known.
fn check(config: &RuntimeConfig, mode: Mode, secrets: &ClientSecrets, merged: &Merged, report: &mut Report) {
    let mut faults = rules::check(config, mode, report);
    faults.extend(realm_rules::check(config, secrets, report));
    for fault in faults {
        let origin = merged.origin(&fault.path);
        let unknown = report.is_file_unreadable() && origin.is_none() && !locks::is_locked(&fault.path);
        if !unknown && !report.is_broken(&fault.path) {
            report.fault(origin, fault);
        }
    }
    for variable in realm_rules::unused_secrets(&config.iam, secrets, report) {
        let mend = "name it in a realm's iam.clientSecretRef, or correct or unset the variable".to_owned();
        let origin = Origin::new(Layer::Super, variable.clone());
        report.stray(&variable, &origin, "holds a client secret that no realm uses", mend);
    }
}

fn admit_settings(settings: Vec<Setting>, merged: &mut Merged, report: &mut Report) {
    for setting in settings {
        let values = readings(&setting.text, setting.origin.layer);
        let trees = values.into_iter().map(|value| setting.path.wrap(value)).collect();
        admit(trees, &setting.origin, merged, report);
    }
}

/// Holds one source against locks and schema and lays what remains over the lower layers. Of several readings the first
/// that fits counts.
fn admit(trees: Vec<Value>, origin: &Origin, merged: &mut Merged, report: &mut Report) {
    let tried: Vec<(Vec<Fault>, Fitted)> = trees
        .into_iter()
        .map(|mut root| {
            let locked = if origin.layer == Layer::Super { Vec::new() } else { locks::strip(&mut root) };
            (locked, fit(root))
        })
        .collect();
    // When none fits, the reading that is not a plain text tells most: see the order in `readings`.
    let telling = if origin.layer == Layer::Overrides { 0 } else { tried.len().saturating_sub(1) };
    let chosen = tried.iter().position(|(_, fitted)| fitted.faults.is_empty()).unwrap_or(telling);
    let Some((locked, fitted)) = tried.into_iter().nth(chosen) else {
        return;
    };
    for fault in locked.into_iter().chain(fitted.faults) {
        report.broken(origin, fault);
    }
    merged.lay(fitted.root, origin);
}

/// Turns the merged tree into the configuration. Every source fits by itself, so the merge does too.
fn deserialise(merged: &mut Merged, report: &mut Report) -> RuntimeConfig {
    let Fitted { config, root, faults } = fit(std::mem::take(&mut merged.root));
    merged.root = root;
    for fault in faults {
        let origin = merged.origin(&fault.path).cloned();
        report.broken(&origin.unwrap_or_else(Origin::built_in), fault);
    }
    config.unwrap_or_default()
}

/// Gives every realm its client secret.
fn join_secrets(config: &mut RuntimeConfig, secrets: &ClientSecrets, merged: &mut Merged) {
    for (key, realm) in &mut config.iam.realms {
        let name = realm.iam.client_secret_ref.as_deref().unwrap_or(key);
        if let Some(secret) = secrets.get(name) {
            let origin = Origin::new(Layer::Super, variables::secret_variable(name));
            merged.set_origin(realm_rules::secret_path(key), origin);
            realm.iam.client_secret = Some(secret.clone());
        }
    }
}
