//! A filter resolved against a schema: every name is an attribute, and every value has its type.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::filter::{Comparison, Filter, Literal};
use crate::path::AttributePath;
use crate::schema::{Attribute, Kind, ResourceKind, Target};
use crate::{ScimError, ScimType};

/// What is asked of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// All of these.
    All(Vec<Test>),
    /// Any of these.
    Any(Vec<Test>),
    /// Not this. What has no value is not equal to any, so `ne` is the opposite of `eq`.
    Not(Box<Test>),
    /// One value of the attribute, or of its part, passes the check.
    Is(Target, Check),
    /// One value of the multi-valued attribute passes the test, whose targets are parts of it.
    Value(Target, Box<Test>),
}

/// What is asked of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It is there, and is not empty.
    Present,
    /// A text compares with this one. Order is that of Unicode code points.
    Text {
        /// How; never `ne`.
        comparison: Comparison,
        /// With what.
        value: String,
        /// Whether case counts.
        is_exact: bool,
    },
    /// A boolean is this one.
    Boolean(bool),
    /// A time compares with this one.
    Time {
        /// How; never `ne`, `co`, `sw` or `ew`.
        comparison: Comparison,
        /// With what (UTC).
        value: DateTime<Utc>,
    },
}

impl Test {
    /// Resolves a filter on resources of this kind.
    ///
    /// # Errors
    /// `invalidFilter` where an attribute is not there or cannot be compared in this way.
    pub fn of(filter: &Filter, kind: &ResourceKind) -> Result<Self, ScimError> {
        Scope::Resource(kind).test(filter)
    }

    /// Resolves a filter on the values of this attribute.
    ///
    /// # Errors
    /// As [`Test::of`].
    pub fn of_values(filter: &Filter, target: Target) -> Result<Self, ScimError> {
        Scope::Values(target).test(filter)
    }

    /// Whether a resource passes.
    pub fn holds(&self, resource: &Value) -> bool {
        self.decide(&|target, check| {
            let root = target.extension.map_or(Some(resource), |schema| resource.get(schema.urn));
            let value = root.and_then(|root| root.get(target.attribute.name)).unwrap_or(&Value::Null);
            match check {
                Leaf::Check(check) => {
                    elements(value).any(|value| passes(part_of(value, target.part), target.leaf(), check))
                }
                Leaf::Value(test) => elements(value).any(|value| test.holds_for_value(value)),
            }
        })
    }

    /// Whether a value of a multi-valued attribute passes.
    pub fn holds_for_value(&self, value: &Value) -> bool {
        self.decide(&|target, check| match check {
            Leaf::Check(check) => passes(part_of(value, target.part), target.leaf(), check),
            Leaf::Value(_) => false,
        })
    }

    fn decide(&self, leaf: &dyn Fn(Target, Leaf<'_>) -> bool) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.decide(leaf)),
            Self::Any(tests) => tests.iter().any(|test| test.decide(leaf)),
            Self::Not(test) => !test.decide(leaf),
            Self::Is(target, check) => leaf(*target, Leaf::Check(check)),
            Self::Value(target, test) => leaf(*target, Leaf::Value(test)),
        }
    }
}

enum Leaf<'a> {
    Check(&'a Check),
    Value(&'a Test),
}

/// Where names of a filter are looked up.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceKind),
    Values(Target),
}

