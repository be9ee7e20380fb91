//! Every path a module names: in types, expressions, patterns, macros and attributes.
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Macro, Path, VisRestricted};

/// Returns the paths of more than one segment that the items of a module name, as written.
///
/// What `use` declares is not among them: it is a name of the module ([`super::tree::Name::Use`]).
pub(crate) fn named(items: &[Item]) -> Vec<Vec<String>> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.paths.retain(|path| 1 < path.len());
    collector.paths
}

#[derive(Default)]
struct Collector {
    paths: Vec<Vec<String>>,
}

impl<'a> Visit<'a> for Collector {
    fn visit_path(&mut self, path: &'a Path) {
        self.push(path);
        visit::visit_path(self, path);
    }

    /// `pub(in crate::queue)` depends on nothing.
    fn visit_vis_restricted(&mut self, _: &'a VisRestricted) {}

    /// Names of the module, not uses of them.
    fn visit_item_use(&mut self, _: &'a ItemUse) {}

    fn visit_macro(&mut self, mac: &'a Macro) {
        self.visit_path(&mac.path);
        self.tokens(mac.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if !attribute.path().is_ident("doc") {
            self.attribute(attribute);
        }
    }
}

impl Collector {
    fn push(&mut self, path: &Path) {
        let segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.paths.push(segments.collect());
    }

    /// `#[serde(with = "crate::text")]` names a path in a string.
    fn attribute(&mut self, attribute: &Attribute) {
        let Ok(list) = attribute.meta.require_list() else {
            return;
        };
        self.tokens(list.tokens.clone());
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if colons == 2 || path.is_empty() => {
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.paths.push(std::mem::take(&mut path));
                    colons = 0;
                    self.token(other, &mut path);
                }
            }
        }
        self.paths.push(path);
    }

    fn token(&mut self, token: TokenTree, path: &mut Vec<String>) {
        match token {
            TokenTree::Group(group) => self.tokens(group.stream()),
            TokenTree::Ident(name) => path.push(name.to_string()),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if let Ok(named) = syn::parse_str::<Path>(text.trim_matches('"')) {
                    self.push(&named);
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}
