//! Second factors.

use athyper_kernel_types::Id;
use athyper_kernel_vault::Sealed;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::policy::FactorType;
use crate::model::webauthn::PublicKey;

/// Most factors of one account.
pub(crate) const MOST_FACTORS: usize = 10;

/// Id of a factor.
pub(crate) type FactorId = Id<Factor>;

/// A second factor of an account.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    pub(crate) id: FactorId,
    /// What its owner calls it.
    pub(crate) label: String,
    /// Whether it was used once; before that it proves nothing.
    pub(crate) is_confirmed: bool,
    pub(crate) kind: FactorKind,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// What a factor is made of.
#[derive(Clone, Debug)]
pub(crate) enum FactorKind {
    /// Codes that follow the clock.
    Totp {
        /// The shared secret.
        secret: Sealed,
        /// The step of the last code that was used.
        last_step: Option<i64>,
    },
    /// A key that signs.
    Webauthn {
        /// Id of the credential.
        credential_id: Vec<u8>,
        /// Its public half.
        public_key: PublicKey,
        /// The counter that it last showed.
        sign_count: u32,
    },
}

impl FactorKind {
    /// Which kind it is.
    pub(crate) fn kind(&self) -> FactorType {
        match self {
            Self::Totp { .. } => FactorType::Totp,
            Self::Webauthn { .. } => FactorType::Webauthn,
        }
    }
}

/// A factor as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::Factor)]
pub(crate) struct FactorView {
    /// Id.
    pub(crate) id: FactorId,
    /// Kind.
    #[serde(rename = "type")]
    pub(crate) kind: FactorType,
    /// What its owner calls it.
    #[schema(example = "Phone")]
    pub(crate) label: String,
    /// Whether it was used once; before that it proves nothing.
    pub(crate) confirmed: bool,
    /// Since when there is one (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was last used (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

impl From<&Factor> for FactorView {
    fn from(factor: &Factor) -> Self {
        Self {
            id: factor.id,
            kind: factor.kind.kind(),
            label: factor.label.clone(),
            confirmed: factor.is_confirmed,
            created_at: factor.created_at,
            last_used_at: factor.last_used_at,
        }
    }
}
