//! What is wrong with the parameters of a list or an aggregation, without asking for records: for whoever keeps them.

use athyper_kernel_cel::Binds;
use athyper_kernel_error::{DomainError as _, FieldError};
use athyper_kernel_record_model::{
    Aggregate, Entity, Error, Open, Parameters, Selection, Sort, names, query_error, terms,
};
use athyper_kernel_tenant_context::TenantContext;

use crate::deps::Records;
use crate::expand::is_expandable;

impl Records {
    /// All that is wrong with parameters, by the entity as it is now; the pointers are such as `?filter`.
    pub fn faults(
        &self,
        tenant: &TenantContext,
        entity: &Entity,
        parameters: Parameters<'_>,
    ) -> Vec<FieldError> {
        let Parameters { filter, search, sort, fields, expand, groups } = parameters;
        let nothing = Open::nothing();
        let checks = [
            filter.map(|source| self.check_filter(tenant, entity, source)),
            search.map(|_| {
                Selection::parse(&self.expressions, entity, &nothing, None, search, false).map(drop)
            }),
            sort.map(|_| Sort::parse(entity, sort, search.is_some()).map(drop)),
            fields.map(|text| names(entity, "fields", text).map(drop)),
            expand.map(|text| check_expand(entity, text)),
            groups.map(|(by, measures)| Aggregate::parse(entity, &nothing, by, measures).map(drop)),
        ];
        checks.into_iter().flatten().filter_map(Result::err).flat_map(|error| error.fields()).collect()
    }

    /// Whether a filter is a condition over the fields that can be told the database.
    fn check_filter(&self, tenant: &TenantContext, entity: &Entity, source: &str) -> Result<(), Error> {
        let condition = terms::condition(&self.expressions, entity, source);
        let condition = condition.map_err(|message| query_error("filter", "invalid", message))?;
        let columns = |path: &[std::sync::Arc<str>]| terms::column(entity, path);
        let translated = condition.to_sql(&columns, &self.context(tenant), &mut Binds::from(1));
        translated.map(drop).map_err(|error| query_error("filter", "untranslatable", error.to_string()))
    }
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
