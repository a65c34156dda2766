//! What the templates make is held against the repository as it is: they are not compiled here, and rot unless they are.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::*;
use crate::tidy;

/// Made with another word for the record than for the domain, in the plural that is not the singular with an s.
fn domain() -> Vec<NewFile> {
    domain_files("business", "rentals", "work_entry").unwrap()
}

fn command() -> Vec<NewFile> {
    let names = Names::of_domain("rentals").unwrap().with_command("close_work_entry").unwrap();
    render("command", "crates/business/rentals", &names).unwrap()
}

/// Writes files into a folder of its own and formats them, as is done with those that stay.
fn formatted(files: Vec<NewFile>) -> Vec<NewFile> {
    let folder = tempfile::tempdir().unwrap();
    for file in &files {
        let full = folder.path().join(&file.path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, &file.text).unwrap();
    }
    format(folder.path(), &files).unwrap();
    let read = |file: NewFile| NewFile {
        text: fs::read_to_string(folder.path().join(&file.path)).unwrap(),
        path: file.path,
    };
    files.into_iter().map(read).collect()
}

fn findings(files: Vec<NewFile>) -> Vec<String> {
    let files: Vec<(String, String)> = files.into_iter().map(|file| (file.path, file.text)).collect();
    tidy::check_texts(&files)
}

#[test]
fn a_new_domain_follows_the_rules() {
    let files = formatted(domain());
    for end in ["/src/commands/create_work_entry.rs", "/entities/work_entry.json", "/fixtures/rentals.rs"] {
        assert!(files.iter().any(|file| file.path.ends_with(end)), "{end} in {files:?}");
    }
    assert_eq!(findings(files), Vec::<String>::new());
}

#[test]
fn a_new_command_follows_the_rules() {
    let files = formatted(command());
    assert!(files.iter().any(|file| file.path.ends_with("/src/commands/close_work_entry.rs")), "{files:?}");
    assert_eq!(findings(files), Vec::<String>::new());
}

#[test]
fn all_parses_and_no_placeholder_is_left() {
    for file in domain().into_iter().chain(command()) {
        assert!(!file.text.contains("{{") && !file.path.contains("{{"), "{}", file.path);
        if repo::has_extension(&file.path, "rs") {
            syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        } else if repo::has_extension(&file.path, "json") {
            serde_json::from_str::<serde_json::Value>(&file.text).unwrap();
        }
    }
}

#[test]
fn the_layout_is_that_of_todays_domains() {
    let common = |paths: &[String], folder: &str| -> BTreeSet<String> {
        let inside = paths.iter().filter_map(|path| path.strip_prefix(folder));
        inside.filter(|path| is_common(path)).map(str::to_owned).collect()
    };
    let made: Vec<String> = domain().into_iter().map(|file| file.path).collect();
    let all = repo::files(&repo::root()).unwrap();
    // Each domain has files of its own beside those that all have.
    let shared = ["closing", "group", "recurring"]
        .map(|model| common(&all, &format!("crates/business/{model}/")))
        .into_iter()
        .reduce(|some, others| &some & &others);
    assert_eq!(Some(common(&made, "crates/business/rentals/")), shared);
}

/// Whether a file is called alike in all domains.
fn is_common(path: &str) -> bool {
    path.starts_with("src/") && (path.matches('/').count() == 1 || path.ends_with("/mod.rs"))
}

#[test]
fn the_module_has_the_fields_that_modules_have_today() {
    let declared = syn::parse_file(&repo::read("crates/kernel/module/src/lib.rs").unwrap()).unwrap();
    let declared: BTreeSet<String> = declared
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) if item.ident == "DomainModule" => Some(&item.fields),
            _ => None,
        })
        .flatten()
        .filter_map(|field| field.ident.as_ref().map(ToString::to_string))
        .collect();
    let files = domain();
    let module = files.iter().find(|file| file.path.ends_with("/src/module.rs")).unwrap();
    let mut fields = Fields::default();
    fields.visit_file(&syn::parse_file(&module.text).unwrap());
    assert_eq!(fields.0, declared);
}

/// The fields of the value of a `DomainModule`.
#[derive(Default)]
struct Fields(BTreeSet<String>);

impl<'ast> Visit<'ast> for Fields {
    fn visit_expr_struct(&mut self, value: &'ast syn::ExprStruct) {
        if value.path.is_ident("DomainModule") {
            let names = value.fields.iter().filter_map(|field| match &field.member {
                syn::Member::Named(name) => Some(name.to_string()),
                syn::Member::Unnamed(_) => None,
            });
            self.0.extend(names);
        }
        visit::visit_expr_struct(self, value);
    }
}

/// What is renamed or taken away below the domains is found here, by the next run of the tests: each name that a template takes from
/// one of our crates is taken from it by other domains or tests as well.
#[test]
fn what_is_imported_is_imported_elsewhere() {
    let models = [
        "business/closing/src/",
        "business/group/src/",
        "business/finance/tests/",
        "testing/conformance/tests/it/fixtures/",
    ];
    let known = imports(repo::files(&repo::root()).unwrap().into_iter().filter_map(|path| {
        let inside = path
            .strip_prefix("crates/")
            .filter(|inside| models.iter().any(|start| inside.starts_with(start)));
        (inside.is_some() && repo::has_extension(&path, "rs")).then(|| repo::read(&path).unwrap())
    }));
    let made = imports(
        domain()
            .into_iter()
            .chain(command())
            .filter_map(|file| repo::has_extension(&file.path, "rs").then_some(file.text)),
    );
    assert!(made.len() > 8, "{made:?}");
    for (from, names) in made.iter().filter(|(from, _)| *from != "athyper_rentals") {
        let known = known.get(from).unwrap_or_else(|| panic!("nothing imports from {from}"));
        let lost: Vec<&String> = names.difference(known).collect();
        assert!(lost.is_empty(), "nothing else imports {lost:?} from {from}");
    }
}

/// The names that are imported from each of our crates, and from the helpers of the examples.
fn imports(texts: impl Iterator<Item = String>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in texts {
        for item in syn::parse_file(&text).unwrap().items {
            if let syn::Item::Use(item) = item {
                leaves(&item.tree, &mut Vec::new(), &mut found);
            }
        }
    }
    found
}

fn leaves(tree: &syn::UseTree, path: &mut Vec<String>, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut leaf = |name: &syn::Ident| {
        let of_examples = path.len() == 2 && path.iter().eq(["crate", "platform"]);
        let from = path.first().filter(|first| first.starts_with("athyper_") || of_examples);
        if let Some(from) = from {
            found.entry(from.clone()).or_default().insert(name.to_string());
        }
    };
    match tree {
        syn::UseTree::Name(name) => leaf(&name.ident),
        syn::UseTree::Rename(name) => leaf(&name.ident),
        syn::UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            leaves(&inner.tree, path, found);
            path.pop();
        }
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, path, found)),
        syn::UseTree::Glob(_) => {}
    }
}

#[test]
fn what_a_new_crate_depends_on_is_in_the_workspace() {
    let workspace = repo::read("Cargo.toml").unwrap();
    let files = domain();
    let manifest = files.iter().find(|file| file.path.ends_with("/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.text.split_once("[dependencies]").unwrap();
    for line in dependencies.lines() {
        let Some((name, _)) = line.split_once(".workspace") else { continue };
        let is_known = workspace.lines().any(|line| line.starts_with(&format!("{name} = ")));
        assert!(is_known, "{name} is no dependency of the workspace");
    }
}
