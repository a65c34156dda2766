//! What PostgreSQL does by itself with the same statements: `pgbench` with as many clients, logged in as the application does.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::scene::{SIZES, Scene, Tenant};
use crate::servers::psql;

/// Ids that come in the order of time, as those of the service: new rows stand at the end of their indexes.
const NEXT_ID: &str = "\\set n :n + 1\n\\set id (:run * 268435456 + :n) * 32 + :client_id\n";

/// What is left out of latencies at their beginning.
const FIRST: Duration = Duration::from_secs(1);

/// Counts the runs, so that each makes ids of its own.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// Transactions as a script of pgbench.
pub(super) struct Plain {
    name: &'static str,
    /// What is chosen by chance.
    chosen: String,
    begin: &'static str,
    /// The statements of each transaction between `begin` and `commit`.
    transactions: Vec<String>,
}

impl Plain {
    /// The transaction that gets a record.
    pub(super) fn get_one(scene: &Scene) -> Self {
        let statements = format!(
            "select r.id, r.version, r.state, r.data, r.created_at, r.created_by, r.updated_at, r.updated_by, r.deleted_at, \
             r.deleted_by from records.record r where r.tenant_id = {} and r.entity_id = {} and \
             r.id = ('01890000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid;\n",
            tenant_id(scene),
            of(scene, "uuid", |tenant| &tenant.entity),
        );
        let chosen = format!("\\set n random(0, {})\n", scene.size.records - 1);
        Self::new("get", scene, &chosen, "begin read only", vec![statements])
    }

    /// The transaction that lists twenty records.
    pub(super) fn list_20(scene: &Scene) -> Self {
        let statements = format!(
            "select r.id, r.version, r.state, r.data, r.created_at, r.created_by, r.updated_at, r.updated_by, r.deleted_at, \
             r.deleted_by from records.record r where r.tenant_id = {} and r.entity_id = {} and r.deleted_at is null \
             order by r.id desc limit 21;\n",
            tenant_id(scene),
            of(scene, "uuid", |tenant| &tenant.entity),
        );
        Self::new("list", scene, "", "begin read only", vec![statements])
    }

    /// The transaction that makes a record: its row, its indexed value, its first revision and the event of the trail.
    pub(super) fn create(scene: &Scene) -> Self {
        let (tenant, entity) = (tenant_id(scene), of(scene, "uuid", |tenant| &tenant.entity));
        let data = "jsonb_build_object('1000', :size::integer, '1001', 'l' || :label::text, '1002', 'a note of some length')";
        let id = "('01890000-0000-7000-9000-' || lpad(to_hex(:id::bigint), 12, '0'))::uuid";
        let statements = format!(
            "insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, updated_by) \
             values ({tenant}, {entity}, {id}, 1, {data}, now(), 'b', now(), 'b');\n\
             insert into records.field_value (tenant_id, entity_id, record_id, slot, value) \
             values ({tenant}, {entity}, {id}, 1001, 'l' || :label::text);\n\
             insert into records.revision (tenant_id, entity_id, record_id, version, action, data, recorded_at, recorded_by) \
             values ({tenant}, {entity}, {id}, 1, 'create', {data}, now(), 'b');\n{}",
            event(&tenant, "records.create_record")
        );
        let chosen = format!("\\set size random(0, {SIZES})\n\\set label random(0, 1000000)\n{NEXT_ID}");
        Self::new("create", scene, &chosen, "begin", vec![statements])
    }

