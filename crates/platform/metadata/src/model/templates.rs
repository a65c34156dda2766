//! Definitions to begin with.

use serde_json::Value;

/// A definition to begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    /// Its key, that of the entity too.
    pub(crate) key: &'static str,
    source: &'static str,
}

/// Counts the changes of the templates, so that nobody is sent what they have. Raise it with each.
pub(crate) const TEMPLATES_VERSION: i64 = 1;

/// All templates, by key.
pub(crate) const TEMPLATES: [Template; 5] = [
    Template { key: "asset", source: include_str!("../../templates/asset.json") },
    Template { key: "contact", source: include_str!("../../templates/contact.json") },
    Template { key: "inspection", source: include_str!("../../templates/inspection.json") },
    Template { key: "project_task", source: include_str!("../../templates/project_task.json") },
    Template { key: "ticket", source: include_str!("../../templates/ticket.json") },
];

impl Template {
    /// The template of this key.
    pub(crate) fn find(key: &str) -> Option<Self> {
        TEMPLATES.iter().find(|template| template.key == key).copied()
    }

    /// The definition; none where the file is no JSON, which a test excludes.
    pub(crate) fn definition(&self) -> Option<Value> {
        serde_json::from_str(self.source).ok()
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_entity::EntityDef;
    use athyper_kernel_records::Entity;
    use athyper_kernel_types::Id;

    use super::*;

    #[test]
    fn every_template_can_be_published_as_it_is() {
        let mut keys: Vec<_> = TEMPLATES.iter().map(|template| template.key).collect();
        keys.dedup();
        assert!(keys.is_sorted() && keys.len() == TEMPLATES.len());
        for template in TEMPLATES {
            let def: EntityDef = serde_json::from_str(template.source).unwrap();
            assert_eq!(def.key.as_str(), template.key);
            assert_eq!(def.check(&|_| false), Vec::new(), "{}", template.key);
            let slots =
                def.fields.iter().zip(1..).map(|(field, slot)| (field.key.to_string(), slot)).collect();
            Entity::new(Id::nil(), 1, def, slots).unwrap();
        }
    }
}
