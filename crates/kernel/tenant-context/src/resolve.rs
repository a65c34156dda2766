//! The rule of tenancy: which realm, tenant and organisation a verified identity works in.
//!
//! A token is verified first; its claims say which keys the identity may enter, and a header only chooses among them.
//!
//! | who | tenant and organisation come from |
//! |---|---|
//! | a token, in production with `requireTenantClaimsInProd` | the claim alone; another header is refused |
//! | a token, otherwise | header if the identity may enter it, else claim, else default if it may enter that |
//! | nobody, in production | nothing: headers for tenant and organisation are not looked at |
//! | nobody, otherwise | header, else default |
//!
//! A token that names no tenant may enter the default tenant only, and one that names no organisation the default
//! organisation only. What a token says of organisations holds in the tenant that it names.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use athyper_kernel_config::{Environment, IamConfig, is_key};
use serde_json::{Map, Value};

use crate::{ContextError, Defaults, Resolved, Source, TenantSettings};

/// What the request's headers ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderKeys {
    /// `x-realm`.
    pub realm: Option<String>,
    /// `x-tenant`.
    pub tenant: Option<String>,
    /// `x-org`.
    pub org: Option<String>,
}

/// What a verified token grants, or what a job was enqueued with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimKeys {
    /// The realm whose issuer signed the token. Whoever verifies the token sets this, or checks that the claim says the
    /// same: an issuer must not speak for another realm.
    pub realm: Option<String>,
    /// The tenant that the token is for.
    pub tenant: Option<String>,
    /// The organisation that the token is for.
    pub org: Option<String>,
    /// Other tenants that the identity may enter.
    pub tenants: Vec<String>,
    /// Other organisations that the identity may enter, within the token's tenant.
    pub orgs: Vec<String>,
}

/// A request as far as tenancy is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextRequest {
    /// What the headers ask for.
    pub headers: HeaderKeys,
    /// The claims of an already verified token; none for anonymous requests.
    pub claims: Option<ClaimKeys>,
}

/// Reads the keys out of a verified token's claims: `realmKey`, `tenantKey` and `orgKey` with their aliases `realm` or
/// `realm_key` and so on, of which the first text that is not blank counts, and the lists `tenants` and `orgs`.
/// Anything of another type grants nothing.
pub fn claim_keys(claims: &Map<String, Value>) -> ClaimKeys {
    let text = |aliases: [&str; 3]| {
        let texts = aliases.iter().filter_map(|name| claims.get(*name)?.as_str());
        texts.map(str::trim).find(|text| !text.is_empty()).map(str::to_owned)
    };
    let list = |name: &str| {
        let items = claims.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    ClaimKeys {
        realm: text(["realmKey", "realm", "realm_key"]),
        tenant: text(["tenantKey", "tenant", "tenant_key"]),
        org: text(["orgKey", "org", "org_key"]),
        tenants: list("tenants"),
        orgs: list("orgs"),
    }
}

/// Decides realm, tenant and organisation, and merges their defaults, for tenants of the configuration.
///
/// # Errors
/// A [`ContextError`], none of which tells whether a key exists that the identity may not enter.
pub fn resolve(
    env: Environment,
    iam: &IamConfig,
    request: &ContextRequest,
) -> Result<Resolved, ContextError> {
    let chosen = choose_tenant(env, iam, request)?;
    let settings = chosen.tenant_key().and_then(|key| {
        let realm = iam.realms.get(chosen.realm_key())?;
        Some(TenantSettings::new(&realm.defaults, Arc::new(realm.tenants.get(key)?.clone())))
    });
    chosen.resolve(env, iam, settings.as_ref())
}

/// The tenant that a request is for, before anybody looked whether there is one.
#[derive(Clone, Debug)]
pub struct ChosenTenant {
    headers: HeaderKeys,
    claims: Option<ClaimKeys>,
    realm: (String, Source),
    tenant: Option<(String, Source)>,
}

/// Decides realm and tenant. For a job, the claims are the keys of the tenant that enqueued it.
///
/// # Errors
/// As [`resolve`].
pub fn choose_tenant(
    env: Environment,
    iam: &IamConfig,
    request: &ContextRequest,
) -> Result<ChosenTenant, ContextError> {
    let headers = checked_headers(&request.headers)?;
    let claims = request.claims.as_ref().map(checked_claims).transpose()?;
    let standing = Standing::of(env, iam, claims.as_ref());
    let realm = choose_realm(iam, &headers, claims.as_ref())?;
    if !iam.realms.contains_key(realm.0) {
        return Err(ContextError::UnknownRealm);
    }
    let tenant = tenant_of(standing, &headers, default_tenant(iam, realm.0))?;
    let (realm, tenant) = (owned(realm), tenant.map(owned));
    Ok(ChosenTenant { headers, claims, realm, tenant })
}

impl ChosenTenant {
    /// Key of the realm, which the configuration has.
    pub fn realm_key(&self) -> &str {
        &self.realm.0
    }

    /// Key of the tenant, if one was chosen.
    pub fn tenant_key(&self) -> Option<&str> {
        self.tenant.as_ref().map(|(key, _)| &**key)
    }

    /// Decides the organisation, and with it the defaults. `settings` are those of the tenant that was chosen, in the realm that
    /// was chosen.
    ///
    /// # Errors
    /// [`ContextError::UnknownTenant`] for a tenant without settings, and those of the choice of an organisation.
    pub fn resolve(
        self,
        env: Environment,
        iam: &IamConfig,
        settings: Option<&TenantSettings>,
    ) -> Result<Resolved, ContextError> {
        let realm = iam.realms.get(&self.realm.0).ok_or(ContextError::UnknownRealm)?;
        let tenant_key = self.tenant_key();
        if tenant_key.is_some() && settings.is_none() {
            return Err(ContextError::UnknownTenant);
        }
        let standing = Standing::of(env, iam, self.claims.as_ref());
        let in_default = tenant_key.is_some() && tenant_key == default_tenant(iam, &self.realm.0);
        let default_org = iam.default_org_key.as_deref().filter(|_| in_default);
        let org = choose_org(standing, &self.headers, tenant_key, default_org)?.map(owned);
        let defaults = match (&org, settings) {
            (Some((key, _)), Some(tenant)) => tenant.defaults_of(key).ok_or(ContextError::UnknownOrg)?,
            (None, Some(tenant)) => tenant.defaults(),
            (_, None) => {
                let mut defaults = Defaults::default();
                defaults.lay(realm.defaults.as_map(), "realm");
                Arc::new(defaults)
            }
        };
        let ((tenant_key, tenant_source), (org_key, org_source)) = (split(self.tenant), split(org));
        Ok(Resolved {
            realm_key: self.realm.0,
            tenant_key,
            org_key,
            realm_source: self.realm.1,
            tenant_source,
            org_source,
            defaults,
        })
    }
}

/// The tenant of a request in this realm that names none.
fn default_tenant<'a>(iam: &'a IamConfig, realm_key: &str) -> Option<&'a str> {
    iam.default_tenant_key.as_deref().filter(|_| realm_key == iam.default_realm_key)
}

