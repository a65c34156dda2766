//! Where the attributes of SCIM stand in the tables. What has no place here cannot be asked for in a filter.

use athyper_kernel_scim::sql::Place;
use athyper_kernel_scim::{ResourceKind, Target, USER};

const EMAILS: &str = "exists (select 1 from iam.principal_contact v where v.tenant_id = r.tenant_id \
    and v.principal_id = r.id and v.kind = 'email'";

const PHONES: &str = "exists (select 1 from iam.principal_contact v where v.tenant_id = r.tenant_id \
    and v.principal_id = r.id and v.kind = 'phone'";

const GROUPS: &str = "exists (select 1 from iam.group_member m join iam.principal_group v \
    on v.tenant_id = m.tenant_id and v.id = m.group_id where m.tenant_id = r.tenant_id and m.principal_id = r.id";

/// People and groups; services are no resources of SCIM.
const MEMBERS: &str = "exists (select 1 from ( \
        select p.id, 'User' as type from iam.group_member m join iam.principal p \
        on p.tenant_id = m.tenant_id and p.id = m.principal_id and p.kind = 'user' and p.status <> 'deprovisioned' \
        where m.tenant_id = r.tenant_id and m.group_id = r.id \
        union all \
        select c.child_id, 'Group' from iam.group_child c where c.tenant_id = r.tenant_id and c.group_id = r.id \
    ) v where true";

/// Where an attribute of this kind of resource stands.
pub(super) fn place(kind: &ResourceKind, target: Target) -> Option<Place> {
    let names = (target.attribute.name, target.part.map(|part| part.name));
    if let Some(place) = common(names) {
        return Some(place);
    }
    match (kind.name == USER.name, target.extension.is_some()) {
        (true, false) => of_user(names),
        (true, true) => of_enterprise(names),
        (false, _) => of_group(names),
    }
}

type Names<'a> = (&'a str, Option<&'a str>);

fn common(names: Names<'_>) -> Option<Place> {
    Some(match names {
        ("id", None) => Place::Text("r.id::text"),
        ("externalId", None) => Place::Text("r.external_id"),
        ("meta", None) => Place::Parts("true"),
        ("meta", Some("created")) => Place::Time("r.created_at"),
        ("meta", Some("lastModified")) => Place::Time("r.updated_at"),
        _ => return None,
    })
}

fn of_user(names: Names<'_>) -> Option<Place> {
    Some(match names {
        ("userName", None) => Place::Text("r.user_name"),
        ("name", None) => Place::Parts(
            "num_nonnulls(r.given_name, r.middle_name, r.family_name, r.formatted_name, r.honorific_prefix, \
             r.honorific_suffix) > 0",
        ),
        ("name", Some("formatted")) => Place::Text("r.formatted_name"),
        ("name", Some("familyName")) => Place::Text("r.family_name"),
        ("name", Some("givenName")) => Place::Text("r.given_name"),
        ("name", Some("middleName")) => Place::Text("r.middle_name"),
        ("name", Some("honorificPrefix")) => Place::Text("r.honorific_prefix"),
        ("name", Some("honorificSuffix")) => Place::Text("r.honorific_suffix"),
        ("displayName", None) => Place::Text("r.display_name"),
        ("nickName", None) => Place::Text("r.nick_name"),
        ("title", None) => Place::Text("r.title"),
        ("userType", None) => Place::Text("r.user_type"),
        ("preferredLanguage", None) => Place::Text("r.preferred_language"),
        ("locale", None) => Place::Text("r.locale"),
        ("timezone", None) => Place::Text("r.timezone"),
        ("active", None) => Place::Boolean("(r.status = 'active')"),
        ("emails", None) => Place::List(EMAILS),
        ("phoneNumbers", None) => Place::List(PHONES),
        ("emails" | "phoneNumbers", Some("value")) => Place::Text("v.value"),
        ("emails" | "phoneNumbers", Some("type")) => Place::Text("v.type"),
        ("emails" | "phoneNumbers", Some("primary")) => Place::Boolean("v.is_primary"),
        ("groups", None) => Place::List(GROUPS),
        ("groups", Some("value")) => Place::Text("v.id::text"),
        ("groups", Some("display")) => Place::Text("v.display_name"),
        _ => return None,
    })
}

fn of_enterprise(names: Names<'_>) -> Option<Place> {
    Some(match names {
        ("employeeNumber", None) => Place::Text("r.employee_number"),
        ("organization", None) => Place::Text("r.organization"),
        ("department", None) => Place::Text("r.department"),
        ("manager", None) => Place::Parts("r.manager_id is not null"),
        ("manager", Some("value")) => Place::Text("r.manager_id::text"),
        _ => return None,
    })
}

fn of_group(names: Names<'_>) -> Option<Place> {
    Some(match names {
        ("displayName", None) => Place::Text("r.display_name"),
        ("members", None) => Place::List(MEMBERS),
        ("members", Some("value")) => Place::Text("v.id::text"),
        ("members", Some("type")) => Place::Text("v.type"),
        _ => return None,
    })
}
