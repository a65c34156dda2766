//! What would be weak: issuers that anybody could pose as, and browser sessions without one of their guards.

use std::collections::BTreeMap;

use url::{Host, Url};

use crate::RuntimeConfig;
use crate::errors::Fault;
use crate::path::Path;
use crate::realm_rules::realms_path;
use crate::schema::{Environment, RealmConfig};

/// Path of the address that an issuer sends browsers back to, below the public base URL.
const CALLBACK: &str = "/auth/callback";

/// Everything about issuers and browser sessions that is too weak for the environment.
pub(crate) fn check(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let is_production = config.env == Environment::Production;
    if is_production {
        check_base_url(config, faults);
    }
    check_shared_issuers(config, faults);
    for (key, realm) in &config.iam.realms {
        let path = realms_path().child(key);
        if is_production {
            check_issuer(realm, &path, faults);
        }
        if realm.feature_flags.bff_sessions && config.env != Environment::Local {
            check_redirects(config, realm, &path, faults);
        }
        if realm.feature_flags.bff_sessions && is_production {
            check_guards(realm, &path, faults);
        }
    }
}

/// That it is there is a rule of every deployment.
fn check_base_url(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let Some(url) = config.public_base_url.as_deref().and_then(|url| Url::parse(url).ok()) else { return };
    let path = Path::dotted("publicBaseUrl");
    if url.scheme() != "https" {
        faults.push(Fault::new(path, "must be https in production", "begin it with https://"));
    } else if is_this_machine(&url) {
        let mend = "set it to the address under which browsers reach the platform";
        faults.push(Fault::new(path, "names this machine alone", mend));
    }
}

fn check_issuer(realm: &RealmConfig, path: &Path, faults: &mut Vec<Fault>) {
    let Some(url) = realm.iam.issuer_url.as_deref().and_then(|url| Url::parse(url).ok()) else { return };
    let path = path.child("iam").child("issuerUrl");
    if url.scheme() != "https" {
        faults.push(Fault::new(path, "must be https in production", "begin it with https://"));
    } else if is_this_machine(&url) {
        let mend = "set it to the issuer's own address";
        faults.push(Fault::new(path, "names this machine, where production has no issuer", mend));
    }
}

/// The tokens of an issuer that two realms share would not say which of them is meant.
fn check_shared_issuers(config: &RuntimeConfig, faults: &mut Vec<Fault>) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, realm) in &config.iam.realms {
        let Some(issuer) = realm.iam.issuer_url.as_deref() else { continue };
        if let Some(owner) = owners.insert(issuer.trim_end_matches('/'), key) {
            let what = format!("is the issuer of realm {owner} as well");
            let path = realms_path().child(key).child("iam").child("issuerUrl");
            faults.push(Fault::new(path, what, "give each realm an issuer of its own"));
        }
    }
}

fn check_redirects(config: &RuntimeConfig, realm: &RealmConfig, path: &Path, faults: &mut Vec<Fault>) {
    let path = path.child("redirectUriAllowlist");
    let allowed = &realm.redirect_uri_allowlist;
    // A base URL that is missing is told already.
    let Some(base) = &config.public_base_url else { return };
    let callback = format!("{}{CALLBACK}", base.trim_end_matches('/'));
    if allowed.is_empty() {
        let what = "is empty although featureFlags.bffSessions is on: nobody could sign in";
        faults.push(Fault::new(path, what, format!("add {callback}")));
    } else if !allowed.contains(&callback) {
        let what = "does not hold the address that sign-ins return to";
        faults.push(Fault::new(path, what, format!("add {callback}")));
    } else if config.env == Environment::Production && allowed.iter().any(|uri| is_weak_redirect(uri)) {
        let what = "holds an address that is plain http or names this machine";
        faults.push(Fault::new(path, what, "keep https:// addresses of other hosts only"));
    }
}

fn is_weak_redirect(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" || is_this_machine(&url))
}

/// Browser sessions in production have all of their guards.
fn check_guards(realm: &RealmConfig, path: &Path, faults: &mut Vec<Fault>) {
    let flags = &realm.feature_flags;
    let guards = [
        ("pkceFlow", flags.pkce_flow),
        ("csrfProtection", flags.csrf_protection),
        ("strictIssuerCheck", flags.strict_issuer_check),
    ];
    for (name, _) in guards.iter().filter(|(_, is_on)| !is_on) {
        let what = "is off although featureFlags.bffSessions is on in production";
        faults.push(Fault::new(path.child("featureFlags").child(name), what, "set it to true"));
    }
}

/// Whether the host is a name or an address of the machine itself. It is looked at as a host, so that a name such as
/// `localhost-hotels.example` is none.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.is_loopback() || mapped.is_unspecified(),
            None => address.is_loopback() || address.is_unspecified(),
        },
        None => false,
    }
}
