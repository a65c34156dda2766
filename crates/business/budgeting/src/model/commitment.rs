//! Commitments: an amount that is reserved, committed, consumed, posted or released, in parts that always sum up to it.

use athyper_kernel_ledger::{Source, Standing};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::line::LineId;
use super::money;

/// Id of a commitment, given by the caller.
pub(crate) type CommitmentId = Id<Commitment>;

/// A commitment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Commitment)]
pub(crate) struct Commitment {
    /// Id.
    pub(crate) id: CommitmentId,
    /// The line that it counts on.
    #[serde(skip)]
    pub(crate) line: LineId,
    /// Key of that line.
    #[serde(rename = "line")]
    #[schema(example = "advertising")]
    pub(crate) line_key: String,
    /// Code of the legal entity.
    pub(crate) entity: String,
    /// The day that it is to be spent on.
    pub(crate) date: NaiveDate,
    /// The account that it will be posted to, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Currency of the amounts: that of the books.
    pub(crate) currency: Currency,
    /// What was reserved at first.
    #[schema(value_type = String, example = "500.00")]
    pub(crate) amount: Decimal,
    /// Reserved and not yet committed.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) reserved: Decimal,
    /// Committed and not yet consumed.
    #[schema(value_type = String, example = "500.00")]
    pub(crate) committed: Decimal,
    /// Consumed, and not shown by the ledger.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) consumed: Decimal,
    /// Consumed, and shown by the ledger.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) posted: Decimal,
    /// Let go.
    #[schema(value_type = String, example = "0.00")]
    pub(crate) released: Decimal,
    /// When what is still reserved is let go (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// `open`, or `settled` when nothing is reserved or committed any more.
    pub(crate) state: CommitmentState,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

/// Where a commitment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::CommitmentState)]
pub(crate) enum CommitmentState {
    /// Something is reserved or committed.
    Open,
    /// Nothing is.
    Settled,
}

impl CommitmentState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settled => "settled",
        }
    }
}

/// What moves amounts between the parts of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::MovementKind)]
pub(crate) enum Kind {
    /// It is made.
    Reserve,
    /// From reserved to committed.
    Commit,
    /// From committed to consumed.
    Consume,
    /// From consumed to posted: the ledger shows it from now on.
    Post,
    /// From reserved, and then from committed, to released.
    Release,
    /// From reserved to released, because its time is over.
    Expire,
    /// To a line of the next year; the parts stay.
    Carry,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Reserve, Self::Commit, Self::Consume, Self::Post, Self::Release, Self::Expire, Self::Carry];

    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Commit => "commit",
            Self::Consume => "consume",
            Self::Post => "post",
            Self::Release => "release",
            Self::Expire => "expire",
            Self::Carry => "carry",
        }
    }

    /// The kind with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One movement: what it added to each part.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Movement)]
pub(crate) struct Movement {
    /// Id.
    pub(crate) id: Uuid,
    /// What it is.
    pub(crate) kind: Kind,
    /// How much it moved.
    #[schema(value_type = String, example = "500.00")]
    pub(crate) amount: Decimal,
    /// How much was asked for; nothing where all that there was.
    #[serde(skip)]
    pub(crate) asked: Option<Decimal>,
    /// What it added to each part: reserved, committed, consumed, posted, released.
    #[serde(skip)]
    pub(crate) parts: [Decimal; 5],
    /// The document whose posting shows what was consumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) source: Option<Source>,
    /// When (UTC).
    pub(crate) recorded_at: DateTime<Utc>,
    /// By whom.
    pub(crate) recorded_by: String,
}

/// Less is there than is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{there} {currency} is {what}: no more than that can be moved")]
pub(crate) struct NotThere {
    /// How much there is.
    pub(crate) there: Decimal,
    /// The currency.
    pub(crate) currency: Currency,
    /// Which part.
    pub(crate) what: &'static str,
}

impl Commitment {
    /// What of it a budget counts as used beside the ledger.
    pub(crate) fn in_use(&self) -> Decimal {
        self.reserved + self.committed + self.consumed
    }

    /// What can still be consumed or released.
    pub(crate) fn open(&self) -> Decimal {
        self.reserved + self.committed
    }

