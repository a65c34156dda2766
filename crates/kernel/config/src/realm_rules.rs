//! Rules on realms: keys, issuers, client secrets, and that the defaults name something that exists.

use validator::Validate;

use crate::RuntimeConfig;
use crate::errors::{Fault, Report};
use crate::path::Path;
use crate::realm_safety;
use crate::rules::flatten;
use crate::schema::{Environment, IamConfig, IamStrategy, RealmConfig, is_key};
use crate::variables::{ClientSecrets, secret_variable};

const KEY_RULE: &str = "use letters, digits, _ and -, at most 63, beginning with a letter or digit";

/// Everything about realms that breaks a rule.
pub(crate) fn check(config: &RuntimeConfig, secrets: &ClientSecrets, report: &Report) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !can_judge(report) {
        return faults;
    }
    check_strategy(&config.iam, &mut faults);
    check_operators(&config.iam, report, &mut faults);
    check_defaults(&config.iam, report, &mut faults);
    for (key, realm) in &config.iam.realms {
        let path = realms_path().child(key);
        if let Err(errors) = realm.validate() {
            flatten(&errors, &path, &mut faults);
        }
        check_keys(key, realm, &path, &mut faults);
        check_issuer(config.env, realm, &path, &mut faults);
    }
    realm_safety::check(config, &mut faults);
    check_references(&config.iam, secrets, &mut faults);
    faults
}

/// Where a realm's client secret lies in the configuration.
pub(crate) fn secret_path(realm_key: &str) -> Path {
    realms_path().child(realm_key).child("iam").child("clientSecret")
}

pub(crate) fn realms_path() -> Path {
    Path::dotted("iam.realms")
}

fn check_strategy(iam: &IamConfig, faults: &mut Vec<Fault>) {
    // The operators' realm serves no customer and is not counted.
    let served = iam.realms.keys().filter(|key| iam.platform_realm_key.as_ref() != Some(*key)).count();
    if iam.strategy == IamStrategy::SingleRealm && served > 1 {
        let what = format!("holds {served} realms although iam.strategy is single_realm");
        let mend = "keep one, or set ATHYPER_SUPER__IAM_STRATEGY=multi_realm";
        faults.push(Fault::new(realms_path(), what, mend));
    }
}

/// The operators' realm must exist, and be no customer's.
fn check_operators(iam: &IamConfig, report: &Report, faults: &mut Vec<Fault>) {
    let Some(key) = &iam.platform_realm_key else { return };
    let path = Path::dotted("iam.platformRealmKey");
    if !iam.realms.contains_key(key) && !report.is_broken(&realms_path().child(key)) {
        let mend = "add it to iam.realms, or name another";
        faults.push(Fault::new(path, "names a realm that is not configured", mend));
    } else if *key == iam.default_realm_key {
        let what = "names the default realm: whoever names no realm would be an operator";
        faults.push(Fault::new(path, what, "give the operators a realm of their own"));
    }
}

/// The default realm, tenant and organisation must exist, each within the one before it.
fn check_defaults(iam: &IamConfig, report: &Report, faults: &mut Vec<Fault>) {
    let mut missing = |name: &str, what: &str, mend: &str| {
        faults.push(Fault::new(Path::dotted(name), what, mend));
    };
    let mut path = realms_path().child(&iam.default_realm_key);
    let Some(realm) = iam.realms.get(&iam.default_realm_key) else {
        if !report.is_broken(&path) {
            missing(
                "iam.defaultRealmKey",
                "names a realm that is not configured",
                "add it to iam.realms, or name another",
            );
        }
        return;
    };
    let Some(tenant_key) = &iam.default_tenant_key else {
        if iam.default_org_key.is_some() {
            missing("iam.defaultOrgKey", "needs a default tenant", "set iam.defaultTenantKey as well");
        }
        return;
    };
    path = path.child("tenants").child(tenant_key);
    let Some(tenant) = realm.tenants.get(tenant_key) else {
        if !report.is_broken(&path) {
            let mend = "add it to the realm's tenants, or name another";
            missing("iam.defaultTenantKey", "names a tenant that the default realm does not have", mend);
        }
        return;
    };
    let Some(org_key) = &iam.default_org_key else {
        return;
    };
    path = path.child("orgs").child(org_key);
    if !tenant.orgs.contains_key(org_key) && !report.is_broken(&path) {
        let mend = "add it to the tenant's orgs, or name another";
        missing("iam.defaultOrgKey", "names an organisation that the default tenant does not have", mend);
    }
}

fn check_keys(key: &str, realm: &RealmConfig, path: &Path, faults: &mut Vec<Fault>) {
    let mut check = |key: &str, path: &Path| {
        if !is_key(key) {
            faults.push(Fault::new(path.clone(), "not a valid key", KEY_RULE));
        }
    };
    check(key, path);
    for (key, tenant) in &realm.tenants {
        let path = path.child("tenants").child(key);
        check(key, &path);
        for key in tenant.orgs.keys() {
            check(key, &path.child("orgs").child(key));
        }
    }
}

fn check_issuer(env: Environment, realm: &RealmConfig, path: &Path, faults: &mut Vec<Fault>) {
    let issuer_path = path.child("iam").child("issuerUrl");
    match (&realm.iam.issuer_url, realm.built_in_issuer) {
        (_, true) if env != Environment::Local => {
            let what = format!("the built-in issuer has demo users and is not for {env}");
            let mend = "remove it and set iam.issuerUrl of the realm";
            faults.push(Fault::new(path.child("builtInIssuer"), what, mend));
        }
        (Some(_), true) => {
            let what = "set although builtInIssuer is true: a realm has one issuer";
            faults.push(Fault::new(issuer_path, what, "remove one of the two"));
        }
        (None, false) if env != Environment::Local => {
            let mend = "set it to the issuer that signs the realm's tokens";
            faults.push(Fault::new(issuer_path, format!("required in {env}"), mend));
        }
        _ => {}
    }
}

/// Every client secret that a realm names must be there.
fn check_references(iam: &IamConfig, secrets: &ClientSecrets, faults: &mut Vec<Fault>) {
    for (key, realm) in &iam.realms {
        let Some(name) = &realm.iam.client_secret_ref else {
            continue;
        };
        if !secrets.contains_key(name) {
            let path = realms_path().child(key).child("iam").child("clientSecretRef");
            let mend = format!("set {}, or remove the reference", secret_variable(name).escape_debug());
            faults.push(Fault::new(path, "names a client secret that is not set", mend));
        }
    }
}

/// The variables of client secrets that no realm uses: each was meant for one.
pub(crate) fn unused_secrets(iam: &IamConfig, secrets: &ClientSecrets, report: &Report) -> Vec<String> {
    if !can_judge(report) {
        return Vec::new();
    }
    let used = |name: &String| {
        iam.realms.iter().any(|(key, realm)| realm.iam.client_secret_ref.as_ref().unwrap_or(key) == name)
    };
    let broken = |name: &str| report.is_broken(&realms_path().child(name));
    secrets.keys().filter(|name| !used(name) && !broken(name)).map(|name| secret_variable(name)).collect()
}

/// With an unreadable file, or none of the realms readable, nothing can be said of realms.
fn can_judge(report: &Report) -> bool {
    !report.is_file_unreadable() && !report.is_broken(&realms_path())
}
