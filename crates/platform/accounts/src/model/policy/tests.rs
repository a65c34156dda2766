//! What applies is never weaker than what either side asks.

use proptest::prelude::*;

use super::*;

prop_compose! {
    fn password_policy()(
        min_length in 8_u32..=128, history in 1_u32..=24, classes in any::<[bool; 4]>(),
    ) -> PasswordPolicy {
        let [upper, lower, digit, special] = classes;
        PasswordPolicy { min_length, history, upper, lower, digit, special }
    }
}

prop_compose! {
    fn profile()(
        mfa_required in any::<bool>(),
        kinds in any::<[bool; 2]>(),
        max_login_failures in 0_u32..=20,
        lockout_duration_minutes in 0_u32..=20_000,
        password_policy in password_policy(),
    ) -> Profile {
        let kinds = FactorType::ALL.into_iter().zip(kinds).filter(|(_, is_in)| *is_in).map(|(kind, _)| kind);
        Profile {
            mfa_required,
            allowed_mfa_types: kinds.collect(),
            max_login_failures,
            lockout_duration_minutes,
            password_policy,
        }
    }
}

prop_compose! {
    fn minimums()(
        password_min_length in 8_u32..=128,
        password_history in 1_u32..=24,
        max_login_failures in 1_u32..=10,
        lockout_duration_minutes in 5_u32..=10_080,
    ) -> PlatformMinimums {
        PlatformMinimums { password_min_length, password_history, max_login_failures, lockout_duration_minutes }
    }
}

/// Whether `one` asks at least what `other` asks, in every field.
fn is_as_strict(one: &Profile, other: &Profile) -> bool {
    let (a, b) = (&one.password_policy, &other.password_policy);
    (one.mfa_required || !other.mfa_required)
        && one.allowed_mfa_types.is_subset(&other.allowed_mfa_types)
        && one.max_login_failures <= other.max_login_failures
        && one.lockout_duration_minutes >= other.lockout_duration_minutes
        && a.min_length >= b.min_length
        && a.history >= b.history
        && (a.upper || !b.upper)
        && (a.lower || !b.lower)
        && (a.digit || !b.digit)
        && (a.special || !b.special)
}

proptest! {
    #[test]
    fn what_applies_is_as_strict_as_both(one in profile(), other in profile()) {
        let applies = stricter(&one, &other);
        prop_assert!(is_as_strict(&applies, &one) && is_as_strict(&applies, &other));
        prop_assert_eq!(&applies, &stricter(&other, &one));
        prop_assert_eq!(&applies, &stricter(&applies, &one));
        // Nothing is asked that neither of them asks.
        prop_assert!(applies.mfa_required == (one.mfa_required || other.mfa_required));
        prop_assert!([one.max_login_failures, other.max_login_failures].contains(&applies.max_login_failures));
    }

    /// A profile that is taken is the one that applies; one that is refused names every field in which it is weaker.
    #[test]
    fn a_profile_without_faults_applies_as_it_is(profile in profile(), minimums in minimums()) {
        let floor = floor(&minimums);
        let found = faults(&profile, &floor);
        let applies = stricter(&profile, &floor);
        if found.is_empty() {
            prop_assert!(is_as_strict(&profile, &floor));
            prop_assert_eq!(&applies, &profile);
        }
        let named = |pointer: &str| found.iter().any(|fault| fault.pointer == pointer);
        let (given, used) = (&profile.password_policy, &applies.password_policy);
        prop_assert_eq!(given.min_length != used.min_length, named("/passwordPolicy/minLength"));
        prop_assert_eq!(given.history != used.history, named("/passwordPolicy/history"));
        prop_assert_eq!(given.upper != used.upper, named("/passwordPolicy/upper"));
        prop_assert_eq!(given.lower != used.lower, named("/passwordPolicy/lower"));
        prop_assert_eq!(given.digit != used.digit, named("/passwordPolicy/digit"));
        prop_assert_eq!(
            profile.max_login_failures > floor.max_login_failures || profile.max_login_failures == 0,
            named("/maxLoginFailures")
        );
        prop_assert_eq!(
            profile.lockout_duration_minutes < floor.lockout_duration_minutes
                || profile.lockout_duration_minutes > MOST_LOCKOUT_MINUTES,
            named("/lockoutDurationMinutes")
        );
        prop_assert_eq!(profile.allowed_mfa_types.is_empty(), named("/allowedMfaTypes"));
    }
}

#[test]
fn the_floors_and_defaults_are_the_documented_ones() {
    let floor = floor(&PlatformMinimums::default());
    let asked = floor.password_policy;
    assert_eq!((floor.max_login_failures, floor.lockout_duration_minutes), (10, 5));
    assert_eq!((asked.min_length, asked.history), (8, 1));
    assert_eq!([asked.upper, asked.lower, asked.digit, asked.special], [true, true, true, false]);
    assert_eq!(faults(&Profile::default(), &floor), []);
}

#[test]
fn all_faults_are_told_at_once() {
    let weak = Profile {
        mfa_required: false,
        allowed_mfa_types: BTreeSet::new(),
        max_login_failures: 11,
        lockout_duration_minutes: 4,
        password_policy: PasswordPolicy {
            min_length: 7,
            history: 0,
            upper: false,
            lower: false,
            digit: false,
            special: false,
        },
    };
    let found = faults(&weak, &floor(&PlatformMinimums::default()));
    let pointers: Vec<_> = found.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/allowedMfaTypes",
            "/maxLoginFailures",
            "/lockoutDurationMinutes",
            "/passwordPolicy/minLength",
            "/passwordPolicy/history",
            "/passwordPolicy/upper",
            "/passwordPolicy/lower",
            "/passwordPolicy/digit",
        ]
    );
}
