//! SQL and evaluation in memory select the same records.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use athyper_kernel_cel::{Binds, Limits, ProblemKind, Type, compile};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use super::generator::Generator;
use super::records::{Choices, Table, column, context, record, schema};

const RECORDS: usize = 80;
/// Expressions, each asked as it is and negated.
const EXPRESSIONS: u32 = 1_500;

fn table(runtime: &tokio::runtime::Runtime) -> Table {
    // The same records in each run, so that a failing expression fails again.
    let mut runner = TestRunner::deterministic();
    let numbers =
        proptest::collection::vec(any::<u32>(), RECORDS * 80).new_tree(&mut runner).unwrap().current();
    let mut choices = Choices(numbers.iter());
    let records: Vec<_> = (0..RECORDS).map(|_| record(&mut choices)).collect();
    runtime.block_on(Table::new(&records))
}

#[test]
fn a_filter_selects_the_same_records_in_sql_and_in_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let table = RefCell::new(table(&runtime));
    let (schema, limits) =
        (schema(), Limits { steps: 1_000_000, time: Duration::from_mins(1), ..Limits::default() });
    let (asked, refused) = (Cell::new(0_u32), Cell::new(0_u32));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(EXPRESSIONS) });
    let numbers = proptest::collection::vec(any::<u32>(), 0..200);
    let outcome = runner.run(&numbers, |numbers| {
        let source = Generator::new(&numbers).bool(4);
        for source in [source.clone(), format!("!({source})")] {
            let expression = match compile(&source, &schema, &Type::Bool, &limits) {
                Ok(expression) => expression,
                // What is random may be deep, or read a text that is no number; everything else is a flaw.
                Err(error)
                    if error.problems.iter().all(|p| {
                        matches!(
                            p.kind,
                            ProblemKind::TooComplex | ProblemKind::TooLong | ProblemKind::Literal
                        )
                    }) =>
                {
                    continue;
                }
                Err(error) => return Err(TestCaseError::fail(format!("{source}: {error}"))),
            };
            asked.set(asked.get() + 1);
            let mut binds = Binds::from(1);
            let Ok(sql) = expression.to_sql(&column, &context(), &mut binds) else {
                refused.set(refused.get() + 1);
                continue;
            };
            let mut table = table.borrow_mut();
            let in_memory = table.in_memory(&expression);
            let in_sql = runtime.block_on(table.rows(&sql, &binds));
            let in_sql = in_sql.map_err(|error| TestCaseError::fail(format!("{source}\n{sql}\n{error}")))?;
            let apart = in_sql.symmetric_difference(&in_memory).next();
            let record = apart.map(|id| &table.records[*id]);
            prop_assert_eq!(in_sql, in_memory, "{}\n{}\n{:?}\n{:?}", source, sql, binds.values(), record);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // The property would be empty if most were refused.
    assert!(refused.get() * 2 < asked.get(), "{} of {} were refused", refused.get(), asked.get());
}
