//! What a publication changes, and what it asks of the records that are there.

use athyper_kernel_entity::FieldType;
use athyper_kernel_records::{Move, RecordId, Slot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a change treats the records that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = metadata::ChangeClass)]
pub(crate) enum ChangeClass {
    /// It leaves them as they are.
    Additive,
    /// Something is made of each of them, and nothing is lost.
    NeedsBackfill,
    /// Values are hidden or no longer fit: whoever publishes says so by the plan's token.
    Destructive,
}

/// A change of a definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = metadata::Change)]
pub(crate) struct Change {
    /// Stable code, such as `field_added`.
    pub(crate) code: String,
    /// How it treats the records that are there.
    pub(crate) class: ChangeClass,
    /// Where in the definition (JSON pointer); in the one in force for what is no more.
    pub(crate) pointer: String,
    /// The field, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// What it means.
    pub(crate) message: String,
    /// How many records that are not deleted it concerns.
    pub(crate) affected: i64,
    /// Ids of the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub(crate) samples: Vec<RecordId>,
    /// Whether it cannot be published before these records are changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_blocked: bool,
}

/// What must be counted to know the class of a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measure {
    /// Nothing.
    None,
    /// All records.
    Records,
    /// More than one record.
    Several,
    /// Records with a value in the slot.
    Values(Slot),
    /// Records without one.
    Missing(Slot),
    /// Records whose value in the slot is none of the other type, its word being the same.
    Misfits(Slot, FieldType),
    /// Records whose value in the slot cannot be converted.
    Unconvertible(Slot, FieldType, FieldType),
    /// Records that agree in these places, all of the first list having a value.
    Repeated(Vec<Place>, Vec<Place>),
    /// Records in one of these states; in any where there are none.
    States(Vec<String>),
}

impl Measure {
    /// Whether only the values of the records tell, one by one.
    pub(crate) fn is_told_by_values(&self) -> bool {
        matches!(self, Self::Misfits(..) | Self::Unconvertible(..) | Self::Repeated(..))
    }

    /// Whether it takes longer the more records there are.
    pub(crate) fn looks_at_records(&self) -> bool {
        self.is_told_by_values() || matches!(self, Self::Values(_) | Self::Missing(_) | Self::States(_))
    }
}

/// Where a value is, and what it becomes first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// The slot that has it now; none for a new field.
    pub(crate) slot: Option<Slot>,
    /// What becomes of it, where its type changes.
    pub(crate) moved: Option<Move>,
}

/// A change before it is counted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The change; its class is that where it concerns some record.
    pub(crate) change: Change,
    /// Its class where it concerns no record.
    pub(crate) if_none: ChangeClass,
    /// Whether it cannot be published where it concerns some record.
    pub(crate) blocks: bool,
    /// What is counted.
    pub(crate) measure: Measure,
    /// Whether each record is looked at again.
    pub(crate) rewrites: bool,
}

impl Step {
    /// A change that leaves records as they are.
    pub(crate) fn new(code: &str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let change = Change {
            code: code.to_owned(),
            class: ChangeClass::Additive,
            pointer: pointer.into(),
            field: None,
            message: message.into(),
            affected: 0,
            samples: Vec::new(),
            is_blocked: false,
        };
        Self {
            change,
            if_none: ChangeClass::Additive,
            blocks: false,
            measure: Measure::None,
            rewrites: false,
        }
    }

    /// It is of this field.
    pub(crate) fn of(mut self, field: &str) -> Self {
        self.change.field = Some(field.to_owned());
        self
    }

    /// It makes something of each record.
    pub(crate) fn backfills(mut self, measure: Measure) -> Self {
        self.change.class = ChangeClass::NeedsBackfill;
        self.measure = measure;
        self.rewrites = true;
        self
    }

    /// It loses something, whether records have it or not.
    pub(crate) fn destroys(mut self, measure: Measure) -> Self {
        self.change.class = ChangeClass::Destructive;
        self.if_none = ChangeClass::Destructive;
        self.measure = measure;
        self
    }

    /// It loses something only where records are concerned; else it is of this class.
    pub(crate) fn destroys_some(mut self, measure: Measure, if_none: ChangeClass) -> Self {
        self.change.class = ChangeClass::Destructive;
        self.if_none = if_none;
        self.measure = measure;
        self
    }

    /// It cannot be while records are concerned.
    pub(crate) fn blocked_by_some(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// Each record is looked at again.
    pub(crate) fn rewriting(mut self) -> Self {
        self.rewrites = true;
        self
    }
}