    /// Moves an amount, or all that can be moved where none is named, and gives how much it was and what each part got of it.
    ///
    /// # Errors
    /// [`NotThere`] when there is less, or nothing.
    pub(crate) fn apply(
        &mut self,
        kind: Kind,
        amount: Option<Decimal>,
    ) -> Result<(Decimal, [Decimal; 5]), NotThere> {
        let (there, what) = match kind {
            Kind::Reserve => (self.amount, "to be reserved"),
            Kind::Commit | Kind::Expire => (self.reserved, "reserved"),
            Kind::Consume => (self.committed, "committed"),
            Kind::Post => (self.consumed, "consumed"),
            Kind::Release | Kind::Carry => (self.open(), "reserved or committed"),
        };
        let amount = amount.unwrap_or(there);
        if amount <= Decimal::ZERO || amount > there {
            return Err(NotThere { there, currency: self.currency, what });
        }
        // A sum with a zero of no decimals would have none itself.
        let none = money::stored(Decimal::ZERO, self.currency);
        let parts = match kind {
            Kind::Reserve => [amount, none, none, none, none],
            Kind::Commit => [-amount, amount, none, none, none],
            Kind::Consume => [none, -amount, amount, none, none],
            Kind::Post => [none, none, -amount, amount, none],
            Kind::Expire => [-amount, none, none, none, amount],
            Kind::Carry => [none; 5],
            Kind::Release => {
                let of_reserved = amount.min(self.reserved);
                // Subtracted from a zero, as one that is turned round keeps its sign.
                [none - of_reserved, none - (amount - of_reserved), none, none, amount]
            }
        };
        let [reserved, committed, consumed, posted, released] = parts;
        self.reserved += reserved;
        self.committed += committed;
        self.consumed += consumed;
        self.posted += posted;
        self.released += released;
        self.state =
            if self.open() > Decimal::ZERO { CommitmentState::Open } else { CommitmentState::Settled };
        Ok((amount, parts))
    }

    /// In the words of the port.
    pub(crate) fn standing(&self, warnings: Vec<String>) -> Standing {
        Standing {
            id: self.id.uuid(),
            reserved: self.reserved,
            committed: self.committed,
            consumed: self.consumed,
            posted: self.posted,
            released: self.released,
            warnings,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fresh(amount: i64) -> Commitment {
        Commitment {
            id: Id::nil(),
            line: Id::nil(),
            line_key: "a".to_owned(),
            entity: "main".to_owned(),
            date: "2025-03-01".parse().unwrap(),
            account: None,
            reference: None,
            currency: Currency::parse("EUR").unwrap(),
            amount: amount.into(),
            reserved: Decimal::ZERO,
            committed: Decimal::ZERO,
            consumed: Decimal::ZERO,
            posted: Decimal::ZERO,
            released: Decimal::ZERO,
            expires_at: None,
            state: CommitmentState::Open,
            created_at: DateTime::UNIX_EPOCH,
            created_by: "ada".to_owned(),
            version: 1,
        }
    }

    fn parts(of: &Commitment) -> [Decimal; 5] {
        [of.reserved, of.committed, of.consumed, of.posted, of.released]
    }

    fn units(amounts: [i64; 5]) -> [Decimal; 5] {
        amounts.map(Decimal::from)
    }

    #[test]
    fn an_order_is_reserved_committed_delivered_in_parts_and_the_rest_let_go() {
        let mut order = fresh(1000);
        let some = |amount: i64| Some(Decimal::from(amount));
        order.apply(Kind::Reserve, None).unwrap();
        order.apply(Kind::Commit, some(900)).unwrap();
        assert_eq!(parts(&order), units([100, 900, 0, 0, 0]));
        order.apply(Kind::Consume, some(400)).unwrap();
        order.apply(Kind::Post, some(400)).unwrap();
        assert_eq!(parts(&order), units([100, 500, 0, 400, 0]));
        assert!(order.apply(Kind::Consume, some(501)).is_err());
        order.apply(Kind::Release, some(150)).unwrap();
        assert_eq!(parts(&order), units([0, 450, 0, 400, 150]), "what is reserved goes first");
        order.apply(Kind::Release, None).unwrap();
        assert_eq!((parts(&order), order.state), (units([0, 0, 0, 400, 600]), CommitmentState::Settled));
        assert!(order.apply(Kind::Release, None).is_err(), "nothing is left");
    }

    proptest! {
        #[test]
        fn no_history_makes_or_loses_money(
            amount in 1_i64..1_000_000, steps in proptest::collection::vec((0_usize..7, 0_i64..1_000_000, any::<bool>()), 0..60),
        ) {
            let mut commitment = fresh(amount);
            commitment.apply(Kind::Reserve, None).unwrap();
            let mut replayed = [Decimal::from(amount), Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO];
            for (kind, amount, is_whole) in steps {
                let kind = Kind::ALL[kind];
                if kind == Kind::Reserve { continue; }
                let before = commitment.clone();
                if let Ok((_, moved)) = commitment.apply(kind, (!is_whole).then(|| amount.into())) {
                    replayed.iter_mut().zip(moved).for_each(|(part, moved)| *part += moved);
                    prop_assert!(commitment.in_use() <= before.in_use(), "no step uses more");
                } else {
                    prop_assert_eq!(&commitment, &before);
                }
                let parts = [commitment.reserved, commitment.committed, commitment.consumed, commitment.posted, commitment.released];
                prop_assert!(parts.iter().all(|part| *part >= Decimal::ZERO && !part.is_sign_negative()));
                prop_assert_eq!(parts.iter().sum::<Decimal>(), commitment.amount);
                prop_assert_eq!(parts, replayed);
            }
        }
    }
}
