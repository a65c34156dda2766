//! What the rules need to know of one Rust file, read from its syntax tree.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ImplItemFn, ItemConst, ItemFn, ItemMod, Lit, LitStr, Macro, Signature, TraitItemFn,
};

/// What one Rust file declares outside its tests.
#[derive(Debug, Default)]
pub(crate) struct RustFacts {
    /// Functions with a body.
    pub(crate) functions: Vec<Function>,
    /// Lines of items that are compiled for tests only.
    pub(crate) test_lines: usize,
    /// String literals inside functions called `code`.
    pub(crate) error_codes: Vec<Spotted>,
    /// What `#[utoipa::path]` gives as operation id.
    pub(crate) operations: Vec<Operation>,
    /// All string literals, those inside macro calls included.
    pub(crate) strings: Vec<Spotted>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name without a path.
    pub(crate) name: String,
    /// Where its signature starts.
    pub(crate) line: usize,
    /// From the signature to the closing brace.
    pub(crate) lines: usize,
}

/// A text and the line where it stands, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spotted {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A documented endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The operation id, `None` when it is missing or neither a literal nor a constant of the same file.
    pub(crate) id: Option<String>,
    /// Where the attribute stands.
    pub(crate) line: usize,
}

/// Reads a file; the error is the line and the message of the parser.
pub(crate) fn facts(text: &str) -> Result<RustFacts, (usize, String)> {
    let file = syn::parse_file(text).map_err(|error| (line_of(error.span()), error.to_string()))?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    for (operation, name) in &mut reader.named_operations {
        operation.id = reader.constants.iter().find(|(known, _)| known == name).map(|(_, id)| id.clone());
    }
    reader.facts.operations.extend(reader.named_operations.into_iter().map(|(operation, _)| operation));
    Ok(reader.facts)
}

#[derive(Default)]
struct Reader {
    facts: RustFacts,
    /// Whether the visit is inside a function called `code`.
    in_code: bool,
    /// String constants, by name.
    constants: Vec<(String, String)>,
    /// Operations whose id is the named constant.
    named_operations: Vec<(Operation, String)>,
}

impl Reader {
    fn function(&mut self, signature: &Signature, end: Span, visit_body: impl FnOnce(&mut Self)) {
        let line = line_of(signature.span());
        let lines = end.end().line.saturating_sub(line) + 1;
        let name = signature.ident.to_string();
        let outer = std::mem::replace(&mut self.in_code, name == "code");
        self.facts.functions.push(Function { name, line, lines });
        visit_body(self);
        self.in_code = outer;
    }

    /// Counts an item that exists in tests only, and tells whether it was one.
    fn is_test(&mut self, attributes: &[Attribute], span: Span) -> bool {
        let is_test = attributes.iter().any(is_test_attribute);
        if is_test {
            self.facts.test_lines += span.end().line.saturating_sub(span.start().line) + 1;
        }
        is_test
    }

