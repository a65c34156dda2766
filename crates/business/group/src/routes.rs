//! The table of contents.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Deps;
use crate::commands::{
    create_group, create_relation, create_run, delete_run, end_relation, finalise_run, post_entry,
    reverse_entry, run_netting, undo_netting, update_group,
};
use crate::queries::{
    get_agreement, get_entry, get_group, get_netting, get_run, get_run_lines, list_entries, list_groups,
    list_nettings, list_relations, list_runs, propose_netting, verify_run,
};

/// All routes of group accounting with their documents.
pub(crate) fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        // /v1/group/relations
        .routes(routes!(list_relations::list_relations, create_relation::create_relation))
        .routes(routes!(end_relation::end_relation))
        // /v1/group/entries
        .routes(routes!(list_entries::list_entries, post_entry::post_entry))
        .routes(routes!(get_entry::get_entry))
        .routes(routes!(reverse_entry::reverse_entry))
        // /v1/group/reports
        .routes(routes!(get_agreement::get_agreement))
        .routes(routes!(propose_netting::propose_netting))
        // /v1/group/nettings
        .routes(routes!(list_nettings::list_nettings, run_netting::run_netting))
        .routes(routes!(get_netting::get_netting))
        .routes(routes!(undo_netting::undo_netting))
        // /v1/group/groups
        .routes(routes!(list_groups::list_groups, create_group::create_group))
        .routes(routes!(get_group::get_group, update_group::update_group))
        // /v1/group/runs
        .routes(routes!(list_runs::list_runs, create_run::create_run))
        .routes(routes!(get_run::get_run, delete_run::delete_run))
        .routes(routes!(finalise_run::finalise_run))
        .routes(routes!(get_run_lines::get_run_lines))
        .routes(routes!(verify_run::verify_run))
}
