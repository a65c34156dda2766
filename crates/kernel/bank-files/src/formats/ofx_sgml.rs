//! The SGML of OFX 1.x: elements with a value need no end (OFX 1.6, section 2.3), those with elements have one.

use super::FormatError;
use super::xml::Element;

/// How deep elements may be nested.
const MAX_DEPTH: usize = 40;
/// Most elements.
const MAX_ELEMENTS: usize = 1_500_000;
/// Most letters of a name.
const MAX_NAME: usize = 64;

/// Reads a document, its header included.
///
/// # Errors
/// With the line on which it is wrong.
pub(crate) fn read(text: &str) -> Result<Element, FormatError> {
    let start = text.find('<').ok_or_else(|| FormatError::new("", "there is no element in it"))?;
    let (header, body) = text.split_at_checked(start).unwrap_or(("", text));
    let mut row = 1 + line_ends(header);
    let mut open: Vec<Element> = Vec::new();
    let (mut root, mut count) = (None, 0);
    for piece in body.split('<').skip(1) {
        let fault = |message: String| FormatError::new("", message).at(row);
        let (tag, value) = piece.split_once('>').ok_or_else(|| fault("a tag has no end".to_owned()))?;
        if tag.len() > MAX_NAME {
            return Err(fault(format!("a name has more than {MAX_NAME} letters")));
        }
        count += 1;
        if count > MAX_ELEMENTS {
            return Err(fault(format!("there are more than {MAX_ELEMENTS} elements")));
        }
        if root.is_some() {
            return Err(fault("there is more behind the document".to_owned()));
        }
        if let Some(name) = tag.strip_prefix('/') {
            end(name, &mut open, &mut root).map_err(fault)?;
        } else if !tag.starts_with(['?', '!']) {
            begin(tag, value, &mut open).map_err(fault)?;
        }
        row += line_ends(piece);
    }
    let fault = |message: &str| FormatError::new("", message).at(row);
    if !open.is_empty() {
        return Err(fault("the document ends before its elements do"));
    }
    root.ok_or_else(|| fault("there is no element in it"))
}

fn line_ends(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

/// An element begins. Where it has a value it is over with it; its end tag, if there is one, is looked over then.
fn begin(name: &str, value: &str, open: &mut Vec<Element>) -> Result<(), String> {
    let mut element = Element::named(name);
    let value = value.trim();
    if value.is_empty() {
        if open.len() >= MAX_DEPTH {
            return Err(format!("elements are nested deeper than {MAX_DEPTH}"));
        }
        open.push(element);
        return Ok(());
    }
    element.text = unescape(value);
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => return Err(format!("{name} is outside of the document")),
    }
    Ok(())
}

/// An element ends: the one that is open, or the one with a value that was over before. Elements in between that are open and
/// empty were ones without a value.
fn end(name: &str, open: &mut Vec<Element>, root: &mut Option<Element>) -> Result<(), String> {
    let Some(place) = open.iter().rposition(|element| element.name == name) else {
        let is_over =
            open.last().and_then(|parent| parent.children.last()).is_some_and(|last| last.name == name);
        return if is_over { Ok(()) } else { Err(format!("{name} ends and did not begin")) };
    };
    while open.len() > place + 1 {
        let Some(mut empty) = open.pop() else { break };
        let within = std::mem::take(&mut empty.children);
        if let Some(parent) = open.last_mut() {
            parent.children.push(empty);
            parent.children.extend(within);
        }
    }
    let Some(element) = open.pop() else { return Ok(()) };
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
    Ok(())
}

/// The three escapes of OFX and the space (section 2.3.2.1).
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")
}
