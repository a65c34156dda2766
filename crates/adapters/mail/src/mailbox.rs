//! An address, with a name in front of it if there is one.

use std::fmt;
use std::str::FromStr;

use lettre::Address;

use crate::InvalidMessage;
use crate::check;

/// The longest address, and the longest part before its `@`, in bytes (RFC 5321, section 4.5.3.1, and erratum 1690).
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 100;

/// An address, with a name in front of it if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: Address,
}

impl Mailbox {
    /// A mailbox without a name, such as `zoe@example.com`.
    ///
    /// Addresses outside ASCII are taken (RFC 6531), local parts in quotation marks are not.
    ///
    /// # Errors
    /// It is not an address.
    pub fn new(address: &str) -> Result<Self, InvalidMessage> {
        let refuse = |reason: &str| InvalidMessage::new("address", reason);
        check::no_control_characters("address", address)?;
        let (local, domain) = address.rsplit_once('@').ok_or_else(|| refuse("has no @"))?;
        if address.len() > MAX_ADDRESS_BYTES || local.len() > MAX_LOCAL_BYTES {
            return Err(refuse("is longer than 254 bytes, or than 64 before the @"));
        }
        if local.contains('"') {
            return Err(refuse("has quotation marks; no mail system in use needs them"));
        }
        let address = Address::new(local, domain).map_err(|_| refuse("is not a mail address"))?;
        Ok(Self { name: None, address })
    }

    /// Puts a name in front of the address. An empty one is none.
    ///
    /// # Errors
    /// The name is longer than 100 characters or has control characters, such as line ends.
    pub fn named(mut self, name: &str) -> Result<Self, InvalidMessage> {
        let name = name.trim();
        check::no_control_characters("name", name)?;
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(InvalidMessage::new("name", format!("is longer than {MAX_NAME_CHARS} characters")));
        }
        self.name = Some(name.to_owned()).filter(|name| !name.is_empty());
        Ok(self)
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.address.as_ref()
    }

    /// The name, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn envelope_address(&self) -> Address {
        self.address.clone()
    }

    pub(crate) fn header_value(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.clone())
    }
}

impl FromStr for Mailbox {
    type Err = InvalidMessage;

    /// Reads `zoe@example.com` or `Zoë <zoe@example.com>`, the name in quotation marks or not.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Not trimmed: a line end at the end is a mistake to be told, not to be mended.
        let parts = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
        let Some((name, address)) = parts else { return Self::new(text) };
        let name = name.trim_matches(' ');
        let unquoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        Self::new(address)?.named(unquoted.unwrap_or(name))
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_the_standard_says() {
        let local = "a".repeat(64);
        for address in [
            "zoe@example.com",
            "zoe.o'neil+tag@mail.example.co.uk",
            "用户@例子.example",
            "zoe@münchen.example",
            &format!("{local}@example.com"),
        ] {
            assert_eq!(Mailbox::new(address).unwrap().address(), address);
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}.example", "a.".repeat(123));
        for address in [
            "",
            "@",
            "zoe",
            "zoe@",
            "@example.com",
            "zoe@example..com",
            "zoe @example.com",
            "zoe@exam ple.com",
            " zoe@example.com",
            "zoe@example.com ",
            "zoe@example.com>",
            "<zoe@example.com>",
            "zoe@example.com, eve@example.com",
            "zoe@example.com> SIZE=1",
            "zoe@example.com\r\nRCPT TO:<eve@example.com>",
            "zoe\n@example.com",
            "zoe@example.com\0",
            "\"zoe\"@example.com",
            "zoe@-example.com",
            &long_local,
            &long,
        ] {
            assert!(Mailbox::new(address).is_err(), "{address:?}");
        }
    }

    #[test]
    fn a_name_is_read_and_shown() {
        for (text, name, address) in [
            ("zoe@example.com", None, "zoe@example.com"),
            ("<zoe@example.com>", None, "zoe@example.com"),
            ("Zoë <zoe@example.com>", Some("Zoë"), "zoe@example.com"),
            ("\"O'Neil, Zoë\" <zoe@example.com>", Some("O'Neil, Zoë"), "zoe@example.com"),
            ("a<b <zoe@example.com>", Some("a<b"), "zoe@example.com"),
        ] {
            let mailbox: Mailbox = text.parse().unwrap();
            assert_eq!((mailbox.name(), mailbox.address()), (name, address), "{text}");
            assert_eq!(mailbox.to_string().parse::<Mailbox>().unwrap(), mailbox);
        }
    }

    #[test]
    fn a_name_cannot_carry_a_header() {
        let mailbox = || Mailbox::new("zoe@example.com").unwrap();
        for name in ["Zoe\r\nBcc: eve@example.com", "Zoe\nX: y", "Zoe\r", "Zoe\0", "Zo\u{85}e"] {
            let padded = format!("x{name}x");
            assert_eq!(mailbox().named(&padded).unwrap_err().field, "name", "{name:?}");
        }
        assert!(mailbox().named(&"é".repeat(100)).is_ok());
        assert!(mailbox().named(&"é".repeat(101)).is_err());
        assert!("Zoe <zoe@example.com>\r\nBcc: eve@example.com".parse::<Mailbox>().is_err());
        assert!("Zoe\r\nBcc: eve@example.com <zoe@example.com>".parse::<Mailbox>().is_err());
    }
}
