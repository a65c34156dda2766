//! Section `policy`: who may do what, beyond what tenants say.

use serde::{Deserialize, Serialize};

/// What the platform says to every question of authorisation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyConfig {
    /// Everything is refused to everybody, in every tenant; for a moment in which nothing may be done.
    pub deny_all: bool,
}
