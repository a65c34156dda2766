//! A view: which records of an entity it shows, in what order and form.

use athyper_kernel_error::FieldError;
use athyper_kernel_records::EntityId;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// Longest name, in characters.
const LONGEST_NAME: usize = 120;

/// Marker of a view's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ViewMarker {}

/// Id of a view.
pub(crate) type ViewId = Id<ViewMarker>;

/// How the records are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = views::ViewForm)]
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
#[schema(as = views::ViewColumn)]
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
#[schema(as = views::ViewSettings)]
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
