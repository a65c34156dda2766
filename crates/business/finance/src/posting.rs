//! The one way into the ledger: by hand, by reversal, by import, and for the documents of other domains alike.

mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use athyper_kernel_db::{LastWrite, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{AccountRef, ItemId, LineAmount, PostingControl};
use athyper_kernel_ledger_books::dimensions;
use athyper_kernel_types::{Currency, Id, Money};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::control::Asked;
use crate::determination::determine_role;
use crate::error::Error;
use crate::model::account::{Account, AccountId};
use crate::model::draft::DraftError;
use crate::model::entry::{Around, EntryError, ItemState, LeftOver, Valued, common_dimensions, value};
use crate::model::journal::{JournalId, Line, NewJournal, NewLine, Numbered};
use crate::model::legal_entity::LegalEntity;
use crate::model::period::{Area, Period, PeriodState, month_name, uncovered_month};
use crate::numbering::{self, OwnPattern};
use crate::posting::written::{settlements, write};
use crate::store::{accounts, balances, items, journals, lines, periods, rates};

/// The part of the account that takes the rounding of converted lines.
const ROUNDING: &str = "rounding";
/// The part of the account that takes realised differences of exchange; the fact `side` is `gain` or `loss`.
pub(crate) const EXCHANGE_REALISED: &str = "exchange_realised";

/// What whoever posts may do beside posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostingRights {
    /// Post into periods that are soft-closed.
    pub(crate) into_soft_closed: bool,
}

/// Finds the periods that cover these dates, checks that they take postings of these areas, and keeps them from being closed
/// until the transaction ends; one may be `held` already. A date that no period covers gets its calendar month as a new open period.
///
/// # Errors
/// [`Error::PeriodClosed`], [`Error::PeriodSoftClosed`] or [`Error::AreaLocked`] for the earliest date in such a period.
pub(crate) async fn enter_periods(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    mut held: Option<Period>,
    days: impl IntoIterator<Item = (NaiveDate, Option<Area>)>,
    rights: PostingRights,
) -> Result<(), Error> {
    for (date, area) in days.into_iter().collect::<BTreeSet<_>>() {
        let period = match held.take().filter(|period| period.covers(date)) {
            Some(period) => period,
            None => match periods::hold_covering(tx, entity.id, date).await? {
                Some(period) => period,
                None => open_month(tx, entity, date).await?,
            },
        };
        check_open(&period, date, area, rights)?;
        held = Some(period);
    }
    Ok(())
}

/// Whether a journal of this date and area may be posted into the period that covers it.
///
/// # Errors
/// [`Error::PeriodClosed`], [`Error::PeriodSoftClosed`] or [`Error::AreaLocked`].
pub(crate) fn check_open(
    period: &Period,
    date: NaiveDate,
    area: Option<Area>,
    rights: PostingRights,
) -> Result<(), Error> {
    let name = period.name.clone();
    match period.state {
        PeriodState::Closed => return Err(Error::PeriodClosed { date, name }),
        PeriodState::SoftClosed if !rights.into_soft_closed => {
            return Err(Error::PeriodSoftClosed { date, name });
        }
        PeriodState::SoftClosed | PeriodState::Open => {}
    }
    match area.filter(|area| period.locked.contains(area)) {
        Some(area) => Err(Error::AreaLocked { date, name, area }),
        None => Ok(()),
    }
}

/// Gives a date its calendar month, as far as no period covers it.
async fn open_month(tx: &mut TenantTx, entity: &LegalEntity, date: NaiveDate) -> Result<Period, Error> {
    periods::lock_calendar(tx).await?;
    // Whoever held the lock before may have made it.
    if let Some(period) = periods::hold_covering(tx, entity.id, date).await? {
        return Ok(period);
    }
    check_not_signed_off(tx, entity, date).await?;
    let (previous_end, next_start) = periods::neighbours(tx, entity.id, date).await?;
    let (starts_on, ends_on) = uncovered_month(date, previous_end, next_start);
    let period = Period {
        id: Id::new(tx.clock()),
        entity: entity.id,
        entity_code: entity.code.clone(),
        name: month_name(starts_on, ends_on),
        starts_on,
        ends_on,
        state: PeriodState::Open,
        locked: BTreeSet::new(),
        signed_off: false,
        version: 1,
    };
    periods::insert(tx, &period).await?;
    Ok(period)
}

