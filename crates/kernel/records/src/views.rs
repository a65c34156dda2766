//! Lists that people keep: which records of an entity, in what order and form, for themselves or for everybody in the tenant.
//!
//! A view is checked against the entity in force when it is saved and again whenever it is used. One that no longer fits,
//! because a field was renamed or removed, is refused and named: it never shows more than it was made to.

use athyper_kernel_cel::Binds;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_entity::{FieldType, SYSTEM_FIELDS};
use athyper_kernel_error::FieldError;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::aggregate::Aggregate;
use crate::entity::{Entity, EntityId};
use crate::error::Error;
use crate::expand::is_expandable;
use crate::query::{Selection, Sort, names};
use crate::record::moment;
use crate::store::{entities, views};
use crate::system::SystemEntities;
use crate::terms;

/// Longest name, in characters.
const LONGEST_NAME: usize = 120;
/// Longest search and longest list of names, in bytes.
const LONGEST_TEXT: usize = 8_000;
/// Most columns.
const MAX_COLUMNS: usize = 100;

/// Marker of a view's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ViewMarker {}

/// Id of a view.
pub(crate) type ViewId = Id<ViewMarker>;

/// How the records are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = records::ViewForm)]
pub(crate) enum ViewForm {
    /// A list with columns.
    #[default]
    List,
    /// A board of cards.
    Board,
    /// Groups with measures.
    Aggregate,
}

/// A column of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = records::ViewColumn)]
pub(crate) struct ViewColumn {
    /// The field, or what every record has.
    pub(crate) field: String,
    /// Its width in CSS pixels; as the client likes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 20, maximum = 4000)]
    pub(crate) width: Option<u16>,
}

/// What a view shows; each as the parameter of the list or the aggregation of this name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = records::ViewSettings)]
pub(crate) struct ViewSettings {
    /// Only records for which this condition holds (CEL over the fields).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
    /// Only records with all of these words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) search: Option<String>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sort: Option<String>,
    /// Fields to give, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<String>,
    /// What is given too, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expand: Option<String>,
    /// How the records are shown.
    pub(crate) form: ViewForm,
    /// Columns of the list, from the first to the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<ViewColumn>,
    /// The field whose values are the columns of the board: one of options, or `state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) board_columns: Option<String>,
    /// What the groups agree in, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_by: Option<String>,
    /// What is worked out for each group, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measures: Option<String>,
}

/// A view.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Its id.
    pub(crate) id: ViewId,
    /// The entity whose records it shows.
    pub(crate) entity_id: EntityId,
    /// The entity's key.
    pub(crate) entity: String,
    /// What people call it.
    pub(crate) name: String,
    /// Whose it is: the subject.
    pub(crate) owner: String,
    /// Whether everybody in the tenant sees it.
    pub(crate) is_shared: bool,
    /// What it shows.
    pub(crate) settings: ViewSettings,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last (UTC).
    pub(crate) updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub(crate) updated_by: String,
}

/// A view as clients get it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = records::View)]
pub(crate) struct ViewBody {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: ViewId,
    /// The key of the entity whose records it shows.
    entity: String,
    /// What people call it.
    name: String,
    /// Whether everybody in the tenant sees it.
    is_shared: bool,
    /// Whether it is the caller's.
    is_own: bool,
    /// Whose it is.
    owner: String,
    /// What it shows.
    settings: ViewSettings,
    /// Counts its changes, from 1.
    version: i64,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
    /// When it was changed last (RFC 3339, UTC).
    updated_at: String,
    /// Who changed it last.
    updated_by: String,
}

impl ViewBody {
    pub(crate) fn of(view: View, caller: &str) -> Self {
        Self {
            id: view.id,
            entity: view.entity,
            name: view.name,
            is_shared: view.is_shared,
            is_own: view.owner == caller,
            owner: view.owner,
            settings: view.settings,
            version: view.version,
            created_at: moment(view.created_at),
            updated_at: moment(view.updated_at),
            updated_by: view.updated_by,
        }
    }
}

/// A name without the white space around it.
///
/// # Errors
/// When it is none.
pub(crate) fn check_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let message = || format!("a name has 1 to {LONGEST_NAME} characters and no control characters");
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(Error::Form(vec![FieldError::new("/name", "invalid", message())]))
    }
}

