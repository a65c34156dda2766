//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::{DbError, TenantStatus};
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

/// Why an operation of platform control was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The operator has not said why.
    #[error("operators read: make an elevation with a reason first (POST /v1/control/elevations)")]
    ElevationRequired,
    /// No such tenant.
    #[error("there is no such tenant")]
    TenantNotFound,
    /// No such realm in the configuration.
    #[error("there is no realm {0}: realms are made in the configuration")]
    RealmNotFound(String),
    /// The realm has a tenant of this key already.
    #[error("realm {realm_key} has a tenant {tenant_key} already")]
    TenantKeyTaken {
        /// The realm.
        realm_key: String,
        /// The key.
        tenant_key: String,
    },
    /// What would be changed is in the configuration.
    #[error("the tenant is defined by the configuration: change its name and settings there")]
    ConfiguredTenant,
    /// A tenant cannot go from this status to that one.
    #[error("the tenant is {} and cannot become {}", from.as_str(), to.as_str())]
    TenantStatus {
        /// Its status.
        from: TenantStatus,
        /// The status wanted.
        to: TenantStatus,
    },
    /// The operators would shut themselves out.
    #[error("this is the operators' own tenant: it stays active")]
    OwnTenant,
    /// Settings with faults.
    #[error("the settings cannot be taken")]
    InvalidSettings(Vec<FieldError>),
    /// No such elevation.
    #[error("there is no such elevation")]
    ElevationNotFound,
    /// The elevation has ended.
    #[error("the elevation has ended")]
    ElevationEnded,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::ElevationRequired => "control.elevation_required",
            Self::TenantNotFound => "control.tenant_not_found",
            Self::RealmNotFound(_) => "control.realm_not_found",
            Self::TenantKeyTaken { .. } => "control.tenant_key_taken",
            Self::ConfiguredTenant => "control.configured_tenant",
            Self::TenantStatus { .. } => "control.tenant_status",
            Self::OwnTenant => "control.own_tenant",
            Self::InvalidSettings(_) => "control.invalid_settings",
            Self::ElevationNotFound => "control.elevation_not_found",
            Self::ElevationEnded => "control.elevation_ended",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::ElevationRequired => ProblemKind::Forbidden,
            Self::TenantNotFound | Self::ElevationNotFound => ProblemKind::NotFound,
            Self::RealmNotFound(_) | Self::InvalidSettings(_) => ProblemKind::Invalid,
            Self::TenantKeyTaken { .. }
            | Self::ConfiguredTenant
            | Self::TenantStatus { .. }
            | Self::OwnTenant
            | Self::ElevationEnded => ProblemKind::Conflict,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::RealmNotFound(_) => one("/realmKey", "unknown"),
            Self::TenantKeyTaken { .. } => one("/tenantKey", "taken"),
            Self::InvalidSettings(fields) => fields.clone(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