/// Checks that nothing is signed off that ends on this day or later: what was signed off is carried on from all before it.
///
/// # Errors
/// [`Error::PeriodSignedOff`].
pub(crate) async fn check_not_signed_off(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    date: NaiveDate,
) -> Result<(), Error> {
    match periods::signed_off_from(tx, entity.id, date).await? {
        Some(name) => Err(Error::PeriodSignedOff { name }),
        None => Ok(()),
    }
}

/// What was posted, in the order asked for.
#[derive(Clone, Debug)]
pub(crate) struct PostedJournal {
    /// Its number.
    pub(crate) number: String,
    /// Worth and item of each line asked for.
    pub(crate) lines: Vec<(Decimal, Option<ItemId>)>,
    /// What budgets have to say.
    pub(crate) warnings: Vec<String>,
}

/// Posts drafts of one legal entity that have a header and no lines: values and writes their lines, settles and makes open items,
/// adds to the balances, and takes the numbers, in the order given within each series. Locks are taken in one order everywhere:
/// budgets, accounts against change, periods, items, balances, numbers. Numbers come last, because whoever holds one holds up the
/// book. Only a single draft holds its period with its accounts, before budgets: who changes one of these waits for no period.
///
/// # Errors
/// All that keeps one of them from being posted; then the transaction is not to be committed.
pub(crate) async fn post(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    entity: &LegalEntity,
    drafts: &[NewJournal],
    rights: PostingRights,
) -> Result<Vec<PostedJournal>, Error> {
    let (posted, numbered, _) = post_lines(tx, control, (entity, drafts), rights, None).await?;
    // One by one, each by its key: joined with a list of them, the journals of the tenant would be read to find a few.
    for draft in &numbered {
        journals::mark_posted(tx, draft).await?;
    }
    Ok(posted)
}

/// What was read with a draft.
#[derive(Debug)]
pub(crate) struct Read {
    /// The accounts of its lines, which are held.
    pub(crate) accounts: HashMap<AccountId, Account>,
    /// The period of its date, which is held; none where there is none.
    pub(crate) period: Option<Period>,
    /// The pattern of numbers that its book has of its own.
    pub(crate) pattern: Option<String>,
}

/// As [`post`], a draft that has its lines already. Gives these as they stand then, and what makes it posted at last.
///
/// # Errors
/// As [`post`].
pub(crate) async fn post_drafted(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    entity: &LegalEntity,
    draft: &NewJournal,
    rights: PostingRights,
    read: Read,
) -> Result<(PostedJournal, Vec<Line>, LastWrite), Error> {
    let of_one = (entity, std::slice::from_ref(draft));
    let (mut posted, numbered, lines) = post_lines(tx, control, of_one, rights, Some(read)).await?;
    let lines = match lines {
        Some(lines) => lines,
        None => lines::of_journal(tx, draft.id).await?,
    };
    let numbered = numbered.first().ok_or(Error::JournalNotFound)?;
    Ok((posted.pop().ok_or(Error::JournalNotFound)?, lines, journals::marking(tx, numbered)?))
}

