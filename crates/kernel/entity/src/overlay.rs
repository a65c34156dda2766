//! What a tenant changes of an entity of a domain: it may add, relabel, hide and tighten, and never loosen.

use std::collections::BTreeMap;

use athyper_kernel_error::FieldError;
use serde::{Deserialize, Serialize};

use crate::check_fields::Faults;
use crate::{
    DuplicateRule, EntityDef, FieldDef, FieldKey, FieldRule, Label, Layout, RecordRule, UniqueRule, Writer,
    is_custom_key,
};

/// Most fields that a tenant adds.
const MAX_ADDED: usize = 200;

/// A tenant's changes of an entity of a domain. Nothing in it can take a rule of the domain away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Overlay {
    /// What people here call one record.
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub label: Label,
    /// What they call many.
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub plural: Label,
    /// What it is for here.
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub help: Label,
    /// Fields that are added; their keys begin with `x` and a capital letter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDef>,
    /// What changes of the domain's fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<FieldKey, FieldOverlay>,
    /// Combinations of fields that come once, beside the domain's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<UniqueRule>,
    /// Which records are taken for duplicates of each other, beside the domain's rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<DuplicateRule>,
    /// Rules that records must fulfil beside the domain's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RecordRule>,
    /// Lists, forms and boards in place of the domain's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
}

/// What a tenant changes of a field of a domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FieldOverlay {
    /// What people here read.
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub label: Label,
    /// What it means here.
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub help: Label,
    /// Whether it is left out of what is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether a record must have a value, although the domain can do without.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What its value must fulfil as well (CEL).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<FieldRule>,
    /// When its value cannot be changed, beside when the domain says so (CEL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_when: Option<String>,
    /// When it must have a value, beside when the domain says so (CEL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_when: Option<String>,
}

impl FieldOverlay {
    /// Whether it asks more of records than the domain does.
    fn tightens(&self) -> bool {
        self.required
            || !self.rules.is_empty()
            || self.read_only_when.is_some()
            || self.required_when.is_some()
    }
}

impl Overlay {
    /// The definition as it is in this tenant. Whether that makes sense as a whole is told by [`EntityDef::check`].
    ///
    /// # Errors
    /// All that this overlay may not do, with pointers into it.
    pub fn apply(&self, base: &EntityDef) -> Result<EntityDef, Vec<FieldError>> {
        let mut faults = Faults::new();
        self.check_added(base, &mut faults);
        let mut def = base.clone();
        for (key, change) in &self.changes {
            let pointer = format!("/changes/{key}");
            let Some(field) = def.fields.iter_mut().find(|field| field.key == *key) else {
                faults.add(pointer, "unknown_field", "the domain has no such field");
                continue;
            };
            if base.writer == Writer::Commands && change.tightens() {
                faults.add(&pointer, "written_by_commands", by_commands(base));
            }
            if change.hidden && (field.required || change.required) {
                let message = "a field that must have a value cannot be hidden";
                faults.add(format!("{pointer}/hidden"), "required", message);
            }
            change_field(field, change);
        }
        if base.writer == Writer::Commands {
            let of_domain = [
                ("/rules", self.rules.is_empty()),
                ("/unique", self.unique.is_empty()),
                ("/duplicates", self.duplicates.is_empty()),
            ];
            for (pointer, _) in of_domain.iter().filter(|(_, is_empty)| !is_empty) {
                faults.add(*pointer, "written_by_commands", by_commands(base));
            }
        }
        replace(&mut def.label, &self.label);
        replace(&mut def.plural, &self.plural);
        replace(&mut def.help, &self.help);
        def.fields.extend(self.fields.iter().cloned());
        def.rules.extend(self.rules.iter().cloned());
        def.unique.extend(self.unique.iter().cloned());
        def.duplicates.extend(self.duplicates.iter().cloned());
        if let Some(layout) = &self.layout {
            def.layout = layout.clone();
        }
        if faults.0.is_empty() { Ok(def) } else { Err(faults.0) }
    }

    fn check_added(&self, base: &EntityDef, faults: &mut Faults) {
        if self.fields.len() > MAX_ADDED {
            faults.add("/fields", "too_many", format!("at most {MAX_ADDED} fields can be added"));
        }
        for (at, field) in self.fields.iter().enumerate() {
            if !is_custom_key(field.key.as_str()) {
                let message =
                    "the key of a field that is added begins with x and a capital letter: xCostCentre";
                faults.add(format!("/fields/{at}/key"), "not_custom", message);
            }
            if base.writer == Writer::Commands && field.required {
                faults.add(format!("/fields/{at}/required"), "written_by_commands", by_commands(base));
            }
        }
    }
}

fn by_commands(base: &EntityDef) -> String {
    format!("records of {} are made by operations of its domain, which would not ask for this", base.key)
}

fn replace(label: &mut Label, other: &Label) {
    if !other.is_empty() {
        *label = other.clone();
    }
}

fn change_field(field: &mut FieldDef, change: &FieldOverlay) {
    replace(&mut field.label, &change.label);
    replace(&mut field.help, &change.help);
    field.hidden |= change.hidden;
    field.required |= change.required;
    field.rules.extend(change.rules.iter().cloned());
    field.read_only_when = either(field.read_only_when.take(), change.read_only_when.as_deref());
    field.required_when = either(field.required_when.take(), change.required_when.as_deref());
}

/// A condition that holds where one of two does.
fn either(own: Option<String>, other: Option<&str>) -> Option<String> {
    match (own, other) {
        (Some(own), Some(other)) => Some(format!("({own}) || ({other})")),
        (own, other) => own.or_else(|| other.map(str::to_owned)),
    }
}
