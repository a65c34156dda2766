//! What is known of a principal besides who it is, in the words of SCIM (RFC 7643, sections 4.1 and 4.3).

use athyper_kernel_error::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use athyper_kernel_types::Text;

/// Most addresses, and most numbers, of one principal.
const MOST_CONTACTS: usize = 20;

/// Attributes of a principal. What is left out is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = iam::Profile)]
pub(crate) struct Profile {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) given_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) middle_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) family_name: Option<String>,
    /// The whole name as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) formatted_name: Option<String>,
    /// Title before the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) honorific_prefix: Option<String>,
    /// Title behind the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) honorific_suffix: Option<String>,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) display_name: Option<String>,
    /// Casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) nick_name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) title: Option<String>,
    /// Kind of employment, such as `Employee` or `Contractor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) user_type: Option<String>,
    /// Number by which the employer knows the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) employee_number: Option<String>,
    /// Organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) organization: Option<String>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) department: Option<String>,
    /// Languages that the person prefers, as in Accept-Language (RFC 9110, section 12.5.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) preferred_language: Option<String>,
    /// Language and region, such as `de-CH` (RFC 5646).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub(crate) locale: Option<String>,
    /// IANA time zone, such as `Europe/Zurich`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub(crate) timezone: Option<String>,
    /// What a service is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub(crate) description: Option<String>,
    /// Mail addresses.
    #[sqlx(skip)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub(crate) emails: Vec<Contact>,
    /// Telephone numbers.
    #[sqlx(skip)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub(crate) phones: Vec<Contact>,
}

/// A mail address or a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = iam::Contact)]
pub(crate) struct Contact {
    /// The address or number.
    #[schema(min_length = 1, max_length = 320)]
    pub(crate) value: String,
    /// What it is for, such as `work`, `home` or `mobile`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub(crate) kind: Option<String>,
    /// Whether it is the one to use. At most one is.
    #[serde(default)]
    pub(crate) primary: bool,
}

impl Profile {
    /// Trims every text, leaves out the empty ones, and names what cannot be taken.
    ///
    /// # Errors
    /// A field error for each text that is too long or has no meaning, below the pointer `/profile`.
    pub(crate) fn checked(mut self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let texts: [(&str, &mut Option<String>); 17] = [
            ("givenName", &mut self.given_name),
            ("middleName", &mut self.middle_name),
            ("familyName", &mut self.family_name),
            ("formattedName", &mut self.formatted_name),
            ("honorificPrefix", &mut self.honorific_prefix),
            ("honorificSuffix", &mut self.honorific_suffix),
            ("displayName", &mut self.display_name),
            ("nickName", &mut self.nick_name),
            ("title", &mut self.title),
            ("userType", &mut self.user_type),
            ("employeeNumber", &mut self.employee_number),
            ("organization", &mut self.organization),
            ("department", &mut self.department),
            ("preferredLanguage", &mut self.preferred_language),
            ("locale", &mut self.locale),
            ("timezone", &mut self.timezone),
            ("description", &mut self.description),
        ];
        for (name, text) in texts {
            match text.as_deref().map(Text::<0, 255>::parse) {
                Some(Ok(clean)) => *text = clean.to_option(),
                Some(Err(error)) => errors.push(field(name, "invalid", &error.to_string())),
                None => {}
            }
        }
        if self.timezone.as_deref().is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
            errors.push(field("timezone", "unknown", "send an IANA time zone such as Europe/Zurich"));
        }
        if self.locale.as_deref().is_some_and(|locale| !is_locale(locale)) {
            errors.push(field("locale", "invalid", "send a language tag such as de-CH"));
        }
        check_contacts("emails", &mut self.emails, is_email, &mut errors);
        check_contacts("phones", &mut self.phones, is_phone, &mut errors);
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

fn check_contacts(
    name: &str,
    contacts: &mut [Contact],
    is_right: fn(&str) -> bool,
    errors: &mut Vec<FieldError>,
) {
    if contacts.len() > MOST_CONTACTS {
        errors.push(field(name, "too_many", "send at most 20"));
    }
    if contacts.iter().filter(|contact| contact.primary).count() > 1 {
        errors.push(field(name, "primary", "at most one is the primary one"));
    }
    for (index, contact) in contacts.iter_mut().enumerate() {
        contact.value = contact.value.trim().to_owned();
        if !is_right(&contact.value) {
            let pointer = format!("{name}/{index}/value");
            errors.push(field(&pointer, "invalid", "this is no address or number"));
        }
        match contact.kind.as_deref().map(Text::<0, 64>::parse) {
            Some(Ok(clean)) => contact.kind = clean.to_option(),
            Some(Err(error)) => {
                errors.push(field(&format!("{name}/{index}/type"), "invalid", &error.to_string()));
            }
            None => {}
        }
    }
}

fn field(name: &str, code: &str, message: &str) -> FieldError {
    FieldError::new(format!("/profile/{name}"), code, message)
}

/// Whether mail could be sent there: one `@` with something on both sides, and nothing that ends a header line. Whether
/// anybody reads it is found out by sending.
fn is_email(text: &str) -> bool {
    let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;".contains(c));
    let (local, domain) = text.split_once('@').unwrap_or_default();
    is_clean && text.len() <= 320 && !local.is_empty() && !domain.is_empty() && !domain.contains('@')
}

/// Whether it is a telephone number in some spelling, or a `tel:` URI (RFC 3966).
fn is_phone(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Whether it has the form of a language tag (RFC 5646, section 2.1), also with underscores as POSIX writes it.
fn is_locale(text: &str) -> bool {
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 64 && text.split(['-', '_']).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_empty_ones_left_out() {
        let profile = Profile {
            title: Some("  Head of tests ".to_owned()),
            department: Some(" ".to_owned()),
            timezone: Some("Europe/Zurich".to_owned()),
            locale: Some("de_CH".to_owned()),
            ..Profile::default()
        };
        let profile = profile.checked().unwrap();
        assert_eq!(profile.title.as_deref(), Some("Head of tests"));
        assert_eq!(profile.department, None);
    }

    #[test]
    fn what_has_no_meaning_is_named() {
        let contact = |value: &str| Contact { value: value.to_owned(), kind: None, primary: true };
        let profile = Profile {
            given_name: Some("a\0b".to_owned()),
            timezone: Some("Europe/Nowhere".to_owned()),
            emails: vec![contact("ann@example.com"), contact("bob\r\nBcc: x@example.com")],
            ..Profile::default()
        };
        let pointers: Vec<_> =
            profile.checked().unwrap_err().into_iter().map(|error| error.pointer).collect();
        assert_eq!(
            pointers,
            ["/profile/givenName", "/profile/timezone", "/profile/emails", "/profile/emails/1/value"]
        );
    }
}
