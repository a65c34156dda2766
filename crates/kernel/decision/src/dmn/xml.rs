//! Reads XML into a tree, within bounds: no document type, no entities but the five of XML, and limits of size, depth and
//! number.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};
use quick_xml::reader::NsReader;

use super::{MODELS, OWN};

/// Largest document, in bytes.
pub const MAX_XML_BYTES: usize = 4 * 1024 * 1024;
/// Most elements.
const MAX_ELEMENTS: usize = 400_000;
/// How deep elements may be nested.
const MAX_DEPTH: usize = 32;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 64;

/// Whose element it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Of a DMN model.
    Model,
    /// Of something else.
    Other,
}

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) of: Of,
    /// Its local name.
    pub(crate) name: String,
    /// Attributes without a prefix.
    attributes: Vec<(String, String)>,
    /// Attributes of our own namespace.
    own: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The text directly in it.
    pub(crate) text: String,
}

impl Element {
    /// An attribute without a prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// An attribute of our own namespace.
    pub(crate) fn own_attribute(&self, name: &str) -> Option<&str> {
        self.own.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The first child of the model of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name))
    }

    /// The children of the model of this name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// Whether it is an element of the model of this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.of == Of::Model && self.name == name
    }

    /// The text in its child `text`, trimmed.
    pub(crate) fn inner_text(&self) -> &str {
        self.child("text").map_or("", |text| text.text.trim())
    }
}

/// Reads a document.
///
/// # Errors
/// In words for whoever made the document.
pub(crate) fn read(xml: &str) -> Result<Element, String> {
    if xml.len() > MAX_XML_BYTES {
        return Err(format!("the document has more than {MAX_XML_BYTES} bytes"));
    }
    let mut reader = NsReader::from_str(xml);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let event = reader.read_event().map_err(|error| {
            format!("it is no well-formed XML at byte {}: {error}", reader.buffer_position())
        })?;
        match event {
            Event::Start(start) => {
                let element = element(&start, reader.resolver(), &mut count)?;
                if open.len() >= MAX_DEPTH {
                    return Err(format!("elements are nested deeper than {MAX_DEPTH}"));
                }
                open.push(element);
            }
            Event::Empty(start) => {
                let element = element(&start, reader.resolver(), &mut count)?;
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or("an element ends that did not begin")?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|error| error.to_string())?;
                add(&mut open, &text)?;
            }
            Event::CData(text) => {
                let text = text.xml10_content().map_err(|error| error.to_string())?;
                add(&mut open, &text)?;
            }
            Event::GeneralRef(reference) => {
                let c = character(&reference).ok_or("it names an entity that is none of the five of XML")?;
                add(&mut open, c.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err("a document type is not taken: remove <!DOCTYPE …>".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err("the document ends before its elements do".to_owned());
    }
    root.ok_or_else(|| "there is no element in it".to_owned())
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
    if text.contains('\0') {
        return Err("the character U+0000 is not allowed".to_owned());
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("there is text outside of all elements".to_owned()),
    }
    Ok(())
}

fn element(
    start: &BytesStart<'_>,
    resolver: &NamespaceResolver,
    count: &mut usize,
) -> Result<Element, String> {
    *count += 1;
    if *count > MAX_ELEMENTS {
        return Err(format!("there are more than {MAX_ELEMENTS} elements"));
    }
    let (namespace, name) = resolver.resolve_element(start.name());
    let of = if is_bound(&namespace, &MODELS) { Of::Model } else { Of::Other };
    let name = utf8(name.as_ref())?;
    let (mut attributes, mut own) = (Vec::new(), Vec::new());
    for (index, attribute) in start.attributes().enumerate() {
        if index >= MAX_ATTRIBUTES {
            return Err(format!("an element has more than {MAX_ATTRIBUTES} attributes"));
        }
        let attribute =
            attribute.map_err(|error| format!("an attribute of {name} cannot be read: {error}"))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| format!("an attribute of {name} cannot be read: {error}"))?;
        if value.contains('\0') {
            return Err("the character U+0000 is not allowed".to_owned());
        }
        let (namespace, local) = resolver.resolve_attribute(attribute.key);
        let local = utf8(local.as_ref())?;
        match namespace {
            ResolveResult::Unbound => attributes.push((local, value.into_owned())),
            bound if is_bound(&bound, &[OWN]) => own.push((local, value.into_owned())),
            _ => {}
        }
    }
    Ok(Element { of, name, attributes, own, children: Vec::new(), text: String::new() })
}

fn is_bound(found: &ResolveResult<'_>, to: &[&str]) -> bool {
    let ResolveResult::Bound(Namespace(found)) = found else { return false };
    to.iter().any(|namespace| namespace.as_bytes() == *found)
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "it is not in UTF-8".to_owned())
}

/// The character of a reference such as `&amp;` or `&#65;`; no other entities are known, so that none can grow.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
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
