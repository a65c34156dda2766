//! Known answers and tampering.
//!
//! The known values were made by an independent implementation, the Python package `cryptography`, from the form that
//! `sealed.rs` and the associated data above describe.

use athyper_kernel_config::VaultConfig;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;
use crate::MasterKeys;

const TENANT: Uuid = Uuid::from_u128(0x019a_b3c4_5d6e_7f80_9a1b_2c3d_4e5f_6071);
const KEY_ID: Uuid = Uuid::from_u128(0x019a_b3c4_5d6e_7f80_9a1b_2c3d_4e5f_6072);
const VALUE: &str = "01019ab3c45d6e7f809a1b2c3d4e5f60726465666768696a6b6c6d6e6f293bad03188533fa1e143e84af0046dd816680f20e543cbe4e2a814582f2e1980bd0";
const WRAPPED: &str = "6465666768696a6b6c6d6e6fb56c8cd0dbb4f2cad45dd5d3861a9062d993f76d2adf785adb5974646b54393c4837b0d1c81b44f69d233825d52cd19b";

/// The bytes 0 to 31.
fn key_bytes() -> Vec<u8> {
    (0..32).collect()
}

fn key() -> CipherKey {
    CipherKey::new(&key_bytes()).unwrap()
}

fn context() -> Context<'static> {
    Context { tenant: TenantId::from_uuid(TENANT), purpose: "accounts.totp", record: "record 7" }
}

fn known() -> Sealed {
    Sealed::from_bytes(hex::decode(VALUE).unwrap())
}

fn is_unreadable<T: fmt::Debug>(result: &Result<T, VaultError>) -> bool {
    matches!(result, Err(VaultError::Unreadable))
}

#[test]
fn a_value_sealed_elsewhere_opens() {
    let opened = open(&key(), &context(), &known()).unwrap();
    assert_eq!(opened.expose_secret(), "a sealed value, ä".as_bytes());
}

#[test]
fn a_key_wrapped_elsewhere_is_unwrapped() {
    let config = VaultConfig {
        // The bytes 32 to 63.
        master_key: Some("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=".into()),
        ..VaultConfig::default()
    };
    let masters = MasterKeys::new(&config, None).unwrap();
    assert_eq!(masters.current_id(), "99d9ac49ed2fb56d");
    let subject = Subject::person(42);
    let wrapping = Wrapping { tenant: TenantId::from_uuid(TENANT), key: KEY_ID, subject: &subject };
    let wrapped = hex::decode(WRAPPED).unwrap();
    let unwrapped = masters.unwrap("99d9ac49ed2fb56d", &wrapping, &wrapped).unwrap();
    assert_eq!(*unwrapped, key_bytes());
    let other = Wrapping { subject: &Subject::TENANT, ..wrapping };
    assert!(is_unreadable(&masters.unwrap("99d9ac49ed2fb56d", &other, &wrapped)));
    let other = Wrapping { tenant: TenantId::nil(), ..wrapping };
    assert!(is_unreadable(&masters.unwrap("99d9ac49ed2fb56d", &other, &wrapped)));
    let missing = masters.unwrap("0000000000000000", &wrapping, &wrapped).unwrap_err();
    assert!(missing.to_string().contains("0000000000000000"), "{missing}");
}

#[test]
fn a_value_with_any_byte_changed_does_not_open() {
    let bytes = hex::decode(VALUE).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let opened = open(&key(), &context(), &Sealed::from_bytes(changed));
            assert!(is_unreadable(&opened), "bit {bit} of byte {at}");
        }
    }
    for length in 0..bytes.len() {
        let opened = open(&key(), &context(), &Sealed::from_bytes(bytes[..length].to_vec()));
        assert!(is_unreadable(&opened), "cut to {length}");
    }
}

#[test]
fn a_value_opens_nowhere_else() {
    let own = context();
    for other in [
        Context { tenant: TenantId::from_uuid(KEY_ID), ..own },
        Context { purpose: "accounts.totp2", ..own },
        Context { record: "record 8", ..own },
        // The same bytes, parted at another place.
        Context { purpose: "accounts.totpr", record: "ecord 7", ..own },
        Context { purpose: own.record, record: own.purpose, ..own },
    ] {
        assert!(is_unreadable(&open(&key(), &other, &known())), "{other:?}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let sealed = seal(&key(), KEY_ID, &context(), &vec![0; MAX_PLAINTEXT + 1]);
    assert!(matches!(sealed, Err(VaultError::TooLong { .. })));
}

#[test]
fn nothing_shows_a_key_or_a_value() {
    let shown = format!("{:?} {:?} {:?}", key(), known(), open(&key(), &context(), &known()).unwrap());
    assert_eq!(shown, "CipherKey Sealed(63 bytes) SecretBox<[u8]>([REDACTED])");
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_is_never_sealed_alike(
        value in prop::collection::vec(any::<u8>(), 0..200), purpose in ".{0,20}", record in ".{0,20}",
    ) {
        let context = Context { tenant: TenantId::from_uuid(TENANT), purpose: &purpose, record: &record };
        let one = seal(&key(), KEY_ID, &context, &value).unwrap();
        let other = seal(&key(), KEY_ID, &context, &value).unwrap();
        prop_assert_ne!(one.as_bytes(), other.as_bytes());
        let opened = open(&key(), &context, &one).unwrap();
        prop_assert_eq!(opened.expose_secret(), &value[..]);
    }
}
