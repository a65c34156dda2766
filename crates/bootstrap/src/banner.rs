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
    let given = given(config);
    let works = if config.job_queue.runs_in_api(config.env) {
        "run in this process too, because env is local"
    } else {
        "run in athyper-worker and athyper-scheduler"
    };
    format!(
        "\n  Athyper serves at   {base}\n  \
           API document        {base}/v1/openapi.json\n  \
           Jobs and schedules  {works}\n  \
           A demo token        {given}cargo run -q -p athyper-api -- token --tenant {tenant} --user admin\n  \
           Try                 curl -H \"Authorization: Bearer $({given}cargo run -q -p athyper-api -- token --tenant \
         {tenant} --user admin)\" {base}/v1/finance/accounts\n\n"
    )
}

/// What the command that prints tokens has to be given as well, to mean this process: the settings that a person gave
/// it, in front of the command.
fn given(config: &RuntimeConfig) -> String {
    let mut given = String::new();
    if let Some(folder) = &config.data_dir {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        // In single quotes the shell takes every character as it is, but for the quote itself.
        let folder = folder.to_string_lossy().replace('\'', r"'\''");
        given = format!("ATHYPER_DATA_DIR='{folder}' ");
    }
    if config.port != 3000 {
        given = format!("{given}PORT={} ", config.port);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_carries_what_the_process_was_given() {
        assert_eq!(given(&RuntimeConfig::default()), "");
        let data_dir = Some("/tmp/it's here".into());
        let config = RuntimeConfig { port: 4000, data_dir, ..RuntimeConfig::default() };
        assert_eq!(given(&config), r"ATHYPER_DATA_DIR='/tmp/it'\''s here' PORT=4000 ");
    }
}
