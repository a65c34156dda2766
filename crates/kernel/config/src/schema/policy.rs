//! Section `policy`: who may do what, beyond what tenants say.

use serde::{Deserialize, Serialize};
use validator::Validate;

/// What the platform says to every question of authorisation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyConfig {
    /// Everything is refused to everybody, in every tenant; for a moment in which nothing may be done.
    pub deny_all: bool,
    /// Requests to which policies ask somebody to agree.
    #[validate(nested)]
    pub approvals: ApprovalsConfig,
}

/// How long requests for approval wait, hold and are kept.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalsConfig {
    /// Hours within which somebody has to decide; after that the request is asked for anew.
    #[validate(range(min = 1, max = 8_760))]
    pub pending_hours: u32,
    /// Hours within which an approval has to be used.
    #[validate(range(min = 1, max = 720))]
    pub valid_hours: u32,
    /// Requests of one caller that wait at once.
    #[validate(range(min = 1, max = 1_000))]
    pub max_pending: u32,
    /// Days for which a request is kept after its end, with all that was asked.
    #[validate(range(min = 1, max = 3_650))]
    pub keep_days: u32,
}

impl Default for ApprovalsConfig {
    fn default() -> Self {
        Self { pending_hours: 72, valid_hours: 24, max_pending: 20, keep_days: 90 }
    }
}
