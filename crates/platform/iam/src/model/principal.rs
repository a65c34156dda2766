//! Principals: people and services that act in a tenant.

use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::org_unit::OrgUnitId;
use crate::model::profile::Profile;

/// A person or a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Principal)]
pub(crate) struct Principal {
    /// Id.
    pub(crate) id: PrincipalId,
    /// Person or service.
    pub(crate) kind: PrincipalKind,
    /// Whether it may do anything.
    pub(crate) status: Status,
    /// Who has the say about its record.
    pub(crate) authority: Authority,
    /// Name by which it is known in the tenant; case does not count.
    pub(crate) user_name: String,
    /// Id that the provisioning system has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    /// Principal to whom it reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manager: Option<PrincipalId>,
    /// Organizational unit that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) org_unit: Option<OrgUnitId>,
    /// What else is known of it.
    pub(crate) profile: Profile,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last changed (UTC).
    pub(crate) updated_at: DateTime<Utc>,
}

/// Person or service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = iam::PrincipalKind)]
pub(crate) enum PrincipalKind {
    /// A person.
    #[default]
    User,
    /// A program, which signs in with keys.
    Service,
}

impl PrincipalKind {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
        }
    }

    /// The kind with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::User, Self::Service].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whether a principal may do anything. One who is deprovisioned never comes back: the next of the name is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = iam::PrincipalStatus)]
pub(crate) enum Status {
    /// May do what its roles allow.
    Active,
    /// Shut out for now.
    Suspended,
    /// Gone.
    Deprovisioned,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Deprovisioned];

    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deprovisioned => "deprovisioned",
        }
    }

    /// The status with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The state machine.
    pub(crate) fn may_become(self, to: Self) -> bool {
        matches!(
            (self, to),
            (Self::Active, Self::Suspended)
                | (Self::Suspended, Self::Active)
                | (Self::Active | Self::Suspended, Self::Deprovisioned)
        )
    }
}

/// Who has the say about a record: where it was made, and who may overwrite it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = iam::Authority)]
pub(crate) enum Authority {
    /// The tenant's administrators.
    #[default]
    Local,
    /// A provisioning system, by SCIM.
    Scim,
    /// Entered at the first sign-in.
    Jit,
    /// The claims of an identity provider.
    Oidc,
}

impl Authority {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Scim => "scim",
            Self::Jit => "jit",
            Self::Oidc => "oidc",
        }
    }

    /// The authority with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Local, Self::Scim, Self::Jit, Self::Oidc].into_iter().find(|one| one.as_str() == word)
    }
}

/// A subject of an issuer that is a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Link)]
pub(crate) struct Link {
    /// Key of the realm whose issuer it is, or the name of another provider.
    pub(crate) provider: String,
    /// Claim `sub` of its tokens.
    pub(crate) subject: String,
    /// Who made the link.
    pub(crate) authority: Authority,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_back_from_being_deprovisioned() {
        for from in Status::ALL {
            for to in Status::ALL {
                let expected = from != to && from != Status::Deprovisioned;
                assert_eq!(from.may_become(to), expected, "{from:?} {to:?}");
            }
        }
    }
}