async fn post_lines(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    (entity, drafts): (&LegalEntity, &[NewJournal]),
    rights: PostingRights,
    drafted: Option<Read>,
) -> Result<(Vec<PostedJournal>, Vec<Numbered>, Option<Vec<Line>>), Error> {
    let (are_drafted, held, period, own) = if let Some(read) = drafted {
        (true, read.accounts, read.period, OwnPattern::Read(read.pattern))
    } else {
        let used = drafts.iter().flat_map(|draft| &draft.lines).map(|line| line.account).collect();
        (false, accounts::hold(tx, &used).await?, None, OwnPattern::Unread)
    };
    drafts.iter().try_for_each(|draft| check_usable(draft, &held))?;
    for draft in drafts {
        check_dimensions(tx, draft).await?;
    }
    let asked = Asked::hold(tx, control, entity, drafts, &held).await?;
    enter_periods(tx, entity, period, drafts.iter().flat_map(NewJournal::days), rights).await?;

    let settled: BTreeSet<ItemId> =
        drafts.iter().flat_map(|draft| &draft.lines).filter_map(|line| line.settles).collect();
    let settled: Vec<ItemId> = settled.into_iter().collect();
    let mut states = items::lock(tx, entity.id, &settled).await?;
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        entries.push((draft, complete(tx, entity, draft, &held, &mut states).await?));
    }
    let written = write(tx, entity, &held, &entries, are_drafted).await?;
    items::insert(tx, &written.items).await?;
    items::settle(tx, &settlements(&entries), &states).await?;
    let has_dimensions =
        entries.iter().flat_map(|(_, lines)| lines).any(|line| !line.line.dimensions.is_empty());
    let ids: Vec<JournalId> = drafts.iter().map(|draft| draft.id).collect();
    // Lines that stood as a draft's are in with their worth.
    balances::add_posted(tx, &ids, written.drafted.is_some(), has_dimensions).await?;
    let warnings = asked.check(tx, |draft| worth(draft, &entries)).await?;
    let numbered = numbering::take(tx, entity, drafts, &own).await?;
    let of_draft = |draft: &NewJournal| {
        let own = warnings.iter().filter(|warning| warning.journal == draft.id.uuid());
        own.map(|warning| warning.message.clone()).collect()
    };
    let posted = numbered.iter().zip(written.posted).zip(drafts).map(|((numbered, lines), draft)| {
        PostedJournal { number: numbered.number.clone(), lines, warnings: of_draft(draft) }
    });
    Ok((posted.collect(), numbered, written.drafted))
}

/// What the lines that a draft came with are worth; those that were added are behind them.
fn worth(draft: &NewJournal, entries: &[(&NewJournal, Vec<Valued>)]) -> Vec<Decimal> {
    let found = entries.iter().find(|(of, _)| of.id == draft.id);
    found.into_iter().flat_map(|(_, valued)| valued).take(draft.lines.len()).map(|it| it.base).collect()
}