    /// The two transactions that write a journal down and post it: what is read to check it is left out.
    pub(super) fn journal(scene: &Scene) -> Self {
        let (tenant, entity) = (tenant_id(scene), of(scene, "uuid", |tenant| &tenant.legal_entity));
        let id = "('01890000-0000-7000-a000-' || lpad(to_hex(:id::bigint), 12, '0'))::uuid";
        let account = |at: usize| of(scene, "uuid", |tenant| &tenant.accounts[at]);
        let lines = format!(
            "insert into finance.journal_line (tenant_id, journal_id, entity_id, line_no, account_id, debit, credit, currency) \
             select own.*, line.no, line.account, line.debit, line.credit, 'USD' \
             from (values ({tenant}, {id}, {entity})) as own, (values (1, {}, 90, 0), (2, {}, 30, 0), (3, {}, 0, 20), \
             (4, {}, 0, 100)) as line (no, account, debit, credit);\n",
            account(0),
            account(3),
            account(1),
            account(2),
        );
        let draft = format!(
            "insert into finance.journal (tenant_id, id, date, narration, state, entity_id, version, created_at, created_by) \
             values ({tenant}, {id}, '2025-01-15', 'Bench', 'draft', {entity}, 1, now(), 'b');\n{}{}",
            lines,
            event(&tenant, "finance.create_journal")
        );
        let of_journal = format!("tenant_id = {tenant} and journal_id = {id}");
        let post = format!(
            "select version from finance.journal where tenant_id = {tenant} and id = {id} for update;\n\
             update finance.journal_line set posted_on = '2025-01-15', rate = 1, base_debit = debit, base_credit = credit \
             where {of_journal};\n\
             with taken as (insert into platform.number_series (tenant_id, series, reset_key, last_number) \
             values ({tenant}, 'bench', '2025', 1) on conflict (tenant_id, series, reset_key) \
             do update set last_number = number_series.last_number + 1 returning last_number) \
             update finance.journal set state = 'posted', number = 'PB-2025-' || last_number, sequence = last_number, \
             fiscal_year = '2025-01-01', posted_at = now(), posted_by = 'b', version = version + 1 from taken \
             where tenant_id = {tenant} and id = {id};\n\
             insert into finance.balance (tenant_id, entity_id, account_id, currency, month, stripe, debit, credit, base_debit, \
             base_credit) select tenant_id, entity_id, account_id, currency, date '2025-01-01', pg_backend_pid() % 16, sum(debit), \
             sum(credit), sum(base_debit), sum(base_credit) from finance.journal_line where {of_journal} \
             group by tenant_id, entity_id, account_id, currency order by entity_id, account_id, currency \
             on conflict (tenant_id, entity_id, account_id, currency, month, stripe) \
             do update set debit = balance.debit + excluded.debit, credit = balance.credit + excluded.credit, \
             base_debit = balance.base_debit + excluded.base_debit, base_credit = balance.base_credit + excluded.base_credit;\n{}",
            event(&tenant, "finance.post_journal")
        );
        Self::new("journal", scene, NEXT_ID, "begin", vec![draft, post])
    }

    fn new(
        name: &'static str,
        scene: &Scene,
        chosen: &str,
        begin: &'static str,
        statements: Vec<String>,
    ) -> Self {
        let tenant = of(scene, "text", |tenant| &tenant.id);
        let opened =
            |statements| format!("select set_config('athyper.tenant_id', {tenant}, true);\n{statements}");
        let chosen = format!("\\set t random(1, {})\n{chosen}", scene.tenants.len());
        Self { name, chosen, begin, transactions: statements.into_iter().map(opened).collect() }
    }

    /// How often in a second, at most. In a pipeline the statements of a transaction are sent without waiting for the answer of
    /// the one before.
    pub(super) fn run(&self, scene: &Scene, clients: usize, length: Duration, pipelined: bool) -> f64 {
        self.run_as("app", scene, clients, length, pipelined)
    }

    /// The same for another role: `admin` is one that row security does not bind.
    pub(super) fn run_as(
        &self,
        role: &str,
        scene: &Scene,
        clients: usize,
        length: Duration,
        pipelined: bool,
    ) -> f64 {
        let said = self.pgbench(role, scene, clients, length, pipelined, &[]);
        let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.unwrap_or_else(|| panic!("pgbench says no tps: {said}"))
    }

    /// How long transactions take when so many a second are asked for, at times of chance (the gaps between them are exponential).
    /// Each counts from the time at which it was to begin; the shortest comes first. Those of the first second, in which each client
    /// has the statements prepared, are left out.
    pub(super) fn latencies(
        &self,
        scene: &Scene,
        clients: usize,
        rate: f64,
        length: Duration,
    ) -> Vec<Duration> {
        let folder = scene.platform.folder().join(format!("{}-times", self.name));
        fs::create_dir_all(&folder).unwrap();
        let prefix = folder.join("of");
        let rated = ["-R", &rate.to_string(), "--log", "--log-prefix", prefix.to_str().unwrap()];
        // A trial has no second to leave out.
        let left_out = if length < FIRST { Duration::ZERO } else { FIRST };
        self.pgbench("app", scene, clients, length + left_out, false, &rated);
        let mut all = Vec::new();
        for file in fs::read_dir(&folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            all.extend(text.lines().map(|line| ended_and_took(line).unwrap()));
        }
        let first = all.iter().map(|(ended, _)| *ended).min().unwrap_or_default();
        let later = all.iter().filter(|(ended, _)| *ended >= first + left_out);
        let mut times: Vec<Duration> = later.map(|(_, took)| *took).collect();
        fs::remove_dir_all(&folder).unwrap();
        times.sort_unstable();
        times
    }

