//! Parameters of a list or an aggregation, and what is wrong with them without records being asked for: for whoever keeps them.

use athyper_kernel_cel::{Binds, Cache, Context};
use athyper_kernel_entity::FieldType;
use athyper_kernel_error::{DomainError as _, FieldError};

use crate::aggregate::Aggregate;
use crate::entity::Entity;
use crate::error::Error;
use crate::open::Open;
use crate::query::{Selection, Sort, names, query_error};
use crate::terms;

/// Parameters of a list or an aggregation, as clients send them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters<'q> {
    /// Only records for which this condition holds (CEL over the fields).
    pub filter: Option<&'q str>,
    /// Only records with all of these words.
    pub search: Option<&'q str>,
    /// The order.
    pub sort: Option<&'q str>,
    /// Fields to give.
    pub fields: Option<&'q str>,
    /// What is given too: fields that name something.
    pub expand: Option<&'q str>,
    /// What groups agree in and what is worked out for each, where records are summed.
    pub groups: Option<(Option<&'q str>, Option<&'q str>)>,
}

impl Parameters<'_> {
    /// All that is wrong with them, by the entity as it is now; the pointers are such as `?filter`.
    pub fn faults(&self, expressions: &Cache, context: &Context, entity: &Entity) -> Vec<FieldError> {
        let Self { filter, search, sort, fields, expand, groups } = *self;
        let nothing = Open::nothing();
        let checks = [
            filter.map(|source| check_filter(expressions, context, entity, source)),
            search.map(|_| Selection::parse(expressions, entity, &nothing, None, search, false).map(drop)),
            sort.map(|_| Sort::parse(entity, sort, search.is_some()).map(drop)),
            fields.map(|text| names(entity, "fields", text).map(drop)),
            expand.map(|text| check_expand(entity, text)),
            groups.map(|(by, measures)| Aggregate::parse(entity, &nothing, by, measures).map(drop)),
        ];
        checks.into_iter().flatten().filter_map(Result::err).flat_map(|error| error.fields()).collect()
    }
}

/// Whether a filter is a condition over the fields that can be told the database.
fn check_filter(expressions: &Cache, context: &Context, entity: &Entity, source: &str) -> Result<(), Error> {
    let condition = terms::condition(expressions, entity, source);
    let condition = condition.map_err(|message| query_error("filter", "invalid", message))?;
    let columns = |path: &[std::sync::Arc<str>]| terms::column(entity, path);
    let translated = condition.to_sql(&columns, context, &mut Binds::from(1));
    translated.map(drop).map_err(|error| query_error("filter", "untranslatable", error.to_string()))
}

/// Whether all names are those of fields that name something.
fn check_expand(entity: &Entity, text: &str) -> Result<(), Error> {
    let names = names(entity, "expand", text)?;
    let names_nothing =
        |name: &&String| entity.def.field(name).is_some_and(|field| !is_expandable(&field.kind));
    match names.iter().find(names_nothing) {
        Some(name) => {
            let message = format!("{name} names nothing that could be given too");
            Err(query_error("expand", "wrong_field", message))
        }
        None => Ok(()),
    }
}

/// Whether a field names something that can be given with the record.
pub fn is_expandable(kind: &FieldType) -> bool {
    matches!(kind, FieldType::Reference(_) | FieldType::References(_) | FieldType::Attachment(_))
}
