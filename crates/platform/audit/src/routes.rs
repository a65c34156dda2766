//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    create_legal_hold, create_retention_policy, delete_retention_policy, erase_person, release_legal_hold,
    update_retention_policy, verify_trail,
};
use crate::queries::{
    export_events, get_event, get_legal_hold, get_retention_policy, get_signing_keys, list_checkpoints,
    list_erasures, list_events, list_legal_holds, list_retention_policies, list_timeline,
};

/// All routes of the trail with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/audit/events
        .routes(routes!(list_events::list_events))
        .routes(routes!(get_event::get_event))
        .routes(routes!(list_timeline::list_timeline))
        .routes(routes!(export_events::export_events))
        // /v1/audit/verify and what it stands on
        .routes(routes!(verify_trail::verify_trail))
        .routes(routes!(list_checkpoints::list_checkpoints))
        .routes(routes!(get_signing_keys::get_signing_keys))
        // /v1/audit/retention-policies
        .routes(routes!(
            list_retention_policies::list_retention_policies,
            create_retention_policy::create_retention_policy
        ))
        .routes(routes!(
            get_retention_policy::get_retention_policy,
            update_retention_policy::update_retention_policy,
            delete_retention_policy::delete_retention_policy
        ))
        // /v1/audit/legal-holds
        .routes(routes!(list_legal_holds::list_legal_holds, create_legal_hold::create_legal_hold))
        .routes(routes!(get_legal_hold::get_legal_hold))
        .routes(routes!(release_legal_hold::release_legal_hold))
        // /v1/audit/erasures
        .routes(routes!(list_erasures::list_erasures, erase_person::erase_person))
}
