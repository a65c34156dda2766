//! Who somebody is who comes by a provider: pure, from what the provider says and whom the tenant knows.

use std::collections::BTreeSet;

use athyper_kernel_types::PrincipalId;
use serde_json::{Map, Value};

use crate::model::domain::domain_of;
use crate::model::provider::{ClaimMapping, JitProvisioning, Provider};
use crate::ports::{Known, Profile, Standing};

/// Most groups of one person that are looked at. More than this is a mistake at the provider.
const MOST_GROUPS: usize = 1_000;

/// Longest text of a claim that is kept, in characters.
const LONGEST_TEXT: usize = 255;

/// What a provider says of somebody, read by its mapping of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The user name that it has there.
    pub(crate) user_name: Option<String>,
    /// Names, and the mail address where that is verified and of an allowed domain.
    pub(crate) profile: Profile,
    /// Groups there; none where the claim has more than can be looked at or another form.
    pub(crate) groups: Option<BTreeSet<String>>,
}

/// Reads the claims of an id token. Only `true` says that a mail address is verified (OpenID Connect Core, section 5.1).
pub(crate) fn said(claims: &Map<String, Value>, provider: &Provider) -> Said {
    let mapping: &ClaimMapping = &provider.claim_mapping;
    let text = |name: &str| {
        let text = claims.get(name)?.as_str()?.trim();
        let is_clean =
            !text.is_empty() && text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control);
        is_clean.then(|| text.to_owned())
    };
    let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    let is_allowed = |mail: &String| {
        let domain = domain_of(mail);
        let list = &provider.allowed_domains;
        domain.is_some_and(|domain| list.is_empty() || list.contains(&domain))
    };
    Said {
        user_name: text(&mapping.user_name),
        profile: Profile {
            given_name: text(&mapping.given_name),
            family_name: text(&mapping.family_name),
            display_name: text("name"),
            verified_mail: text(&mapping.email).filter(|mail| is_verified && is_allowed(mail)),
        },
        groups: groups(claims.get(&mapping.groups)),
    }
}

