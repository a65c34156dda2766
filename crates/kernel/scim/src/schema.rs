//! Schemas as data: which attributes a resource has, and of which kind each is (RFC 7643, sections 2 and 7).

use crate::path::AttributePath;

/// Type of an attribute, as far as any of ours has it (RFC 7643, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `string`.
    Text,
    /// `boolean`.
    Boolean,
    /// `dateTime`.
    Time,
    /// `reference`.
    Reference,
    /// `complex`.
    Complex,
}

/// Who may change an attribute, and when (RFC 7643, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// Any time.
    ReadWrite,
    /// Never: a value that is sent is ignored.
    ReadOnly,
    /// Once, with the value that it is part of.
    Immutable,
}

/// When an attribute is in an answer (RFC 7643, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// In every one.
    Always,
    /// Unless it is left out by the request.
    Default,
    /// Only when the request names it.
    Request,
}

/// Whether two resources may have the same value (RFC 7643, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// They may.
    None,
    /// Not in the same tenant.
    Server,
}

/// An attribute, or part of a complex one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name; case does not count.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Whether it has any number of values.
    pub is_multi: bool,
    /// What it is, for people.
    pub description: &'static str,
    /// Whether every resource has it.
    pub is_required: bool,
    /// Whether case counts when values are compared.
    pub is_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is in an answer.
    pub returned: Returned,
    /// Whether its values are unique.
    pub uniqueness: Uniqueness,
    /// Values that are usual.
    pub canonical: &'static [&'static str],
    /// Types of resources that a reference names.
    pub references: &'static [&'static str],
    /// Parts of a complex one.
    pub parts: &'static [Attribute],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            is_multi: false,
            description,
            is_required: false,
            is_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical: &[],
            references: &[],
            parts: &[],
        }
    }

    pub(crate) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Text, description)
    }

    pub(crate) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Boolean, description)
    }

    pub(crate) const fn time(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Time, description)
    }

    pub(crate) const fn reference(
        name: &'static str,
        references: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self { references, is_exact: true, ..Self::new(name, Kind::Reference, description) }
    }

    pub(crate) const fn complex(
        name: &'static str,
        parts: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        Self { parts, ..Self::new(name, Kind::Complex, description) }
    }

    pub(crate) const fn multi(self) -> Self {
        Self { is_multi: true, ..self }
    }

    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) const fn exact(self) -> Self {
        Self { is_exact: true, ..self }
    }

    pub(crate) const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    pub(crate) const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    pub(crate) const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    pub(crate) const fn usually(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    pub(crate) const fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    /// The part of this name.
    pub fn part(&self, name: &str) -> Option<&'static Self> {
        find(self.parts, name)
    }
}

/// The attribute of this name, in any case (RFC 7643, section 2.1).
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// A schema: a URN and the attributes under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its URN; case does not count.
    pub urn: &'static str,
    /// Name.
    pub name: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

/// A kind of resource: its own schema, and those that extend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceKind {
    /// Name, such as `User`.
    pub name: &'static str,
    /// Path below the base, such as `/Users`.
    pub endpoint: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// Its schema.
    pub schema: &'static Schema,
    /// Schemas that extend it.
    pub extensions: &'static [&'static Schema],
}

/// An attribute, or a part of one, that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The extension that it belongs to; none for the resource's own schema.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The part of it.
    pub part: Option<&'static Attribute>,
}

impl Target {
    /// What is named in the end: the part where there is one.
    pub fn leaf(&self) -> &'static Attribute {
        self.part.unwrap_or(self.attribute)
    }
}

impl ResourceKind {
    /// The extension with this URN.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// The attribute that a path names; none where there is no such attribute.
    pub fn target(&self, path: &AttributePath) -> Option<Target> {
        let extension = match &path.urn {
            Some(urn) if urn.eq_ignore_ascii_case(self.schema.urn) => None,
            Some(urn) => Some(self.extension(urn)?),
            None => None,
        };
        let attribute = match extension {
            Some(schema) => find(schema.attributes, &path.name)?,
            None => find(self.schema.attributes, &path.name)
                .or_else(|| find(crate::resources::COMMON, &path.name))?,
        };
        let part = match &path.part {
            Some(name) => Some(attribute.part(name)?),
            None => None,
        };
        Some(Target { extension, attribute, part })
    }
}