/// All that is wrong with what a view shows, with pointers into it, once the entity is what it is now.
pub(crate) fn faults(
    deps: &Deps,
    tenant: &TenantContext,
    entity: &Entity,
    settings: &ViewSettings,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut add = |name: &str, error: Error| {
        let own = |field: FieldError| FieldError::new(format!("/settings/{name}"), field.code, field.message);
        match error {
            Error::Query(field) => faults.push(own(field)),
            other => faults.push(FieldError::new(format!("/settings/{name}"), "invalid", other.to_string())),
        }
    };
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
    let too_long: Vec<&str> = too_long.map(|(name, _)| *name).collect();
    for name in &too_long {
        add(name, too_long_error());
    }
    if !too_long.is_empty() {
        return faults;
    }

    if let Err(error) = Selection::parse(&deps.expressions, entity, settings.filter.as_deref(), None, false) {
        add("filter", error);
    } else if let Some(source) = &settings.filter
        && let Err(error) = translatable(deps, tenant, entity, source)
    {
        add("filter", error);
    }
    if let Err(error) = Selection::parse(&deps.expressions, entity, None, settings.search.as_deref(), false) {
        add("search", error);
    }
    if let Err(error) = Sort::parse(entity, settings.sort.as_deref(), settings.search.is_some()) {
        add("sort", error);
    }
    for (name, text) in [("fields", &settings.fields), ("expand", &settings.expand)] {
        if let Some(Err(error)) = text.as_deref().map(|text| names(entity, name, text)) {
            add(name, error);
        }
    }
    if settings.group_by.is_some() || settings.measures.is_some() || settings.form == ViewForm::Aggregate {
        let (by, measures) = (settings.group_by.as_deref(), settings.measures.as_deref());
        if let Err(error) = Aggregate::parse(entity, by, None) {
            add("groupBy", error);
        } else if let Err(error) = Aggregate::parse(entity, by, measures) {
            add("measures", error);
        }
    }
    if let Some(name) = settings
        .expand
        .iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .find(|name| entity.def.field(name).is_some_and(|field| !is_expandable(&field.kind)))
    {
        let message = format!("{name} names nothing that could be given too");
        faults.push(FieldError::new("/settings/expand", "wrong_field", message));
    }
    faults.extend(layout_faults(entity, settings));
    faults
}

fn too_long_error() -> Error {
    Error::Query(FieldError::new("", "too_long", format!("at most {LONGEST_TEXT} bytes are taken")))
}

/// Whether a filter can be told the database.
fn translatable(deps: &Deps, tenant: &TenantContext, entity: &Entity, source: &str) -> Result<(), Error> {
    let invalid = |code: &str, message: String| Error::Query(FieldError::new("", code, message));
    let condition = terms::condition(&deps.expressions, entity, source);
    let condition = condition.map_err(|message| invalid("invalid", message))?;
    let columns = |path: &[std::sync::Arc<str>]| terms::column(entity, path);
    let translated = condition.to_sql(&columns, &deps.context(tenant), &mut Binds::from(1));
    translated.map(drop).map_err(|error| invalid("untranslatable", error.to_string()))
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

/// A view of this entity that the caller sees and that can be used now.
///
/// # Errors
/// When there is none, or the entity is no longer what the view was made for.
pub(crate) async fn usable(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    tenant: &TenantContext,
    entity: &Entity,
    id: Uuid,
) -> Result<View, Error> {
    let found = views::find(tx, ViewId::from_uuid(id), &tenant.actor().id).await?;
    let view = found.filter(|view| view.entity_id == entity.id).ok_or(Error::ViewNotFound)?;
    let faults = faults(deps, tenant, entity, &view.settings);
    if faults.is_empty() { Ok(view) } else { Err(Error::ViewBroken { name: view.name, faults }) }
}

/// The view with the key that its entity has now.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn with_present_key(
    tx: &mut impl TenantConnection,
    system: &SystemEntities,
    view: View,
) -> Result<View, DbError> {
    let entity = entities::by_id(tx, system, view.entity_id).await?;
    let key = entity.map_or_else(|| view.entity.clone(), |entity| entity.def.key.to_string());
    Ok(View { entity: key, ..view })
}
