//! What a writer of a format writes is read as it was.

use std::fmt::Write as _;

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::camt053::statement;
use super::read_one;

#[derive(Clone, Debug)]
struct Booking {
    day: NaiveDate,
    cents: i64,
    name: String,
    purpose: String,
}

fn bookings() -> impl Strategy<Value = Vec<Booking>> {
    let booking = (
        1_u32..28,
        -9_999_999_i64..9_999_999,
        "[A-Za-z]{1,20}",
        "[A-Za-z0-9]{1,12}( [A-Za-z0-9]{1,12}){0,6}",
    );
    let booking = booking.prop_map(|(day, cents, name, purpose)| Booking {
        day: NaiveDate::from_ymd_opt(2024, 5, day).unwrap(),
        cents,
        name,
        purpose,
    });
    proptest::collection::vec(booking, 0..20)
}

fn check(file: &str, bookings: &[Booking]) -> Result<(), TestCaseError> {
    let read = read_one(file);
    prop_assert_eq!(read.lines.len(), bookings.len());
    for (line, booking) in read.lines.iter().zip(bookings) {
        prop_assert_eq!(line.amount, Decimal::new(booking.cents, 2));
        prop_assert_eq!(line.booked_on, booking.day);
        prop_assert_eq!(line.counterparty.name.as_deref(), Some(booking.name.as_str()));
        prop_assert_eq!(&line.purpose, &booking.purpose);
    }
    Ok(())
}

/// `12,34` and the mark.
fn swift(cents: i64) -> (&'static str, String) {
    (if cents < 0 { "D" } else { "C" }, format!("{},{:02}", cents.abs() / 100, cents.abs() % 100))
}

proptest! {
    #[test]
    fn mt940(bookings in bookings(), opening in -1_000_000_i64..1_000_000) {
        let (mark, amount) = swift(opening);
        let mut file = format!(":20:T\n:25:1\n:28C:1/1\n:60F:{mark}240430EUR{amount}\n");
        for booking in &bookings {
            let (mark, amount) = swift(booking.cents);
            let day = booking.day.format("%y%m%d%m%d");
            let letters: Vec<char> = booking.purpose.chars().collect();
            let parts: String = letters.chunks(27).zip(20..).fold(String::new(), |parts, (part, key)| {
                // A bank fills its subfields, and a space at an end is lost.
                format!("{parts}?{key}{}", part.iter().collect::<String>())
            });
            writeln!(file, ":61:{day}{mark}{amount}NTRFNONREF\n:86:166?00X{parts}?32{}", booking.name).unwrap();
        }
        let (mark, amount) = swift(opening + bookings.iter().map(|booking| booking.cents).sum::<i64>());
        writeln!(file, ":62F:{mark}240531EUR{amount}\n-").unwrap();
        check(&file, &bookings)?;
    }

    #[test]
    fn camt(bookings in bookings()) {
        let entries = bookings.iter().map(|booking| {
            let (mark, party) = if booking.cents < 0 { ("DBIT", "Cdtr") } else { ("CRDT", "Dbtr") };
            let amount = Decimal::new(booking.cents.abs(), 2);
            // Money that neither came nor went has a creditor only.
            let party = if booking.cents == 0 { "Cdtr" } else { party };
            format!("<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{}</Dt></BookgDt>\
                <NtryDtls><TxDtls><RltdPties><{party}><Nm>{}</Nm></{party}></RltdPties><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
                booking.day, booking.name, booking.purpose)
        });
        let entries = entries.collect::<Vec<String>>().concat();
        let closing = Decimal::new(10_000 + bookings.iter().map(|booking| booking.cents).sum::<i64>(), 2);
        check(&statement("02", &entries, &closing.to_string()), &bookings)?;
    }

    #[test]
    fn ofx(bookings in bookings()) {
        let mut file = "OFXHEADER:100\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKTRANLIST><DTSTART>20240501<DTEND>20240531\n".to_owned();
        for (place, booking) in bookings.iter().enumerate() {
            let (amount, day) = (Decimal::new(booking.cents, 2), booking.day.format("%Y%m%d"));
            writeln!(file, "<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{place}<NAME>{}<MEMO>{}</STMTTRN>", booking.name, booking.purpose).unwrap();
        }
        file.push_str("</BANKTRANLIST><LEDGERBAL><BALAMT>1.00<DTASOF>20240531</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>");
        check(&file, &bookings)?;
    }
}
