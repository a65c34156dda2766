//! A ledger for tests: it keeps journals and open items in tables of its own, in the caller's transaction, and refuses what the
//! port says that a ledger refuses. The real one is another domain's.

use std::collections::BTreeSet;

use async_trait::async_trait;
use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_error::{Problem, ProblemKind};
use athyper_kernel_ledger::{
    AccountBalance, AccountMovement, AccountRef, Adjustment, Allocated, Allocation, Entity, ItemId, Ledger,
    Movements, OpenItem, OpenItems, Posted, PostedLine, Posting, PostingLine, Source,
};
use athyper_kernel_types::{Currency, Id, Money, Rounding};
use athyper_test_kit::TestApp;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Postings before this day are refused.
const CLOSED_BEFORE: &str = "2025-01-01";
/// Postings before this day need the right to post into periods that are soft-closed.
const SOFT_CLOSED_BEFORE: &str = "2025-02-01";

#[derive(Debug)]
pub(crate) struct TestLedger;

/// Makes the tables.
pub(crate) async fn make_tables(app: &TestApp) {
    let mut admin = app.db.superuser().await;
    sqlx::raw_sql(
        "create schema books; \
         create table books.journal (tenant uuid not null, id uuid primary key, source text not null, content text not null, \
             date date not null, number bigint generated always as identity, is_reversed boolean not null default false, \
             unique (tenant, source)); \
         create table books.line (tenant uuid not null, journal uuid not null, account text not null, amount numeric not null, \
             currency text not null, base numeric not null, item uuid, settles uuid, settled_base numeric); \
         create table books.item (tenant uuid not null, id uuid primary key, account text not null, party uuid not null, \
             date date not null, due_on date, reference text, currency text not null, amount numeric not null, \
             open numeric not null, open_base numeric not null, \
             check (abs(open) <= abs(amount) and open * amount >= 0)); \
         create table books.allocation (tenant uuid not null, id uuid primary key, debit uuid not null, credit uuid not null, \
             amount numeric not null, debit_base numeric not null, credit_base numeric not null, date date not null, \
             is_undone boolean not null default false); \
         grant usage on schema books to athyper_app; grant all on all tables in schema books to athyper_app",
    )
    .execute(&mut admin)
    .await
    .unwrap();
}

fn refuse<T>(kind: ProblemKind, code: &'static str, detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::new(kind, code, detail))
}

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn rounded(amount: Decimal) -> Decimal {
    Money::rounded(amount, eur(), Rounding::HalfUp).unwrap().amount()
}

fn new_id(tx: &TenantTx) -> Uuid {
    ItemId::new(tx.clock()).uuid()
}

/// The account that a line is on, and the rule that chose it.
fn account_of(account: &AccountRef) -> Result<(String, Option<String>), Problem> {
    let (role, facts) = match account {
        AccountRef::Code(code) if code.starts_with("missing") => {
            return refuse(ProblemKind::Invalid, "books.account", format!("there is no account {code}"));
        }
        AccountRef::Code(code) => return Ok((code.clone(), None)),
        AccountRef::Role { role, facts } => (role.as_str(), facts),
    };
    let code = match role {
        "receivable" if facts.get("partyGroup").is_some_and(|group| group == "foreign") => "1210",
        "receivable" => "1200",
        "payable" => "2000",
        "bank" => "1000",
        "revenue" => "4000",
        "expense" => "5000",
        "input_tax" => "1300",
        "output_tax" => "2200",
        "withholding_tax" => "2300",
        "discount_allowed" => "4800",
        "discount_received" => "5800",
        "write_off" => "6900",
        _ => return refuse(ProblemKind::Invalid, "books.role", format!("no account plays {role}")),
    };
    Ok((code.to_owned(), Some(role.to_owned())))
}

fn is_control(account: &str) -> bool {
    ["1200", "1210", "2000"].contains(&account)
}

fn check_date(date: NaiveDate, into_soft_closed: bool) -> Result<(), Problem> {
    if date < CLOSED_BEFORE.parse().unwrap() {
        return refuse(ProblemKind::Conflict, "books.period_closed", "the period is closed");
    }
    if date < SOFT_CLOSED_BEFORE.parse().unwrap() && !into_soft_closed {
        return refuse(ProblemKind::Forbidden, "books.period_soft_closed", "the period is soft-closed");
    }
    Ok(())
}

