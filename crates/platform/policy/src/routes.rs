//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    archive_policy, create_network, create_policy, create_test, delete_network, delete_test, install_pack,
    measure_impact, publish_policy, reject_policy, replay_decisions, rollback_policy, run_tests,
    simulate_decision, start_shadow, stop_shadow, submit_policy, update_network, update_policy,
    validate_policy,
};
use crate::queries::{
    check_access, compare_versions, explain_decision, get_network, get_pack, get_policy, get_version,
    list_access, list_decisions, list_holders, list_networks, list_packs, list_policies,
    list_shadow_differences, list_shadows, list_tests, list_versions,
};

/// All routes with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/policy/policies
        .routes(routes!(list_policies::list_policies, create_policy::create_policy))
        .routes(routes!(get_policy::get_policy, update_policy::update_policy))
        .routes(routes!(submit_policy::submit_policy))
        .routes(routes!(publish_policy::publish_policy))
        .routes(routes!(reject_policy::reject_policy))
        .routes(routes!(rollback_policy::rollback_policy))
        .routes(routes!(archive_policy::archive_policy))
        // /v1/policy/policies/{id}/versions
        .routes(routes!(list_versions::list_versions))
        .routes(routes!(get_version::get_version))
        .routes(routes!(compare_versions::compare_versions))
        // /v1/policy/policies/{id}, what a draft would mean
        .routes(routes!(measure_impact::measure_impact))
        .routes(routes!(replay_decisions::replay_decisions))
        .routes(routes!(start_shadow::start_shadow, stop_shadow::stop_shadow))
        // /v1/policy/policies/{id}/tests
        .routes(routes!(list_tests::list_tests, create_test::create_test))
        .routes(routes!(delete_test::delete_test))
        .routes(routes!(run_tests::run_tests))
        // /v1/policy/packs
        .routes(routes!(list_packs::list_packs))
        .routes(routes!(get_pack::get_pack))
        .routes(routes!(install_pack::install_pack))
        // /v1/policy/networks
        .routes(routes!(list_networks::list_networks, create_network::create_network))
        .routes(routes!(
            get_network::get_network,
            update_network::update_network,
            delete_network::delete_network
        ))
        // /v1/policy
        .routes(routes!(validate_policy::validate_policy))
        .routes(routes!(simulate_decision::simulate_decision))
        .routes(routes!(check_access::check_access))
        .routes(routes!(explain_decision::explain_decision))
        .routes(routes!(list_access::list_access))
        .routes(routes!(list_holders::list_holders))
        .routes(routes!(list_decisions::list_decisions))
        .routes(routes!(list_shadows::list_shadows))
        .routes(routes!(list_shadow_differences::list_shadow_differences))
}