fn owned((key, source): Choice<'_>) -> (String, Source) {
    (key.to_owned(), source)
}

fn split(choice: Option<(String, Source)>) -> (Option<String>, Option<Source>) {
    choice.map_or((None, None), |(key, source)| (Some(key), Some(source)))
}

/// A key and where it came from.
type Choice<'a> = (&'a str, Source);

/// How far headers and defaults are believed.
#[derive(Clone, Copy)]
enum Standing<'a> {
    /// Nobody, in production: no tenant at all.
    Stranger,
    /// Nobody, elsewhere: headers and defaults are believed, for sign-in pages and development.
    Guest,
    /// A token, in strict production: its claims and nothing else.
    Strict(&'a ClaimKeys),
    /// A token, otherwise.
    Verified(&'a ClaimKeys),
}

impl<'a> Standing<'a> {
    fn of(env: Environment, iam: &IamConfig, claims: Option<&'a ClaimKeys>) -> Self {
        let production = env == Environment::Production;
        match claims {
            None if production => Self::Stranger,
            None => Self::Guest,
            Some(claims) if production && iam.require_tenant_claims_in_prod => Self::Strict(claims),
            Some(claims) => Self::Verified(claims),
        }
    }
}

/// A token's realm is fixed; only an anonymous request may name one.
fn choose_realm<'a>(
    iam: &'a IamConfig,
    headers: &'a HeaderKeys,
    claims: Option<&'a ClaimKeys>,
) -> Result<Choice<'a>, ContextError> {
    let default = (iam.default_realm_key.as_str(), Source::Default);
    let asked = headers.realm.as_deref();
    let Some(claims) = claims else {
        return Ok(asked.map_or(default, |key| (key, Source::Header)));
    };
    let fixed = claims.realm.as_deref().map_or(default, |key| (key, Source::Claim));
    match asked {
        Some(asked) if asked != fixed.0 => Err(ContextError::Disagreement { field: "x-realm" }),
        _ => Ok(fixed),
    }
}

