//! One line per loop and pipeline, for every command that lists them.
use crate::compile::{self, Overrides, Problem, Request, Severity};
use crate::plan::{Need, Node, Origin, Plan, PlanKind, Step};
use crate::store::layout::Project;
use crate::store::library::{Entry, Library};
use crate::text::count;
use serde::Serialize;

/// What definitions are for: those of the project or yours, and the built-in ones by their purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Yours,
    Build,
    Plan,
    Review,
    Ideas,
}

impl Group {
    pub(super) const ALL: [Self; 5] = [
        Self::Yours,
        Self::Build,
        Self::Plan,
        Self::Review,
        Self::Ideas,
    ];

    /// Returns its title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Yours => "Yours",
            Self::Build => "Build",
            Self::Plan => "Plan",
            Self::Review => "Review",
            Self::Ideas => "Ideas",
        }
    }

    fn of(origin: Origin, name: &str) -> Self {
        if origin == Origin::BuiltIn {
            Self::of_built_in(name)
        } else {
            Self::Yours
        }
    }

    fn of_built_in(name: &str) -> Self {
        match name {
            "autopilot" | "ci-fix" | "implement-changes" | "merge-conflict" | "ralph"
            | "research-implement" | "ship" | "work" => Self::Build,
            "bug-discovery" | "bug-hunt" | "bug-triage" | "code-review" | "doc-updater"
            | "docs-improve" | "elegance" | "fresh-eyes" | "test-scanner" => Self::Review,
            "dueling-wizards" | "idea-wizard" | "ideate" => Self::Ideas,
            // All other built-in definitions improve plans and the tasks made from them.
            _ => Self::Plan,
        }
    }
}

/// The entry of a loop or pipeline in a list; also its JSON form.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Line {
    /// The name that starts it.
    pub(super) name: String,
    /// Loop or pipeline.
    pub(super) kind: PlanKind,
    /// What it is for.
    pub(super) description: String,
    /// When it ends, in words; empty if it is broken.
    pub(super) ends: String,
    /// What a start must be given (one is enough): `context`, `input`, or a file.
    pub(super) needs: Vec<String>,
    /// What it must be given too, each as `a or b`.
    pub(super) also_needs: Vec<String>,
    /// The end in short; for a pipeline only its number of stages.
    #[serde(skip)]
    pub(super) short_ends: String,
    /// The group it is listed in.
    #[serde(skip)]
    pub(super) group: Group,
    /// Where it was found.
    pub(super) origin: Origin,
    /// The file, or `builtin:<path>`.
    pub(super) path: String,
    /// Why it cannot run, if it cannot.
    pub(super) error: Option<String>,
}

/// Returns what a start of the plan must be given (one is enough), and what else, each as `a or b`.
pub(super) fn needs(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let names = |needs: &Vec<Need>| needs.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first = plan.steps.first().and_then(|step| step.all_nodes().next());
    first.map_or_else(Default::default, |node| {
        let also = node
            .also_needs
            .iter()
            .map(|needs| names(needs).join(" or "));
        (names(&node.needs), also.collect())
    })
}

/// Returns a line for each loop and pipeline; a broken one contains its error.
pub(super) fn lines(library: &Library, project: &Project, overrides: &Overrides) -> Vec<Line> {
    library
        .list()
        .into_iter()
        .map(|entry| line(entry, project, overrides))
        .collect()
}

fn line(entry: Entry, project: &Project, overrides: &Overrides) -> Line {
    let compiled = check(&entry, project, overrides);
    let error = match &compiled {
        Ok(_) => None,
        Err(problems) => problems
            .iter()
            .find(|problem| problem.severity == Severity::Error)
            .map(ToString::to_string),
    };
    let description = entry.sources.as_ref().map_or_else(
        |_| String::new(),
        |sources| compile::description(&sources.definition().text),
    );
    let (ends, short_ends, (needs, also_needs)) = compiled.map_or_else(
        |_| Default::default(),
        |(plan, _)| (ends(&plan), short_ends(&plan), needs(&plan)),
    );
    Line {
        group: Group::of(entry.origin, &entry.name),
        name: entry.name,
        kind: entry.kind,
        description,
        ends,
        needs,
        also_needs,
        short_ends,
        origin: entry.origin,
        path: entry.path,
        error,
    }
}

/// Compiles an entry as a session of it would be, without looking at the project's tasks.
pub(super) fn check(
    entry: &Entry,
    project: &Project,
    overrides: &Overrides,
) -> Result<(Plan, Vec<Problem>), Vec<Problem>> {
    match &entry.sources {
        Ok(sources) => compile::compile(sources, &request(project), overrides),
        Err(unreadable) => Err(vec![unreadable.problem()]),
    }
}

/// A request that represents any session.
pub(super) fn request(project: &Project) -> Request {
    let fixed = "fixed names are valid";
    Request {
        session: "preview".parse().expect(fixed),
        run: "preview".parse().expect(fixed),
        command: String::new(),
        project: project.root().to_owned(),
        backlog: None,
        beads: false,
    }
}

/// Returns when a plan ends, in words.
pub(super) fn ends(plan: &Plan) -> String {
    match plan.steps.as_slice() {
        [Step::Node(node)] => node_ends(node),
        steps => steps
            .iter()
            .map(step_ends)
            .collect::<Vec<_>>()
            .join(", then "),
    }
}

fn short_ends(plan: &Plan) -> String {
    match plan.kind {
        PlanKind::Loop => ends(plan),
        PlanKind::Pipeline => count(plan.steps.len(), "stage"),
    }
}

fn step_ends(step: &Step) -> String {
    match step {
        Step::Node(node) => format!("{} {}", node.id, most(node)),
        Step::Block(block) => {
            let names: Vec<&str> = block
                .branches
                .iter()
                .map(|branch| branch.name.as_str())
                .collect();
            format!("{} side by side: {}", block.id, names.join(", "))
        }
    }
}

/// Returns when a node ends, in words.
pub(super) fn node_ends(node: &Node) -> String {
    if node.termination.is_fixed() {
        return node.termination.ends(node.max_iterations);
    }
    format!("{}, {}", node.termination.describe(), most(node))
}

fn most(node: &Node) -> String {
    format!("at most {}", node.max_iterations)
}

/// Returns where a definition comes from.
pub(super) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::File => "file",
        Origin::Project => "project",
        Origin::User => "yours",
        Origin::BuiltIn => "built in",
    }
}
