//! Any text of a task passes through a queue unchanged and without side effects.
use super::{Made, agent, providers};
use agent_pipelines::queue::{Claim, Release};

const TITLES: [&str; 7] = [
    "“Quotes” 'and' \"these\" `too`",
    "\u{1b}[31mred\u{1b}[0m",
    "🦀 emoji ünï",
    "a [link](http://x) (#",
    "$(touch pwned) \\n; --json %s {id} {owner}",
    "[{\"id\": 1}]",
    "--claim",
];

#[test]
fn titles_of_any_kind_come_through() {
    for provider in providers() {
        let lines = (!provider.is_file()).then_some("two\nlines\ttabbed");
        let titles: Vec<&str> = TITLES.into_iter().chain(lines).collect();
        let names: Vec<String> = (0..titles.len()).map(|n| format!("n{n}")).collect();
        let made: Vec<Made<'_>> = names
            .iter()
            .zip(&titles)
            .map(|(name, title)| Made {
                name,
                title,
                closed: false,
            })
            .collect();
        let world = provider.of(&made);
        let next: Vec<String> = world
            .queue
            .next()
            .unwrap()
            .into_iter()
            .map(|task| task.title)
            .collect();
        assert_eq!(next, titles, "{}", provider.name);
        for title in titles {
            let owner = agent("s", 1);
            let Ok(Claim::Won(task)) = world.claim(None, &owner) else {
                panic!("{}: {title}", provider.name)
            };
            assert_eq!(task.title, title, "{}", provider.name);
            world
                .queue
                .release(
                    &task.id,
                    &owner,
                    &Release {
                        why: title,
                        failed: true,
                    },
                )
                .unwrap();
            world.queue.close(&task.id, None, title).unwrap();
            assert_eq!(
                world.queue.show(&task.id).unwrap().title,
                title,
                "{}",
                provider.name
            );
        }
        assert!(!world.stage.at().project.join("pwned").exists());
    }
}
