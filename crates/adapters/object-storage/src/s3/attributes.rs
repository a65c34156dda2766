//! Content type, digest and metadata of an object, as headers carry them.

use std::collections::BTreeMap;

use object_store::{Attribute, Attributes};

use crate::digest::Sha256Digest;
use crate::percent;
use crate::request::{ANY_CONTENT, PutOptions, encode_metadata};

/// Name of the metadata that holds the digest.
const DIGEST: &str = "athyper-sha256";
/// The header of that metadata.
pub(super) const DIGEST_HEADER: &str = "x-amz-meta-athyper-sha256";

/// What an object is put with.
pub(super) fn of(options: &PutOptions, sha256: Option<Sha256Digest>) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, options.content_type().to_owned().into());
    for (name, value) in metadata(options, sha256) {
        attributes.insert(Attribute::Metadata(name.into()), value.into());
    }
    attributes
}

/// Names and values of the metadata, as they stand in headers.
pub(super) fn metadata(options: &PutOptions, sha256: Option<Sha256Digest>) -> Vec<(String, String)> {
    let own = sha256.map(|sha256| (DIGEST.to_owned(), sha256.to_string()));
    let given = options.metadata.iter().map(|(name, value)| (name.clone(), encode_metadata(value)));
    given.chain(own).collect()
}

/// Content type, digest and metadata that an object came with.
pub(super) fn read(attributes: &Attributes) -> (String, Option<Sha256Digest>, BTreeMap<String, String>) {
    let mut content_type = ANY_CONTENT.to_owned();
    let (mut sha256, mut metadata) = (None, BTreeMap::new());
    for (attribute, value) in attributes {
        match attribute {
            Attribute::ContentType => value.as_ref().clone_into(&mut content_type),
            Attribute::Metadata(name) if name == DIGEST => sha256 = value.parse().ok(),
            Attribute::Metadata(name) => {
                // Others may have put the object, without our encoding.
                let text = percent::decode(value).unwrap_or_else(|| value.as_ref().to_owned());
                metadata.insert(name.to_string(), text);
            }
            _ => {}
        }
    }
    (content_type, sha256, metadata)
}
