//! The users that every tenant of a realm with the built-in issuer has, and those of the operators' realm.

/// A user of the built-in issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoUser {
    /// The word by which a token is asked for.
    pub user: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// Roles in the platform.
    pub roles: &'static [&'static str],
}

/// All of them, from the one who may do most to the one who may do least.
pub const DEMO_USERS: &[DemoUser] = &[
    DemoUser { user: "admin", name: "Alex Admin", roles: &["admin"] },
    DemoUser { user: "accountant", name: "Casey Accountant", roles: &["accountant"] },
    DemoUser { user: "viewer", name: "Vic Viewer", roles: &["viewer"] },
];

/// Those of the operators' realm.
pub(crate) const DEMO_OPERATORS: &[DemoUser] = &[
    DemoUser { user: "admin", name: "Pat Platform", roles: &["platform_admin"] },
    DemoUser { user: "operator", name: "Olu Operator", roles: &["platform_operator"] },
];
