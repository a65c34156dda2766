//! Reads XML into a tree, within bounds: no document type, no entities but the five of XML, and limits of depth and number.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::FormatError;

/// Most elements: some fifty thousand bookings with all that can be said of them.
const MAX_ELEMENTS: usize = 1_500_000;
/// How deep elements may be nested.
const MAX_DEPTH: usize = 40;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 32;
/// Most letters of a name.
const MAX_NAME: usize = 64;

/// An element, by its local name: messages of banks have one namespace and are told apart by their root.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its local name.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// What is in it.
    pub children: Vec<Element>,
    /// The text directly in it.
    pub text: String,
}

impl Element {
    /// An element without attributes.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// An attribute, by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// What is reached by these names, each the first child of the one before.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text there, trimmed; none where it is empty.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Reads a document.
///
/// # Errors
/// In words for whoever made the document.
pub(crate) fn read(xml: &str) -> Result<Element, FormatError> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let event = reader.read_event();
        let place = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = event.map_err(|error| fault(xml, place, format!("it is no well-formed XML: {error}")))?;
        let taken = match event {
            Event::Eof => break,
            event => take(event, &mut open, &mut root, &mut count),
        };
        taken.map_err(|message| fault(xml, place, message))?;
    }
    if !open.is_empty() {
        return Err(fault(xml, xml.len(), "the document ends before its elements do".to_owned()));
    }
    root.ok_or_else(|| FormatError::new("", "there is no element in it"))
}

/// An error with the line of the document on which this byte is.
fn fault(xml: &str, byte: usize, message: String) -> FormatError {
    let before = xml.as_bytes().get(..byte).unwrap_or(xml.as_bytes());
    let lines = before.split(|byte| *byte == b'\n').count();
    FormatError::new("", message).at(lines as u64)
}

fn take(
    event: Event<'_>,
    open: &mut Vec<Element>,
    root: &mut Option<Element>,
    count: &mut usize,
) -> Result<(), String> {
    match event {
        Event::Start(start) => {
            if open.len() >= MAX_DEPTH {
                return Err(format!("elements are nested deeper than {MAX_DEPTH}"));
            }
            open.push(element(&start, count)?);
            Ok(())
        }
        Event::Empty(start) => close(element(&start, count)?, open, root),
        Event::End(_) => {
            let element = open.pop().ok_or("an element ends that did not begin")?;
            close(element, open, root)
        }
        Event::Text(text) => add(open, &text.xml10_content().map_err(|error| error.to_string())?),
        Event::CData(text) => add(open, &text.xml10_content().map_err(|error| error.to_string())?),
        Event::GeneralRef(reference) => {
            let c = character(&reference).ok_or("it names an entity that is none of the five of XML")?;
            add(open, c.encode_utf8(&mut [0; 4]))
        }
        Event::DocType(_) => Err("a document type is not taken: remove <!DOCTYPE …>".to_owned()),
        Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => Ok(()),
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err("there is more than one element at the top".to_owned()),
    }
    Ok(())
}

fn add(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("there is text outside of all elements".to_owned()),
    }
    Ok(())
}

fn element(start: &BytesStart<'_>, count: &mut usize) -> Result<Element, String> {
    *count += 1;
    if *count > MAX_ELEMENTS {
        return Err(format!("there are more than {MAX_ELEMENTS} elements"));
    }
    let name = utf8(start.local_name().as_ref())?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute =
            attribute.map_err(|error| format!("an attribute of {name} cannot be read: {error}"))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| format!("an attribute of {name} cannot be read: {error}"))?;
        attributes.push((utf8(attribute.key.local_name().as_ref())?, value.into_owned()));
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
        }
    }
    Ok(Element { name, attributes, children: Vec::new(), text: String::new() })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > MAX_NAME {
        return Err(format!("a name has more than {MAX_NAME} letters"));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| "it is not in UTF-8".to_owned())
}

/// The character of a reference such as `&amp;` or `&#65;`; no other entities are known, so that none can grow. A NUL is none.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return (c != '\0').then_some(c);
    }
    let name: &[u8] = reference;
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    }
}
