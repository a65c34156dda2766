//! The rows of the rule that matter most, written by hand.
//!
//! A row is `what | environment | token | headers | outcome`. A token is its realm, tenant and organisation, then
//! `+key` for other tenants and `@key` for other organisations; `nobody` is no token. `-` is nothing.

use athyper_kernel_config::{Environment, IamConfig};

use super::{ClaimKeys, ContextError, ContextRequest, HeaderKeys, claims, headers, iam, resolve, words};

fn check(iam: &IamConfig, table: &str) {
    let rows: Vec<&str> = table.lines().map(str::trim).filter(|row| !row.is_empty()).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, env, token, asked, expected] = columns[..] else { panic!("five columns: {row}") };
        let env = match env {
            "local" => Environment::Local,
            "staging" => Environment::Staging,
            "production" => Environment::Production,
            other => panic!("no environment: {other}"),
        };
        let request = ContextRequest { headers: parse_headers(asked), claims: parse_token(token) };
        let outcome = words(resolve(env, iam, &request)).unwrap_or_else(|error| refusal(&error));
        assert_eq!(outcome, expected, "{row}");
    }
}

fn parse_keys(text: &str) -> [Option<&str>; 3] {
    let keys: Vec<&str> = text.split_whitespace().take(3).collect();
    let [realm, tenant, org] = keys[..] else { panic!("three keys: {text}") };
    [realm, tenant, org].map(|key| Some(key).filter(|key| *key != "-"))
}

fn parse_headers(text: &str) -> HeaderKeys {
    let [realm, tenant, org] = parse_keys(text);
    headers(realm, tenant, org)
}

fn parse_token(text: &str) -> Option<ClaimKeys> {
    if text == "nobody" {
        return None;
    }
    let list = |mark| text.split_whitespace().filter_map(|key| key.strip_prefix(mark)).collect::<Vec<_>>();
    Some(claims(parse_keys(text), &list('+'), &list('@')))
}

fn refusal(error: &ContextError) -> String {
    match error {
        ContextError::Disagreement { field } => format!("disagreement {field}"),
        ContextError::NotEntitled { field } => format!("not entitled {field}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_token_in_strict_production() {
    check(
        &iam(true, Some("t1"), Some("o1")),
        "
        claims alone                          | production | main t1 o1 +t2 @o2 | - - -      | main/claim t1/claim o1/claim
        agreeing headers change nothing       | production | main t1 o1 +t2 @o2 | main t1 o1 | main/claim t1/claim o1/claim
        another tenant it might enter         | production | main t1 o1 +t2 @o2 | - t2 -     | disagreement x-tenant
        a tenant that does not exist          | production | main t1 o1 +t2 @o2 | - ghost -  | disagreement x-tenant
        another organisation it might enter   | production | main t1 o1 +t2 @o2 | - - o2     | disagreement x-org
        an organisation no claim names        | production | main t1 - @o2      | - - o2     | disagreement x-org
        not even the default organisation     | production | main t1 -          | - - o1     | disagreement x-org
        no organisation by default            | production | main t1 -          | - - -      | main/claim t1/claim -
        no tenant claim, though a default     | production | main - -           | - - -      | TenantRequired
        no tenant claim, but list and header  | production | main - - +t1       | - t1 -     | TenantRequired
        an unknown tenant claim               | production | - ghost -          | - - -      | UnknownTenant
        an organisation of another tenant     | production | - t2 o1            | - - -      | UnknownOrg
        ",
    );
}

#[test]
fn a_token_never_enters_another_realm() {
    for strict in [true, false] {
        for env in ["local", "staging", "production"] {
            let table = "
                another               | ENV | main t1 -  | other - - | disagreement x-realm
                an unknown one        | ENV | main t1 -  | ghost - - | disagreement x-realm
                its own               | ENV | main t1 -  | main - -  | main/claim t1/claim -
                no claim: the default | ENV | - t1 -     | - - -     | main/default t1/claim -
                no claim: no other    | ENV | - t1 -     | other - - | disagreement x-realm
                a realm that is gone  | ENV | ghost t1 - | - - -     | UnknownRealm
                ";
            check(&iam(strict, None, None), &table.replace("ENV", env));
        }
    }
}

#[test]
fn a_token_where_headers_may_choose() {
    check(
        &iam(false, Some("t1"), Some("o1")),
        "
        claims without headers                | local      | main t1 o1 +t2 @o2 | - - -     | main/claim t1/claim o1/claim
        a listed tenant, of no known orgs     | local      | main t1 o1 +t2 @o2 | - t2 -    | main/claim t2/header -
        nor may it choose one there           | local      | main t1 o1 +t2 @o2 | - t2 o2   | not entitled x-org
        a listed organisation                 | staging    | main t1 o1 +t2 @o2 | - - o2    | main/claim t1/claim o2/header
        another tenant                        | local      | main t1 -          | - t2 -    | not entitled x-tenant
        a tenant that is not there: the same  | local      | main t1 -          | - ghost - | not entitled x-tenant
        its own tenant by header              | local      | main t1 -          | - t1 -    | main/claim t1/header o1/default
        an organisation no claim names        | local      | main t1 -          | - - o2    | not entitled x-org
        the default one needs no claim        | local      | main t1 -          | - - o1    | main/claim t1/claim o1/header
        but not beside other claims           | local      | main t1 - @o2      | - - o1    | not entitled x-org
        nor by default                        | local      | main t1 - @o2      | - - -     | main/claim t1/claim -
        in production with the switch off     | production | main t1 o1 +t2 @o2 | - t2 -    | main/claim t2/header -
        ",
    );
}

#[test]
fn a_token_that_names_no_tenant_enters_the_default_or_none() {
    check(
        &iam(true, Some("t1"), None),
        "
        the default                           | local | main - -     | - - -  | main/claim t1/default -
        the default by header                 | local | main - -     | - t1 - | main/claim t1/header -
        no other                              | local | main - -     | - t2 - | not entitled x-tenant
        a list without the default            | local | main - - +t2 | - - -  | main/claim - -
        a choice from the list                | local | main - - +t2 | - t2 - | main/claim t2/header -
        the default realm has the default     | local | other - -    | - - -  | other/claim - -
        an organisation of the default tenant | local | - - o2       | - - -  | main/default t1/default o2/claim
        ",
    );
    check(
        &iam(true, None, None),
        "
        none                                  | local | main - -     | - - -  | main/claim - -
        an organisation needs a tenant        | local | main - -     | - - o1 | OrgWithoutTenant
        by claim too                          | local | - - o1       | - - -  | OrgWithoutTenant
        ",
    );
}

#[test]
fn nobody_in_particular() {
    for strict in [true, false] {
        check(
            &iam(strict, Some("t1"), Some("o1")),
            "
            defaults                              | local      | nobody | - - -       | main/default t1/default o1/default
            headers                               | staging    | nobody | other t2 o2 | other/header t2/header o2/header
            default org is of the default tenant  | local      | nobody | - t2 -      | main/default t2/header -
            an unknown realm                      | local      | nobody | ghost - -   | UnknownRealm
            an unknown tenant                     | local      | nobody | - ghost -   | UnknownTenant
            an unknown organisation               | local      | nobody | - t2 o1     | UnknownOrg
            an organisation without tenant        | local      | nobody | other - o1  | OrgWithoutTenant
            no tenant in production               | production | nobody | other t1 o1 | other/header - -
            not even by default                   | production | nobody | - - -       | main/default - -
            an unknown realm in production        | production | nobody | ghost - -   | UnknownRealm
            ",
        );
    }
}
