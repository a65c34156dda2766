//! The realm of a machine on which nothing is configured.

use std::collections::BTreeMap;

use serde_json::json;

use super::{FeatureFlags, FreeJson, OrgConfig, RealmConfig, RealmIam, TenantConfig};

/// Key of the operators' realm where none is configured.
pub(crate) const OPERATORS: &str = "platform";

impl RealmConfig {
    /// The realm that `local` serves when none is configured: two small companies with different currencies, zones and
    /// locales, and tokens of the built-in issuer. Browsers sign in to it, and come back to this address of the platform.
    pub(crate) fn demo(base_url: &str) -> Self {
        let tenant = |name: &str, defaults, orgs: &[&str]| TenantConfig {
            name: Some(name.to_owned()),
            defaults: FreeJson::from(defaults),
            orgs: orgs.iter().map(|key| ((*key).to_owned(), OrgConfig::default())).collect(),
        };
        let american = json!({"currency": "USD", "timezone": "America/New_York", "locale": "en-US"});
        let german = json!({"currency": "EUR", "timezone": "Europe/Berlin", "locale": "de-DE"});
        Self {
            iam: RealmIam { client_id: "athyper".to_owned(), ..RealmIam::default() },
            built_in_issuer: true,
            redirect_uri_allowlist: vec![format!("{}/auth/callback", base_url.trim_end_matches('/'))],
            feature_flags: FeatureFlags {
                bff_sessions: true,
                refresh_rotation: true,
                csrf_protection: true,
                pkce_flow: true,
                strict_issuer_check: true,
            },
            tenants: BTreeMap::from([
                ("demo".to_owned(), tenant("Demo Trading Ltd", american, &["head-office"])),
                ("globex".to_owned(), tenant("Globex GmbH", german, &[])),
            ]),
            ..Self::default()
        }
    }

    /// The realm of those who run the platform, beside [`demo`](Self::demo): one tenant, in which they are.
    pub(crate) fn demo_operators() -> Self {
        let operators =
            TenantConfig { name: Some("Operators of the platform".to_owned()), ..TenantConfig::default() };
        Self {
            iam: RealmIam { client_id: "athyper".to_owned(), ..RealmIam::default() },
            built_in_issuer: true,
            tenants: BTreeMap::from([("operators".to_owned(), operators)]),
            ..Self::default()
        }
    }
}
