//! Charts of accounts to begin with: the files of `templates/`.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountCode, AccountType, AccountUse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// Counts the changes of the templates, so that nobody is sent what they have. Raise it with each.
pub(crate) const TEMPLATES_VERSION: i64 = 1;

/// All templates, by key.
const TEMPLATES: [(&str, &str); 3] = [
    ("service_company", include_str!("../../templates/service_company.json")),
    ("small_association", include_str!("../../templates/small_association.json")),
    ("small_trading_company", include_str!("../../templates/small_trading_company.json")),
];

/// A chart of accounts to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = opening::ChartTemplate)]
pub(crate) struct ChartTemplate {
    /// Its key.
    #[schema(example = "small_trading_company")]
    pub(crate) key: String,
    /// Its name.
    #[schema(example = "Small trading company")]
    pub(crate) name: String,
    /// Whom it is for.
    pub(crate) description: String,
    /// Its accounts, by code.
    pub(crate) accounts: Vec<TemplateAccount>,
}

/// An account of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = opening::TemplateAccount)]
pub(crate) struct TemplateAccount {
    /// Its code.
    #[schema(value_type = String, example = "1200")]
    pub(crate) code: AccountCode,
    /// Its name.
    #[schema(example = "Trade receivables")]
    pub(crate) name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub(crate) kind: AccountType,
    /// What it is used for.
    #[serde(default, rename = "use")]
    pub(crate) usage: AccountUse,
    /// The parts that it plays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<TemplateRole>,
}

/// A part that an account plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = opening::TemplateRole)]
pub(crate) struct TemplateRole {
    /// The part.
    #[schema(example = "receivable")]
    pub(crate) role: String,
    /// What has to be known of a line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) facts: BTreeMap<String, String>,
}

impl ChartTemplate {
    /// Keys of all templates, in order.
    pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
        TEMPLATES.iter().map(|(key, _)| *key)
    }

    /// The template with this key.
    ///
    /// # Errors
    /// [`Error::TemplateNotFound`].
    pub(crate) fn find(key: &str) -> Result<Self, Error> {
        let found = TEMPLATES.iter().find(|(known, _)| *known == key);
        let (_, source) = found.ok_or(Error::TemplateNotFound)?;
        serde_json::from_str(source).map_err(|error| Error::TemplateUnreadable(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
