//! The vault of tests, under a master key that everybody knows.

use athyper_kernel_config::VaultConfig;
use athyper_kernel_vault::{MasterKeys, Vault};

/// 32 bytes in base64.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A vault; each has a memory of its own, so that two are two processes.
pub fn test_vault() -> Vault {
    let config = VaultConfig { master_key: Some(MASTER_KEY.into()), ..VaultConfig::default() };
    Vault::new(MasterKeys::new(&config, None).expect("a master key"))
}
