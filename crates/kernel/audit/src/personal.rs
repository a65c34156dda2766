//! The digest by which an event holds a personal value that is kept apart from it.

use sha2::{Digest as _, Sha256};

/// Bytes of a salt. As long as the digest, so that neither is the easier one to guess.
pub const SALT_BYTES: usize = 32;

/// Sets these digests apart from all others.
const DOMAIN: &[u8] = b"athyper-audit-personal-v1";

/// `SHA-256(domain | length of field | field | length of salt | salt | value)`, lengths as 64 bits, big-endian: without the salt, which goes with the value, the digest says
/// nothing of the value, however few values there could be.
pub fn personal_digest(field: &str, salt: &[u8], value: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(field);
    digest.update(u64::try_from(salt.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(salt);
    digest.update(value);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_salt_and_value_all_count_and_do_not_run_together() {
        let salt = [7; SALT_BYTES];
        let digest = personal_digest("email", &salt, "a@example");
        assert_eq!(digest, personal_digest("email", &salt, "a@example"));
        assert_ne!(digest, personal_digest("email", &salt, "b@example"));
        assert_ne!(digest, personal_digest("mail", &salt, "a@example"));
        assert_ne!(digest, personal_digest("email", &[8; SALT_BYTES], "a@example"));
        assert_ne!(personal_digest("ab", b"c", "d"), personal_digest("a", b"bc", "d"));
        assert_ne!(personal_digest("a", b"bc", "d"), personal_digest("a", b"b", "cd"));
    }
}
