//! Master keys: what they may be, and that former ones may have any name.

use crate::support::{input, loaded, refused};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn former_keys_are_read_by_any_name() {
    let env = [
        ("ATHYPER_SUPER__MASTER_KEY", KEY),
        ("ATHYPER_SUPER__MASTER_KEYS__2024", KEY),
        ("ATHYPER_SUPER__MASTER_KEYS__before.the-move", KEY),
    ];
    let loaded = loaded(input(None, &env, &[]));
    let names: Vec<_> = loaded.config.vault.master_keys.keys().map(String::as_str).collect();
    assert_eq!(names, ["2024", "before.the-move"]);
    let shown = format!("{} {:?}", loaded.explain_text(Some("vault")), loaded.config.vault);
    assert!(!shown.contains(KEY), "{shown}");
    assert!(shown.contains("ATHYPER_SUPER__MASTER_KEYS__2024"), "{shown}");
}

#[test]
fn a_broken_key_is_refused_without_being_shown() {
    for (key, what) in [("hunter2", "is not base64"), ("aHVudGVyMg==", "is not 32 bytes long")] {
        let env = [("ATHYPER_SUPER__MASTER_KEY", key), ("ATHYPER_SUPER__MASTER_KEYS__old", key)];
        let lines = refused(input(None, &env, &[]));
        let mend = "make one with: openssl rand -base64 32";
        assert_eq!(
            lines,
            [
                format!("vault.masterKey (super, ATHYPER_SUPER__MASTER_KEY): {what}; {mend}"),
                format!("vault.masterKeys.old (super, ATHYPER_SUPER__MASTER_KEYS__old): {what}; {mend}"),
            ]
        );
    }
}
