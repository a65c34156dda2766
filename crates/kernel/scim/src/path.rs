//! Paths to attributes: `userName`, `name.familyName`, and the same behind the URN of a schema (RFC 7644, section 3.10).

use std::fmt;

/// A path to an attribute, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath {
    /// URN of the schema.
    pub urn: Option<String>,
    /// Name of the attribute.
    pub name: String,
    /// Name of its part.
    pub part: Option<String>,
}

impl AttributePath {
    /// Reads a path; none where the text has not the form of one. Whether there is such an attribute, the schema knows.
    pub fn parse(text: &str) -> Option<Self> {
        let is_urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        let (urn, rest) = match text.rsplit_once(':') {
            Some((urn, rest)) if is_urn => (Some(urn.to_owned()), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (name, part) = match rest.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (rest, None),
        };
        let is_right = is_name(name) && part.is_none_or(is_name);
        is_right.then(|| Self { urn, name: name.to_owned(), part: part.map(str::to_owned) })
    }
}

/// A letter, then letters, digits, `-` and `_`; `$ref` is the one name that begins otherwise.
fn is_name(text: &str) -> bool {
    let plain = text.strip_prefix('$').unwrap_or(text);
    plain.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.part {
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_with_and_without_its_schema() {
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
        let path = AttributePath::parse(&format!("{urn}:name.familyName")).unwrap();
        assert_eq!((path.urn.as_deref(), path.name.as_str()), (Some(urn), "name"));
        assert_eq!(path.part.as_deref(), Some("familyName"));
        assert_eq!(AttributePath::parse("members.$ref").unwrap().part.as_deref(), Some("$ref"));
        for wrong in ["", ".", "a.", "a.b.c", "1a", "a:b", "a b", "urn:", "a'b"] {
            assert_eq!(AttributePath::parse(wrong), None, "{wrong}");
        }
    }
}
