//! The settings a server is started with.

/// The server's settings as options of its command line: modest, for a machine that has other things to do. Query
/// compilation is off because its library is not obtained, and small queries do not gain from it.
pub(super) fn settings(port: u16, throw_away: bool) -> String {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=100".to_owned(),
        "shared_buffers=128MB".to_owned(),
        "jit=off".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_destination=stderr".to_owned(),
        "logging_collector=off".to_owned(),
        "password_encryption=scram-sha-256".to_owned(),
        format!("fsync={}", if throw_away { "off" } else { "on" }),
    ];
    if throw_away {
        settings.extend(["synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    settings.iter().map(|setting| format!("-c {setting}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_throw_away_server_may_lose_commits() {
        let durable = settings(20_123, false);
        assert!(durable.contains("-c port=20123 ") && durable.contains("-c fsync=on"), "{durable}");
        assert!(!durable.contains("synchronous_commit"));
        let throw_away = settings(20_123, true);
        assert!(throw_away.contains("-c fsync=off") && throw_away.contains("-c full_page_writes=off"));
    }
}
