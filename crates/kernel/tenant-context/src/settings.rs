//! The settings of a tenant, whose defaults are laid over each other once and not for every piece of work.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use athyper_kernel_config::{FreeJson, TenantConfig};

use crate::Defaults;

/// What is configured of one tenant, with what comes of it for the tenant and each of its organisations.
///
/// What was merged is never that of somebody else, and never old: it lies beside the settings that it was made of, neither can be
/// changed, and each organisation has a place of its own. Whoever learns of other settings makes another one of these.
pub struct TenantSettings {
    config: Arc<TenantConfig>,
    /// Of realm and tenant.
    defaults: Arc<Defaults>,
    /// Of realm, tenant and organisation, by the organisation's key: made for whoever asks first.
    of_orgs: BTreeMap<String, OnceLock<Arc<Defaults>>>,
}

impl TenantSettings {
    /// The settings of a tenant in the realm that has these defaults.
    pub fn new(realm: &FreeJson, config: Arc<TenantConfig>) -> Self {
        let mut defaults = Defaults::default();
        defaults.lay(realm.as_map(), "realm");
        defaults.lay(config.defaults.as_map(), "tenant");
        let of_orgs = config.orgs.keys().map(|key| (key.clone(), OnceLock::new())).collect();
        Self { config, defaults: Arc::new(defaults), of_orgs }
    }

    /// What is configured.
    pub fn config(&self) -> &TenantConfig {
        &self.config
    }

    /// The defaults of the tenant.
    pub fn defaults(&self) -> Arc<Defaults> {
        Arc::clone(&self.defaults)
    }

    /// The defaults of an organisation of the tenant; none where there is no such organisation.
    pub fn defaults_of(&self, org: &str) -> Option<Arc<Defaults>> {
        let (own, place) = (self.config.orgs.get(org)?, self.of_orgs.get(org)?);
        let merged = place.get_or_init(|| {
            let mut defaults = (*self.defaults).clone();
            defaults.lay(own.defaults.as_map(), "org");
            Arc::new(defaults)
        });
        Some(Arc::clone(merged))
    }
}

impl fmt::Debug for TenantSettings {
    /// Leaves out what was merged: it is not redacted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantSettings").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_config::OrgConfig;
    use serde_json::json;

    use super::*;

    fn settings(realm: &str, tenant: &str) -> TenantSettings {
        let org = |key: &str| {
            let defaults = FreeJson::from(
                json!({"org": format!("{tenant}/{key}"), "password": format!("secret of {key}")}),
            );
            (key.to_owned(), OrgConfig { defaults, ..OrgConfig::default() })
        };
        let config = TenantConfig {
            defaults: FreeJson::from(json!({"tenant": tenant, "org": "none"})),
            orgs: BTreeMap::from([org("o1"), org("o2")]),
            ..TenantConfig::default()
        };
        TenantSettings::new(&FreeJson::from(json!({"realm": realm})), Arc::new(config))
    }

    #[test]
    fn each_organisation_and_the_tenant_itself_have_their_own_whoever_asks_first() {
        let (first, second) = (settings("r1", "t1"), settings("r2", "t2"));
        let of = |defaults: Option<Arc<Defaults>>| defaults.map(|defaults| json!(defaults.values));
        // Twice, in different orders: the second time from what was kept.
        for orgs in [["o1", "o2"], ["o2", "o1"]] {
            for (settings, realm, tenant) in [(&first, "r1", "t1"), (&second, "r2", "t2")] {
                for org in orgs {
                    let expected = json!({
                        "realm": realm, "tenant": tenant, "org": format!("{tenant}/{org}"), "password": format!("secret of {org}"),
                    });
                    assert_eq!(of(settings.defaults_of(org)), Some(expected));
                }
                let expected = json!({"realm": realm, "tenant": tenant, "org": "none"});
                assert_eq!(of(Some(settings.defaults())), Some(expected));
                assert_eq!(settings.defaults_of("o3"), None);
            }
        }
    }

    #[test]
    fn they_are_merged_once() {
        let settings = settings("r", "t");
        let (one, two) = (settings.defaults_of("o1").unwrap(), settings.defaults_of("o1").unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        assert!(Arc::ptr_eq(&settings.defaults(), &settings.defaults()));
    }

    #[test]
    fn a_secret_among_them_is_not_printed() {
        let settings = settings("r", "t");
        settings.defaults_of("o1");
        let text = format!("{settings:?}");
        assert!(text.contains("t/o1") && !text.contains("secret of"), "{text}");
    }
}