impl Scope<'_> {
    fn target(self, path: &AttributePath) -> Result<Target, ScimError> {
        let found = match self {
            Self::Resource(kind) => kind.target(path),
            Self::Values(of) if path.urn.is_none() && path.part.is_none() => {
                of.attribute.part(&path.name).map(|part| Target { part: Some(part), ..of })
            }
            Self::Values(_) => None,
        };
        found.ok_or_else(|| ScimError::filter(format!("there is no attribute {path}")))
    }

    fn test(self, filter: &Filter) -> Result<Test, ScimError> {
        let all = |parts: &[Filter]| parts.iter().map(|part| self.test(part)).collect::<Result<Vec<_>, _>>();
        match filter {
            Filter::And(parts) => Ok(Test::All(all(parts)?)),
            Filter::Or(parts) => Ok(Test::Any(all(parts)?)),
            Filter::Not(inner) => Ok(Test::Not(Box::new(self.test(inner)?))),
            Filter::Present(path) => Ok(Test::Is(self.target(path)?, Check::Present)),
            Filter::Compare(path, comparison, value) => {
                let target = compared(self.target(path)?, path)?;
                let (comparison, is_opposite) = match comparison {
                    Comparison::Ne => (Comparison::Eq, true),
                    other => (*other, false),
                };
                let test = comparison_of(target, path, comparison, value)?;
                Ok(if is_opposite { Test::Not(Box::new(test)) } else { test })
            }
            Filter::Values(path, inner) => {
                let target = self.target(path)?;
                if !target.attribute.is_multi || target.part.is_some() {
                    return Err(ScimError::filter(format!("{path} has no values to choose from")));
                }
                Ok(Test::Value(target, Box::new(Test::of_values(inner, target)?)))
            }
        }
    }
}

/// A complex attribute is compared by its part `value` (RFC 7644, section 3.4.2.2).
fn compared(target: Target, path: &AttributePath) -> Result<Target, ScimError> {
    if target.leaf().kind != Kind::Complex {
        return Ok(target);
    }
    let part = target.attribute.part("value");
    let part =
        part.ok_or_else(|| ScimError::filter(format!("{path} cannot be compared: name a part of it")))?;
    Ok(Target { part: Some(part), ..target })
}

fn comparison_of(
    target: Target,
    path: &AttributePath,
    comparison: Comparison,
    value: &Literal,
) -> Result<Test, ScimError> {
    use Comparison::{Co, Eq, Ew, Sw};
    let wrong = || {
        Err(ScimError::filter(format!("{path} cannot be compared by {} with {value}", comparison.as_str())))
    };
    let leaf = target.leaf();
    let check = match (leaf.kind, value) {
        (_, Literal::Null) if comparison == Eq => {
            return Ok(Test::Not(Box::new(Test::Is(target, Check::Present))));
        }
        (Kind::Text | Kind::Reference, Literal::Text(text)) => {
            Check::Text { comparison, value: text.clone(), is_exact: leaf.is_exact }
        }
        (Kind::Boolean, Literal::Boolean(yes)) if comparison == Eq => Check::Boolean(*yes),
        // Some clients write booleans as strings.
        (Kind::Boolean, Literal::Text(text)) if comparison == Eq => match boolean(text) {
            Some(yes) => Check::Boolean(yes),
            None => return wrong(),
        },
        (Kind::Time, Literal::Text(text)) if !matches!(comparison, Co | Sw | Ew) => {
            match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Check::Time { comparison, value: time.with_timezone(&Utc) },
                Err(_) => return wrong(),
            }
        }
        _ => return wrong(),
    };
    Ok(Test::Is(target, check))
}

/// A boolean that was written as a string.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    [(true, "true"), (false, "false")]
        .into_iter()
        .find(|(_, word)| text.eq_ignore_ascii_case(word))
        .map(|(yes, _)| yes)
}

/// The values of an attribute: those of the list, or the one that is no list.
fn elements(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Null => &[],
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    }
    .iter()
}

fn part_of<'a>(value: &'a Value, part: Option<&Attribute>) -> &'a Value {
    part.map_or(Some(value), |part| value.get(part.name)).unwrap_or(&Value::Null)
}

fn passes(value: &Value, attribute: &Attribute, check: &Check) -> bool {
    match check {
        Check::Present => is_present(value, attribute),
        Check::Boolean(wanted) => value.as_bool() == Some(*wanted),
        Check::Text { comparison, value: wanted, is_exact } => value.as_str().is_some_and(|text| {
            if *is_exact {
                compares(*comparison, text, wanted)
            } else {
                compares(*comparison, &text.to_lowercase(), &wanted.to_lowercase())
            }
        }),
        Check::Time { comparison, value: wanted } => {
            let time = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            time.is_some_and(|time| orders(*comparison, time.with_timezone(&Utc).cmp(wanted)))
        }
    }
}

