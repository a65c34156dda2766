//! The close of a period: `open` → `signed_off` → `reopened`. A reopened one stays what it is; the period gets another.

use athyper_kernel_ledger::CheckedStep;
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Id of a close.
pub(crate) type PeriodCloseId = Id<PeriodClose>;

/// Marker of the ids of steps that people do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ManualStepOf {}

/// Id of a step that people do.
pub(crate) type StepId = Id<ManualStepOf>;

/// The close of a period of a legal entity.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::PeriodClose)]
pub(crate) struct PeriodClose {
    /// Id.
    pub(crate) id: PeriodCloseId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// Id of the period.
    pub(crate) period: Uuid,
    /// Name of the period.
    #[schema(example = "2025-03")]
    pub(crate) name: String,
    /// Its first day.
    pub(crate) starts_on: NaiveDate,
    /// Its last day.
    pub(crate) ends_on: NaiveDate,
    /// Base currency of the legal entity.
    pub(crate) base_currency: Currency,
    /// Where it stands.
    pub(crate) state: CloseState,
    /// When it was opened (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who prepares it: they do not sign it off.
    pub(crate) created_by: String,
    /// Who posted last by hand into the period when somebody last asked to sign it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_posted_by: Option<String>,
    /// When it was signed off (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_at: Option<DateTime<Utc>>,
    /// Who signed it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_by: Option<String>,
    /// SHA-256 over the snapshot of the books, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// When it was reopened (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reopened_at: Option<DateTime<Utc>>,
    /// Who reopened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reopened_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reopened_because: Option<String>,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// Its steps: of the moment while it is open, and afterwards as they were when it was signed off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checklist: Option<Checklist>,
}

/// Where a close stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = closing::CloseState)]
pub(crate) enum CloseState {
    /// It is worked on.
    Open,
    /// The period is closed, and its snapshot taken.
    SignedOff,
    /// The period was opened again. The snapshot stays.
    Reopened,
}

impl CloseState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::SignedOff => "signed_off",
            Self::Reopened => "reopened",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::SignedOff, Self::Reopened].into_iter().find(|state| state.as_str() == word)
    }
}

/// The steps of a close.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::Checklist)]
pub(crate) struct Checklist {
    /// Whether all steps are proven or ticked: then it can be signed off.
    pub(crate) is_complete: bool,
    /// What the system proves by itself.
    pub(crate) proven: Vec<CheckedStep>,
    /// What people do, by the tenant's template.
    pub(crate) manual: Vec<ManualStep>,
}

/// A step that people do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::ManualStep)]
pub(crate) struct ManualStep {
    /// Id of the step in the template.
    pub(crate) id: Uuid,
    /// What is to be done.
    #[schema(example = "Count the stock")]
    pub(crate) text: String,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) who: Option<String>,
    /// When it was ticked (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticked_at: Option<DateTime<Utc>>,
    /// Who ticked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticked_by: Option<String>,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Checklist {
    /// The list of these steps.
    pub(crate) fn new(proven: Vec<CheckedStep>, manual: Vec<ManualStep>) -> Self {
        let mut list = Self { is_complete: false, proven, manual };
        list.is_complete = list.missing().is_empty();
        list
    }

    /// The steps that are not proven or not ticked: what tells each from the others, its name, and what to do.
    pub(crate) fn missing(&self) -> Vec<(String, String)> {
        let proven = self.proven.iter().filter(|step| !step.is_proven).map(|step| {
            let todo = step.remedy.as_deref().unwrap_or_default();
            let place = step.link.as_deref().map(|link| format!(" ({link})")).unwrap_or_default();
            (step.step.clone(), format!("{}: {todo}{place}", step.title))
        });
        let manual = self.manual.iter().filter(|step| step.ticked_at.is_none());
        let manual =
            manual.map(|step| (step.id.to_string(), format!("{}: tick it when it is done", step.text)));
        proven.chain(manual).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_complete_when_nothing_is_missing() {
        let held = CheckedStep::proven("a.b", "Held", Vec::new());
        let open = ManualStep {
            id: Uuid::nil(),
            text: "Count the stock".to_owned(),
            who: None,
            ticked_at: None,
            ticked_by: None,
            note: None,
        };
        let ticked = ManualStep { ticked_at: Some(DateTime::UNIX_EPOCH), ..open.clone() };
        let hindered = held.clone().but("do it", "/v1/there");
        assert!(Checklist::new(vec![held.clone()], vec![ticked.clone()]).is_complete);
        assert!(Checklist::new(Vec::new(), Vec::new()).is_complete);
        for (list, missing) in [
            (Checklist::new(vec![held.clone(), hindered], vec![ticked]), "Held: do it (/v1/there)"),
            (Checklist::new(vec![held], vec![open]), "Count the stock: tick it when it is done"),
        ] {
            assert!(!list.is_complete);
            let texts: Vec<String> = list.missing().into_iter().map(|(_, text)| text).collect();
            assert_eq!(texts, [missing]);
        }
    }
}
