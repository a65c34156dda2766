//! Versions of records as strong entity tags (RFC 9110, section 8.8.3).

/// The entity tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether an `If-Match` header lets a change go on (RFC 9110, section 13.1.1). A weak tag never matches.
pub(crate) fn if_match_allows(header: &str, current: i64) -> bool {
    header.trim() == "*" || tags(header).any(|tag| tag == etag(current))
}

/// Whether an `If-None-Match` header says that the caller has this version (RFC 9110, section 13.1.2).
pub(crate) fn if_none_match_has(header: &str, current: i64) -> bool {
    let wanted = etag(current);
    header.trim() == "*" || tags(header).any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == wanted)
}

fn tags(header: &str) -> impl Iterator<Item = &str> {
    header.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_strong_tag_allows_a_change() {
        for (header, expected) in [
            ("\"3\"", true),
            ("*", true),
            ("\"2\", \"3\"", true),
            ("W/\"3\"", false),
            ("3", false),
            ("", false),
        ] {
            assert_eq!(if_match_allows(header, 3), expected, "{header}");
        }
        assert!(if_none_match_has("W/\"3\"", 3));
        assert!(!if_none_match_has("\"4\"", 3));
    }
}
