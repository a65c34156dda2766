//! What masks show, by example and for any value.

use proptest::prelude::*;

use super::*;

fn key() -> MaskKey {
    MaskKey::new(&[7; 32])
}

fn apply(mask: &Mask, value: &str) -> String {
    mask.apply(&key(), value).unwrap_or_default()
}

fn partial_of(visible: u16, position: Visible) -> Mask {
    Mask::Partial { visible, position, mask_char: '*' }
}

#[test]
fn each_strategy_shows_what_it_says() {
    assert_eq!(Mask::Null.apply(&key(), "secret"), None);
    for (mask, value, shown) in [
        (Mask::Redact, "secret", "[redacted]"),
        (partial_of(4, Visible::End), "4111111111111111", "************1111"),
        (partial_of(2, Visible::Start), "Zoë Müller", "Zo********"),
        (partial_of(3, Visible::Both), "abcdefgh", "ab*****h"),
        (partial_of(4, Visible::End), "1234567", "*******"),
        (partial_of(0, Visible::End), "abc", "***"),
        (Mask::Email, "zoe.miller@example.com", "z***@example.com"),
        (Mask::Email, "z@example.com", "***@example.com"),
        (Mask::Email, "no address", "[redacted]"),
        (Mask::Email, "\"a@b\"@example.com", "\"***@example.com"),
        (Mask::Phone, "+44 20 7946 0958", "+** ** **** 0958"),
        (Mask::Phone, "1234567", "[redacted]"),
        (Mask::Phone, "call me at 12345678", "[redacted]"),
        (Mask::Iban, "GB29 NWBK 6016 1331 9268 19", "GB** **** **** **** **68 19"),
        (Mask::Iban, "DE89370400440532013000", "DE****************3000"),
        (Mask::Iban, "29GB NWBK 6016 1331", "[redacted]"),
    ] {
        assert_eq!(apply(&mask, value), shown, "{mask:?} of {value}");
    }
}

/// Made by `python3 -c "import hmac; print(hmac.digest(b'\x07'*32, b'zoe@example.com', 'sha256').hex()[:32])"`.
#[test]
fn the_hash_is_hmac_sha_256() {
    assert_eq!(apply(&Mask::Hash, "zoe@example.com"), "4aee74cf2a2a41c5bdbbc1e978edf548");
    assert_ne!(
        Mask::Hash.apply(&MaskKey::new(&[8; 32]), "zoe@example.com"),
        Mask::Hash.apply(&key(), "zoe@example.com")
    );
}

#[test]
fn a_mask_is_written_as_data() {
    let mask: Mask = serde_json::from_str(r#"{"strategy": "partial", "visible": 4}"#).unwrap();
    assert_eq!(mask, partial_of(4, Visible::End));
    let text = r#"{"strategy":"partial","visible":2,"position":"start","maskChar":"x"}"#;
    let mask: Mask = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&mask).unwrap(), text);
}

fn position() -> impl Strategy<Value = Visible> {
    prop_oneof![Just(Visible::Start), Just(Visible::End), Just(Visible::Both)]
}

proptest! {
    /// At most so many characters of the value are there, never all of it, and its length is kept.
    #[test]
    fn a_partial_mask_shows_no_more_than_it_may(
        value in "\\PC{0,40}", visible in 0_u16..50, position in position(),
    ) {
        let shown = Mask::Partial { visible, position, mask_char: '\u{0}' }.apply(&key(), &value).unwrap();
        prop_assert_eq!(shown.chars().count(), value.chars().count());
        let seen = shown.chars().filter(|c| *c != '\u{0}').count();
        prop_assert!(seen <= usize::from(visible));
        prop_assert!(2 * seen <= value.chars().count());
        for (is, was) in shown.chars().zip(value.chars()) {
            let is_hidden = is == '\u{0}';
            prop_assert!(is_hidden || is == was);
        }
    }

    /// Two addresses that differ only in what is hidden look alike.
    #[test]
    fn what_is_hidden_of_an_address_does_not_show(
        first in "[a-z]", one in "[a-z0-9.]{1,20}", other in "[a-z0-9.]{1,20}",
    ) {
        let of = |rest: &str| apply(&Mask::Email, &format!("{first}{rest}@example.com"));
        prop_assert_eq!(of(&one), of(&other));
    }

    #[test]
    fn a_number_shows_four_digits_or_nothing(value in "[0-9 +()/.-]{0,30}") {
        let shown = apply(&Mask::Phone, &value);
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        prop_assert!(digits.is_empty() || digits.len() == 4);
        prop_assert!(shown == "[redacted]" || shown.chars().count() == value.chars().count());
    }

    #[test]
    fn an_iban_shows_six_characters_or_nothing(value in "[A-Z]{2}[A-Z0-9 ]{5,40}") {
        let shown = apply(&Mask::Iban, &value);
        let seen = shown.chars().filter(char::is_ascii_alphanumeric).count();
        prop_assert!(shown == "[redacted]" || seen == 6);
    }

    /// No mask fails, whatever the value.
    #[test]
    fn every_text_can_be_masked(value in any::<String>(), visible in any::<u16>(), position in position()) {
        for mask in [Mask::Redact, partial_of(visible, position), Mask::Hash, Mask::Email, Mask::Phone, Mask::Iban] {
            prop_assert!(mask.apply(&key(), &value).is_some());
        }
    }
}
