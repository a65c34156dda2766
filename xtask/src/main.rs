//! The one entry for every habit of this repository: `cargo xtask <command>`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks by printing")]

mod api;
mod bench;
mod ci;
mod diff;
mod fuzz;
mod openapi;
mod process;
mod release;
mod repo;
mod scaffold;
mod scim;
mod setup;
mod soak;
mod tidy;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::ci::StepName;
use crate::scaffold::DomainLayer;

/// What the caller typed.
#[derive(Parser)]
#[command(name = "cargo xtask", about = "The habits of this repository")]
struct Arguments {
    #[command(subcommand)]
    habit: Habit,
}

/// One habit each.
#[derive(Subcommand)]
enum Habit {
    /// Install what this machine lacks; safe to repeat
    Setup,
    /// Check the rules of the repository
    Tidy {
        /// Write docs/graph.txt instead of comparing it
        #[arg(long)]
        graph: bool,
    },
    /// Write docs/openapi/athyper.json
    Openapi {
        /// Compare instead of write
        #[arg(long)]
        check: bool,
    },
    /// Let scim2-tester speak SCIM to a running api
    Scim,
    /// Hold a running api against its OpenAPI document with made-up requests
    Fuzz {
        /// How long, in seconds
        #[arg(long, default_value_t = fuzz::STEP.as_secs())]
        seconds: u64,
        /// What the requests are made from
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Start a domain crate
    NewDomain {
        /// The folder under crates/
        layer: DomainLayer,
        /// One noun of the business language, lower case
        name: String,
        /// The first record that the domain keeps, singular
        #[arg(long, default_value = "record")]
        record: String,
    },
    /// Start a command file in a domain
    NewCommand {
        /// An existing domain
        domain: String,
        /// Verb and noun, snake case: void_invoice
        name: String,
    },
    /// Run the long proofs that the ordinary tests leave out
    Soak {
        /// This one alone
        name: Option<String>,
    },
    /// Measure what is to stay fast, in the release profile
    Bench {
        /// This one alone
        name: Option<String>,
        /// Records of the large tenant
        #[arg(long, default_value_t = 100_000)]
        records: u64,
    },
    /// Build the programs as they are released
    Release {
        /// See anew which branches requests take, which is as long as another build
        #[arg(long)]
        retrain: bool,
    },
    /// Run all that must hold, cheapest first
    Ci {
        /// Run this step alone; may be repeated
        #[arg(long, value_name = "STEP")]
        only: Vec<StepName>,
        /// Leave this step out; may be repeated
        #[arg(long, value_name = "STEP")]
        skip: Vec<StepName>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().habit {
        Habit::Setup => setup::run(),
        Habit::Tidy { graph } => tidy::run(graph),
        Habit::Openapi { check } => openapi::run(check),
        Habit::Scim => scim::run(),
        Habit::Fuzz { seconds, seed } => fuzz::run(Duration::from_secs(seconds), seed),
        Habit::NewDomain { layer, name, record } => scaffold::new_domain(layer, &name, &record),
        Habit::NewCommand { domain, name } => scaffold::new_command(&domain, &name),
        Habit::Bench { name, records } => bench::run(name.as_deref(), records),
        Habit::Soak { name } => soak::run(name.as_deref()),
        Habit::Release { retrain } => release::run(retrain).map(drop),
        Habit::Ci { only, skip } => ci::run(&only, &skip),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
