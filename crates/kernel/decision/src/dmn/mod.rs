//! Decisions as DMN XML (DMN 1.3 to 1.5): decision tables, literal expressions, input data and what requires what.
//!
//! What has a meaning that is not known here is a fault that names its element; what only explains or draws is left out
//! with a note. Nothing is left out in silence.

mod export;
mod import;
mod import_table;
mod item_types;
mod translate;
mod xml;

pub use export::export;
pub use import::{Imported, Note, import};
pub use xml::MAX_XML_BYTES;

/// Namespaces of the models that are read: DMN 1.3, 1.4 and 1.5. The last one is written.
pub(crate) const MODELS: [&str; 3] = [
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];
/// The namespace of what DMN has no attribute for.
pub(crate) const OWN: &str = "urn:athyper:decision";
/// Names the language of an expression that is no FEEL.
pub(crate) const CEL: &str = "https://cel.dev/";
