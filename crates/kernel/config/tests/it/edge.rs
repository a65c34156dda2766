//! Settings of the HTTP server, of the operator port and of the queues.

use std::net::IpAddr;

use athyper_kernel_config::ForwardedHeader;
use serde_json::json;

use crate::support::{input, loaded, refused};

#[test]
fn proxies_origins_and_limits_are_read_from_the_file() {
    let file = json!({"http": {
        "cors": {"allowedOrigins": ["https://app.example.com"]},
        "trustedProxies": ["10.0.0.0/8", "::1"],
        "forwardedHeader": "forwarded",
        "rateLimits": {"operations": {"opening.import_journals": 60}},
    }});
    let config = loaded(input(Some(&file), &[], &[])).config;
    let is_trusted =
        |address: [u8; 4]| config.http.trusted_proxies.iter().any(|network| network.contains(address.into()));
    assert!(is_trusted([10, 1, 2, 3]) && !is_trusted([11, 1, 2, 3]));
    assert_eq!(config.http.forwarded_header, ForwardedHeader::Forwarded);
    assert_eq!(config.http.rate_limits.operations["opening.import_journals"], 60);
}

#[test]
fn what_cannot_work_is_refused() {
    for (file, path) in [
        (json!({"http": {"cors": {"allowedOrigins": ["*"]}}}), "http.cors.allowedOrigins"),
        (json!({"http": {"trustedProxies": ["10.0.0.1/8"]}}), "http.trustedProxies"),
        (json!({"http": {"trustedProxies": ["proxy.example"]}}), "http.trustedProxies"),
        (json!({"http": {"rateLimits": {"operations": {"a.b": 0}}}}), "http.rateLimits.operations"),
        (json!({"http": {"rateLimits": {"tenantPerMinute": 0}}}), "http.rateLimits.tenantPerMinute"),
        (json!({"http": {"headerLimitBytes": 100}}), "http.headerLimitBytes"),
        (json!({"operator": {"host": "localhost"}}), "operator.host"),
        (json!({"jobQueue": {"queueLimits": {"imports": 0}}}), "jobQueue.queueLimits"),
    ] {
        let lines = refused(input(Some(&file), &[], &[]));
        assert!(lines.len() == 1 && lines[0].starts_with(path), "{path}: {lines:?}");
    }
}

#[test]
fn the_operator_port_is_set_by_variables_and_never_the_public_one() {
    let config =
        loaded(input(None, &[("OPERATOR_PORT", "7001"), ("OPERATOR_HOST", "127.0.0.2")], &[])).config;
    assert_eq!(config.operator.port, Some(7001));
    assert_eq!(config.operator.host, Some(IpAddr::from([127, 0, 0, 2])));
    for env in [&[("PORT", "7001"), ("OPERATOR_PORT", "7001")][..], &[("PORT", "9100")]] {
        let lines = refused(input(None, env, &[]));
        assert!(lines[0].starts_with("operator.port") && lines[0].ends_with("choose another"), "{lines:?}");
    }
}
