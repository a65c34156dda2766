//! A principal as a SCIM user, and back.

use athyper_kernel_scim::{ENTERPRISE_USER, ScimError, USER};
use athyper_kernel_types::{Id, Name, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Base, Refusal, meta, named_id};
use crate::commands::create_principal::CreatePrincipal;
use crate::commands::update_principal::UpdatePrincipal;
use crate::error::Error;
use crate::model::principal::{Principal, PrincipalKind, Status};
use crate::model::profile::{Contact, Profile};

/// A user in the form of the schema; the names of fields are those of its attributes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UserResource {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "FullName::is_empty")]
    name: FullName,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emails: Vec<Contact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phone_numbers: Vec<Contact>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "Enterprise::is_empty"
    )]
    enterprise: Enterprise,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FullName {
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    honorific_prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    honorific_suffix: Option<String>,
}

impl FullName {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Enterprise {
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<Manager>,
}

impl Enterprise {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Manager {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl UserResource {
    /// What a principal is in this form.
    pub(crate) fn of(principal: &Principal, base: &Base) -> Self {
        let Principal { profile, user_name, external_id, .. } = principal.clone();
        let manager = principal.manager.map(|id| Manager {
            value: Some(id.to_string()),
            reference: Some(base.location(&USER, id.uuid())),
        });
        Self {
            external_id,
            user_name: Some(user_name),
            name: FullName {
                formatted: profile.formatted_name,
                family_name: profile.family_name,
                given_name: profile.given_name,
                middle_name: profile.middle_name,
                honorific_prefix: profile.honorific_prefix,
                honorific_suffix: profile.honorific_suffix,
            },
            display_name: profile.display_name,
            nick_name: profile.nick_name,
            title: profile.title,
            user_type: profile.user_type,
            preferred_language: profile.preferred_language,
            locale: profile.locale,
            timezone: profile.timezone,
            active: Some(principal.status == Status::Active),
            emails: profile.emails,
            phone_numbers: profile.phones,
            enterprise: Enterprise {
                employee_number: profile.employee_number,
                organization: profile.organization,
                department: profile.department,
                manager,
            },
        }
    }

    /// Reads an object that the schema has let through.
    pub(crate) fn read(object: Map<String, Value>) -> Result<Self, ScimError> {
        serde_json::from_value(object.into()).map_err(|error| ScimError::value(error.to_string()))
    }

    /// The same as an object, as patches work on it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match serde_json::to_value(self) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(ScimError::value("the user cannot be written").into()),
        }
    }

    /// Whether the user may do anything; none where that is left as it is.
    pub(crate) fn active(&self) -> Option<bool> {
        self.active
    }

    /// A principal to enter.
    pub(crate) fn to_create(&self) -> Result<CreatePrincipal, Refusal> {
        let (user_name, external_id) = self.names()?;
        Ok(CreatePrincipal {
            kind: PrincipalKind::User,
            user_name,
            external_id,
            manager: self.manager()?.map(Id::from_uuid),
            org_unit: None,
            profile: self.profile(Profile::default()),
        })
    }

    /// What a principal is to be. What SCIM does not know stays.
    pub(crate) fn to_update(&self, old: &Principal) -> Result<UpdatePrincipal, Refusal> {
        let (user_name, external_id) = self.names()?;
        Ok(UpdatePrincipal {
            user_name,
            external_id,
            manager: self.manager()?.map(Id::from_uuid),
            org_unit: old.org_unit,
            profile: self.profile(old.profile.clone()),
        })
    }

    fn names(&self) -> Result<(Name, Option<Name>), ScimError> {
        let name = |attribute: &str, text: &str| {
            Text::parse(text).map_err(|error| ScimError::value(format!("{attribute}: {error}")))
        };
        let user_name = self.user_name.as_deref().ok_or_else(|| ScimError::value("userName is required"))?;
        let external_id = self.external_id.as_deref().map(|id| name("externalId", id)).transpose()?;
        Ok((name("userName", user_name)?, external_id))
    }

    fn manager(&self) -> Result<Option<uuid::Uuid>, ScimError> {
        let manager = self.enterprise.manager.as_ref();
        manager.map(|one| named_id(one.value.as_deref(), one.reference.as_deref(), "manager")).transpose()
    }

    fn profile(&self, old: Profile) -> Profile {
        Profile {
            given_name: self.name.given_name.clone(),
            middle_name: self.name.middle_name.clone(),
            family_name: self.name.family_name.clone(),
            formatted_name: self.name.formatted.clone(),
            honorific_prefix: self.name.honorific_prefix.clone(),
            honorific_suffix: self.name.honorific_suffix.clone(),
            display_name: self.display_name.clone(),
            nick_name: self.nick_name.clone(),
            title: self.title.clone(),
            user_type: self.user_type.clone(),
            employee_number: self.enterprise.employee_number.clone(),
            organization: self.enterprise.organization.clone(),
            department: self.enterprise.department.clone(),
            preferred_language: self.preferred_language.clone(),
            locale: self.locale.clone(),
            timezone: self.timezone.clone(),
            description: old.description,
            emails: self.emails.clone(),
            phones: self.phone_numbers.clone(),
        }
    }
}

/// A principal as a whole resource; with its groups where they were looked up.
pub(crate) fn resource(principal: &Principal, base: &Base, groups: Option<Value>) -> Result<Value, Refusal> {
    let user = UserResource::of(principal, base);
    let object = user.object()?;
    let mut schemas = vec![USER.schema.urn];
    if object.contains_key(ENTERPRISE_USER.urn) {
        schemas.push(ENTERPRISE_USER.urn);
    }
    let mut all =
        Map::from_iter([("schemas".to_owned(), json!(schemas)), ("id".to_owned(), json!(principal.id))]);
    all.extend(object);
    if let Some(groups) = groups {
        all.insert("groups".to_owned(), groups);
    }
    let times = (principal.created_at, principal.updated_at);
    let location = base.location(&USER, principal.id.uuid());
    all.insert("meta".to_owned(), meta(&USER, location, principal.version, times));
    Ok(all.into())
}

/// Checks that a record is one of a person who is there; services and those who are gone are no resources.
pub(crate) fn check_is_user(principal: &Principal) -> Result<(), Error> {
    let is_user = principal.kind == PrincipalKind::User && principal.status != Status::Deprovisioned;
    if is_user { Ok(()) } else { Err(Error::NotFound(crate::error::Thing::Principal)) }
}
