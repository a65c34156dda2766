//! Tells people what is configured and where each value came from, without secrets.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::RuntimeConfig;
use crate::layer::{Layer, Origin};
use crate::merge::Merged;
use crate::path::{Path, visit_leaves};

/// A checked configuration and the origin of each of its values.
#[derive(Debug)]
pub struct LoadedConfig {
    /// The configuration; it never changes while the process runs.
    pub config: Arc<RuntimeConfig>,
    origins: Merged,
}

/// One value and its origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Dotted path.
    pub path: String,
    /// The value, null when unset, `[redacted]` when secret.
    pub value: Value,
    /// The layer that won.
    pub layer: Layer,
    /// File path, variable name, `--set` or `built-in`.
    pub source: String,
}

impl LoadedConfig {
    pub(crate) fn new(config: Arc<RuntimeConfig>, merged: Merged) -> Self {
        Self { config, origins: merged.without_values() }
    }

    /// Every value at or below a dotted path, in the order of the schema; all of them without one.
    pub fn explain(&self, path_prefix: Option<&str>) -> Vec<Explained> {
        let written = serde_json::to_value(&*self.config).unwrap_or_default();
        let mut explained = Vec::new();
        visit_leaves(&written, &Path::default(), &mut |path, value| {
            let shown = path.to_string();
            let wanted = path_prefix.is_none_or(|prefix| {
                shown.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            if wanted {
                let origin = self.origins.origin(path).cloned().unwrap_or_else(Origin::built_in);
                explained.push(Explained {
                    path: shown,
                    value: value.clone(),
                    layer: origin.layer,
                    source: origin.source,
                });
            }
        });
        explained
    }

    /// What `config explain` prints: one line per value with its layer and source. Says so when there is no such path.
    pub fn explain_text(&self, path_prefix: Option<&str>) -> String {
        let explained = self.explain(path_prefix);
        if explained.is_empty() {
            let wanted = path_prefix.unwrap_or_default().escape_debug();
            return format!("there is no setting {wanted}; leave the path out to see all\n");
        }
        let mut text = String::new();
        for Explained { path, value, layer, source } in explained {
            let value = if value.is_null() { "(unset)".to_owned() } else { value.to_string() };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{path} = {value}    ({layer}, {})", source.escape_debug());
        }
        text
    }

    /// What `config check` prints when nothing is wrong: the process, and how many values each layer sets.
    pub fn check_text(&self) -> String {
        let layers: Vec<String> = self
            .origins
            .count_by_layer()
            .into_iter()
            .filter(|(layer, _)| *layer != Layer::Defaults)
            .map(|(layer, count)| format!("{count} from {layer}"))
            .collect();
        let set = if layers.is_empty() { "all built-in".to_owned() } else { layers.join(", ") };
        let RuntimeConfig { env, mode, iam, .. } = &*self.config;
        format!(
            "configuration is valid: env {env}, mode {mode}, {} realm(s), values: {set}\n",
            iam.realms.len()
        )
    }
}
