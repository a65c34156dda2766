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

mod cascade;
#[cfg(test)]
mod tests;

use athyper_kernel_config::{Environment, IamConfig, OrgConfig, RealmConfig, TenantConfig, is_key};
use serde_json::{Map, Value};

use self::cascade::Cascade;
use crate::{ContextError, Resolved, Source};

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

/// Decides realm, tenant and organisation, and merges their defaults. For a job, the claims are the keys of the tenant
/// that enqueued it.
///
/// # Errors
/// A [`ContextError`], none of which tells whether a key exists that the identity may not enter.
pub fn resolve(
    env: Environment,
    iam: &IamConfig,
    request: &ContextRequest,
) -> Result<Resolved, ContextError> {
    let headers = checked_headers(&request.headers)?;
    let claims = request.claims.as_ref().map(checked_claims).transpose()?;
    let standing = Standing::of(env, iam, claims.as_ref());

    let (realm_key, realm_source) = choose_realm(iam, &headers, claims.as_ref())?;
    let realm = iam.realms.get(realm_key).ok_or(ContextError::UnknownRealm)?;
    let in_default_realm = realm_key == iam.default_realm_key;
    let default_tenant = iam.default_tenant_key.as_deref().filter(|_| in_default_realm);

    let tenant = choose_tenant(standing, &headers, default_tenant)?;
    let tenant_config = match tenant {
        Some((key, _)) => Some(realm.tenants.get(key).ok_or(ContextError::UnknownTenant)?),
        None => None,
    };
    let tenant_key = tenant.map(|(key, _)| key);
    let default_org =
        iam.default_org_key.as_deref().filter(|_| tenant_key.is_some() && tenant_key == default_tenant);

    let org = choose_org(standing, &headers, tenant_key, default_org)?;
    let org_config = match (org, tenant_config) {
        (Some((key, _)), Some(tenant)) => Some(tenant.orgs.get(key).ok_or(ContextError::UnknownOrg)?),
        _ => None,
    };

    let cascade = cascade(realm, tenant_config, org_config);
    Ok(Resolved {
        realm_key: realm_key.to_owned(),
        tenant_key: tenant_key.map(str::to_owned),
        org_key: org.map(|(key, _)| key.to_owned()),
        realm_source,
        tenant_source: tenant.map(|(_, source)| source),
        org_source: org.map(|(_, source)| source),
        defaults: cascade.values,
        defaults_sources: cascade.sources,
    })
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

fn choose_tenant<'a>(
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

/// Realm, tenant and organisation defaults, each laid over the one before.
fn cascade(realm: &RealmConfig, tenant: Option<&TenantConfig>, org: Option<&OrgConfig>) -> Cascade {
    let mut cascade = Cascade::default();
    cascade.lay(realm.defaults.as_map(), "realm");
    if let Some(tenant) = tenant {
        cascade.lay(tenant.defaults.as_map(), "tenant");
    }
    if let Some(org) = org {
        cascade.lay(org.defaults.as_map(), "org");
    }
    cascade
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