    fn string(&mut self, literal: &LitStr) {
        let spotted = Spotted { text: literal.value(), line: line_of(literal.span()) };
        if self.in_code {
            self.facts.error_codes.push(spotted.clone());
        }
        self.facts.strings.push(spotted);
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.string(&text);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    fn operation(&mut self, attribute: &Attribute) {
        let line = line_of(attribute.span());
        let tokens: Vec<TokenTree> = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.clone().into_iter().collect(),
            _ => Vec::new(),
        };
        let named =
            tokens.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "operation_id"));
        // The value stands behind the equals sign.
        match named.and_then(|at| tokens.get(at + 2)) {
            Some(TokenTree::Literal(literal)) => {
                let id = match Lit::new(literal.clone()) {
                    Lit::Str(text) => Some(text.value()),
                    _ => None,
                };
                self.facts.operations.push(Operation { id, line });
            }
            Some(TokenTree::Ident(name)) => {
                self.named_operations.push((Operation { id: None, line }, name.to_string()));
            }
            _ => self.facts.operations.push(Operation { id: None, line }),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !self.is_test(&item.attrs, item.span()) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !self.is_test(&item.attrs, item.span()) {
            self.function(&item.sig, item.block.span(), |reader| {
                visit::visit_item_fn(reader, item);
            });
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !self.is_test(&item.attrs, item.span()) {
            self.function(&item.sig, item.block.span(), |reader| {
                visit::visit_impl_item_fn(reader, item);
            });
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        match &item.default {
            Some(block) => {
                self.function(&item.sig, block.span(), |reader| {
                    visit::visit_trait_item_fn(reader, item);
                });
            }
            None => visit::visit_trait_item_fn(self, item),
        }
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        if let Expr::Lit(value) = &*item.expr
            && let Lit::Str(text) = &value.lit
        {
            self.constants.push((item.ident.to_string(), text.value()));
        }
        visit::visit_item_const(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        // Attributes are not visited further: the texts in them are documentation.
        let path: Vec<String> = attribute.path().segments.iter().map(|part| part.ident.to_string()).collect();
        if path == ["utoipa", "path"] {
            self.operation(attribute);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.string(literal);
    }
}

/// `#[test]`, `#[tokio::test]` and the like, and `#[cfg(test)]` in its forms.
fn is_test_attribute(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("cfg") {
        let condition = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.to_string(),
            _ => String::new(),
        };
        let words = || condition.split(|letter: char| !letter.is_alphanumeric());
        return words().any(|word| word == "test") && !words().any(|word| word == "not");
    }
    attribute.path().segments.last().is_some_and(|part| part.ident == "test")
}

fn line_of(span: Span) -> usize {
    span.start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_signature_to_brace_and_tests_left_out() {
        let facts = facts(
            "/// Doc.\n#[inline]\nfn one() {\n    call();\n}\n\
             #[cfg(test)]\nmod tests {\n    fn helper() {}\n}\n\
             #[tokio::test]\nasync fn two() {}\n",
        )
        .unwrap();
        assert_eq!(facts.functions, [Function { name: "one".to_owned(), line: 3, lines: 3 }]);
        assert_eq!(facts.test_lines, 6);
    }

    #[test]
    fn code_that_is_absent_from_tests_is_production_code() {
        let facts = facts("#[cfg(not(test))]\nmod real {\n    fn one() {}\n}\n").unwrap();
        assert_eq!(facts.functions.len(), 1);
        assert_eq!(facts.test_lines, 0);
    }

    #[test]
    fn strings_are_found_in_expressions_and_macros_but_not_in_documentation() {
        let facts =
            facts("//! Doc.\n/// Doc.\nfn one() {\n    f(\"a\");\n    g!(x, { \"b\" });\n}\n").unwrap();
        let spotted = |text: &str, line| Spotted { text: text.to_owned(), line };
        assert_eq!(facts.strings, [spotted("a", 4), spotted("b", 5)]);
        assert_eq!(facts.error_codes, []);
    }

    #[test]
    fn codes_are_the_literals_in_functions_called_code() {
        let facts = facts("impl E {\n    fn code(&self) -> &str {\n        \"a.b\"\n    }\n}\n").unwrap();
        assert_eq!(facts.error_codes, [Spotted { text: "a.b".to_owned(), line: 3 }]);
    }

    #[test]
    fn operation_ids_are_literals_or_constants() {
        let facts = facts(
            "const ID: &str = \"a.c\";\n\
             #[utoipa::path(post, operation_id = \"a.b\")]\nfn one() {}\n\
             #[utoipa::path(post, operation_id = ID, path = \"/\")]\nfn two() {}\n\
             #[utoipa::path(get)]\nfn three() {}\n",
        )
        .unwrap();
        let ids: Vec<_> =
            facts.operations.iter().map(|operation| (operation.line, operation.id.as_deref())).collect();
        assert_eq!(ids, [(2, Some("a.b")), (6, None), (4, Some("a.c"))]);
    }

    #[test]
    fn a_file_that_does_not_parse_gives_its_line() {
        assert_eq!(facts("fn one() {\n    )\n}\n").unwrap_err().0, 2);
    }
}
