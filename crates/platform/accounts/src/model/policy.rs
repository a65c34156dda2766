//! What is asked of accounts: the stricter of the platform's minimum and the tenant's profile, field by field.

use std::collections::BTreeSet;

use athyper_kernel_config::PlatformMinimums;
use athyper_kernel_error::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest password that can be asked for, in characters.
const MOST_LENGTH: u32 = 128;
/// Most former passwords that are remembered.
pub(crate) const MOST_HISTORY: u32 = 24;
/// Longest lock, in minutes: a week.
const MOST_LOCKOUT_MINUTES: u32 = 10_080;

/// A kind of second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = accounts::FactorType)]
pub(crate) enum FactorType {
    /// Codes that follow the clock (RFC 6238).
    Totp,
    /// A key that signs (W3C Web Authentication).
    Webauthn,
}

impl FactorType {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Totp, Self::Webauthn];

    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Webauthn => "webauthn",
        }
    }
}

/// What is asked of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::PasswordPolicy)]
#[expect(clippy::struct_excessive_bools, reason = "independent demands, each named in the profile")]
pub(crate) struct PasswordPolicy {
    /// Fewest characters.
    #[schema(minimum = 8, maximum = 128, example = 12)]
    pub(crate) min_length: u32,
    /// How many former passwords may not be used again.
    #[schema(minimum = 1, maximum = 24, example = 5)]
    pub(crate) history: u32,
    /// Whether it needs a capital letter.
    pub(crate) upper: bool,
    /// Whether it needs a small letter.
    pub(crate) lower: bool,
    /// Whether it needs a digit.
    pub(crate) digit: bool,
    /// Whether it needs a character that is neither letter nor digit.
    pub(crate) special: bool,
}

/// What a tenant asks of its accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::Profile)]
pub(crate) struct Profile {
    /// Whether everybody needs a second factor.
    pub(crate) mfa_required: bool,
    /// Kinds of second factor that are taken; at least one.
    pub(crate) allowed_mfa_types: BTreeSet<FactorType>,
    /// Failed sign-ins before the account is locked.
    #[schema(minimum = 1, maximum = 10, example = 5)]
    pub(crate) max_login_failures: u32,
    /// How long the first lock lasts, in minutes; each further one twice as long.
    #[schema(minimum = 5, maximum = 10_080, example = 15)]
    pub(crate) lockout_duration_minutes: u32,
    /// What is asked of a password.
    pub(crate) password_policy: PasswordPolicy,
}

impl Default for Profile {
    /// What a tenant that made no profile asks.
    fn default() -> Self {
        Self {
            mfa_required: false,
            allowed_mfa_types: FactorType::ALL.into(),
            max_login_failures: 5,
            lockout_duration_minutes: 15,
            password_policy: PasswordPolicy {
                min_length: 12,
                history: 5,
                upper: true,
                lower: true,
                digit: true,
                special: true,
            },
        }
    }
}

/// What the platform asks of every tenant of a realm: the configured minimums, and what no configuration lowers.
pub(crate) fn floor(minimums: &PlatformMinimums) -> Profile {
    Profile {
        mfa_required: false,
        allowed_mfa_types: FactorType::ALL.into(),
        max_login_failures: minimums.max_login_failures,
        lockout_duration_minutes: minimums.lockout_duration_minutes,
        password_policy: PasswordPolicy {
            min_length: minimums.password_min_length,
            history: minimums.password_history,
            upper: true,
            lower: true,
            digit: true,
            special: false,
        },
    }
}

/// The stricter of both, field by field: what applies.
pub(crate) fn stricter(one: &Profile, other: &Profile) -> Profile {
    let (a, b) = (&one.password_policy, &other.password_policy);
    Profile {
        mfa_required: one.mfa_required || other.mfa_required,
        allowed_mfa_types: one.allowed_mfa_types.intersection(&other.allowed_mfa_types).copied().collect(),
        max_login_failures: one.max_login_failures.min(other.max_login_failures),
        lockout_duration_minutes: one.lockout_duration_minutes.max(other.lockout_duration_minutes),
        password_policy: PasswordPolicy {
            min_length: a.min_length.max(b.min_length),
            history: a.history.max(b.history),
            upper: a.upper || b.upper,
            lower: a.lower || b.lower,
            digit: a.digit || b.digit,
            special: a.special || b.special,
        },
    }
}

/// Everything in a tenant's profile that is weaker than the floor or out of range, by field. A profile without a finding
/// applies as it is.
pub(crate) fn faults(profile: &Profile, floor: &Profile) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut check = |is_good: bool, pointer: &str, code: &str, message: String| {
        if !is_good {
            faults.push(FieldError::new(pointer, code, message));
        }
    };
    let range = |value: u32, least: u32, most: u32| (least..=most).contains(&value);
    let (asked, least) = (&profile.password_policy, &floor.password_policy);
    check(
        profile.mfa_required || !floor.mfa_required,
        "/mfaRequired",
        "too_weak",
        "the platform requires a second factor".to_owned(),
    );
    check(
        !profile.allowed_mfa_types.is_empty(),
        "/allowedMfaTypes",
        "required",
        "allow at least one kind of second factor".to_owned(),
    );
    check(
        profile.allowed_mfa_types.is_subset(&floor.allowed_mfa_types),
        "/allowedMfaTypes",
        "too_weak",
        "the platform does not take some of these kinds".to_owned(),
    );
    let most = floor.max_login_failures;
    check(
        range(profile.max_login_failures, 1, most),
        "/maxLoginFailures",
        "out_of_range",
        format!("send 1 to {most}"),
    );
    let lock = floor.lockout_duration_minutes;
    check(
        range(profile.lockout_duration_minutes, lock, MOST_LOCKOUT_MINUTES),
        "/lockoutDurationMinutes",
        "out_of_range",
        format!("send {lock} to {MOST_LOCKOUT_MINUTES}"),
    );
    check(
        range(asked.min_length, least.min_length, MOST_LENGTH),
        "/passwordPolicy/minLength",
        "out_of_range",
        format!("send {} to {MOST_LENGTH}", least.min_length),
    );
    check(
        range(asked.history, least.history, MOST_HISTORY),
        "/passwordPolicy/history",
        "out_of_range",
        format!("send {} to {MOST_HISTORY}", least.history),
    );
    let classes = [
        ("upper", asked.upper, least.upper),
        ("lower", asked.lower, least.lower),
        ("digit", asked.digit, least.digit),
        ("special", asked.special, least.special),
    ];
    for (name, asks, must) in classes {
        let pointer = format!("/passwordPolicy/{name}");
        check(asks || !must, &pointer, "too_weak", "the platform asks for this class".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests;
