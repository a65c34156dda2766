//! Users and groups in the form of their schemas (RFC 7643, section 4); the names of fields are those of attributes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ScimError;

/// A user. What is not said is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserForm {
    /// The id that the provisioning system has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The name by which the user signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The parts of the name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: NameForm,
    /// What the user is shown as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What the user is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// Such as `Vice President`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Such as `Employee`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// As in `Accept-Language` (RFC 9110, section 12.5.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// A language tag (RFC 5646).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// An IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether the user may do anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<ContactForm>,
    /// Telephone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<ContactForm>,
    /// What the extension of enterprises adds (section 4.3).
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "is_default"
    )]
    pub enterprise: EnterpriseForm,
}

/// The parts of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NameForm {
    /// All of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// The last name, where it comes last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The first name, where it comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Names between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Such as `Ms.`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub honorific_prefix: Option<String>,
    /// Such as `III`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub honorific_suffix: Option<String>,
}

/// A mail address or a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactForm {
    /// The address or number.
    pub value: String,
    /// What it is for.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the one to use.
    #[serde(default)]
    pub primary: bool,
}

/// What the extension of enterprises says of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnterpriseForm {
    /// The number that the company has given the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// The organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The user above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<ReferenceForm>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupForm {
    /// The id that the provisioning system has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What it is shown as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Who is in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<ReferenceForm>,
}

/// Another resource: by its id, by its place, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceForm {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where it is.
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Its kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl ReferenceForm {
    /// The id that it names; `what` says whose it is.
    ///
    /// # Errors
    /// `invalidValue` where it names none.
    pub fn id(&self, what: &str) -> Result<Uuid, ScimError> {
        let by_place = || self.reference.as_deref().and_then(|place| place.rsplit('/').next());
        self.value
            .as_deref()
            .or_else(by_place)
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| ScimError::value(format!("{what} has to name a resource by its id")))
    }
}

/// Reads an object that the schema has let through ([`accept`](crate::accept)).
///
/// # Errors
/// `invalidValue` where it has not the form.
pub fn read<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, ScimError> {
    serde_json::from_value(object.into()).map_err(|error| ScimError::value(error.to_string()))
}

/// A form as an object, as patches work on it.
///
/// # Errors
/// `invalidValue` where it cannot be written.
pub fn object<T: Serialize>(form: &T) -> Result<Map<String, Value>, ScimError> {
    match serde_json::to_value(form) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ScimError::value("the resource cannot be written")),
    }
}

fn is_default<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_written_as_it_was_read() {
        let user = json!({"userName": "ada", "name": {"givenName": "Ada"}, "active": false,
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"$ref": "../Users/7"}}});
        let form: UserForm = read(user.as_object().unwrap().clone()).unwrap();
        assert_eq!(Value::Object(object(&form).unwrap()), user);
        assert!(object(&UserForm::default()).unwrap().is_empty());
    }

    #[test]
    fn a_reference_names_an_id_or_a_place() {
        let id = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
        let place = format!("https://example.com/scim/v2/demo/Users/{id}");
        for (value, reference) in [(Some(id), None), (None, Some(place.as_str())), (Some(id), Some("x"))] {
            let named = ReferenceForm {
                value: value.map(str::to_owned),
                reference: reference.map(str::to_owned),
                kind: None,
            };
            assert_eq!(named.id("manager").unwrap().to_string(), id);
        }
        assert!(ReferenceForm::default().id("manager").is_err());
    }
}
