//! What a policy asks for beside a yes: a strong sign-in, not too often, a word in the audit trail. What nobody does is a
//! refusal.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_policy::{Circumstances, Obligation};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::Identity;
use crate::agreement::Agreement;
use crate::rate::RateLimits;
use crate::rights::Rights;

/// Words that policies add to the audit event of a request.
#[derive(Debug, Default)]
pub(crate) struct Tags(Mutex<BTreeSet<String>>);

impl Tags {
    fn add(&self, tag: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tag.to_owned());
    }

    /// The event with these words.
    pub(crate) fn write(&self, event: AuditEvent) -> AuditEvent {
        let tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tags.is_empty() {
            event
        } else {
            event.with("policyTags", tags.iter().cloned().collect::<Vec<_>>())
        }
    }
}

/// Does what obligations ask for, as far as the edge can: it counts, keeps words, and looks whether somebody agreed. Masks are
/// not for it.
///
/// # Errors
/// 401 where a stronger or younger sign-in is needed, 403 where somebody has to agree first, 429 for what comes too often.
pub(crate) async fn meet(
    obligations: &[Obligation],
    (rights, operation): (&Rights, &str),
    rates: Option<&RateLimits>,
    (tags, agreement): (&Tags, Option<&Agreement>),
) -> Result<(), Problem> {
    for obligation in obligations {
        match (obligation, rates) {
            (Obligation::RequireApproval { .. }, _) => {}
            (Obligation::TagAudit { tag }, _) => tags.add(tag),
            (Obligation::RateLimit { per_minute }, Some(rates)) => {
                let context = rights.context();
                rates.by_policy(context.tenant_id(), &context.actor().id, operation, *per_minute).await?;
            }
            (other, _) => return Err(refusal(other)),
        }
    }
    agree(obligations, agreement)
}

/// The same where nothing can be counted or waited for: only words are kept, and what was agreed to before counts.
///
/// # Errors
/// A refusal of the first other obligation.
pub(crate) fn meet_now(
    obligations: &[Obligation],
    (tags, agreement): (&Tags, Option<&Agreement>),
) -> Result<(), Problem> {
    obligations.iter().try_for_each(|obligation| match obligation {
        Obligation::RequireApproval { .. } => Ok(()),
        Obligation::TagAudit { tag } => {
            tags.add(tag);
            Ok(())
        }
        other => Err(refusal(other)),
    })?;
    agree(obligations, agreement)
}

/// Comes last: nobody is asked to agree to what is refused for another reason. All that is needed is noted before the first
/// refusal.
fn agree(obligations: &[Obligation], agreement: Option<&Agreement>) -> Result<(), Problem> {
    let needed = obligations.iter().filter_map(|obligation| match (obligation, agreement) {
        (Obligation::RequireApproval { role }, Some(agreement)) => Some(agreement.need(role)),
        (Obligation::RequireApproval { .. }, None) => Some(Err(refusal(obligation))),
        _ => None,
    });
    needed.collect::<Vec<_>>().into_iter().collect()
}

fn refusal(obligation: &Obligation) -> Problem {
    match obligation {
        Obligation::RequireSignIn { strength, max_age_seconds } => {
            let age = max_age_seconds
                .map(|seconds| format!(", not longer than {seconds} seconds ago"))
                .unwrap_or_default();
            let factors = match strength {
                0 | 1 => "sign in",
                2 => "sign in with two factors",
                _ => "sign in with two factors, one of which cannot be phished",
            };
            Problem::new(
                ProblemKind::Unauthenticated,
                "policy.sign_in_required",
                format!("a policy asks you to {factors}{age}"),
            )
        }
        Obligation::RequireApproval { role } => Problem::new(
            ProblemKind::Forbidden,
            "policy.approval_required",
            format!("a policy asks that a holder of the role {role} agrees first, which cannot be done here"),
        ),
        Obligation::MaskFields { .. } | Obligation::RateLimit { .. } | Obligation::TagAudit { .. } => {
            Problem::new(
                ProblemKind::Forbidden,
                "policy.obligation_unmet",
                "a policy asks for something that cannot be done here",
            )
        }
    }
}

/// What an identity says of how and when it signed in (OpenID Connect Core 1.0, section 2, and RFC 8176), and how it comes.
pub(crate) fn circumstances(
    identity: &Identity,
    channel: &str,
    address: Option<std::net::IpAddr>,
) -> Circumstances {
    Circumstances {
        channel: channel.to_owned(),
        address: address.map(|address| address.to_string()),
        networks: None,
        sign_in: strength(&identity.claims),
        signed_in_at: signed_in_at(&identity.claims),
    }
}

/// Methods that prove that somebody has something, knows something, or is somebody (RFC 8176, section 2).
const FACTORS: [&[&str]; 3] = [
    &["hwk", "swk", "pop", "sc", "otp", "sms", "tel", "mca"],
    &["pwd", "pin", "kba"],
    &["fpt", "face", "iris", "retina", "vbm"],
];
/// Contexts that say that the credential cannot be phished (OpenID Connect Extended Authentication Profile ACR Values 1.0).
const UNPHISHABLE: [&str; 2] = ["phr", "phrh"];

/// 1 for one factor, 2 for two of different kinds, 3 for two of which one cannot be phished.
fn strength(claims: &Map<String, Value>) -> u8 {
    let methods: Vec<&str> =
        claims.get("amr").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let has = |method: &&str| methods.contains(method);
    let factors = FACTORS.iter().filter(|methods| methods.iter().any(has)).count();
    let is_double = factors > 1 || methods.contains(&"mfa");
    let context = claims.get("acr").and_then(Value::as_str).unwrap_or_default();
    match (UNPHISHABLE.contains(&context), is_double) {
        (true, _) => 3,
        // A key in hardware answers its own site alone.
        (false, true) if methods.contains(&"hwk") => 3,
        (false, true) => 2,
        (false, false) => 1,
    }
}

fn signed_in_at(claims: &Map<String, Value>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(claims.get("auth_time")?.as_i64()?, 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sign_in_is_as_strong_as_its_factors_are_different() {
        let of = |claims: Value| strength(claims.as_object().unwrap());
        assert_eq!(of(json!({})), 1);
        assert_eq!(of(json!({"amr": ["pwd", "pin"]})), 1);
        assert_eq!(of(json!({"amr": ["pwd", "otp"]})), 2);
        assert_eq!(of(json!({"amr": ["mfa"]})), 2);
        assert_eq!(of(json!({"amr": "mfa"})), 1);
        assert_eq!(of(json!({"amr": ["hwk", "pin"]})), 3);
        assert_eq!(of(json!({"acr": "phrh"})), 3);
        assert_eq!(of(json!({"acr": "2"})), 1);
    }

    #[test]
    fn what_nobody_does_is_refused() {
        let tags = Tags::default();
        let tag = Obligation::TagAudit { tag: "money".to_owned() };
        assert!(meet_now(std::slice::from_ref(&tag), (&tags, None)).is_ok());
        let event = tags.write(AuditEvent::info("a.b"));
        assert!(format!("{event:?}").contains("money"));
        let code = |obligation| meet_now(&[obligation], (&tags, None)).unwrap_err().code;
        assert_eq!(code(Obligation::RateLimit { per_minute: 1 }), "policy.obligation_unmet");
        assert_eq!(code(Obligation::RequireApproval { role: "boss".to_owned() }), "policy.approval_required");
        let sign_in = Obligation::RequireSignIn { strength: 2, max_age_seconds: Some(60) };
        assert_eq!(code(sign_in), "policy.sign_in_required");
    }
}