fn tenant_of<'a>(
    standing: Standing<'a>,
    headers: &'a HeaderKeys,
    default: Option<&'a str>,
) -> Result<Option<Choice<'a>>, ContextError> {
    if matches!(standing, Standing::Strict(ClaimKeys { tenant: None, .. })) {
        return Err(ContextError::TenantRequired);
    }
    let granted = match standing {
        Standing::Stranger | Standing::Guest => Granted::default(),
        Standing::Strict(claims) | Standing::Verified(claims) => {
            Granted { claim: claims.tenant.as_deref(), others: &claims.tenants }
        }
    };
    choose(standing, "x-tenant", headers.tenant.as_deref(), granted, default)
}

fn choose_org<'a>(
    standing: Standing<'a>,
    headers: &'a HeaderKeys,
    tenant: Option<&str>,
    default: Option<&'a str>,
) -> Result<Option<Choice<'a>>, ContextError> {
    let asked = headers.org.as_deref();
    let granted = match standing {
        Standing::Stranger | Standing::Guest => Granted::default(),
        // An organisation of the token's tenant says nothing about one of the same name in another tenant.
        Standing::Strict(claims) | Standing::Verified(claims)
            if claims.tenant.is_some() && tenant.is_some() && claims.tenant.as_deref() != tenant =>
        {
            Granted::default()
        }
        Standing::Strict(claims) | Standing::Verified(claims) => {
            Granted { claim: claims.org.as_deref(), others: &claims.orgs }
        }
    };
    let stranger = matches!(standing, Standing::Stranger);
    if tenant.is_none() && !stranger && (asked.is_some() || granted.claim.is_some()) {
        return Err(ContextError::OrgWithoutTenant);
    }
    choose(standing, "x-org", asked, granted, default)
}

/// What a token grants at one level.
#[derive(Clone, Copy, Default)]
struct Granted<'a> {
    claim: Option<&'a str>,
    others: &'a [String],
}

impl Granted<'_> {
    /// Whether the identity may enter a key. A token that names none at all may enter the default.
    fn admits(self, key: &str, default: Option<&str>) -> bool {
        if self.claim.is_none() && self.others.is_empty() {
            return default == Some(key);
        }
        self.claim == Some(key) || self.others.iter().any(|other| other == key)
    }
}

/// The choice at one level, tenant or organisation: the table at the top of this file.
fn choose<'a>(
    standing: Standing<'_>,
    field: &'static str,
    asked: Option<&'a str>,
    granted: Granted<'a>,
    default: Option<&'a str>,
) -> Result<Option<Choice<'a>>, ContextError> {
    let by_default = default.map(|key| (key, Source::Default));
    match standing {
        Standing::Stranger => Ok(None),
        Standing::Guest => Ok(asked.map(|key| (key, Source::Header)).or(by_default)),
        Standing::Strict(_) if asked.is_some() && asked != granted.claim => {
            Err(ContextError::Disagreement { field })
        }
        Standing::Strict(_) => Ok(granted.claim.map(|key| (key, Source::Claim))),
        Standing::Verified(_) => match (asked, granted.claim) {
            (Some(key), _) if granted.admits(key, default) => Ok(Some((key, Source::Header))),
            (Some(_), _) => Err(ContextError::NotEntitled { field }),
            (None, Some(key)) => Ok(Some((key, Source::Claim))),
            (None, None) => Ok(by_default.filter(|(key, _)| granted.admits(key, default))),
        },
    }
}

fn checked_headers(headers: &HeaderKeys) -> Result<HeaderKeys, ContextError> {
    Ok(HeaderKeys {
        realm: checked(headers.realm.as_deref(), "x-realm")?,
        tenant: checked(headers.tenant.as_deref(), "x-tenant")?,
        org: checked(headers.org.as_deref(), "x-org")?,
    })
}

fn checked_claims(claims: &ClaimKeys) -> Result<ClaimKeys, ContextError> {
    let list = |keys: &[String], field| {
        keys.iter().filter_map(|key| checked(Some(key), field).transpose()).collect::<Result<Vec<_>, _>>()
    };
    Ok(ClaimKeys {
        realm: checked(claims.realm.as_deref(), "realmKey")?,
        tenant: checked(claims.tenant.as_deref(), "tenantKey")?,
        org: checked(claims.org.as_deref(), "orgKey")?,
        tenants: list(&claims.tenants, "tenants")?,
        orgs: list(&claims.orgs, "orgs")?,
    })
}

/// A key without white space around it; a blank one is absent.
fn checked(key: Option<&str>, field: &'static str) -> Result<Option<String>, ContextError> {
    match key.map(str::trim) {
        None | Some("") => Ok(None),
        Some(key) if is_key(key) => Ok(Some(key.to_owned())),
        Some(_) => Err(ContextError::InvalidKey { field }),
    }
}
