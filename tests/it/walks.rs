//! The walks through the code in ARCHITECTURE.md are true: each function is where the page says it
//! is, and calls the next one.
use camino::Utf8Path;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};

/// One stop of a walk: `` `src/engine/follow/next.rs` `follow` ``.
#[derive(Debug, PartialEq, Eq)]
struct Stop {
    file: String,
    function: String,
}

/// A walk: its title, and its chains of calls. Between two chains, data crosses a boundary.
type Walk = (String, Vec<Vec<Stop>>);

/// The walks of a document: the lists below `## Walks`, each under a bold title, a chain of calls in each item that
/// begins with a file.
fn walks(document: &str) -> Vec<Walk> {
    let section = document.split("\n## Walks\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut walks: Vec<Walk> = Vec::new();
    for line in section.lines() {
        if let Some(title) = line.strip_prefix("**") {
            let title = title.split("**").next().unwrap_or_default();
            walks.push((title.to_owned(), Vec::new()));
        } else if let Some(chain) = line
            .strip_prefix("- ")
            .filter(|line| line.starts_with("`src/"))
        {
            let (_, chains) = walks.last_mut().expect("a list comes after its title");
            chains.push(chain.split(" → ").map(stop).collect());
        }
    }
    walks
}

fn stop(item: &str) -> Stop {
    let mut words = item.split('`').skip(1).step_by(2);
    let mut word = || words.next().expect("a file and a function").to_owned();
    Stop {
        file: word(),
        function: word(),
    }
}

/// The bodies of the functions of one name in a file.
struct Bodies<'a> {
    name: &'a str,
    found: Vec<TokenStream>,
}

impl<'ast> Visit<'ast> for Bodies<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

impl Bodies<'_> {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if signature.ident == self.name {
            self.found.push(block.to_token_stream());
        }
    }
}

fn bodies(text: &str, name: &str) -> Vec<TokenStream> {
    let file = syn::parse_file(text).expect("a source file parses");
    let mut bodies = Bodies {
        name,
        found: Vec::new(),
    };
    bodies.visit_file(&file);
    bodies.found
}

/// Whether tokens name a function where it can be called or passed: not as a field or a binding.
fn calls(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => calls(group.stream(), name),
        TokenTree::Ident(ident) => {
            let before = index
                .checked_sub(1)
                .map(|before| tokens[before].to_string());
            let after = tokens.get(index + 1).map(ToString::to_string);
            let is_called = after.as_deref().is_some_and(|after| after.starts_with('('));
            let is_passed = matches!(before.as_deref(), None | Some("," | ":"))
                && matches!(after.as_deref(), None | Some(","));
            ident == name && (is_called || is_passed)
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn check(root: &Utf8Path, walk: &str, stops: &[Stop]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, Stop { file, function }) in stops.iter().enumerate() {
        let Ok(text) = fs_err::read_to_string(root.join(file)) else {
            wrong.push(format!("{walk}: there is no {file}"));
            continue;
        };
        let bodies = bodies(&text, function);
        let next = stops.get(index + 1).map(|next| next.function.as_str());
        if bodies.is_empty() {
            wrong.push(format!("{walk}: {file} has no function `{function}`"));
        } else if let Some(next) = next
            && !bodies.into_iter().any(|body| calls(body, next))
        {
            wrong.push(format!(
                "{walk}: `{function}` in {file} does not call `{next}`"
            ));
        }
    }
    wrong
}

#[test]
fn every_walk_of_the_architecture_can_be_followed() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs_err::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let walks = walks(&document);
    assert_eq!(walks.len(), 4, "{walks:?}");
    let length = |walk: &Walk| walk.1.iter().map(Vec::len).sum::<usize>();
    assert!(walks.iter().all(|walk| 8 <= length(walk)), "{walks:?}");
    let wrong: Vec<String> = walks
        .iter()
        .flat_map(|(title, chains)| chains.iter().flat_map(|chain| check(root, title, chain)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_call_is_distinguished_from_a_field_of_the_same_name() {
    let body = |text: &str| bodies(&format!("fn a() {{ {text} }}"), "a").remove(0);
    for call in [
        "next()",
        "self.next()",
        "x::next(1)",
        "y.map(Self::next)",
        "z(next)",
        "w(|| next(2))",
    ] {
        assert!(calls(body(call), "next"), "{call}");
    }
    for other in ["self.next", "let next = 1;", "S { next: 1 }", "\"next()\""] {
        assert!(!calls(body(other), "next"), "{other}");
    }
}

#[test]
fn a_walk_is_a_list_of_chains_below_a_bold_title() {
    let document = "# A\n\n## Walks\n\n**One.**\n\n- `src/a.rs` `f` → `src/b.rs` `g`\n- A file carries it.\n- `src/c.rs` `h`\n\n## Next\n\n- `src/x` `y`\n";
    let stop = |file: &str, function: &str| Stop {
        file: file.to_owned(),
        function: function.to_owned(),
    };
    let chains = vec![
        vec![stop("src/a.rs", "f"), stop("src/b.rs", "g")],
        vec![stop("src/c.rs", "h")],
    ];
    assert_eq!(walks(document), [("One.".to_owned(), chains)]);
}
