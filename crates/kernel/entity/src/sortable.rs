//! Values as texts whose order by code point is the order of the values.
//!
//! All indexed values are kept as such texts in one table. Row security lets the database use an index only for comparisons
//! that are known to leak nothing, which those of texts are and those of `numeric` are not (PostgreSQL manual, section 41.5).

use std::fmt::Write as _;

use rust_decimal::Decimal;

/// Added to the exponent of a number so that it is never negative: a decimal has at most 29 digits before the point and 28
/// behind it.
const BIAS: i64 = 50;

/// A number as a text.
///
/// A positive one is `2`, its exponent, and its digits without zeros at the end; zero is `1`; a negative one is `0` and the
/// complement of the same, ended by a character above all digits so that the longer one of two comes first.
pub fn number(number: Decimal) -> String {
    let number = number.normalize();
    if number.is_zero() {
        return "1".to_owned();
    }
    let digits = number.mantissa().unsigned_abs().to_string();
    let exponent = i64::try_from(digits.len()).unwrap_or(i64::MAX) - i64::from(number.scale()) + BIAS;
    let digits = digits.trim_end_matches('0');
    let mut text = String::with_capacity(digits.len() + 4);
    // Writing to a String cannot fail.
    if number.is_sign_positive() {
        let _ = write!(text, "2{exponent:02}{digits}");
    } else {
        let _ = write!(text, "0{:02}", 99 - exponent);
        text.extend(digits.bytes().map(|digit| char::from(b'9' - (digit - b'0'))));
        text.push('~');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        prop_oneof![
            (any::<i64>(), 0_u32..28).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
            (-1000_i64..1000, 0_u32..4).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
            Just(Decimal::MAX),
            Just(Decimal::MIN),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_texts_is_that_of_numbers(left in any_decimal(), right in any_decimal()) {
            prop_assert_eq!(number(left).cmp(&number(right)), left.cmp(&right), "{} {}", left, right);
        }
    }
}
