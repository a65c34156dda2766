//! Where the files of an object are.
//!
//! A segment of a key becomes a file name in which all but harmless characters are percent-encoded. `@` is never among
//! them, so that what follows it is ours: `report.pdf@record`, `report.pdf@<content name>`. A segment that is too long
//! for a file name becomes several folders, all but the last ending in `@more`. An object `a` and an object `a/b` are
//! then different files, as they are different objects on S3.

use athyper_kernel_types::TenantId;
use object_store::path::Path;

use crate::error::StorageError;
use crate::key::{Location, ObjectKey, tenant_prefix};
use crate::percent;

/// Longest piece of a segment. File systems take 255 bytes; the rest is for what follows the `@`.
const MAX_PIECE: usize = 180;
/// What ends the name of a folder that holds the rest of a segment.
const MORE: &str = "@more";
/// What ends the name of a record.
const RECORD: &str = "@record";

/// The file that says what is known about an object.
pub(super) fn record(location: &Location) -> Result<Path, StorageError> {
    parse(&format!("{}{}{RECORD}", tenant_prefix(location.tenant), encode(location.key.as_str())))
}

/// The file with the content of that name.
pub(super) fn content(location: &Location, name: &str) -> Result<Path, StorageError> {
    parse(&format!("{}{}@{name}", tenant_prefix(location.tenant), encode(location.key.as_str())))
}

/// The folder that holds every object whose key begins so; none when there can be no such object.
pub(super) fn folder(tenant: TenantId, prefix: &str) -> Option<Path> {
    let root = tenant_prefix(tenant);
    match prefix.rsplit_once('/') {
        Some((folder, _)) => parse(&format!("{root}{}", encode(folder))).ok(),
        None => parse(&root).ok(),
    }
}

/// The key whose record that file is, if it is one.
pub(super) fn key_of(tenant: TenantId, path: &Path) -> Option<ObjectKey> {
    let root = tenant_prefix(tenant);
    let encoded = path.as_ref().strip_prefix(&root)?.strip_suffix(RECORD)?;
    let whole = encoded.replace(&format!("{MORE}/"), "");
    ObjectKey::parse(percent::decode(&whole)?).ok()
}

fn parse(path: &str) -> Result<Path, StorageError> {
    Path::parse(path).map_err(|_| StorageError::Key("it cannot be the name of a file"))
}

fn encode(key: &str) -> String {
    key.split('/').map(encode_segment).collect::<Vec<_>>().join("/")
}

fn encode_segment(segment: &str) -> String {
    let harmless = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b' ' | b'(' | b')' | b'+' | b',' | b'=')
    };
    let mut rest = percent::encode(segment, harmless);
    let mut encoded = String::new();
    while rest.len() > MAX_PIECE {
        // All of it is ASCII, so that it may be cut anywhere; an escape that is cut is joined again before it is read.
        let tail = rest.split_off(MAX_PIECE);
        encoded.push_str(&rest);
        encoded.push_str(MORE);
        encoded.push('/');
        rest = tail;
    }
    // The end of a long segment may read as the folder itself or the one above.
    encoded.push_str(&if matches!(rest.as_str(), "." | "..") { rest.replace('.', "%2E") } else { rest });
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_comes_back_from_its_file() {
        let long = "x".repeat(400);
        let cut_escape = format!("{}ä", "x".repeat(179));
        let dots = format!("{}../b", "x".repeat(180));
        for key in [
            "a",
            "a/b c",
            "größe/日本",
            "100%/50%25",
            "a@record",
            "a@more/b",
            "a#1",
            "..a",
            &long,
            &cut_escape,
            &dots,
        ] {
            let location = Location { tenant: TenantId::nil(), key: ObjectKey::parse(key).unwrap() };
            let path = record(&location).unwrap();
            assert!(path.as_ref().split('/').all(|name| name.len() <= 200 && name != ".."), "{path}");
            assert_eq!(key_of(location.tenant, &path).as_ref(), Some(&location.key), "{path}");
            let content = content(&location, "01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
            assert_eq!(key_of(location.tenant, &content), None);
        }
    }

    #[test]
    fn an_object_and_a_folder_of_one_name_are_different_files() {
        let path = |key: &str| {
            let location = Location { tenant: TenantId::nil(), key: ObjectKey::parse(key).unwrap() };
            record(&location).unwrap().to_string()
        };
        assert!(path("a").ends_with("/a@record"));
        assert!(path("a/b").ends_with("/a/b@record"));
    }
}
