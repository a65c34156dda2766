//! What a list asks: filter, order, page and attributes (RFC 7644, sections 3.4.2 and 3.4.3).

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::path::AttributePath;
use crate::schema::{Kind, ResourceKind, Target};
use crate::{Filter, MOST_RESULTS, ScimError, Selection, Test};

/// Resources of a page, where nobody says how many.
const USUAL: u32 = 100;

/// Which attributes an answer has, as a query string says it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub struct AttributeQuery {
    /// Only these attributes, with commas between them.
    pub attributes: Option<String>,
    /// Not these attributes, with commas between them.
    pub excluded_attributes: Option<String>,
}

/// What a list asks, as a query string says it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only resources that pass this filter (RFC 7644, section 3.4.2.2).
    #[param(max_length = 4000, example = "userName eq \"ada\"")]
    pub filter: Option<String>,
    /// Attribute that gives the order.
    pub sort_by: Option<String>,
    /// `ascending` or `descending`.
    pub sort_order: Option<String>,
    /// Place of the first resource, counted from 1.
    pub start_index: Option<i64>,
    /// Most resources of the page, at most 200.
    pub count: Option<i64>,
    /// Only these attributes, with commas between them.
    pub attributes: Option<String>,
    /// Not these attributes, with commas between them.
    pub excluded_attributes: Option<String>,
}

/// What a list asks, as a body says it (RFC 7644, section 3.4.3).
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = scim::SearchRequest)]
pub struct SearchRequest {
    /// Has to name the schema of searches.
    pub schemas: Vec<String>,
    /// Only resources that pass this filter.
    #[schema(max_length = 4000)]
    pub filter: Option<String>,
    /// Attribute that gives the order.
    pub sort_by: Option<String>,
    /// `ascending` or `descending`.
    pub sort_order: Option<String>,
    /// Place of the first resource, counted from 1.
    pub start_index: Option<i64>,
    /// Most resources of the page, at most 200.
    pub count: Option<i64>,
    /// Only these attributes.
    pub attributes: Vec<String>,
    /// Not these attributes.
    pub excluded_attributes: Vec<String>,
}

/// An order of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// By which attribute.
    pub by: AttributePath,
    /// Whether the greatest come first.
    pub is_descending: bool,
}

impl Order {
    /// The attribute of this kind of resource that gives the order.
    ///
    /// # Errors
    /// `invalidValue` where there is none, or where it has more than one value.
    pub fn target(&self, kind: &ResourceKind) -> Result<Target, ScimError> {
        let refused = || ScimError::value(format!("{} gives no order to {}", self.by, kind.endpoint));
        let target = kind.target(&self.by).ok_or_else(refused)?;
        let is_right = !target.attribute.is_multi && target.leaf().kind != Kind::Complex;
        if is_right { Ok(target) } else { Err(refused()) }
    }
}

/// What a list asks.
#[derive(Clone, Debug, PartialEq)]
pub struct ListRequest {
    /// Only resources that pass this filter.
    pub filter: Option<Filter>,
    /// In which order; by age where none is said.
    pub order: Option<Order>,
    /// Place of the first one, counted from 1.
    pub start: i64,
    /// Most of them.
    pub count: i64,
    /// Which attributes.
    pub selection: Selection,
}

impl ListRequest {
    /// Whether resources of this kind have what the request speaks of.
    ///
    /// # Errors
    /// What they have not.
    pub fn fits(&self, kind: &ResourceKind) -> Result<(), ScimError> {
        if let Some(filter) = &self.filter {
            Test::of(filter, kind)?;
        }
        if let Some(order) = &self.order {
            order.target(kind)?;
        }
        Ok(())
    }

    /// The same of the resources behind others: `total` of these pass the filter, and `taken` of them are on the page already.
    #[must_use]
    pub fn behind(&self, total: i64, taken: usize) -> Self {
        let taken = i64::try_from(taken).unwrap_or(i64::MAX);
        Self { start: (self.start - total).max(1), count: self.count - taken, ..self.clone() }
    }
}

impl TryFrom<ListQuery> for ListRequest {
    type Error = ScimError;

    fn try_from(query: ListQuery) -> Result<Self, ScimError> {
        let names = |text: Option<String>| -> Vec<String> {
            text.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect()
        };
        Self::try_from(SearchRequest {
            schemas: vec![SearchRequest::URN.to_owned()],
            filter: query.filter,
            sort_by: query.sort_by,
            sort_order: query.sort_order,
            start_index: query.start_index,
            count: query.count,
            attributes: names(query.attributes),
            excluded_attributes: names(query.excluded_attributes),
        })
    }
}

impl TryFrom<SearchRequest> for ListRequest {
    type Error = ScimError;

    fn try_from(request: SearchRequest) -> Result<Self, ScimError> {
        if !request.schemas.iter().any(|urn| urn.eq_ignore_ascii_case(SearchRequest::URN)) {
            let detail = format!("schemas has to name {}", SearchRequest::URN);
            return Err(ScimError::new(crate::ScimType::InvalidSyntax, detail));
        }
        let is_descending = match request.sort_order.as_deref() {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(ScimError::value("sortOrder is ascending or descending")),
        };
        let by = |text: &str| {
            AttributePath::parse(text)
                .ok_or_else(|| ScimError::value("sortBy is no path of an attribute"))
                .map(|by| Order { by, is_descending })
        };
        let filter = request.filter.as_deref().filter(|text| !text.trim().is_empty());
        Ok(Self {
            filter: filter.map(Filter::parse).transpose()?,
            order: request.sort_by.as_deref().map(by).transpose()?,
            start: request.start_index.unwrap_or(1).max(1),
            count: request.count.unwrap_or(USUAL.into()).clamp(0, MOST_RESULTS.into()),
            selection: Selection::new(&request.attributes, &request.excluded_attributes)?,
        })
    }
}

impl SearchRequest {
    /// The schema of searches.
    pub const URN: &'static str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
}

impl TryFrom<AttributeQuery> for Selection {
    type Error = ScimError;

    fn try_from(query: AttributeQuery) -> Result<Self, ScimError> {
        let list = ListQuery {
            attributes: query.attributes,
            excluded_attributes: query.excluded_attributes,
            ..ListQuery::default()
        };
        Ok(ListRequest::try_from(list)?.selection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::USER;

    #[test]
    fn pages_are_kept_within_their_limits() {
        for (start, count, expected) in [
            (None, None, (1, 100)),
            (Some(0), Some(-1), (1, 0)),
            (Some(-5), Some(1000), (1, 200)),
            (Some(7), Some(3), (7, 3)),
        ] {
            let query = ListQuery { start_index: start, count, ..ListQuery::default() };
            let request = ListRequest::try_from(query).unwrap();
            assert_eq!((request.start, request.count), expected);
        }
    }

    #[test]
    fn an_order_is_one_of_single_values() {
        let order = |by: &str| ListQuery { sort_by: Some(by.to_owned()), ..ListQuery::default() };
        for (by, is_right) in [
            ("username", true),
            ("name.familyName", true),
            ("emails.value", false),
            ("name", false),
            ("x", false),
        ] {
            let request = ListRequest::try_from(order(by)).unwrap();
            assert_eq!(request.order.unwrap().target(&USER).is_ok(), is_right, "{by}");
        }
        let query = ListQuery { sort_order: Some("up".to_owned()), ..ListQuery::default() };
        assert!(ListRequest::try_from(query).is_err());
    }
}
