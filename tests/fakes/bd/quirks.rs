//! What differs between the versions of bd: each profile says how it departs from the one before it.
//!
//! Up to 0.49.5 every quirk is in a transcript (`tests/data/bd`). What is cited as `facts §…` was read in the sources or
//! the documentation of bd and never run by us; the sections are those of our notes on bd.

/// How one version behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quirks {
    pub(crate) version: &'static str,
    /// Commands and flags it does not know, as `command`, `command --flag` and, for flags of every command, `--flag`.
    pub(crate) lacks: &'static [&'static str],
    /// Where the actor comes from without `--actor`.
    pub(crate) actor_variables: &'static [&'static str],
    /// No daemon answers: other words, and a missing id is no failure.
    pub(crate) direct: bool,
    /// `--version` is answered without a database.
    pub(crate) version_flag: bool,
    pub(crate) init_again_refused: bool,
    /// With `--json`, what failed is told as `{"error"}` on stdout.
    pub(crate) json_errors: bool,
    /// A lost claim, a refused close and an unknown status are failures.
    pub(crate) refusals_fail: bool,
    pub(crate) ready: Ready,
    pub(crate) list: List,
    pub(crate) claim: Claim,
    pub(crate) close: Close,
    pub(crate) defer: Defer,
    /// `dep add` answers JSON; before, an empty line.
    pub(crate) dep_add_answers: bool,
    pub(crate) dep_list: bool,
    /// The columns in which no two dependencies may be the same, as the message says them.
    pub(crate) dependency_key: &'static str,
    /// `blocked` begins with what was created last; before, with the oldest. Both by priority first.
    pub(crate) blocked_newest_first: bool,
    /// `create --deps blocks:X` makes X wait for the new issue, no longer the other way round.
    pub(crate) blocks_reversed: bool,
    pub(crate) inherits_labels: bool,
    pub(crate) warns_of_role: bool,
    pub(crate) json: Json,
    pub(crate) text: Text,
    pub(crate) sync: Sync,
    pub(crate) doctor: Doctor,
    pub(crate) stop_is_deprecated: bool,
    pub(crate) stats_in_groups: bool,
    pub(crate) leases: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) limit: usize,
    /// Work that is in progress is ready work.
    pub(crate) with_in_progress: bool,
    /// Answers say how many dependencies there are, and which.
    pub(crate) with_dependencies: bool,
    /// Says on stderr that there was more.
    pub(crate) tells_of_more: bool,
    /// Has its own words for a database without open issues.
    pub(crate) knows_no_open_issues: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    /// 0 is no limit.
    pub(crate) limit: usize,
    /// Where an agent is recognised by its environment.
    pub(crate) limit_for_agents: Option<usize>,
    pub(crate) hides_closed: bool,
    /// `--status a,b` means both; before, it silently matches nothing.
    pub(crate) many_statuses: bool,
    pub(crate) with_dependencies: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Looks, then writes without looking again. The status does not matter.
    Racy,
    /// Looks and writes at once; a closed issue breaks a constraint of the database.
    Atomic,
    /// Looks and writes at once, and only what is open can be had; asking again for one's own is fine.
    OpenOnly,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Close {
    pub(crate) tells_reason: bool,
    pub(crate) refuses_blocked: bool,
    pub(crate) refuses_open_children: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defer {
    /// Accepted, and nothing comes of it.
    Ignored,
    /// Not ready until then.
    Hides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Bare,
    /// Objects carry a `schema_version`; `BD_JSON_ENVELOPE=1` asks for the envelope.
    Versioned,
    /// Everything is in an envelope.
    Envelope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Plain,
    Typed,
    Dotted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    NoUpstream,
    CommitFails,
    Merges,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doctor {
    Fails,
    Passes,
    /// A note on stderr and no JSON.
    Notes,
}

const V0_24_4: Quirks = Quirks {
    version: "0.24.4",
    lacks: &[
        "--lock-timeout",
        "create --silent",
        "create --no-inherit-labels",
        "ready --unassigned",
        "ready --type",
        "ready --parent",
        "ready --claim",
        "ready --exclude-label",
        "update --claim",
        "update --defer",
        "heartbeat",
        "hb",
        "lease",
    ],
    actor_variables: &["BD_ACTOR"],
    direct: false,
    version_flag: false,
    init_again_refused: false,
    json_errors: false,
    refusals_fail: false,
    ready: Ready {
        limit: 10,
        with_in_progress: false,
        with_dependencies: false,
        tells_of_more: false,
        knows_no_open_issues: false,
    },
    list: List {
        limit: 0,
        limit_for_agents: None,
        hides_closed: false,
        many_statuses: false,
        with_dependencies: false,
    },
    claim: Claim::Racy,
    close: Close {
        tells_reason: false,
        refuses_blocked: false,
        refuses_open_children: false,
    },
    defer: Defer::Ignored,
    dep_add_answers: false,
    dep_list: false,
    dependency_key: "dependencies.issue_id, dependencies.depends_on_id",
    blocked_newest_first: false,
    blocks_reversed: false,
    inherits_labels: false,
    warns_of_role: false,
    json: Json::Bare,
    text: Text::Plain,
    sync: Sync::NoUpstream,
    doctor: Doctor::Fails,
    stop_is_deprecated: false,
    stats_in_groups: false,
    leases: false,
};

const V0_29_0: Quirks = Quirks {
    version: "0.29.0",
    lacks: &[
        "--lock-timeout",
        "create --silent",
        "create --no-inherit-labels",
        "ready --type",
        "ready --parent",
        "ready --claim",
        "ready --exclude-label",
        "update --claim",
        "update --defer",
        "heartbeat",
        "hb",
        "lease",
    ],
    version_flag: true,
    init_again_refused: true,
    blocked_newest_first: true,
    ready: Ready {
        knows_no_open_issues: true,
        ..V0_24_4.ready
    },
    sync: Sync::CommitFails,
    doctor: Doctor::Passes,
    ..V0_24_4
};

const V0_46_0: Quirks = Quirks {
    version: "0.46.0",
    lacks: &[
        "create --no-inherit-labels",
        "ready --claim",
        "ready --exclude-label",
        "heartbeat",
        "hb",
        "lease",
    ],
    json_errors: true,
    ready: Ready {
        with_in_progress: true,
        ..V0_29_0.ready
    },
    list: List {
        limit: 50,
        hides_closed: true,
        ..V0_29_0.list
    },
    close: Close {
        tells_reason: true,
        ..V0_29_0.close
    },
    dep_list: true,
    dependency_key: "dependencies.issue_id, dependencies.depends_on_id, dependencies.type",
    text: Text::Typed,
    doctor: Doctor::Fails,
    stats_in_groups: true,
    ..V0_29_0
};

const V0_47_0: Quirks = Quirks {
    version: "0.47.0",
    // facts §3.1: both variables count here.
    actor_variables: &["BEADS_ACTOR", "BD_ACTOR"],
    // facts §3.1: 20 in "agent mode".
    list: List {
        limit_for_agents: Some(20),
        ..V0_46_0.list
    },
    close: Close {
        refuses_blocked: true,
        ..V0_46_0.close
    },
    defer: Defer::Hides,
    dep_add_answers: true,
    text: Text::Dotted,
    sync: Sync::Merges,
    stop_is_deprecated: true,
    ..V0_46_0
};

const V0_47_0_DIRECT: Quirks = Quirks {
    direct: true,
    ..V0_47_0
};

const V0_49_5: Quirks = Quirks {
    version: "0.49.5",
    ready: Ready {
        with_in_progress: false,
        ..V0_47_0.ready
    },
    list: List {
        limit_for_agents: None,
        with_dependencies: true,
        ..V0_47_0.list
    },
    claim: Claim::Atomic,
    warns_of_role: true,
    ..V0_47_0
};

/// facts §3.1, §3.3 and the column 1.0.5 of §3.4. The sources were read; it was not run.
const V1_0_5: Quirks = Quirks {
    version: "1.0.5",
    // facts §3.1: the daemon and its flags went with 0.50, `--lock-timeout` too; `sync` with 0.58.
    lacks: &[
        "--no-daemon",
        "--lock-timeout",
        "daemon",
        "sync",
        "heartbeat",
        "hb",
        "lease",
    ],
    refusals_fail: true,
    ready: Ready {
        limit: 100,
        with_dependencies: true,
        tells_of_more: true,
        ..V0_49_5.ready
    },
    list: List {
        many_statuses: true,
        ..V0_49_5.list
    },
    claim: Claim::OpenOnly,
    close: Close {
        refuses_open_children: true,
        ..V0_49_5.close
    },
    blocks_reversed: true,
    inherits_labels: true,
    warns_of_role: false,
    json: Json::Versioned,
    doctor: Doctor::Notes,
    ..V0_49_5
};

/// facts §3.1: from the documentation of 1.3 only. `sync` is back.
const V1_3_0: Quirks = Quirks {
    version: "1.3.0",
    lacks: &["--no-daemon", "--lock-timeout", "daemon"],
    leases: true,
    ..V1_0_5
};

/// facts §3.1: the envelope is the default in 2.0; the rest as in 1.3.
const V2_0_0: Quirks = Quirks {
    version: "2.0.0",
    json: Json::Envelope,
    ..V1_3_0
};

/// Returns the profile of a version. One that is not listed says its own name and behaves like 1.3.0.
pub(crate) fn of(name: &str) -> Quirks {
    let profiles = [
        V0_24_4, V0_29_0, V0_46_0, V0_47_0, V0_49_5, V1_0_5, V1_3_0, V2_0_0,
    ];
    match name {
        "0.47.0-nodaemon" => V0_47_0_DIRECT,
        _ => profiles
            .into_iter()
            .find(|profile| profile.version == name)
            .unwrap_or(V1_3_0),
    }
}
