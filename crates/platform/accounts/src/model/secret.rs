//! What callers hold and the database knows only the digest of: links, challenges, recovery codes.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;

use crate::error::Error;

/// How many recovery codes are given out at once.
pub(crate) const RECOVERY_CODES: usize = 10;

/// Letters of a recovery code: those that nobody takes for another (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a recovery code: 80 bits.
const CODE_LEN: usize = 16;

/// 256 random bits in base64url.
pub(crate) fn random_text() -> Result<Zeroizing<String>, Error> {
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*random_bytes::<32>()?)))
}

/// So many random bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    rand::fill(&mut *bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// The digest under which a random text is kept. It needs no salt: nobody guesses 256 bits, nor 80 within the attempts that
/// are allowed.
pub(crate) fn text_digest(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// A set of recovery codes, as they are shown: four groups of four.
pub(crate) fn recovery_codes() -> Result<Vec<String>, Error> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<String, Error> {
    let bytes = random_bytes::<CODE_LEN>()?;
    let letters: Vec<char> = bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte & 31)).map(|letter| char::from(*letter)))
        .collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// A recovery code as somebody types it: without its dashes, in small letters, with the letters that look like digits read
/// as those.
pub(crate) fn canonical_code(typed: &str) -> String {
    let letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase());
    letters
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_different_and_can_be_typed() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for (at, code) in codes.iter().enumerate() {
            assert_eq!(code.len(), 19, "{code}");
            assert!(!codes[..at].contains(code));
            let typed = format!(" {} ", code.to_uppercase().replace('0', "O").replace('1', "l"));
            assert_eq!(canonical_code(&typed), canonical_code(code));
            assert_eq!(text_digest(&canonical_code(&typed)), text_digest(&canonical_code(code)));
        }
    }
}
