//! What a bank says of an account, whatever format it says it in.

use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Most lines of one file.
pub(crate) const MOST_LINES: usize = 100_000;

/// A statement of one account. Amounts are positive for money that came in, and in the account's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The bank's own name for the statement, such as its number.
    pub reference: Option<String>,
    /// The account as the bank writes it: an IBAN, or a number with or without a bank code. None where the file does not say.
    pub account: Option<String>,
    /// Currency of the account.
    pub currency: Currency,
    /// What was on the account before the first line; none where the format does not say.
    pub opening: Option<Balance>,
    /// What was on it after the last line.
    pub closing: Option<Balance>,
    /// What was booked, in the order of the file.
    pub lines: Vec<StatementLine>,
}

/// A balance at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The day, as the bank reckons it.
    pub on: NaiveDate,
    /// How much; negative where the account is overdrawn.
    pub amount: Decimal,
}

/// Something that the bank has booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The line of the file on which it begins, from 1; 0 where the format has no lines.
    pub row: u64,
    /// The day of the booking.
    pub booked_on: NaiveDate,
    /// The day from which interest is reckoned.
    pub value_on: Option<NaiveDate>,
    /// How much, positive for money that came in.
    pub amount: Decimal,
    /// The bank says that it undoes an earlier booking.
    pub is_reversal: bool,
    /// What the bank gives no other line of the account, where its format promises that.
    pub external_id: Option<String>,
    /// Who paid or was paid.
    pub counterparty: Counterparty,
    /// What it is about, as the payer wrote it.
    pub purpose: String,
    /// References that are more than words of the purpose.
    pub references: References,
    /// The bank's code for the kind of booking.
    pub code: Option<String>,
}

/// Who is on the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterparty {
    /// Name.
    pub name: Option<String>,
    /// IBAN or account number.
    pub account: Option<String>,
    /// BIC or national bank code.
    pub bank: Option<String>,
}

/// References of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// What the payer's system called the payment (ISO 20022 `EndToEndId`).
    pub end_to_end: Option<String>,
    /// The structured reference of the creditor (ISO 11649 or national).
    pub creditor: Option<String>,
    /// The mandate of a direct debit.
    pub mandate: Option<String>,
    /// What the bank calls the booking.
    pub bank: Option<String>,
    /// What the account owner's system called it.
    pub customer: Option<String>,
}

/// Why the lines of a statement do not lead from one balance to the other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAddingUp {
    /// The sum differs.
    #[error(
        "the statement does not add up: {opening} and its lines, which sum to {sum}, make {}, but the closing balance is {closing}", opening + sum
    )]
    Differs {
        /// What was there before.
        opening: Decimal,
        /// Sum of the lines.
        sum: Decimal,
        /// What the bank says was there then.
        closing: Decimal,
    },
    /// Numbers beyond all accounts.
    #[error("the amounts of the statement sum to more than can be reckoned with")]
    OutOfRange,
}

impl StatementLine {
    /// A line of a day and an amount, and nothing else.
    pub fn new(row: u64, booked_on: NaiveDate, amount: Decimal) -> Self {
        Self {
            row,
            booked_on,
            value_on: None,
            amount,
            is_reversal: false,
            external_id: None,
            counterparty: Counterparty::default(),
            purpose: String::new(),
            references: References::default(),
            code: None,
        }
    }
}

impl Statement {
    /// What all lines sum up to.
    ///
    /// # Errors
    /// [`NotAddingUp::OutOfRange`].
    pub fn sum(&self) -> Result<Decimal, NotAddingUp> {
        let add = |sum: Decimal, line: &StatementLine| sum.checked_add(line.amount);
        self.lines.iter().try_fold(Decimal::ZERO, add).ok_or(NotAddingUp::OutOfRange)
    }

    /// Holds the lines against the balances, where both are known: opening and lines must make the closing, to the minor unit.
    ///
    /// # Errors
    /// [`NotAddingUp`].
    pub fn check_adds_up(&self) -> Result<(), NotAddingUp> {
        let sum = self.sum()?;
        let (Some(opening), Some(closing)) = (self.opening, self.closing) else { return Ok(()) };
        let made = opening.amount.checked_add(sum).ok_or(NotAddingUp::OutOfRange)?;
        if made == closing.amount {
            return Ok(());
        }
        Err(NotAddingUp::Differs { opening: opening.amount, sum, closing: closing.amount })
    }

    /// The first and the last day on which something was booked, or of the balances where nothing was.
    pub fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        let days = || self.lines.iter().map(|line| line.booked_on);
        let of_balances = || Some((self.opening.or(self.closing)?.on, self.closing.or(self.opening)?.on));
        days().min().zip(days().max()).or_else(of_balances)
    }
}
