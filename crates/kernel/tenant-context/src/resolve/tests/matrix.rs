//! Every combination of environment, switch, token, headers and defaults, against an oracle.
//!
//! The oracle is the rule told another way: for each level a set of doors that a header may open, and one way in when
//! no header is sent.

use std::collections::BTreeMap;

use athyper_kernel_config::Environment;

use super::{ClaimKeys, ContextError, ContextRequest, HeaderKeys, claims, headers, iam, resolve, words};

const REALMS: [Option<&str>; 4] = [None, Some("main"), Some("other"), Some("ghost")];
const TENANTS: [Option<&str>; 4] = [None, Some("t1"), Some("t2"), Some("ghost")];
const ORGS: [Option<&str>; 4] = [None, Some("o1"), Some("o2"), Some("ghost")];
const DEFAULTS: [[Option<&str>; 2]; 4] =
    [[None, None], [Some("t1"), None], [Some("t1"), Some("o1")], [Some("t2"), Some("o2")]];
const TENANT_LISTS: [&[&str]; 3] = [&[], &["t2"], &["t1", "ghost"]];
const ORG_LISTS: [&[&str]; 2] = [&[], &["o2"]];

struct World<'a> {
    production: bool,
    strict: bool,
    default: [Option<&'a str>; 2],
}

/// The doors at one level, what a header through one of them counts as, and the way in without a header.
struct Level<'a> {
    doors: Vec<&'a str>,
    counts_as: &'static str,
    way_in: Option<(&'a str, &'static str)>,
    refusal: fn(&'static str) -> ContextError,
}

fn level<'a>(
    strict: bool,
    claim: Option<&'a str>,
    list: &'a [String],
    default: Option<&'a str>,
) -> Level<'a> {
    if strict {
        return Level {
            doors: claim.into_iter().collect(),
            counts_as: "claim",
            way_in: claim.map(|key| (key, "claim")),
            refusal: |field| ContextError::Disagreement { field },
        };
    }
    let mut doors: Vec<&str> = claim.into_iter().chain(list.iter().map(String::as_str)).collect();
    if doors.is_empty() {
        doors.extend(default);
    }
    let by_default = default.filter(|key| doors.contains(key)).map(|key| (key, "default"));
    let way_in = claim.map(|key| (key, "claim")).or(by_default);
    Level { doors, counts_as: "header", way_in, refusal: |field| ContextError::NotEntitled { field } }
}

fn pass<'a>(
    level: Level<'a>,
    asked: Option<&'a str>,
    field: &'static str,
) -> Result<Option<(&'a str, &'static str)>, ContextError> {
    match asked {
        None => Ok(level.way_in),
        Some(asked) if level.doors.contains(&asked) => Ok(Some((asked, level.counts_as))),
        Some(_) => Err((level.refusal)(field)),
    }
}

fn shown(realm: (&str, &str), tenant: Option<(&str, &str)>, org: Option<(&str, &str)>) -> String {
    let word =
        |choice: Option<(&str, &str)>| choice.map_or("-".to_owned(), |(key, by)| format!("{key}/{by}"));
    format!("{} {} {}", word(Some(realm)), word(tenant), word(org))
}

fn orgs_of(tenant: &str) -> Result<&'static [&'static str], ContextError> {
    match tenant {
        "t1" => Ok(&["o1", "o2"]),
        "t2" => Ok(&["o2"]),
        _ => Err(ContextError::UnknownTenant),
    }
}

