//! The resources that the platform has: users with the enterprise extension, and groups (RFC 7643, section 4). What is
//! not here is not kept.

use crate::schema::{Attribute, ResourceKind, Returned, Schema};

/// Attributes of every resource (RFC 7643, section 3.1).
pub(crate) const COMMON: &[Attribute] = &[
    Attribute::text("id", "Id of the resource").exact().read_only().unique().returned(Returned::Always),
    Attribute::text("externalId", "Id that the client has for the resource").exact(),
    Attribute::complex("meta", META, "What is known of the resource itself").read_only(),
];

const META: &[Attribute] = &[
    Attribute::text("resourceType", "Kind of resource").exact().read_only(),
    Attribute::time("created", "When it was made").read_only(),
    Attribute::time("lastModified", "When it was last changed").read_only(),
    Attribute::text("location", "Where it is").exact().read_only(),
    Attribute::text("version", "Its version, as in ETag").exact().read_only(),
];

const NAME: &[Attribute] = &[
    Attribute::text("formatted", "The whole name as it is written"),
    Attribute::text("familyName", "Family name"),
    Attribute::text("givenName", "Given name"),
    Attribute::text("middleName", "Middle name"),
    Attribute::text("honorificPrefix", "Title before the name"),
    Attribute::text("honorificSuffix", "Title behind the name"),
];

const PRIMARY: Attribute = Attribute::boolean("primary", "Whether it is the one to use; at most one is");

const EMAIL: &[Attribute] = &[
    Attribute::text("value", "The mail address"),
    Attribute::text("type", "What it is for").usually(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE: &[Attribute] = &[
    Attribute::text("value", "The telephone number"),
    Attribute::text("type", "What it is for").usually(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const USER_GROUP: &[Attribute] = &[
    Attribute::text("value", "Id of the group").exact().read_only(),
    Attribute::reference("$ref", &["Group"], "Where the group is").read_only(),
    Attribute::text("display", "Name of the group").read_only(),
];

const USER_SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A person",
    attributes: &[
        Attribute::text("userName", "Name by which the user is known in the tenant").required().unique(),
        Attribute::complex("name", NAME, "The parts of the user's name"),
        Attribute::text("displayName", "Name shown to people"),
        Attribute::text("nickName", "Casual name"),
        Attribute::text("title", "Job title"),
        Attribute::text("userType", "Kind of employment"),
        Attribute::text("preferredLanguage", "Languages that the user prefers, as in Accept-Language"),
        Attribute::text("locale", "Language and region").usually(&["en-US", "en-GB", "de-CH", "fr-FR"]),
        Attribute::text("timezone", "IANA time zone").usually(&["UTC", "Europe/Zurich", "America/New_York"]),
        // Every user is active or not: a request that does not say leaves it as it is.
        Attribute::boolean("active", "Whether the user may do anything").required(),
        Attribute::complex("emails", EMAIL, "Mail addresses").multi(),
        Attribute::complex("phoneNumbers", PHONE, "Telephone numbers").multi(),
        Attribute::complex("groups", USER_GROUP, "Groups that the user is in directly")
            .multi()
            .read_only()
            .returned(Returned::Request),
    ],
};

const MANAGER: &[Attribute] = &[
    Attribute::text("value", "Id of the manager").exact(),
    Attribute::reference("$ref", &["User"], "Where the manager is"),
];

/// The enterprise extension of users (RFC 7643, section 4.3).
pub const ENTERPRISE_USER: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "A person in an organization",
    attributes: &[
        Attribute::text("employeeNumber", "Number by which the employer knows the user"),
        Attribute::text("organization", "Organization"),
        Attribute::text("department", "Department"),
        Attribute::complex("manager", MANAGER, "To whom the user reports"),
    ],
};

const MEMBER: &[Attribute] = &[
    Attribute::text("value", "Id of the member").exact().immutable(),
    Attribute::reference("$ref", &["User", "Group"], "Where the member is").immutable(),
    Attribute::text("type", "What the member is").immutable().usually(&["User", "Group"]),
];

const GROUP_SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Users and other groups that are given roles together",
    attributes: &[
        Attribute::text("displayName", "Name of the group").required().unique(),
        Attribute::complex("members", MEMBER, "Who is in the group directly").multi(),
    ],
};

/// Users.
pub const USER: ResourceKind = ResourceKind {
    name: "User",
    endpoint: "/Users",
    description: "People of the tenant",
    schema: &USER_SCHEMA,
    extensions: &[&ENTERPRISE_USER],
};

/// Groups.
pub const GROUP: ResourceKind = ResourceKind {
    name: "Group",
    endpoint: "/Groups",
    description: "Groups of the tenant",
    schema: &GROUP_SCHEMA,
    extensions: &[],
};

/// All kinds of resources.
pub const RESOURCE_KINDS: [&ResourceKind; 2] = [&USER, &GROUP];
