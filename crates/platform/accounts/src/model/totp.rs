//! Codes that follow the clock: TOTP (RFC 6238) over HOTP (RFC 4226), with SHA-1, six digits and steps of thirty seconds,
//! which is what every authenticator program takes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};

/// Length of a step, in seconds.
const STEP_SECONDS: i64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// How many steps before and after the present one are taken: clocks differ, and typing takes time (RFC 6238, section 5.2).
const WINDOW: i64 = 1;
/// Length of a secret, in bytes (RFC 4226, section 4, R6, recommends 160 bits).
pub(crate) const SECRET_LEN: usize = 20;

/// The alphabet of base32 (RFC 4648, section 6).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step whose code this is, if it is one of now and later than the last that was used: a code is taken once.
pub(crate) fn matching_step(
    secret: &[u8],
    code: &str,
    now: DateTime<Utc>,
    last_step: Option<i64>,
) -> Option<i64> {
    let present = now.timestamp().div_euclid(STEP_SECONDS);
    let mut found = None;
    // All steps are tried, whichever matches.
    for step in present - WINDOW..=present + WINDOW {
        let expected = code_at(secret, step, DIGITS);
        let is_match = verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok();
        if is_match && last_step.is_none_or(|last| step > last) {
            found = found.or(Some(step));
        }
    }
    found
}

/// The code of a step.
fn code_at(secret: &[u8], step: i64, digits: usize) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // Dynamic truncation (RFC 4226, section 5.3).
    let offset = tag.last().map_or(0, |last| usize::from(last & 0x0f));
    let word = tag.get(offset..).and_then(|rest| rest.first_chunk::<4>());
    let number = word.map_or(0, |bytes| u32::from_be_bytes(*bytes) & 0x7fff_ffff);
    let modulus = 10_u64.pow(u32::try_from(digits).unwrap_or(0));
    format!("{:0digits$}", u64::from(number) % modulus)
}

/// The secret in base32 without padding, as people type it.
pub(crate) fn base32(secret: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    let letter = |index: u32| BASE32.get((index & 31) as usize).map_or('A', |byte| char::from(*byte));
    for byte in secret {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(letter(bits >> count));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(letter(bits << (5 - count)));
    }
    text
}

/// What authenticator programs read from a picture (the Key URI Format of Google Authenticator).
pub(crate) fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let (issuer, account) = (percent(issuer), percent(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        base32(secret)
    )
}

/// Percent-encoding of everything but the unreserved characters (RFC 3986, section 2.3).
fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B, the rows of SHA-1.
    #[test]
    fn the_vectors_of_the_specification() {
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code_at(SECRET, seconds / 30, 8), code);
            assert_eq!(matching_step(SECRET, &code[2..], at(seconds), None), Some(seconds / 30));
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_vectors_of_the_counter() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (counter, code) in codes.into_iter().enumerate() {
            assert_eq!(code_at(SECRET, i64::try_from(counter).unwrap(), 6), code);
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_specification() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn names_in_the_uri_are_encoded() {
        assert_eq!(
            uri("Demo Trading", "zoë@example.com", b"foobar"),
            "otpauth://totp/Demo%20Trading:zo%C3%AB%40example.com?secret=MZXW6YTBOI&issuer=Demo%20Trading\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn what_is_no_code_never_matches() {
        for code in ["", "28708", "2870820", "28708a", "２８７０８２"] {
            assert_eq!(matching_step(SECRET, code, at(59), None), None, "{code}");
        }
    }

    proptest! {
        /// A code is taken within its window alone, and never again, nor any before it.
        #[test]
        fn a_code_is_taken_once(step in 0_i64..1 << 36, late in -4_i64..=4, second in 0_i64..30) {
            let code = code_at(SECRET, step, DIGITS);
            let now = at((step + late) * 30 + second);
            let found = matching_step(SECRET, &code, now, None);
            if late.abs() <= WINDOW {
                // Another step may have the same code, one time in a million.
                prop_assert!(found.is_some());
            }
            if let Some(used) = found {
                let again = matching_step(SECRET, &code, now, Some(used));
                prop_assert!(again.is_none_or(|other| other > used));
            }
        }
    }
}
