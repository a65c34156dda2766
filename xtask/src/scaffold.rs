//! Starts domains and commands from the templates in `xtask/templates`.
//!
//! A template is a file `<path>.tmpl` with `{{placeholders}}` in its path and its text; its place below the folder of the
//! template is its place in the new crate. To change what a new crate looks like, edit, add or remove templates.

mod join;
mod names;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::scaffold::join::{JOINTS, Joining};
use crate::scaffold::names::{Names, Noun};
use crate::{process, repo};

const TEMPLATES: &str = "xtask/templates";
/// Where the examples of each domain are, which the conformance tests go through.
const EXAMPLES: &str = "crates/testing/conformance/tests/it/fixtures";

/// The layers that hold domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DomainLayer {
    /// What the other domains stand on
    Platform,
    /// What a company does
    Business,
    /// What a company adds to it
    Enterprise,
}

/// A file to write.
#[derive(Debug, PartialEq, Eq)]
struct NewFile {
    path: String,
    text: String,
}

/// Writes a domain crate with the examples of its operations, and names it wherever all domains are named.
pub(crate) fn new_domain(layer: DomainLayer, name: &str, record: &str) -> Result<()> {
    if let Some(folder) = domain_folder(name) {
        bail!("{folder} exists already");
    }
    let layer = layer_name(layer);
    let files = domain_files(&layer, name, record)?;
    let joining = Joining { layer: &layer, name };
    let mut joined = Vec::new();
    for joint in &JOINTS {
        joined.push((joint.path, joint.join(&repo::read(joint.path)?, &joining)?));
    }
    write(&files)?;
    for (path, text) in &joined {
        repo::write(path, text)?;
        println!("new-domain: named it in {path}");
    }
    println!("new-domain: wrote {} files. Now:", files.len());
    println!("- run: cargo check -p athyper-{name} --tests --offline (which enters it in Cargo.lock)");
    println!("- run: cargo xtask tidy --graph && cargo xtask openapi && cargo nextest run -p athyper-{name}");
    println!("- say in docs/ what it is for: a guide, and an ADR where something was decided");
    Ok(())
}

/// The crate of a domain, and the examples of its operations.
fn domain_files(layer: &str, name: &str, record: &str) -> Result<Vec<NewFile>> {
    let names = Names::of_domain(name)?.with_noun("record", &Noun::parse(record)?);
    let mut files = render("domain", &format!("crates/{layer}/{name}"), &names)?;
    files.extend(render("examples", EXAMPLES, &names)?);
    Ok(files)
}

/// Writes a command file into an existing domain and says what else to add.
pub(crate) fn new_command(domain: &str, command: &str) -> Result<()> {
    let folder = domain_folder(domain)
        .with_context(|| format!("there is no domain `{domain}`: `cargo xtask new-domain` starts one"))?;
    let names = Names::of_domain(domain)?.with_command(command)?;
    let files = render("command", &folder, &names)?;
    write(&files)?;
    for file in &files {
        println!("new-command: wrote {}. Now:", file.path);
    }
    println!("- add to {folder}/src/commands/mod.rs:\n    pub(crate) mod {command};");
    println!("- add to {folder}/src/routes.rs:\n    .routes(routes!({command}::{command}))");
    println!("- add to {folder}/src/access.rs, with the kind that it is of:");
    println!("    Permission::new(\"{domain}.{command}\", OperationKind::Update, &[]).on(…).asking(),");
    println!("- add to {EXAMPLES}/{domain}.rs:\n    example(\"{domain}.{command}\", …)");
    println!("- write what it changes and a test of it, then run: cargo xtask openapi");
    Ok(())
}

/// The folder of a domain, in whichever layer it is.
fn domain_folder(name: &str) -> Option<String> {
    DomainLayer::value_variants()
        .iter()
        .map(|layer| format!("crates/{}/{name}", layer_name(*layer)))
        .find(|folder| repo::root().join(folder).join("Cargo.toml").is_file())
}

fn layer_name(layer: DomainLayer) -> String {
    layer.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Fills in all templates of a kind, as files below `folder`.
fn render(kind: &str, folder: &str, names: &Names) -> Result<Vec<NewFile>> {
    let templates = repo::root().join(TEMPLATES).join(kind);
    let mut files = Vec::new();
    for path in repo::files(&templates)? {
        let Some(target) = path.strip_suffix(".tmpl") else {
            bail!("{path} in {} is no template: its name must end with .tmpl", templates.display());
        };
        let text =
            fs::read_to_string(templates.join(&path)).with_context(|| format!("cannot read {path}"))?;
        let in_file = || format!("in the template {path}");
        files.push(NewFile {
            path: format!("{folder}/{}", names.fill_in(target).with_context(in_file)?),
            text: names.fill_in(&text).with_context(in_file)?,
        });
    }
    Ok(files)
}

fn write(files: &[NewFile]) -> Result<()> {
    for file in files {
        if repo::root().join(&file.path).exists() {
            bail!("{} exists already", file.path);
        }
    }
    for file in files {
        repo::write(&file.path, &file.text)?;
    }
    format(&repo::root(), files)
}

/// Formats the sources among files below a folder: how a line breaks depends on how long the names are.
fn format(root: &Path, files: &[NewFile]) -> Result<()> {
    let sources = files.iter().filter(|file| repo::has_extension(&file.path, "rs"));
    let sources: Vec<String> =
        sources.map(|file| root.join(&file.path).to_string_lossy().into_owned()).collect();
    let mut arguments = vec!["--edition", "2024", "--config-path", "rustfmt.toml"];
    arguments.extend(sources.iter().map(String::as_str));
    process::run("rustfmt", &arguments)
}

#[cfg(test)]
mod tests;
