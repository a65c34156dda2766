//! What a password may be. It is taken as the bytes that were sent, without any normalisation: what is typed alike on two
//! machines is sent alike by them, and a rule that changes with Unicode's version would shut people out.

use athyper_kernel_error::FieldError;

use crate::model::policy::PasswordPolicy;

/// Most bytes of a password: hashing more than that would only cost time.
pub(crate) const MOST_BYTES: usize = 512;

/// Shortest part of a name that may not stand in a password, in characters.
const LEAST_NAME: usize = 4;

/// Passwords that are tried first, in small letters, one a line: written for this program, of words and runs of keys that the
/// published rankings of breached passwords have in common, such as that of the United Kingdom's National Cyber Security
/// Centre of 2019. It is a selection: length is what keeps the rest out.
const COMMON: &str = include_str!("password/common.txt");

/// Everything that is wrong with a password that somebody wants to have. `names` are the login name and the mail addresses,
/// which it may not contain.
pub(crate) fn faults(
    password: &str,
    policy: &PasswordPolicy,
    names: &[&str],
    pointer: &str,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut demand = |is_met: bool, code: &str, message: String| {
        if !is_met {
            faults.push(FieldError::new(pointer, code, message));
        }
    };
    let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    let has = |class: fn(char) -> bool| password.chars().any(class);
    demand(
        length >= policy.min_length,
        "too_short",
        format!("take at least {} characters", policy.min_length),
    );
    demand(password.len() <= MOST_BYTES, "too_long", format!("take at most {MOST_BYTES} bytes"));
    demand(!policy.upper || has(char::is_uppercase), "needs_upper", "add a capital letter".to_owned());
    demand(!policy.lower || has(char::is_lowercase), "needs_lower", "add a small letter".to_owned());
    demand(!policy.digit || has(char::is_numeric), "needs_digit", "add a digit".to_owned());
    demand(
        !policy.special || has(|c| !c.is_alphanumeric() && !c.is_control()),
        "needs_special",
        "add a character that is neither letter nor digit".to_owned(),
    );
    let lower = password.to_lowercase();
    demand(!is_common(&lower), "too_common", "this is one of the passwords that are tried first".to_owned());
    let contains_name = names.iter().flat_map(|name| parts(name)).any(|part| lower.contains(&part));
    demand(!contains_name, "contains_name", "leave your name and mail address out of it".to_owned());
    faults
}

/// Whether a password is a common one, also with a capital letter at its start and digits or signs at its end.
fn is_common(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    COMMON.lines().filter(|line| !line.starts_with('#')).any(|common| {
        let stem_of_common = common.trim_end_matches(|c: char| !c.is_alphabetic());
        common == lower || (!stem_of_common.is_empty() && stem_of_common == stem && stem.len() >= 4)
    })
}

/// The name as a whole, and what stands before the `@` of an address, each if it is long enough to be told by.
fn parts(name: &str) -> Vec<String> {
    let whole = name.trim().to_lowercase();
    let local = whole.split('@').next().unwrap_or_default().to_owned();
    let mut parts = vec![whole, local];
    parts.retain(|part| part.chars().count() >= LEAST_NAME);
    parts.dedup();
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: PasswordPolicy =
        PasswordPolicy { min_length: 12, history: 5, upper: true, lower: true, digit: true, special: true };

    fn codes(password: &str) -> Vec<String> {
        let found = faults(password, &ALL, &["zoe.miller", "zoe@example.com", "bo"], "/password");
        assert!(found.iter().all(|fault| fault.pointer == "/password" && !fault.message.contains(password)));
        found.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn each_demand_is_named() {
        for (password, expected) in [
            ("Correct-horse-7", &[][..]),
            ("ÄÖü-ßß-1234-x", &[]),
            ("Bo-and-others-7", &[]),
            ("short", &["too_short", "needs_upper", "needs_digit", "needs_special"]),
            ("CORRECT-HORSE-7", &["needs_lower"]),
            ("My-Zoe.Miller-77", &["contains_name"]),
            ("Password1234!", &["too_common"]),
            ("zoe@example.com", &["needs_upper", "needs_digit", "contains_name"]),
        ] {
            assert_eq!(codes(password), expected, "{password}");
        }
        let long = format!("Aa1-{}", "x".repeat(MOST_BYTES));
        assert_eq!(codes(&long), ["too_long"]);
    }

    #[test]
    fn the_list_of_common_passwords_is_usable() {
        let lines: Vec<&str> = COMMON.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() >= 200, "{}", lines.len());
        assert!(lines.iter().all(|line| line.len() >= 6 && *line == line.to_lowercase()));
    }

    proptest! {
        /// What is taken meets every demand, whatever it is made of.
        #[test]
        fn what_is_taken_meets_the_policy(password in "\\PC{0,40}") {
            if faults(&password, &ALL, &[], "").is_empty() {
                prop_assert!(password.chars().count() >= 12);
                prop_assert!(password.chars().any(char::is_uppercase));
                prop_assert!(password.chars().any(char::is_lowercase));
                prop_assert!(password.chars().any(char::is_numeric));
            }
        }
    }
}
