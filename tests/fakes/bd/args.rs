//! The command line as bd reads it: flags anywhere, `--flag=value` or `--flag value`, and cobra's words for what it does not know.
use crate::quirks::Quirks;

struct Flag {
    name: &'static str,
    short: &'static str,
    takes_value: bool,
}

const fn value(name: &'static str, short: &'static str) -> Flag {
    Flag {
        name,
        short,
        takes_value: true,
    }
}

const fn switch(name: &'static str, short: &'static str) -> Flag {
    Flag {
        name,
        short,
        takes_value: false,
    }
}

const GLOBAL: &[Flag] = &[
    switch("json", ""),
    value("actor", ""),
    switch("no-daemon", ""),
    value("db", ""),
    switch("sandbox", ""),
    value("lock-timeout", ""),
    switch("quiet", "q"),
    switch("version", "V"),
];

const COMMANDS: &[(&str, &[Flag])] = &[
    ("version", &[]),
    (
        "init",
        &[
            value("prefix", "p"),
            switch("skip-hooks", ""),
            switch("stealth", ""),
        ],
    ),
    (
        "create",
        &[
            value("title", ""),
            value("type", "t"),
            value("priority", "p"),
            value("labels", "l"),
            value("label", ""),
            value("description", "d"),
            value("body", ""),
            value("acceptance", ""),
            value("design", ""),
            value("deps", ""),
            value("parent", ""),
            switch("silent", ""),
            switch("no-inherit-labels", ""),
        ],
    ),
    (
        "update",
        &[
            value("status", "s"),
            value("assignee", "a"),
            value("description", "d"),
            value("acceptance", ""),
            value("add-label", ""),
            value("defer", ""),
            switch("claim", ""),
        ],
    ),
    (
        "ready",
        &[
            value("label", "l"),
            value("label-any", ""),
            value("exclude-label", ""),
            value("limit", "n"),
            value("type", "t"),
            value("parent", ""),
            switch("unassigned", "u"),
            value("sort", "s"),
            switch("claim", ""),
        ],
    ),
    (
        "list",
        &[
            value("label", "l"),
            value("label-any", ""),
            value("limit", "n"),
            value("status", "s"),
            switch("all", ""),
        ],
    ),
    ("show", &[]),
    ("close", &[value("reason", "r"), switch("force", "f")]),
    ("dep", &[]),
    ("label", &[]),
    ("blocked", &[]),
    (
        "count",
        &[
            value("label", "l"),
            value("status", "s"),
            switch("by-status", ""),
        ],
    ),
    ("stats", &[]),
    ("stale", &[value("days", "d"), value("status", "s")]),
    ("export", &[]),
    (
        "sync",
        &[switch("flush-only", ""), switch("import-only", "")],
    ),
    ("doctor", &[]),
    ("info", &[]),
    ("daemon", &[switch("status", ""), switch("stop", "")]),
    ("config", &[]),
    ("heartbeat", &[]),
    ("hb", &[]),
    ("lease", &[]),
];

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// Empty without one.
    pub(crate) command: String,
    pub(crate) words: Vec<String>,
    flags: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads the arguments, or returns what cobra says of them.
    pub(crate) fn read(words: &[String], quirks: &Quirks) -> Result<Self, String> {
        let mut args = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                args.words.extend(words.by_ref().cloned());
            } else if word.len() > 1 && word.starts_with('-') {
                args.flag(word, &mut words, quirks)?;
            } else if args.command.is_empty() {
                args.set_command(word, quirks)?;
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    fn set_command(&mut self, word: &str, quirks: &Quirks) -> Result<(), String> {
        let known = COMMANDS.iter().any(|(name, _)| *name == word) && !quirks.lacks.contains(&word);
        if !known {
            return Err(format!(
                "Error: unknown command \"{word}\" for \"bd\"\nRun 'bd --help' for usage.\n"
            ));
        }
        word.clone_into(&mut self.command);
        Ok(())
    }

    fn flag<'a>(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        quirks: &Quirks,
    ) -> Result<(), String> {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        let unknown = || match name.strip_prefix("--") {
            Some(_) => format!(
                "Error: unknown flag: {name}\nUsage:\n  bd {} [flags]\n",
                self.command
            ),
            None => format!(
                "Error: unknown shorthand flag: '{}' in {name}\nUsage:\n  bd {} [flags]\n",
                &name[1..],
                self.command
            ),
        };
        let flag = self.find(name, quirks).ok_or_else(unknown)?;
        let value = match inline {
            Some(value) => value,
            None if flag.takes_value => rest
                .next()
                .cloned()
                .ok_or_else(|| format!("Error: flag needs an argument: {name}\nUsage:\n"))?,
            None => "true".to_owned(),
        };
        self.flags.push((flag.name, value));
        Ok(())
    }

    fn find(&self, name: &str, quirks: &Quirks) -> Option<&'static Flag> {
        let own = COMMANDS
            .iter()
            .find(|(command, _)| *command == self.command)
            .map_or(&[][..], |(_, flags)| *flags);
        let is = |flag: &&Flag| match name.strip_prefix("--") {
            Some(long) => flag.name == long,
            None => !flag.short.is_empty() && flag.short == name.trim_start_matches('-'),
        };
        let lacks = |key: String| quirks.lacks.contains(&key.as_str());
        let own = own
            .iter()
            .find(is)
            .filter(|flag| !lacks(format!("{} --{}", self.command, flag.name)));
        own.or_else(|| {
            GLOBAL
                .iter()
                .find(is)
                .filter(|flag| !lacks(format!("--{}", flag.name)))
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "false")
    }

    /// The last value of a flag.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .rfind(|(flag, _)| *flag == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a flag; commas part values too.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let values = self.flags.iter().filter(|(flag, _)| *flag == name);
        values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }
}