fn is_present(value: &Value, attribute: &Attribute) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(parts) => {
            attribute.parts.iter().any(|part| parts.get(part.name).is_some_and(|value| !value.is_null()))
        }
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(comparison: Comparison, text: &str, wanted: &str) -> bool {
    match comparison {
        Comparison::Co => text.contains(wanted),
        Comparison::Sw => text.starts_with(wanted),
        Comparison::Ew => text.ends_with(wanted),
        _ => orders(comparison, text.cmp(wanted)),
    }
}

fn orders(comparison: Comparison, order: std::cmp::Ordering) -> bool {
    match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Co | Comparison::Sw | Comparison::Ew => false,
    }
}

/// The test that a text of a filter asks.
///
/// # Errors
/// `invalidFilter`, or `invalidPath` where `kind` says that the filter stands in a path.
pub(crate) fn of_path(filter: &str, target: Target) -> Result<Test, ScimError> {
    let as_path = |error: ScimError| ScimError { kind: ScimType::InvalidPath, ..error };
    let filter = Filter::parse(filter).map_err(as_path)?;
    Test::of_values(&filter, target).map_err(as_path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::USER;

    fn user() -> Value {
        json!({
            "id": "2819c223-7f76-453a-919d-413861904646", "userName": "bjensen", "active": true,
            "name": {"familyName": "Jensen"}, "title": "Tour Guide",
            "emails": [{"value": "BJensen@example.com", "type": "work", "primary": true},
                {"value": "babs@jensen.org", "type": "home"}],
            "meta": {"created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34Z"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tours"}
        })
    }

    fn holds(filter: &str) -> bool {
        Test::of(&Filter::parse(filter).unwrap(), &USER).unwrap().holds(&user())
    }

    #[test]
    fn a_user_passes_what_is_true_of_it() {
        for (filter, expected) in [
            (r#"USERNAME eq "BJENSEN""#, true),
            (r#"urn:ietf:params:scim:schemas:core:2.0:user:username sw "bj""#, true),
            (r#"userName gt "bjensem" and userName lt "bjenseo""#, true),
            (r#"id eq "2819C223-7f76-453a-919d-413861904646""#, false),
            (r#"name.familyName ew "SEN""#, true),
            ("name pr", true),
            ("name.givenName pr", false),
            (r#"name.givenName ne "x""#, true),
            ("nickName eq null and title ne null", true),
            (r#"emails co "example.com""#, true),
            (r#"emails[type eq "home" and value co "example.com"]"#, false),
            (r#"emails[type eq "work" and value co "example.com" and primary eq true]"#, true),
            (r#"emails.type eq "home" and emails.value co "example.com""#, true),
            (r#"not (emails[type eq "other"])"#, true),
            ("phoneNumbers[not (type pr)]", false),
            (r#"active eq "True""#, true),
            ("active ne true", false),
            (r#"meta.lastModified ge "2011-05-13T06:42:34+02:00""#, true),
            (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
            (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tours""#, true),
        ] {
            assert_eq!(holds(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for filter in [
            r#"nothing eq "1""#,
            r#"department eq "Tours""#,
            r#"name eq "1""#,
            "userName eq 1",
            "userName eq true",
            "active gt true",
            r#"active eq "maybe""#,
            r#"meta.created co "2010-01-01T00:00:00Z""#,
            r#"meta.created eq "yesterday""#,
            r#"name[familyName eq "x"]"#,
            r#"emails[nothing eq "x"]"#,
            "userName gt null",
        ] {
            let refused = Test::of(&Filter::parse(filter).unwrap(), &USER).unwrap_err();
            assert_eq!(refused.kind, ScimType::InvalidFilter, "{filter}");
        }
    }
}