/// An item, held.
async fn hold(tx: &mut TenantTx, id: ItemId) -> Result<OpenItem, Problem> {
    sqlx::query("select 1 from books.item where id = $1 for update")
        .bind(id.uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    let found = TestLedger.items(tx, &BTreeSet::from([id])).await?.pop();
    found.map_or_else(|| refuse(ProblemKind::Invalid, "books.item", "there is no such item"), Ok)
}

/// Takes an amount, with the item's sign, off an item, and gives what that was carried at.
async fn take(tx: &mut TenantTx, item: &OpenItem, amount: Decimal) -> Result<Decimal, Problem> {
    let left = item.open - amount;
    if left.abs() > item.open.abs() || (left * item.open).is_sign_negative() && !left.is_zero() {
        return refuse(ProblemKind::Conflict, "books.above_open", format!("{} is open", item.open));
    }
    let base = if left.is_zero() { item.open_base } else { rounded(item.open_base * amount / item.open) };
    sqlx::query("update books.item set open = open - $2, open_base = open_base - $3 where id = $1")
        .bind(item.id.uuid())
        .bind(amount)
        .bind(base)
        .execute(tx.conn())
        .await
        .unwrap();
    Ok(base)
}

/// Posts a difference of exchange beside a control account: positive for a loss.
async fn difference(tx: &mut TenantTx, account: &str, lost: Decimal) {
    let (tenant, journal) = (tx.context().tenant_id().uuid(), new_id(tx));
    for (account, base) in [(account, -lost), ("7800", lost)].into_iter().filter(|_| !lost.is_zero()) {
        sqlx::query(
            "insert into books.line (tenant, journal, account, amount, currency, base) values ($1, $2, $3, 0, 'EUR', $4)",
        )
        .bind(tenant)
        .bind(journal)
        .bind(account)
        .bind(base)
        .execute(tx.conn())
        .await
        .unwrap();
    }
}

impl TestLedger {
    /// A line in base currency, and what it settles or opens.
    async fn enter(
        &self,
        tx: &mut TenantTx,
        posting: &Posting,
        journal: Uuid,
        line: &PostingLine,
    ) -> Result<PostedLine, Problem> {
        let tenant = tx.context().tenant_id().uuid();
        let (account, rule) = account_of(&line.account)?;
        let (currency, amount) = (line.amount.currency(), line.amount.amount());
        assert!(!amount.is_zero(), "a line over nothing: {line:?}");
        let rate = match posting.rates.get(&currency) {
            Some(rate) => *rate,
            None if currency == eur() => Decimal::ONE,
            None => panic!("no rate was stated for {currency}"),
        };
        let (mut base, mut item) = (rounded(amount * rate), None);
        if let Some(settles) = &line.settles {
            let held = hold(tx, settles.item).await?;
            if held.account != account || Some(held.party) != line.party || held.currency != currency {
                return refuse(ProblemKind::Invalid, "books.other_item", "the item is not of this line");
            }
            base = -take(tx, &held, -amount).await?;
        } else if is_control(&account) {
            let Some(party) = line.party else {
                return refuse(ProblemKind::Invalid, "books.party", "a control account needs a party");
            };
            let id = new_id(tx);
            sqlx::query(
                "insert into books.item (tenant, id, account, party, date, due_on, reference, currency, amount, open, open_base) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
            )
            .bind(tenant)
            .bind(id)
            .bind(&account)
            .bind(party)
            .bind(posting.date)
            .bind(line.due_on)
            .bind(&posting.reference)
            .bind(currency.code())
            .bind(amount)
            .bind(base)
            .execute(tx.conn())
            .await
            .unwrap();
            item = Some(Id::from_uuid(id));
        }
        sqlx::query(
            "insert into books.line (tenant, journal, account, amount, currency, base, item, settles) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(tenant)
        .bind(journal)
        .bind(&account)
        .bind(amount)
        .bind(currency.code())
        .bind(base)
        .bind(item.map(Id::uuid))
        .bind(line.settles.map(|settles| settles.item.uuid()))
        .execute(tx.conn())
        .await
        .unwrap();
        Ok(PostedLine { account, rule, base, item })
    }
}

#[async_trait]
impl Ledger for TestLedger {
    async fn entity(&self, _tx: &mut dyn TenantConnection, code: Option<&str>) -> Result<Entity, Problem> {
        let code = match code {
            None => "MAIN",
            Some(code @ ("MAIN" | "BRANCH")) => code,
            Some(_) => return refuse(ProblemKind::Invalid, "books.entity", "there is no such legal entity"),
        };
        Ok(Entity {
            id: Uuid::nil(),
            code: code.to_owned(),
            name: code.to_owned(),
            base_currency: eur(),
            fiscal_year_start: 1,
        })
    }

    async fn rate(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        currency: Currency,
        date: NaiveDate,
    ) -> Result<Decimal, Problem> {
        // It changes each month, so that there are differences.
        let step = Decimal::from(chrono::Datelike::month(&date));
        match currency.code() {
            "USD" => Ok(Decimal::new(90, 2) + step / Decimal::ONE_HUNDRED),
            "JPY" => Ok(Decimal::new(6, 3) + step / Decimal::from(10_000)),
            _ => refuse(ProblemKind::Invalid, "books.no_rate", "no rate is recorded"),
        }
    }

    async fn open_items(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        _which: &OpenItems,
    ) -> Result<Vec<OpenItem>, Problem> {
        panic!("this domain keeps its own list of what is open")
    }

    async fn balance(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        _account: &str,
        _currency: Currency,
        _as_of: NaiveDate,
    ) -> Result<Decimal, Problem> {
        panic!("this domain asks for no balance")
    }

    async fn post(&self, tx: &mut TenantTx, posting: &Posting) -> Result<Posted, Problem> {
        check_date(posting.date, posting.into_soft_closed)?;
        let sums = posting.lines.iter().fold(std::collections::BTreeMap::new(), |mut sums, line| {
            *sums.entry(line.amount.currency()).or_insert(Decimal::ZERO) += line.amount.amount();
            sums
        });
        assert!(sums.values().all(Decimal::is_zero), "it does not balance: {posting:?}");
        let tenant = tx.context().tenant_id().uuid();
        let source = serde_json::to_string(&posting.source).unwrap();
        let content = serde_json::to_string(posting).unwrap();
        let id = new_id(tx);
        let entered: Result<i64, sqlx::Error> = sqlx::query_scalar(
            "insert into books.journal (tenant, id, source, content, date) values ($1, $2, $3, $4, $5) returning number",
        )
        .bind(tenant)
        .bind(id)
        .bind(source)
        .bind(content)
        .bind(posting.date)
        .fetch_one(tx.conn())
        .await;
        let number = entered.expect("a document is posted once");
        let mut lines = Vec::new();
        for line in &posting.lines {
            lines.push(self.enter(tx, posting, id, line).await?);
        }
        let difference: Decimal = lines.iter().map(|line| line.base).sum();
        if !difference.is_zero() {
            sqlx::query(
                "insert into books.line (tenant, journal, account, amount, currency, base) values ($1, $2, '7800', 0, 'EUR', $3)",
            )
            .bind(tenant)
            .bind(id)
            .bind(-difference)
            .execute(tx.conn())
            .await
            .unwrap();
        }
        let number = format!("J-{number}");
        Ok(Posted { journal: id, number, base_currency: eur(), lines, is_repeated: false })
    }

    async fn reverse(
        &self,
        tx: &mut TenantTx,
        source: &Source,
        date: Option<NaiveDate>,
        _narration: Option<&str>,
        into_soft_closed: bool,
    ) -> Result<Posted, Problem> {
        check_date(date.unwrap(), into_soft_closed)?;
        let tenant = tx.context().tenant_id().uuid();
        let id: Option<Uuid> = sqlx::query_scalar(
            "update books.journal set is_reversed = true where tenant = $1 and source = $2 and not is_reversed returning id",
        )
        .bind(tenant)
        .bind(serde_json::to_string(source).unwrap())
        .fetch_optional(tx.conn())
        .await
        .unwrap();
        let Some(id) = id else {
            return refuse(ProblemKind::Conflict, "books.not_posted", "nothing is posted for it");
        };
        let lines: Vec<(Decimal, Decimal, Option<Uuid>, Option<Uuid>)> =
            sqlx::query_as("select amount, base, item, settles from books.line where journal = $1")
                .bind(id)
                .fetch_all(tx.conn())
                .await
                .unwrap();
        for (amount, base, item, settles) in lines {
            if let Some(item) = item {
                let held = hold(tx, Id::from_uuid(item)).await?;
                if held.open != held.amount {
                    return refuse(
                        ProblemKind::Conflict,
                        "books.item_settled",
                        "something else settles its item",
                    );
                }
                take(tx, &held, held.open).await?;
            }
            if let Some(item) = settles {
                sqlx::query(
                    "update books.item set open = open - $2, open_base = open_base - $3 where id = $1",
                )
                .bind(item)
                .bind(amount)
                .bind(base)
                .execute(tx.conn())
                .await
                .unwrap();
            }
        }
        let reversal = new_id(tx);
        sqlx::query(
            "insert into books.line (tenant, journal, account, amount, currency, base) \
             select tenant, $2, account, -amount, currency, -base from books.line where journal = $1",
        )
        .bind(id)
        .bind(reversal)
        .execute(tx.conn())
        .await
        .unwrap();
        Ok(Posted {
            journal: reversal,
            number: "R".to_owned(),
            base_currency: eur(),
            lines: Vec::new(),
            is_repeated: false,
        })
    }

    async fn allocate(&self, tx: &mut TenantTx, allocation: &Allocation) -> Result<Allocated, Problem> {
        check_date(allocation.date, allocation.into_soft_closed)?;
        let (debit, credit) = (hold(tx, allocation.debit).await?, hold(tx, allocation.credit).await?);
        if (debit.party, &debit.account, debit.currency) != (credit.party, &credit.account, credit.currency) {
            return refuse(ProblemKind::Invalid, "books.other_item", "the items are not of one party");
        }
        let debit_base = take(tx, &debit, allocation.amount).await?;
        let credit_base = take(tx, &credit, -allocation.amount).await?;
        let lost = debit_base + credit_base;
        difference(tx, &debit.account, lost).await;
        let (tenant, id) = (tx.context().tenant_id().uuid(), new_id(tx));
        sqlx::query("insert into books.allocation values ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(tenant)
            .bind(id)
            .bind(debit.id.uuid())
            .bind(credit.id.uuid())
            .bind(allocation.amount)
            .bind(debit_base)
            .bind(credit_base)
            .bind(allocation.date)
            .execute(tx.conn())
            .await
            .unwrap();
        Ok(Allocated {
            id,
            debit_open: debit.open - allocation.amount,
            credit_open: -credit.open - allocation.amount,
            difference: lost,
        })
    }

    async fn undo_allocation(
        &self,
        tx: &mut TenantTx,
        id: Uuid,
        date: Option<NaiveDate>,
        _reason: &str,
        into_soft_closed: bool,
    ) -> Result<Allocated, Problem> {
        check_date(date.unwrap(), into_soft_closed)?;
        let tenant = tx.context().tenant_id().uuid();
        let found: Option<(Uuid, Uuid, Decimal, Decimal, Decimal)> = sqlx::query_as(
            "update books.allocation set is_undone = true where tenant = $1 and id = $2 and not is_undone and date <= $3 \
             returning debit, credit, amount, debit_base, credit_base",
        )
        .bind(tenant)
        .bind(id)
        .bind(date)
        .fetch_optional(tx.conn())
        .await
        .unwrap();
        let Some((debit, credit, amount, debit_base, credit_base)) = found else {
            return refuse(ProblemKind::Conflict, "books.undone", "there is nothing to undo");
        };
        let mut open = Vec::new();
        for (item, amount, base) in [(debit, amount, debit_base), (credit, -amount, credit_base)] {
            let held = hold(tx, Id::from_uuid(item)).await?;
            sqlx::query("update books.item set open = open + $2, open_base = open_base + $3 where id = $1")
                .bind(item)
                .bind(amount)
                .bind(base)
                .execute(tx.conn())
                .await
                .unwrap();
            open.push(held);
        }
        difference(tx, &open[0].account, -(debit_base + credit_base)).await;
        Ok(Allocated {
            id,
            debit_open: open[0].open + amount,
            credit_open: -open[1].open + amount,
            difference: -(debit_base + credit_base),
        })
    }

    async fn items(
        &self,
        tx: &mut dyn TenantConnection,
        ids: &BTreeSet<ItemId>,
    ) -> Result<Vec<OpenItem>, Problem> {
        let tenant = tx.tenant_id().uuid();
        let rows: Vec<ItemRow> = sqlx::query_as(
            "select id, account, party, date, due_on, reference, currency, amount, open, open_base from books.item \
             where tenant = $1 and id = any($2) order by id",
        )
        .bind(tenant)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(tx.conn())
        .await
        .unwrap();
        Ok(rows.into_iter().map(ItemRow::item).collect())
    }

    async fn open_on(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        _date: NaiveDate,
    ) -> Result<Vec<OpenItem>, Problem> {
        not_asked()
    }

    async fn balances(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        _date: NaiveDate,
    ) -> Result<Vec<AccountBalance>, Problem> {
        not_asked()
    }

    async fn movements(
        &self,
        _tx: &mut dyn TenantConnection,
        _entity: &Entity,
        _which: &Movements,
    ) -> Result<Vec<AccountMovement>, Problem> {
        not_asked()
    }

    async fn adjust(&self, _tx: &mut TenantTx, _adjustment: &Adjustment) -> Result<Posted, Problem> {
        not_asked()
    }
}

/// Documents and payments ask nothing of the kind.
fn not_asked<T>() -> Result<T, Problem> {
    refuse(ProblemKind::Invalid, "books.not_asked", "this ledger is for documents and payments")
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    id: Uuid,
    account: String,
    party: Uuid,
    date: NaiveDate,
    due_on: Option<NaiveDate>,
    reference: Option<String>,
    currency: String,
    amount: Decimal,
    open: Decimal,
    open_base: Decimal,
}

impl ItemRow {
    fn item(self) -> OpenItem {
        OpenItem {
            id: Id::from_uuid(self.id),
            account: self.account,
            party: self.party,
            date: self.date,
            due_on: self.due_on,
            reference: self.reference,
            currency: Currency::parse(&self.currency).unwrap(),
            amount: self.amount,
            open: self.open,
            open_base: self.open_base,
        }
    }
}
