//! The file layer: finds the JSON file, reads it within limits and parses it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path as FsPath;

use serde_json::Value;

use crate::errors::Report;
use crate::input::{CONFIG_PATH_VARIABLE, FileSource, LoadInput};
use crate::json::Strict;
use crate::layer::{Layer, Origin};

/// Largest file that is read, in bytes. Nesting is limited to 128 levels by the JSON parser.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The file's tree and name. None when there is no file layer, or when it cannot be used, which is then reported.
pub(crate) fn read(input: &LoadInput, report: &mut Report) -> Option<(Value, Origin)> {
    let named_by_variable = || {
        let path =
            input.env.get(CONFIG_PATH_VARIABLE).map(|path| path.trim()).filter(|path| !path.is_empty());
        path.map(|path| FileSource::Path(path.into()))
    };
    let source = input.file.clone().or_else(named_by_variable)?;
    let (name, content) = match source {
        FileSource::Path(path) => (path.display().to_string(), read_limited(&path)),
        FileSource::Text { name, text } => (name, Ok(text.into_bytes())),
    };
    let origin = Origin::new(Layer::File, name.clone());
    match content.map_err(Unusable::Read).and_then(|bytes| parse(&bytes)) {
        Ok(root) => Some((root, origin)),
        Err(unusable) => {
            let (what, mend) = unusable.words();
            report.unreadable_file(&name, &origin, what, mend);
            None
        }
    }
}

enum Unusable {
    Read(io::Error),
    TooLarge,
    Syntax(serde_json::Error),
    NotAnObject,
}

impl Unusable {
    fn words(self) -> (String, &'static str) {
        match self {
            Self::Read(error) if error.kind() == io::ErrorKind::NotFound => (
                "there is no such file".to_owned(),
                "create it, or correct or unset ATHYPER_KERNEL_CONFIG_PATH",
            ),
            Self::Read(error) => {
                (format!("cannot be read: {}", error.kind()), "make it readable for this process")
            }
            Self::TooLarge => {
                (format!("is larger than {MAX_FILE_BYTES} bytes"), "keep data out of the configuration")
            }
            // The parser's message names what it expected and the line and column, never a text of the file.
            Self::Syntax(error) => (format!("is not valid JSON: {error}"), "correct it at that place"),
            Self::NotAnObject => ("does not hold a JSON object".to_owned(), "enclose the settings in { }"),
        }
    }
}

fn read_limited(path: &FsPath) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Result<Value, Unusable> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Unusable::TooLarge);
    }
    let Strict(root) = serde_json::from_slice(bytes).map_err(Unusable::Syntax)?;
    if root.is_object() { Ok(root) } else { Err(Unusable::NotAnObject) }
}
