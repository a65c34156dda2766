//! A tenant as operators see it.

use athyper_kernel_config::{TenantConfig, is_key};
use athyper_kernel_db::TenantStatus;
use athyper_kernel_error::FieldError;
use athyper_kernel_types::{Currency, TenantId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a tenant is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = control::TenantOrigin)]
pub(crate) enum Origin {
    /// In the configuration; its name and settings are changed there.
    Config,
    /// Here.
    Api,
}

impl Origin {
    /// The origin with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "config" => Some(Self::Config),
            "api" => Some(Self::Api),
            _ => None,
        }
    }
}

/// A tenant: one customer, whose records nobody else sees.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = control::Tenant)]
#[expect(clippy::struct_field_names, reason = "the key is called so everywhere, beside that of the realm")]
pub(crate) struct Tenant {
    /// Id, the same for ever.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: TenantId,
    /// Key of the realm.
    pub(crate) realm_key: String,
    /// Key of the tenant, unique in its realm.
    pub(crate) tenant_key: String,
    /// Name for people.
    pub(crate) name: String,
    /// `active`, `suspended` or `archived`.
    #[schema(value_type = String)]
    pub(crate) status: TenantStatus,
    /// Where it is defined.
    #[schema(inline)]
    pub(crate) origin: Origin,
    /// Defaults and organisations; empty for a tenant of the configuration, which has them there.
    #[schema(value_type = Object)]
    pub(crate) settings: TenantConfig,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// Whether a tenant may go from one status to another. What is archived stays so.
pub(crate) fn may_become(from: TenantStatus, to: TenantStatus) -> bool {
    use TenantStatus::{Active, Archived, Suspended};
    matches!((from, to), (Active, Suspended) | (Suspended, Active) | (Active | Suspended, Archived))
}

/// What is wrong with the settings of a tenant: all of it.
pub(crate) fn faults_of(settings: &TenantConfig) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let key_rule = "use letters, digits, _ and -, at most 63, beginning with a letter or digit";
    for key in settings.orgs.keys().filter(|key| !is_key(key)) {
        faults.push(FieldError::new(format!("/settings/orgs/{}", escaped(key)), "invalid_key", key_rule));
    }
    let orgs = settings
        .orgs
        .iter()
        .map(|(key, org)| (format!("/settings/orgs/{}/defaults", escaped(key)), org.defaults.as_map()));
    let all = std::iter::once(("/settings/defaults".to_owned(), settings.defaults.as_map())).chain(orgs);
    for (pointer, defaults) in all {
        if let Some(zone) = defaults.get("timezone")
            && zone.as_str().is_none_or(|zone| zone.parse::<Tz>().is_err())
        {
            let message = "an IANA zone such as Europe/Berlin is expected";
            faults.push(FieldError::new(format!("{pointer}/timezone"), "invalid_zone", message));
        }
        if let Some(currency) = defaults.get("currency")
            && currency.as_str().is_none_or(|code| code.parse::<Currency>().is_err())
        {
            let message = "a currency code of ISO 4217 such as EUR is expected";
            faults.push(FieldError::new(format!("{pointer}/currency"), "invalid_currency", message));
        }
    }
    faults
}

/// A key inside a JSON pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_archived_stays_so() {
        use TenantStatus::{Active, Archived, Suspended};
        let all = [Active, Suspended, Archived];
        let allowed: Vec<_> = all
            .iter()
            .flat_map(|from| all.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| may_become(*from, *to))
            .collect();
        assert_eq!(
            allowed,
            [(Active, Suspended), (Active, Archived), (Suspended, Active), (Suspended, Archived)]
        );
    }

    #[test]
    fn every_fault_of_the_settings_is_named() {
        let settings: TenantConfig = serde_json::from_value(json!({
            "defaults": {"timezone": "Mars/Olympus", "currency": "EUR"},
            "orgs": {"a/b": {}, "head": {"defaults": {"currency": "XX", "timezone": 7}}},
        }))
        .unwrap();
        let pointers: Vec<_> = faults_of(&settings).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/settings/orgs/a~1b",
                "/settings/defaults/timezone",
                "/settings/orgs/head/defaults/timezone",
                "/settings/orgs/head/defaults/currency"
            ]
        );
    }
}
