//! Section `operator`: the port for probes, metrics and diagnostics, which is never the public one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Environment, Mode};

/// Where operators and their machines reach this process.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatorConfig {
    /// TCP port; see [`OperatorConfig::port_in`] for what unset means.
    #[validate(range(min = 1, max = 65_535))]
    pub port: Option<u16>,
    /// Address to listen at; see [`OperatorConfig::addresses`] for what unset means.
    pub host: Option<IpAddr>,
}

impl OperatorConfig {
    /// The port: as configured, else 9100 for the api, 9101 for the worker and 9102 for the scheduler, so that the three
    /// can run on one machine.
    pub fn port_in(&self, mode: Mode) -> u16 {
        self.port.unwrap_or(match mode {
            Mode::Api => 9100,
            Mode::Worker => 9101,
            Mode::Scheduler => 9102,
        })
    }

    /// The addresses to try, the first that the machine has is taken: as configured, else this machine only in `local`
    /// and all interfaces elsewhere.
    pub fn addresses(&self, env: Environment) -> Vec<IpAddr> {
        match (self.host, env) {
            (Some(host), _) => vec![host],
            (None, Environment::Local) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            (None, Environment::Staging | Environment::Production) => {
                vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_a_port_of_its_own_unless_one_is_set() {
        let mut operator = OperatorConfig::default();
        let ports = [Mode::Api, Mode::Worker, Mode::Scheduler].map(|mode| operator.port_in(mode));
        assert_eq!(ports, [9100, 9101, 9102]);
        operator.port = Some(7000);
        assert_eq!(operator.port_in(Mode::Worker), 7000);
    }

    #[test]
    fn a_developers_machine_shows_it_to_nobody_else() {
        let mut operator = OperatorConfig::default();
        assert!(operator.addresses(Environment::Local).iter().all(IpAddr::is_loopback));
        assert!(operator.addresses(Environment::Production).iter().all(IpAddr::is_unspecified));
        operator.host = Some(Ipv4Addr::new(10, 0, 0, 7).into());
        assert_eq!(operator.addresses(Environment::Production), [IpAddr::from([10, 0, 0, 7])]);
    }
}
