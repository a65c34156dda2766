//! Where a browser goes after its sign-in: a path of this platform, and nowhere else.

use url::Url;

/// Longest path, in bytes.
const LONGEST: usize = 2_048;

/// A base that no path leads away from.
const BASE: &str = "https://platform.invalid";

/// Whether this is a local path, with or without a query: no reader of addresses takes it for another host's.
pub(crate) fn is_local(path: &str) -> bool {
    let has_shape = |path: &str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
    };
    if path.len() > LONGEST || !has_shape(path) {
        return false;
    }
    // A proxy or a page may decode what a browser does not.
    if !path_of(path).is_some_and(|path| decoded_twice(path).iter().all(|path| has_shape(path))) {
        return false;
    }
    let Ok(base) = Url::parse(BASE) else { return false };
    base.join(path).is_ok_and(|url| url.origin() == base.origin() && url.username().is_empty())
}

/// The path without query and fragment.
fn path_of(text: &str) -> Option<&str> {
    text.split(['?', '#']).next()
}

/// The path decoded once and twice; a blank that a space became is no harm.
fn decoded_twice(path: &str) -> [String; 2] {
    let once = decode(path);
    let twice = decode(&once);
    [once, twice].map(|text| text.replace(' ', "-"))
}

fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = (byte == b'%').then(|| [ahead.next(), ahead.next()]);
        let value = pair.and_then(|[high, low]| {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        });
        match value {
            Some(value) => {
                bytes = ahead;
                // Letters beyond ASCII are no threat; what looks like one is left to the shape.
                decoded.push(if value >= 0x80 { b'-' } else { value });
            }
            None => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_this_platform_are_local() {
        for good in [
            "/",
            "/orders",
            "/orders/7?tab=lines&next=https://other.example#top",
            "/a%20b/%C3%A4",
            "/a//b",
            "/@home",
            "/a:b",
        ] {
            assert!(is_local(good), "{good}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let long = format!("/{}", "a".repeat(LONGEST));
        for bad in [
            "",
            "orders",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "https:",
            "https:evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/%2Fevil.example",
            "/%2fevil.example",
            "/%5Cevil.example",
            "/%5cevil.example",
            "/%252Fevil.example",
            "/a\\b",
            "/\tevil",
            "/\nevil",
            "/\r\nset-cookie:a=b",
            "\t//evil.example",
            " //evil.example",
            "/ /evil",
            "/%0d%0aset-cookie:a=b",
            "/%00",
            "/\u{0}",
            "/%09/evil.example",
            "/\u{2028}",
            "/ä",
            "//evil.example@platform",
            "@evil.example",
            "?x",
            "#x",
            &long,
        ] {
            assert!(!is_local(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_local_path_never_leads_to_another_host(text in "[/\\\\a-z0-9:@%.?#\\t\\n ]{0,24}") {
            if is_local(&text) {
                for base in ["https://a.example", "http://localhost:3000/auth/callback?x=1"] {
                    let base = Url::parse(base).unwrap();
                    prop_assert_eq!(base.join(&text).unwrap().origin(), base.origin());
                }
            }
        }
    }
}
