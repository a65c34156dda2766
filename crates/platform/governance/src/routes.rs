//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    close_access_review, create_access_review, create_separation_exception, create_separation_rule,
    decide_access_review_item, delete_separation_exception, delete_separation_rule,
};
use crate::queries::{
    get_access_review, get_separation_rule, list_access_review_items, list_access_reviews,
    list_separation_exceptions, list_separation_rules,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/governance/separation-rules
        .routes(routes!(
            list_separation_rules::list_separation_rules,
            create_separation_rule::create_separation_rule
        ))
        .routes(routes!(
            get_separation_rule::get_separation_rule,
            delete_separation_rule::delete_separation_rule
        ))
        .routes(routes!(
            list_separation_exceptions::list_separation_exceptions,
            create_separation_exception::create_separation_exception
        ))
        .routes(routes!(delete_separation_exception::delete_separation_exception))
        // /v1/governance/access-reviews
        .routes(routes!(list_access_reviews::list_access_reviews, create_access_review::create_access_review))
        .routes(routes!(get_access_review::get_access_review))
        .routes(routes!(list_access_review_items::list_access_review_items))
        .routes(routes!(decide_access_review_item::decide_access_review_item))
        .routes(routes!(close_access_review::close_access_review))
}
