//! Currencies of ISO 4217 and the number of decimals each one has.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

/// The codes of ISO 4217 list one (current currencies and funds) that have a minor unit, by the number of decimals, in order.
///
/// Source: list one as published on 2026-09-17 by SIX, the maintenance agency of ISO 4217 (178 codes, of which
/// 165 are here and 13 in [`WITHOUT_MINOR_UNIT`]). Codes with decimals include the accounting units BOV, CHE,
/// CHW, CLF, COU, MXV, USN, UYI, UYW and XAD: debts are written in them.
const BY_MINOR_UNITS: [(u32, &[&str]); 4] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (
        2,
        &[
            "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND",
            "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY",
            "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD",
            "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
            "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
            "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR",
            "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR",
            "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP",
            "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD",
            "USN", "UYU", "UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// The codes of list one whose minor unit is "N.A.": precious metals, bond market units, special drawing rights,
/// the test code and "no currency". No amount of money can be held in them.
const WITHOUT_MINOR_UNIT: [&str; 13] =
    ["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"];

/// A currency in which money can be held: a current ISO 4217 code that has a minor unit.
///
/// In text and in JSON it is its code of three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    minor_units: u32,
}

/// Why a text is not a [`Currency`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyError {
    /// Not three ASCII upper-case letters.
    #[error("a currency is three upper-case letters such as EUR")]
    Malformed,
    /// Not in the current list.
    #[error("{code} is not a current ISO 4217 currency, use one of the active codes")]
    Unknown {
        /// The code as given.
        code: String,
    },
    /// In the list, but without a minor unit, for example gold (XAU).
    #[error("{code} has no minor unit in ISO 4217 and cannot hold money, use a currency such as EUR")]
    NotMoney {
        /// The code as given.
        code: &'static str,
    },
}

impl Currency {
    /// Finds a currency by its code. Case matters: `eur` is refused.
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CurrencyError::Malformed);
        }
        for (minor_units, codes) in BY_MINOR_UNITS {
            if let Some(&code) = codes.binary_search(&code).ok().and_then(|at| codes.get(at)) {
                return Ok(Self { code, minor_units });
            }
        }
        match WITHOUT_MINOR_UNIT.iter().find(|&&known| known == code) {
            Some(&code) => Err(CurrencyError::NotMoney { code }),
            None => Err(CurrencyError::Unknown { code: code.to_owned() }),
        }
    }

    /// The alphabetic code, for example `EUR`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimals an amount has: 0, 2, 3 or 4.
    #[must_use]
    pub const fn minor_units(self) -> u32 {
        self.minor_units
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code)
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, CurrencyError> {
        Self::parse(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Alphabetic code of a current ISO 4217 currency that has a minor unit."))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["EUR"])
            .into()
    }
}

impl ToSchema for Currency {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_complete_and_well_formed() {
        let with_unit: Vec<&str> =
            BY_MINOR_UNITS.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        let all: BTreeSet<&str> = with_unit.iter().copied().chain(WITHOUT_MINOR_UNIT).collect();
        assert_eq!(with_unit.len(), 165);
        assert_eq!(all.len(), 178, "a code is listed twice or is missing");
        for code in with_unit {
            assert_eq!(Currency::parse(code).unwrap().code(), code);
        }
    }

    #[test]
    fn decimals_follow_the_list() {
        // Codes whose decimals differ from two, and neighbours that are easily taken for them.
        for (code, minor_units) in [
            ("EUR", 2),
            ("JPY", 0),
            ("ISK", 0),
            ("KRW", 0),
            ("UYI", 0),
            ("HUF", 2),
            ("MGA", 2),
            ("MRU", 2),
            ("TND", 3),
            ("KWD", 3),
            ("CLP", 0),
            ("CLF", 4),
            ("UYW", 4),
        ] {
            assert_eq!(Currency::parse(code).unwrap().minor_units(), minor_units, "{code}");
        }
    }

    #[test]
    fn what_cannot_hold_money_is_refused() {
        for code in ["eur", "EU", "EURO", "E R", "", "€UR"] {
            assert_eq!(Currency::parse(code), Err(CurrencyError::Malformed), "{code}");
        }
        // Withdrawn: lev 2026, Antillean guilder 2025, kuna 2023.
        for code in ["BGN", "ANG", "HRK", "QQQ"] {
            assert_eq!(Currency::parse(code), Err(CurrencyError::Unknown { code: code.to_owned() }));
        }
        for code in WITHOUT_MINOR_UNIT {
            assert_eq!(Currency::parse(code), Err(CurrencyError::NotMoney { code }));
        }
    }

    #[test]
    fn json_is_the_code() {
        let yen: Currency = serde_json::from_str("\"JPY\"").unwrap();
        assert_eq!(serde_json::to_string(&yen).unwrap(), "\"JPY\"");
        assert!(serde_json::from_str::<Currency>("\"XAU\"").is_err());
    }
}
