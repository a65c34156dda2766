//! What a first start tells the person in front of it.

use athyper_kernel_config::RuntimeConfig;

use crate::identity::LocalIdentity;

/// A few lines: where it runs, what it runs, and what to try next.
pub(crate) fn banner(config: &RuntimeConfig, identity: &LocalIdentity) -> String {
    let base = identity.base_url();
    let tenant = config
        .iam
        .realms
        .get(&config.iam.default_realm_key)
        .and_then(|realm| realm.tenants.keys().next())
        .map_or("demo", String::as_str);
    let port = if config.port == 3000 { String::new() } else { format!("PORT={} ", config.port) };
    let works = if config.job_queue.runs_in_api(config.env) {
        "run in this process too, because env is local"
    } else {
        "run in athyper-worker and athyper-scheduler"
    };
    format!(
        "\n  Athyper serves at   {base}\n  \
           API document        {base}/v1/openapi.json\n  \
           Jobs and schedules  {works}\n  \
           A demo token        {port}cargo run -q -p athyper-api -- token --tenant {tenant} --user admin\n  \
           Try                 curl -H \"Authorization: Bearer $({port}cargo run -q -p athyper-api -- token --tenant \
         {tenant} --user admin)\" {base}/v1/finance/accounts\n\n"
    )
}
