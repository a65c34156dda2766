//! Says where somebody signs in, by the domain of their mail address and nothing else.

use serde::Serialize;
use url::form_urlencoded::Serializer;

use crate::Sessions;
use crate::error::Error;
use crate::ports::SignInPlace;

/// Where somebody signs in. It is the same for everybody of a domain, whoever there is.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Place {
    /// By a provider of a tenant: the browser goes to `loginUrl`.
    Provider { realm: String, tenant: String, provider: String, display_name: String, login_url: String },
    /// By a local account: `POST /v1/accounts/sign-in` with realm and tenant.
    Local { realm: String, tenant: String },
    /// At the issuer of the realm: the browser goes to `loginUrl`.
    Realm { realm: String, login_url: String },
}

impl Sessions {
    /// Where somebody with this mail address signs in.
    pub(crate) async fn discover(&self, realm_key: Option<&str>, mail: &str) -> Result<Place, Error> {
        let realm_key = realm_key.unwrap_or(&self.0.parts.iam.default_realm_key);
        self.realm(realm_key)?;
        let realm = realm_key.to_owned();
        Ok(match self.0.parts.providers.place_of_mail(realm_key, mail).await? {
            SignInPlace::Provider { provider, key, display_name } => {
                let tenant = self.0.parts.tenants.by_id(provider.tenant).await?.ok_or(Error::NoTenant)?;
                let tenant = tenant.tenant_key.clone();
                let login_url = login(&[("realm", &realm), ("tenant", &tenant), ("provider", &key)]);
                Place::Provider { realm, tenant, provider: key, display_name, login_url }
            }
            SignInPlace::Local(tenant) => {
                let tenant = self.0.parts.tenants.by_id(tenant).await?.ok_or(Error::NoTenant)?;
                Place::Local { realm, tenant: tenant.tenant_key.clone() }
            }
            SignInPlace::Realm => {
                let login_url = login(&[("realm", &realm)]);
                Place::Realm { realm, login_url }
            }
        })
    }
}

fn login(query: &[(&str, &str)]) -> String {
    let mut written = Serializer::new(String::new());
    written.extend_pairs(query);
    format!("/auth/login?{}", written.finish())
}