    /// Runs pgbench with this script and gives what it says.
    fn pgbench(
        &self,
        role: &str,
        scene: &Scene,
        clients: usize,
        length: Duration,
        pipelined: bool,
        rated: &[&str],
    ) -> String {
        let Self { name, chosen, begin, transactions } = self;
        let mut script = chosen.clone();
        for statements in transactions {
            let (open, close) = if pipelined { ("\\startpipeline\n", "\\endpipeline\n") } else { ("", "") };
            write!(script, "{open}{begin};\n{statements}commit;\n{close}").unwrap();
        }
        let file = scene.platform.folder().join(format!("{name}-{pipelined}.sql"));
        fs::write(&file, script).unwrap();
        // Less than a second is a trial, in which each client does a little.
        let seconds = length.as_secs();
        let amount = if seconds == 0 {
            ["-t".to_owned(), "20".into()]
        } else {
            ["-T".to_owned(), seconds.to_string()]
        };
        let output = Command::new(program())
            .args(["-D", "n=0", "-D", &format!("run={}", RUNS.fetch_add(1, Ordering::Relaxed))])
            .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()])
            .args(amount)
            .args(rated)
            .arg("-f")
            .arg(&file)
            .arg(scene.platform.database_url(role))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let first = errors.lines().take(4).collect::<Vec<_>>().join("\n");
        assert!(output.status.success(), "pgbench {name}: {first}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// When a transaction ended, since the epoch, and how long it took, from a line of pgbench's log: the client, its transaction,
/// microseconds, the script, seconds and microseconds of the epoch, and how late it began.
fn ended_and_took(line: &str) -> Option<(Duration, Duration)> {
    let mut parts = line.split(' ').skip(2).map(|part| part.parse::<u64>().ok());
    let [took, _script, seconds, micros] = std::array::from_fn(|_| parts.next().flatten());
    let ended = Duration::from_secs(seconds?) + Duration::from_micros(micros?);
    Some((ended, Duration::from_micros(took?)))
}

/// pgbench stands where PostgreSQL's other programs do.
fn program() -> PathBuf {
    psql().expect("PostgreSQL's programs, which stand below /usr/lib/postgresql").with_file_name("pgbench")
}

/// What the tenant of number `:t` has, taken out of an array that is part of the prepared statement.
fn of(scene: &Scene, kind: &str, part: impl Fn(&Tenant) -> &str) -> String {
    let parts: Vec<&str> = scene.tenants.iter().map(part).collect();
    format!("('{{{}}}'::{kind}[])[:t::integer]", parts.join(","))
}

fn tenant_id(scene: &Scene) -> String {
    of(scene, "uuid", |tenant| &tenant.id)
}

/// The event that every change leaves in the trail, and the person's address, which is kept apart.
fn event(tenant: &str, kind: &str) -> String {
    format!(
        "with event as (insert into audit.event (tenant_id, id, recorded_at, type, level, class, actor_kind, actor_id, realm_key, \
         request_id, trace_id, subject_type, subject_id, meta, personal) values ({tenant}, gen_random_uuid(), now(), '{kind}', \
         'info', 'admin_activity', 'user', 'bench', 'athyper', gen_random_uuid()::text, '0af7651916cd43dd8448eb211c80319c', \
         'item', gen_random_uuid()::text, '{{\"version\": 1}}', jsonb_build_object('address', repeat('0', 64))) \
         returning tenant_id, id) insert into audit.personal_value (tenant_id, event_id, field, person, value, salt) \
         select tenant_id, id, 'address', 'bench', '127.0.0.1', decode(repeat('00', 32), 'hex') from event;\n"
    )
}
