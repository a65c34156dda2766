//! One file for each read.

pub(crate) mod get_access_review;
pub(crate) mod get_separation_rule;
pub(crate) mod list_access_review_items;
pub(crate) mod list_access_reviews;
pub(crate) mod list_separation_exceptions;
pub(crate) mod list_separation_rules;
