//! Which layer a path belongs to. The folder is the layer, so a path alone answers.

/// Kernel crates that are a part of one domain, kept beside it for its length alone, and the folder of that domain.
const PARTS: [(&str, &str); 1] = [("crates/kernel/ledger-books", "crates/business/finance")];

/// The layers, from the bottom up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// `crates/kernel/*`
    Kernel,
    /// `crates/adapters/*`: the client of one outside system each.
    Adapter,
    /// `crates/{platform,business,enterprise}/*`: the domains.
    Domain,
    /// `crates/bootstrap`: the composition root.
    Bootstrap,
    /// `apps/*`: the processes.
    App,
    /// `crates/testing/*`
    Testing,
    /// `xtask`
    Tool,
}

/// Which crate a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// The layer of the crate.
    pub(crate) layer: Layer,
    /// The folder of the crate from the root, such as `crates/business/finance`.
    pub(crate) folder: &'a str,
    /// The last part of the folder, such as `finance`.
    pub(crate) name: &'a str,
    /// The path inside the crate, such as `src/lib.rs`.
    pub(crate) inside: &'a str,
}

impl Layer {
    /// The word for this layer in messages and in the graph.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Adapter => "adapters",
            Self::Domain => "domains",
            Self::Bootstrap => "bootstrap",
            Self::App => "apps",
            Self::Testing => "testing",
            Self::Tool => "tools",
        }
    }

    /// Whether a crate of this layer may depend on a crate of the other one.
    pub(crate) fn may_use(self, other: Self) -> bool {
        match self {
            Self::Kernel | Self::Adapter | Self::Domain => other == Self::Kernel,
            Self::Bootstrap => other < Self::Bootstrap,
            Self::App => other == Self::Bootstrap,
            Self::Testing => !matches!(other, Self::App | Self::Tool),
            Self::Tool => false,
        }
    }
}

impl<'a> Place<'a> {
    /// The place of a path from the root, or `None` when no layer claims its folder.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let mut parts = path.split('/');
        let (layer, depth) = match (parts.next()?, parts.next()?) {
            ("apps", _) => (Layer::App, 2),
            ("xtask", _) => (Layer::Tool, 1),
            ("crates", "bootstrap") => (Layer::Bootstrap, 2),
            ("crates", "kernel") => (Layer::Kernel, 3),
            ("crates", "adapters") => (Layer::Adapter, 3),
            ("crates", "platform" | "business" | "enterprise") => (Layer::Domain, 3),
            ("crates", "testing") => (Layer::Testing, 3),
            _ => return None,
        };
        let (end, _) = path.match_indices('/').nth(depth - 1)?;
        let (folder, inside) = (path.get(..end)?, path.get(end + 1..)?);
        let name = folder.rsplit('/').next()?;
        Some(Self { layer, folder, name, inside })
    }

    /// The name that the package in this folder must have.
    pub(crate) fn package(&self) -> String {
        match self.layer {
            Layer::Kernel => format!("athyper-kernel-{}", self.name),
            Layer::Adapter => format!("athyper-adapter-{}", self.name),
            Layer::Domain | Layer::Bootstrap | Layer::App | Layer::Testing => {
                format!("athyper-{}", self.name)
            }
            Layer::Tool => self.name.to_owned(),
        }
    }

    /// The folder of the one domain that this crate is a part of and that alone may use it, if it is one of the kernel's for that.
    pub(crate) fn part_of(&self) -> Option<&'static str> {
        PARTS.iter().find(|(part, _)| *part == self.folder).map(|(_, domain)| *domain)
    }

    /// The PostgreSQL schema of a domain, or of a part of one: the folder of the domain in snake case.
    pub(crate) fn schema(&self) -> String {
        let domain = self.part_of().and_then(|folder| folder.rsplit('/').next());
        domain.unwrap_or(self.name).replace('-', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_crate_and_layer() {
        let place = Place::of("crates/business/finance/src/store/journals.rs").unwrap();
        assert_eq!(place.layer, Layer::Domain);
        assert_eq!(place.folder, "crates/business/finance");
        assert_eq!(place.inside, "src/store/journals.rs");
        assert_eq!(place.package(), "athyper-finance");
        let named = |path| Place::of(path).unwrap().package();
        assert_eq!(named("crates/kernel/db/Cargo.toml"), "athyper-kernel-db");
        assert_eq!(named("crates/adapters/auth/Cargo.toml"), "athyper-adapter-auth");
        assert_eq!(named("crates/bootstrap/Cargo.toml"), "athyper-bootstrap");
        assert_eq!(named("apps/api/Cargo.toml"), "athyper-api");
        assert_eq!(named("xtask/src/main.rs"), "xtask");
    }

    #[test]
    fn a_part_of_a_domain_has_its_schema() {
        let part = Place::of("crates/kernel/ledger-books/src/lib.rs").unwrap();
        assert_eq!((part.part_of(), part.schema()), (Some("crates/business/finance"), "finance".to_owned()));
        let other = Place::of("crates/kernel/ledger/src/lib.rs").unwrap();
        assert_eq!((other.part_of(), other.schema()), (None, "ledger".to_owned()));
    }

    #[test]
    fn a_folder_outside_the_layers_has_no_place() {
        assert_eq!(Place::of("crates/utils/src/lib.rs"), None);
        assert_eq!(Place::of("crates/kernel/README.md"), None);
        assert_eq!(Place::of("Cargo.toml"), None);
    }

    #[test]
    fn domains_see_the_kernel_alone() {
        assert!(Layer::Domain.may_use(Layer::Kernel));
        for other in [Layer::Domain, Layer::Adapter, Layer::Bootstrap, Layer::Testing] {
            assert!(!Layer::Domain.may_use(other), "{other:?}");
        }
        assert!(Layer::Bootstrap.may_use(Layer::Adapter) && !Layer::Bootstrap.may_use(Layer::Testing));
        assert!(Layer::App.may_use(Layer::Bootstrap) && !Layer::App.may_use(Layer::Kernel));
        assert!(Layer::Testing.may_use(Layer::Bootstrap) && !Layer::Testing.may_use(Layer::App));
    }
}
