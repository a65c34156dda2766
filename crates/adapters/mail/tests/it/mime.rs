//! Reads a message back, by the standards and without the library that wrote it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A message or a part of one.
#[derive(Debug)]
pub(crate) struct Part {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Part {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let end = find(bytes, b"\r\n\r\n").expect("headers end with an empty line");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        // A line that begins with a space continues the one before (RFC 5322, section 2.2.3).
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
        let headers = unfolded.split("\r\n").map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self { headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A header as it stands.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }

    /// A header with its encoded words read (RFC 2047).
    pub(crate) fn text_header(&self, name: &str) -> String {
        let mut text = String::new();
        let mut was_encoded = false;
        for word in self.header(name).unwrap().split(' ') {
            let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
            // The space between two encoded words is not part of the text.
            let is_joined = text.is_empty() || (was_encoded && encoded.is_some());
            if !is_joined {
                text.push(' ');
            }
            was_encoded = encoded.is_some();
            match encoded {
                Some(base64) => text.push_str(&String::from_utf8(STANDARD.decode(base64).unwrap()).unwrap()),
                None => text.push_str(word),
            }
        }
        text
    }

    /// The content, with its transfer encoding undone (RFC 2045, section 6).
    pub(crate) fn content(&self) -> Vec<u8> {
        match self.header("content-transfer-encoding") {
            Some("base64") => {
                let lines: Vec<u8> =
                    self.body.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
                STANDARD.decode(lines).unwrap()
            }
            Some("quoted-printable") => unquote(&self.body),
            Some("7bit" | "8bit") | None => self.body.clone(),
            Some(other) => panic!("unknown encoding {other}"),
        }
    }

    /// The content as text. Senders end it with one or two line ends more.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8(self.content()).unwrap();
        text.trim_end_matches("\r\n").to_owned()
    }

    /// The parts of a multipart (RFC 2046, section 5.1).
    pub(crate) fn parts(&self, kind: &str) -> Vec<Self> {
        let content_type = self.header("content-type").unwrap();
        assert!(content_type.starts_with(&format!("multipart/{kind};")), "{content_type}");
        let (_, boundary) = content_type.split_once("boundary=\"").unwrap();
        let boundary = boundary.split_once('"').unwrap().0;
        let body = [b"\r\n", &*self.body].concat();
        let delimiter = format!("\r\n--{boundary}");
        let mut rest = &body[find(&body, delimiter.as_bytes()).unwrap() + delimiter.len()..];
        let mut parts = vec![];
        while !rest.starts_with(b"--") {
            let end = find(rest, delimiter.as_bytes()).expect("the last part is followed by a boundary");
            parts.push(Self::read(&rest[2..end]));
            rest = &rest[end + delimiter.len()..];
        }
        parts
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn unquote(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap().replace("=\r\n", "");
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'=' {
            let hex = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    bytes
}
