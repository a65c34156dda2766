//! A principal as a SCIM user, and back.

use athyper_kernel_http::etag;
use athyper_kernel_scim::forms::{self, ContactForm, EnterpriseForm, NameForm, ReferenceForm, UserForm};
use athyper_kernel_scim::{Base, ENTERPRISE_USER, ScimError, USER};
use athyper_kernel_types::{Id, Name, Text};
use serde_json::{Map, Value, json};

use super::Refusal;
use crate::commands::create_principal::CreatePrincipal;
use crate::commands::update_principal::UpdatePrincipal;
use crate::error::Error;
use crate::model::principal::{Principal, PrincipalKind, Status};
use crate::model::profile::{Contact, Profile};

/// A user in the form of the schema.
#[derive(Debug)]
pub(crate) struct UserResource(UserForm);

impl UserResource {
    /// What a principal is in this form.
    pub(crate) fn of(principal: &Principal, base: &Base) -> Self {
        let Principal { profile, user_name, external_id, .. } = principal.clone();
        let manager = principal.manager.map(|id| ReferenceForm {
            value: Some(id.to_string()),
            reference: Some(base.location(&USER, id.uuid())),
            kind: None,
        });
        Self(UserForm {
            external_id,
            user_name: Some(user_name),
            name: NameForm {
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
            emails: profile.emails.into_iter().map(form_of).collect(),
            phone_numbers: profile.phones.into_iter().map(form_of).collect(),
            enterprise: EnterpriseForm {
                employee_number: profile.employee_number,
                organization: profile.organization,
                department: profile.department,
                manager,
            },
        })
    }

    /// Reads an object that the schema has let through.
    pub(crate) fn read(object: Map<String, Value>) -> Result<Self, ScimError> {
        Ok(Self(forms::read(object)?))
    }

    /// The same as an object, as patches work on it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        Ok(forms::object(&self.0)?)
    }

    /// Whether the user may do anything; none where that is left as it is.
    pub(crate) fn active(&self) -> Option<bool> {
        self.0.active
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
        let user_name =
            self.0.user_name.as_deref().ok_or_else(|| ScimError::value("userName is required"))?;
        let external_id = self.0.external_id.as_deref().map(|id| name("externalId", id)).transpose()?;
        Ok((name("userName", user_name)?, external_id))
    }

    fn manager(&self) -> Result<Option<uuid::Uuid>, ScimError> {
        self.0.enterprise.manager.as_ref().map(|one| one.id("manager")).transpose()
    }

    fn profile(&self, old: Profile) -> Profile {
        let form = self.0.clone();
        let (name, enterprise) = (form.name, form.enterprise);
        Profile {
            given_name: name.given_name,
            middle_name: name.middle_name,
            family_name: name.family_name,
            formatted_name: name.formatted,
            honorific_prefix: name.honorific_prefix,
            honorific_suffix: name.honorific_suffix,
            display_name: form.display_name,
            nick_name: form.nick_name,
            title: form.title,
            user_type: form.user_type,
            employee_number: enterprise.employee_number,
            organization: enterprise.organization,
            department: enterprise.department,
            preferred_language: form.preferred_language,
            locale: form.locale,
            timezone: form.timezone,
            description: old.description,
            emails: form.emails.into_iter().map(contact).collect(),
            phones: form.phone_numbers.into_iter().map(contact).collect(),
        }
    }
}

fn form_of(contact: Contact) -> ContactForm {
    ContactForm { value: contact.value, kind: contact.kind, primary: contact.primary }
}

fn contact(form: ContactForm) -> Contact {
    Contact { value: form.value, kind: form.kind, primary: form.primary }
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
    let meta = base.meta(&USER, principal.id.uuid(), &etag(principal.version), times);
    all.insert("meta".to_owned(), meta);
    Ok(all.into())
}

/// Checks that a record is one of a person who is there; services and those who are gone are no resources.
pub(crate) fn check_is_user(principal: &Principal) -> Result<(), Error> {
    let is_user = principal.kind == PrincipalKind::User && principal.status != Status::Deprovisioned;
    if is_user { Ok(()) } else { Err(Error::NotFound(crate::error::Thing::Principal)) }
}