fn groups(claim: Option<&Value>) -> Option<BTreeSet<String>> {
    match claim {
        None | Some(Value::Null) => Some(BTreeSet::new()),
        Some(Value::String(one)) => Some(BTreeSet::from([one.clone()])),
        Some(Value::Array(all)) if all.len() <= MOST_GROUPS => {
            Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        Some(_) => None,
    }
}

/// What becomes of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Is this person, by a link.
    Is(PrincipalId),
    /// Becomes a further subject of this person.
    Link(PrincipalId),
    /// Is entered as a new person.
    Create,
    /// Does not come in, for this reason.
    Refuse(&'static str),
}

/// Decides who somebody is. `with_mail` are all persons with the verified mail address.
///
/// A link says who it is and nothing else does. Without one, a verified mail address of an allowed domain says it, if it is that of one person
/// alone, who is active and administers nothing: whoever configures the provider must not become somebody who may do more.
pub(crate) fn decide(
    provider: &Provider,
    said: &Said,
    linked: Option<Known>,
    with_mail: &[Known],
) -> Decision {
    if let Some(known) = linked {
        return match known.standing {
            Standing::Active => Decision::Is(known.id),
            Standing::Suspended => Decision::Refuse("suspended"),
            Standing::Gone => Decision::Refuse("deprovisioned"),
        };
    }
    if provider.jit_provisioning == JitProvisioning::Off {
        return Decision::Refuse("not_linked");
    }
    let is_restricted = !provider.allowed_domains.is_empty();
    if is_restricted && said.profile.verified_mail.is_none() {
        return Decision::Refuse("no_verified_mail");
    }
    match with_mail {
        [] if provider.jit_provisioning == JitProvisioning::Create => Decision::Create,
        [] => Decision::Refuse("unknown_person"),
        // Whoever was shut out does not come back by another door.
        all if all.iter().any(|known| known.standing == Standing::Gone) => Decision::Refuse("deprovisioned"),
        [one] if one.standing == Standing::Suspended => Decision::Refuse("suspended"),
        // Without a list of domains the provider's word about mail is not for existing persons.
        [_] if !is_restricted => Decision::Refuse("mail_not_trusted"),
        [one] if one.is_administrator => Decision::Refuse("administrator"),
        [one] => Decision::Link(one.id),
        _ => Decision::Refuse("ambiguous_mail"),
    }
}

/// Names for a new person, best first. A name that looks like a mail address has to be the verified one: it is what people sign in by.
pub(crate) fn names(provider: &Provider, said: &Said, subject: &str) -> Vec<String> {
    let mail = said.profile.verified_mail.clone();
    let own = said.user_name.clone().filter(|name| {
        !name.contains('@') || mail.as_ref().is_some_and(|mail| mail.eq_ignore_ascii_case(name))
    });
    let fallback: String = format!("{}:{subject}", provider.key).chars().take(LONGEST_TEXT).collect();
    own.into_iter().chain(mail).chain([fallback]).collect()
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::{Clock, Id};
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::model::provider::ProviderStatus;

    fn provider(jit: JitProvisioning, domains: &[&str]) -> Provider {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        Provider {
            id: Id::nil(),
            key: "okta".to_owned(),
            display_name: "Okta".to_owned(),
            issuer: "https://id.example".to_owned(),
            client_id: "athyper".to_owned(),
            has_client_secret: false,
            scopes: Vec::new(),
            claim_mapping: ClaimMapping::default(),
            jit_provisioning: jit,
            allowed_domains: domains.iter().map(|one| (*one).to_owned()).collect(),
            status: ProviderStatus::Enabled,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    fn known(standing: Standing, is_administrator: bool) -> Known {
        Known { id: Id::new(&Clock::system()), standing, is_administrator }
    }

    fn of(provider: &Provider, claims: Value) -> Said {
        said(claims.as_object().unwrap(), provider)
    }

    #[test]
    fn a_mail_address_counts_only_if_it_is_verified_and_of_an_allowed_domain() {
        let provider = provider(JitProvisioning::Create, &["acme.example"]);
        let mail = |claims| of(&provider, claims).profile.verified_mail;
        assert!(mail(json!({"email": "ann@acme.example", "email_verified": true})).is_some());
        for bad in [
            json!({"email": "ann@acme.example"}),
            json!({"email": "ann@acme.example", "email_verified": false}),
            json!({"email": "ann@acme.example", "email_verified": "true"}),
            json!({"email": "ann@acme.example", "email_verified": 1}),
            json!({"email": "ann@acme.example.evil.example", "email_verified": true}),
            json!({"email": "ann@evil.example", "email_verified": true}),
            json!({"email": "ann@evil.example@acme.example", "email_verified": true}),
            json!({"email": ["ann@acme.example"], "email_verified": true}),
        ] {
            assert_eq!(mail(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn nobody_is_taken_over() {
        let provider = provider(JitProvisioning::Create, &["acme.example"]);
        let said = of(&provider, json!({"email": "ann@acme.example", "email_verified": true}));
        let one = known(Standing::Active, false);
        let decided = |with_mail: &[Known]| decide(&provider, &said, None, with_mail);
        assert_eq!(decided(&[one]), Decision::Link(one.id));
        assert_eq!(decided(&[]), Decision::Create);
        assert_eq!(decided(&[known(Standing::Active, true)]), Decision::Refuse("administrator"));
        assert_eq!(decided(&[one, known(Standing::Active, false)]), Decision::Refuse("ambiguous_mail"));
        assert_eq!(decided(&[known(Standing::Suspended, false)]), Decision::Refuse("suspended"));
        assert_eq!(decided(&[known(Standing::Gone, false)]), Decision::Refuse("deprovisioned"));
        assert_eq!(decided(&[one, known(Standing::Gone, false)]), Decision::Refuse("deprovisioned"));
    }

    #[test]
    fn a_link_says_who_it_is_whatever_the_mail_says() {
        let provider = provider(JitProvisioning::Off, &[]);
        let said = Said::default();
        let one = known(Standing::Active, true);
        let other = known(Standing::Active, false);
        assert_eq!(decide(&provider, &said, Some(one), &[other]), Decision::Is(one.id));
        let gone = known(Standing::Gone, false);
        assert_eq!(decide(&provider, &said, Some(gone), &[]), Decision::Refuse("deprovisioned"));
    }

    #[test]
    fn each_way_of_provisioning_does_no_more_than_it_says() {
        let of_mode = |jit, domains: &[&str], claims: Value, with_mail: &[Known]| {
            let provider = provider(jit, domains);
            decide(&provider, &of(&provider, claims), None, with_mail)
        };
        let verified = json!({"email": "ann@acme.example", "email_verified": true});
        let (create, link, off) = (JitProvisioning::Create, JitProvisioning::Link, JitProvisioning::Off);
        assert_eq!(of_mode(off, &["acme.example"], verified.clone(), &[]), Decision::Refuse("not_linked"));
        assert_eq!(
            of_mode(link, &["acme.example"], verified.clone(), &[]),
            Decision::Refuse("unknown_person")
        );
        assert_eq!(of_mode(create, &["acme.example"], json!({}), &[]), Decision::Refuse("no_verified_mail"));
        assert_eq!(of_mode(create, &[], json!({}), &[]), Decision::Create);
        let one = known(Standing::Active, false);
        assert_eq!(of_mode(create, &[], verified, &[one]), Decision::Refuse("mail_not_trusted"));
    }

    #[test]
    fn a_name_that_is_a_mail_address_has_to_be_the_persons_own() {
        let provider = provider(JitProvisioning::Create, &[]);
        let claims = json!({"preferred_username": "boss@acme.example", "email": "ann@acme.example", "email_verified": true});
        assert_eq!(names(&provider, &of(&provider, claims), "s1"), ["ann@acme.example", "okta:s1"]);
        let claims = json!({"preferred_username": "ann"});
        assert_eq!(names(&provider, &of(&provider, claims), "s1"), ["ann", "okta:s1"]);
    }

    #[test]
    fn groups_in_a_form_that_cannot_be_read_are_not_taken_for_none() {
        assert_eq!(groups(None), Some(BTreeSet::new()));
        assert_eq!(groups(Some(&json!("a"))), Some(BTreeSet::from(["a".to_owned()])));
        assert_eq!(groups(Some(&json!(["a", 7, "b"]))).unwrap().len(), 2);
        assert_eq!(groups(Some(&json!({"a": 1}))), None);
        assert_eq!(groups(Some(&json!(vec!["x"; 1_001]))), None);
    }
}
