//! Section `iam`: which realms exist and what applies when a request names none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RealmConfig;

/// Whether one realm or several are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamStrategy {
    /// Exactly one realm.
    #[default]
    SingleRealm,
    /// Any number of realms.
    MultiRealm,
}

/// Realms and the defaults of tenant resolution.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct IamConfig {
    /// Whether one realm or several are served (locked).
    pub strategy: IamStrategy,
    /// The realm of a request that names none.
    pub default_realm_key: String,
    /// The tenant of a request that names none, where the environment allows a default.
    pub default_tenant_key: Option<String>,
    /// The organisation of a request that names none, within the default tenant.
    pub default_org_key: Option<String>,
    /// In production, refuse a token that names no tenant and a header that contradicts it.
    pub require_tenant_claims_in_prod: bool,
    /// The realm of those who run the platform; unset, nobody can make tenants while it runs.
    pub platform_realm_key: Option<String>,
    /// The realms by key.
    pub realms: BTreeMap<String, RealmConfig>,
}

impl Default for IamConfig {
    fn default() -> Self {
        Self {
            strategy: IamStrategy::default(),
            default_realm_key: "athyper".to_owned(),
            default_tenant_key: None,
            default_org_key: None,
            require_tenant_claims_in_prod: true,
            platform_realm_key: None,
            realms: BTreeMap::new(),
        }
    }
}
