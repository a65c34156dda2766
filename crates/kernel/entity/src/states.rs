//! State machines of records.

use serde::{Deserialize, Serialize};

use crate::Label;

/// The states of a record and how it gets from one to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateMachine {
    /// The state that a record is born in.
    pub initial: String,
    /// All states.
    pub states: Vec<State>,
    /// The ways between them.
    pub transitions: Vec<Transition>,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// Its word, such as `in_review`.
    pub key: String,
    /// What people read.
    pub label: Label,
    /// Whether the fields of a record may be changed in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_locked: bool,
}

/// A way from states to a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transition {
    /// Its word, such as `approve`.
    pub key: String,
    /// What people read.
    pub label: Label,
    /// The states that it leads from.
    pub from: Vec<String>,
    /// The state that it leads to.
    pub to: String,
    /// What must hold for a record to take it (CEL over the record's fields).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

impl StateMachine {
    /// The transition with this word.
    pub fn transition(&self, key: &str) -> Option<&Transition> {
        self.transitions.iter().find(|transition| transition.key == key)
    }

    /// The state with this word.
    pub fn state(&self, key: &str) -> Option<&State> {
        self.states.iter().find(|state| state.key == key)
    }
}