fn oracle(world: &World<'_>, asked: &HeaderKeys, token: Option<&ClaimKeys>) -> Result<String, ContextError> {
    let [asked_realm, asked_tenant, asked_org] =
        [&asked.realm, &asked.tenant, &asked.org].map(|key| key.as_deref());
    let realm = match token {
        Some(token) => token.realm.as_deref().map_or(("main", "default"), |key| (key, "claim")),
        None => asked_realm.map_or(("main", "default"), |key| (key, "header")),
    };
    if asked_realm.is_some_and(|asked| asked != realm.0) {
        return Err(ContextError::Disagreement { field: "x-realm" });
    }
    if realm.0 == "ghost" {
        return Err(ContextError::UnknownRealm);
    }
    if token.is_none() && world.production {
        return Ok(shown(realm, None, None));
    }
    let strict = world.production && world.strict;
    if strict && token.is_some_and(|token| token.tenant.is_none()) {
        return Err(ContextError::TenantRequired);
    }
    let [default_tenant, default_org] = if realm.0 == "main" { world.default } else { [None, None] };

    let tenant = match token {
        None => asked_tenant.map(|key| (key, "header")).or(default_tenant.map(|key| (key, "default"))),
        Some(token) => pass(
            level(strict, token.tenant.as_deref(), &token.tenants, default_tenant),
            asked_tenant,
            "x-tenant",
        )?,
    };
    let Some((tenant_key, _)) = tenant else {
        let named = asked_org.is_some() || token.is_some_and(|token| token.org.is_some());
        return if named { Err(ContextError::OrgWithoutTenant) } else { Ok(shown(realm, None, None)) };
    };
    let orgs = orgs_of(tenant_key)?;

    let default_org = default_org.filter(|_| default_tenant == Some(tenant_key));
    let org = match token {
        None => asked_org.map(|key| (key, "header")).or(default_org.map(|key| (key, "default"))),
        Some(token) => {
            let speaks = token.tenant.as_deref().is_none_or(|claimed| claimed == tenant_key);
            let (claim, list): (_, &[String]) =
                if speaks { (token.org.as_deref(), &token.orgs) } else { (None, &[]) };
            pass(level(strict, claim, list, default_org), asked_org, "x-org")?
        }
    };
    match org {
        Some((key, _)) if !orgs.contains(&key) => Err(ContextError::UnknownOrg),
        _ => Ok(shown(realm, tenant, org)),
    }
}

/// No token, and every combination of claims.
fn tokens() -> Vec<Option<ClaimKeys>> {
    let mut tokens = vec![None];
    for realm in REALMS {
        for tenant in TENANTS {
            for org in ORGS {
                for tenants in TENANT_LISTS {
                    for orgs in ORG_LISTS {
                        tokens.push(Some(claims([realm, tenant, org], tenants, orgs)));
                    }
                }
            }
        }
    }
    tokens
}

/// Every combination of headers.
fn all_headers() -> Vec<HeaderKeys> {
    let mut all = Vec::new();
    for realm in REALMS {
        for tenant in TENANTS {
            for org in ORGS {
                all.push(headers(realm, tenant, org));
            }
        }
    }
    all
}

#[test]
fn every_combination_is_decided_as_the_oracle_says() {
    let (tokens, all_headers) = (tokens(), all_headers());
    let mut outcomes = BTreeMap::<String, usize>::new();
    for env in [Environment::Local, Environment::Staging, Environment::Production] {
        for strict in [true, false] {
            for default in DEFAULTS {
                let iam = iam(strict, default[0], default[1]);
                let world = World { production: env == Environment::Production, strict, default };
                for token in &tokens {
                    for asked in &all_headers {
                        let request = ContextRequest { headers: asked.clone(), claims: token.clone() };
                        let decided = words(resolve(env, &iam, &request));
                        let expected = oracle(&world, asked, token.as_ref());
                        assert_eq!(
                            decided, expected,
                            "{env} strict={strict} default={default:?} {request:?}"
                        );
                        let kind = decided.map_or_else(|error| error.to_string(), |_| "resolved".to_owned());
                        *outcomes.entry(kind).or_default() += 1;
                    }
                }
            }
        }
    }
    assert_eq!(outcomes.values().sum::<usize>(), 3 * 2 * 4 * (1 + 4 * 4 * 4 * 3 * 2) * 64);
    assert_eq!(outcomes.len(), 11, "every kind of outcome was met: {outcomes:#?}");
}
