//! Percent-encoding (RFC 3986, section 2.1) with a choice of what may stay as it is.

use std::fmt::Write as _;

/// Writes every byte of `text` that `keep` does not keep as `%XX`. `%` itself must not be kept.
pub(crate) fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Undoes [`encode`]; nothing when the text is not such an encoding.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let mut decoded = [0];
            hex::decode_to_slice(digits, &mut decoded).ok()?;
            bytes.extend(decoded);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Keeps the unreserved characters of RFC 3986, section 2.3.
pub(crate) fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        for text in ["", "plain", "100 % größe", "%2F", "a/b", "日本 🦀"] {
            let encoded = encode(text, unreserved);
            assert!(encoded.bytes().all(|byte| unreserved(byte) || byte == b'%'), "{encoded}");
            assert_eq!(decode(&encoded).as_deref(), Some(text));
        }
        assert_eq!(encode("ä%", unreserved), "%C3%A4%25");
    }

    #[test]
    fn what_is_no_encoding_is_refused() {
        for text in ["%", "%4", "%zz", "%FF"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