/// Checks that all accounts take postings. What undoes a journal may go to a blocked one, because it must be mendable.
fn check_usable(draft: &NewJournal, held: &HashMap<AccountId, Account>) -> Result<(), Error> {
    if draft.reverses.is_some() {
        return Ok(());
    }
    let mut errors = Vec::new();
    for (index, line) in draft.lines.iter().enumerate() {
        let account = held.get(&line.account).ok_or(Error::AccountNotFound)?;
        if let Err(reason) = account.check_usable() {
            let message = format!("{}: {reason}", account.code);
            errors.push(FieldError::new(format!("/lines/{index}/account"), "account_not_usable", message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::AccountsNotUsable(errors)) }
}

/// Checks that the values of dimensions that lines name are there and may be named.
async fn check_dimensions(tx: &mut TenantTx, draft: &NewJournal) -> Result<(), Error> {
    let named: BTreeSet<(&str, &str)> = draft
        .lines
        .iter()
        .flat_map(|line| line.dimensions.iter().map(|(key, code)| (key.as_str(), code.as_str())))
        .collect();
    if named.is_empty() || draft.reverses.is_some() {
        return Ok(());
    }
    let known = dimensions::values(tx, &named.into_iter().collect::<Vec<_>>()).await?;
    let mut errors = Vec::new();
    for (index, line) in draft.lines.iter().enumerate() {
        for (key, code) in &line.dimensions {
            let found = known.iter().find(|value| value.key == *key && value.code == *code);
            let (problem, message) = match found {
                None => ("unknown_value", format!("there is no value {code} of a dimension {key}")),
                Some(value) if !value.is_active => ("blocked_value", format!("{code} of {key} is blocked")),
                Some(_) => continue,
            };
            errors.push(FieldError::new(format!("/lines/{index}/dimensions"), problem, message));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidLines(errors)) }
}

/// Values the lines of a journal, and adds the line that takes what is left over.
async fn complete(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    draft: &NewJournal,
    held: &HashMap<AccountId, Account>,
    states: &mut BTreeMap<ItemId, ItemState>,
) -> Result<Vec<Valued>, Error> {
    let foreign: BTreeSet<Currency> = draft
        .lines
        .iter()
        .filter(|line| line.rate.is_none())
        .map(|line| line.amount.currency())
        .filter(|currency| *currency != entity.base_currency && !draft.rates.contains_key(currency))
        .collect();
    let mut known = draft.rates.clone();
    if !foreign.is_empty() {
        let foreign: Vec<Currency> = foreign.into_iter().collect();
        known.extend(rates::on(tx, entity.base_currency, &foreign, draft.date).await?);
    }
    let around = Around {
        base: entity.base_currency,
        rounding_limit: entity.rounding_limit,
        accounts: held,
        rates: &known,
    };
    let (mut valued, left) = value(draft, around, states).map_err(Error::from)?;
    let (sum, currency, role) = match left {
        LeftOver::Nothing => return balanced(tx, valued).await,
        LeftOver::Rounding { sum, currency } => (sum, currency, AccountRef::role(ROUNDING)),
        LeftOver::Exchange { sum, currency } => {
            // What the lines lack on the debit side is a loss.
            let side = if sum < Decimal::ZERO { "loss" } else { "gain" };
            (sum, currency, AccountRef::role(EXCHANGE_REALISED).with("side", side))
        }
    };
    let account = determine_role(tx, entity, &role).await?.account;
    let dimensions = common_dimensions(&valued);
    let line = NewLine {
        base: Some(-sum),
        dimensions,
        automatic: true,
        ..NewLine::new(account, LineAmount::from_signed(Money::zero(currency)))
    };
    valued.push(Valued { rate: Decimal::ONE, base: -sum, line });
    balanced(tx, valued).await
}

/// Checks that the lines balance for each value of the dimensions that ask for it. Lines that name none are one value more.
async fn balanced(tx: &mut TenantTx, valued: Vec<Valued>) -> Result<Vec<Valued>, Error> {
    if valued.iter().all(|line| line.line.dimensions.is_empty()) {
        return Ok(valued);
    }
    for key in dimensions::balancing(tx).await? {
        let mut sums: BTreeMap<Option<&str>, Decimal> = BTreeMap::new();
        for line in &valued {
            *sums.entry(line.line.dimensions.get(&key).map(String::as_str)).or_default() += line.base;
        }
        if let Some((value, difference)) = sums.into_iter().find(|(_, sum)| !sum.is_zero()) {
            let value = value.map(str::to_owned);
            return Err(Error::DimensionUnbalanced { key, value, difference: difference.abs() });
        }
    }
    Ok(valued)
}

impl From<EntryError> for Error {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Unbalanced(found) => Self::JournalUnbalanced(found),
            EntryError::Lines(errors) => Self::InvalidLines(errors),
            EntryError::TooMuchLeft { difference, limit, currency } => {
                Self::BaseUnbalanced { difference, limit, currency }
            }
        }
    }
}

impl From<DraftError> for Error {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Lines(errors) => Self::InvalidLines(errors),
            DraftError::Accounts(errors) => Self::AccountsNotUsable(errors),
        }
    }
}
