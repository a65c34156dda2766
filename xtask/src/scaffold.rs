//! Starts domains and commands from the templates in `xtask/templates`.
//!
//! A template is a file `<path>.tmpl` with `{{placeholders}}` in its path and its text; its place below the folder of the
//! template is its place in the new crate. To change what a new crate looks like, edit, add or remove templates.

mod names;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::scaffold::names::{Names, Noun};
use crate::{process, repo};

const TEMPLATES: &str = "xtask/templates";

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

/// Writes a domain crate and says what else to add.
pub(crate) fn new_domain(layer: DomainLayer, name: &str, record: &str) -> Result<()> {
    if let Some(folder) = domain_folder(name) {
        bail!("{folder} exists already");
    }
    let layer = layer_name(layer);
    let folder = format!("crates/{layer}/{name}");
    let names = Names::of_domain(name)?.with_noun("record", &Noun::parse(record)?);
    let files = render(&repo::root().join(TEMPLATES).join("domain"), &names)?;
    write(&folder, &files)?;
    println!("new-domain: wrote {} files below {folder}. Now:", files.len());
    if !repo::read("Cargo.toml")?.contains(&format!("\"crates/{layer}/*\"")) {
        println!("- add to [workspace] members in Cargo.toml:\n    \"crates/{layer}/*\",");
    }
    println!(
        "- add to [workspace.dependencies] in Cargo.toml:\n    athyper-{name} = {{ path = \"{folder}\" }}"
    );
    println!("- add to [dependencies] in crates/bootstrap/Cargo.toml:\n    athyper-{name}.workspace = true");
    println!("- add to the list of modules in crates/bootstrap:\n    athyper_{name}::module(),");
    println!("- run: cargo xtask tidy --graph && cargo xtask openapi && cargo nextest run -p athyper-{name}");
    Ok(())
}

/// Writes a command file into an existing domain and says what else to add.
pub(crate) fn new_command(domain: &str, command: &str) -> Result<()> {
    let folder = domain_folder(domain)
        .with_context(|| format!("there is no domain `{domain}`: `cargo xtask new-domain` starts one"))?;
    let names = Names::of_domain(domain)?.with_command(command)?;
    let files = render(&repo::root().join(TEMPLATES).join("command"), &names)?;
    write(&folder, &files)?;
    for file in &files {
        println!("new-command: wrote {folder}/{}. Now:", file.path);
    }
    println!("- add to {folder}/src/commands/mod.rs:\n    pub(crate) mod {command};");
    println!("- add to {folder}/src/routes.rs:\n    .routes(routes!({command}::{command}))");
    println!(
        "- add to {folder}/src/access.rs:\n    Permission {{ name: {command}::OPERATION, roles: &[\"admin\"] }},"
    );
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

/// Fills in all templates of a folder.
fn render(templates: &Path, names: &Names) -> Result<Vec<NewFile>> {
    let mut files = Vec::new();
    for path in repo::files(templates)? {
        let Some(target) = path.strip_suffix(".tmpl") else {
            bail!("{path} in {} is no template: its name must end with .tmpl", templates.display());
        };
        let text =
            fs::read_to_string(templates.join(&path)).with_context(|| format!("cannot read {path}"))?;
        let in_file = || format!("in the template {path}");
        files.push(NewFile {
            path: names.fill_in(target).with_context(in_file)?,
            text: names.fill_in(&text).with_context(in_file)?,
        });
    }
    Ok(files)
}

fn write(folder: &str, files: &[NewFile]) -> Result<()> {
    for file in files {
        let path = format!("{folder}/{}", file.path);
        if repo::root().join(&path).exists() {
            bail!("{path} exists already");
        }
    }
    for file in files {
        repo::write(&format!("{folder}/{}", file.path), &file.text)?;
    }
    // How a line breaks depends on how long the names are.
    let sources: Vec<String> = files
        .iter()
        .map(|file| format!("{folder}/{}", file.path))
        .filter(|path| repo::has_extension(path, "rs"))
        .collect();
    let mut arguments = vec!["--edition", "2024"];
    arguments.extend(sources.iter().map(String::as_str));
    process::run("rustfmt", &arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy;

    fn rendered(template: &str, names: &Names) -> Vec<(String, String)> {
        let files = render(&repo::root().join(TEMPLATES).join(template), names).unwrap();
        let folder = "crates/business/rentals";
        files.into_iter().map(|file| (format!("{folder}/{}", file.path), file.text)).collect()
    }

    fn domain() -> Names {
        Names::of_domain("rentals").unwrap().with_noun("record", &Noun::parse("work_order").unwrap())
    }

    #[test]
    fn a_new_domain_follows_the_rules() {
        let files = rendered("domain", &domain());
        assert!(
            files.iter().any(|(path, _)| path.ends_with("/src/commands/create_work_order.rs")),
            "{files:?}"
        );
        assert_eq!(tidy::check_texts(&files), Vec::<String>::new());
    }

    #[test]
    fn a_new_command_follows_the_rules() {
        let files = rendered("command", &domain().with_command("close_work_order").unwrap());
        assert!(
            files.iter().any(|(path, _)| path.ends_with("/src/commands/close_work_order.rs")),
            "{files:?}"
        );
        assert_eq!(tidy::check_texts(&files), Vec::<String>::new());
    }
}
