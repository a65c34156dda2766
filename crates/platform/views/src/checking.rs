//! Whether a view says what its entity takes.

use athyper_kernel_entity::{FieldType, SYSTEM_FIELDS};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::{Entity, Parameters, Records};
use athyper_kernel_tenant_context::TenantContext;

use crate::model::view::{ViewForm, ViewSettings};

/// Longest search and longest list of names, in bytes.
const LONGEST_TEXT: usize = 8_000;
/// Most columns.
const MAX_COLUMNS: usize = 100;

/// All that is wrong with what a view shows, with pointers into it, once the entity is what it is now.
pub(crate) fn faults(
    records: &Records,
    tenant: &TenantContext,
    entity: &Entity,
    settings: &ViewSettings,
) -> Vec<FieldError> {
    let too_long = too_long(settings);
    if !too_long.is_empty() {
        return too_long;
    }
    let (by, measures) = (settings.group_by.as_deref(), settings.measures.as_deref());
    let is_grouped = by.is_some() || measures.is_some() || settings.form == ViewForm::Aggregate;
    let parameters = Parameters {
        filter: settings.filter.as_deref(),
        search: settings.search.as_deref(),
        sort: settings.sort.as_deref(),
        fields: settings.fields.as_deref(),
        expand: settings.expand.as_deref(),
        groups: is_grouped.then_some((by, measures)),
    };
    // The settings have the names of the parameters.
    let in_settings = |fault: FieldError| {
        let name = fault.pointer.trim_start_matches('?');
        FieldError::new(format!("/settings/{name}"), fault.code, fault.message)
    };
    let mut faults: Vec<FieldError> =
        records.faults(tenant, entity, &parameters).into_iter().map(in_settings).collect();
    faults.extend(layout_faults(entity, settings));
    faults
}

fn too_long(settings: &ViewSettings) -> Vec<FieldError> {
    let texts = [
        ("filter", &settings.filter),
        ("search", &settings.search),
        ("fields", &settings.fields),
        ("expand", &settings.expand),
        ("groupBy", &settings.group_by),
        ("measures", &settings.measures),
    ];
    let too_long =
        texts.iter().filter(|(_, text)| text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT));
    let fault = |(name, _): &(&str, &Option<String>)| {
        let message = format!("at most {LONGEST_TEXT} bytes are taken");
        FieldError::new(format!("/settings/{name}"), "too_long", message)
    };
    too_long.map(fault).collect()
}

fn layout_faults(entity: &Entity, settings: &ViewSettings) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if settings.columns.len() > MAX_COLUMNS {
        let message = format!("a view has at most {MAX_COLUMNS} columns");
        faults.push(FieldError::new("/settings/columns", "too_many", message));
    }
    for (at, column) in settings.columns.iter().enumerate().take(MAX_COLUMNS) {
        let name = column.field.as_str();
        if entity.def.field(name).is_none() && !SYSTEM_FIELDS.contains(&name) {
            let pointer = format!("/settings/columns/{at}/field");
            faults.push(FieldError::new(pointer, "unknown_field", "there is no such field"));
        }
        if column.width.is_some_and(|width| !(20..=4_000).contains(&width)) {
            let pointer = format!("/settings/columns/{at}/width");
            faults.push(FieldError::new(pointer, "out_of_range", "a width is 20 to 4000 pixels"));
        }
    }
    let is_column = |name: &str| match name {
        "state" => entity.def.states.is_some(),
        key => entity.def.field(key).is_some_and(|field| matches!(field.kind, FieldType::Enum(_))),
    };
    let is_board = settings.form == ViewForm::Board;
    if settings.board_columns.as_deref().map_or(is_board, |name| !is_column(name)) {
        let message =
            "the columns of a board are state, where the entity has states, or a field of type enum";
        faults.push(FieldError::new("/settings/boardColumns", "wrong_field", message));
    }
    faults
}
