//! Questions are answered in the chat in which they were read.
use super::commands::{project, sender_of};
use super::{CHAT, Server};
use crate::project::{Project, Running};
use serde_json::{Value, json};

/// Asks in the first iteration.
const ASKS: &str = "[ $n != 1 ] || { echo '{\"decision\": \"ask\", \"question\": \"Merge or rebase?\", \"choices\": [\"merge\", \"rebase\"]}' >\"$status\"; exit; }\n\
    cp \"${status%status.json}context.json\" ../context.json\n\
    echo '{\"decision\": \"continue\"}' >\"$status\"";

fn asking(server: &Server, script: &str) -> (Project, Running, Value) {
    let project = project(server, "    - {events: [question], to: [me]}\n");
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 2}\n",
        script,
    );
    let runner = project.start(&["work", "s", "--foreground"]);
    let asked = server.wait_for("/sendMessage", 1).remove(0);
    (project, runner, asked)
}

/// Presses a button of a message.
fn press(server: &Server, chat: i64, message: i64, data: &str) {
    server.update(json!({ "callback_query": {
        "id": "77",
        "from": { "id": 1, "is_bot": false },
        "message": { "message_id": message, "chat": { "id": chat } },
        "data": data,
    }}));
}

/// Returns what the second button of a question carries.
fn second_button(asked: &Value) -> String {
    let data = &asked["reply_markup"]["inline_keyboard"][1][0]["callback_data"];
    data.as_str().expect("a button").to_owned()
}

fn kill_sender(project: &Project) {
    let lock = project.outside().join("ap home/state/outbox/sender.lock");
    let sender = nix::unistd::Pid::from_raw(sender_of(&lock));
    nix::sys::signal::kill(sender, nix::sys::signal::SIGKILL).expect("the sender lives");
}

fn answer(project: &Project) -> Value {
    let context: Value = serde_json::from_str(&project.read("../context.json")).expect("a context");
    context["answers"][0]["answer"].clone()
}

#[test]
fn a_button_answers_a_question_although_everything_was_killed_in_between() {
    let server = Server::start();
    let (project, runner, asked) = asking(&server, ASKS);
    let text = asked["text"].as_str().expect("a text");
    assert!(
        text.contains("Merge or rebase?") && text.contains("ap answer s --choice 1"),
        "{text}"
    );
    runner.kill_9();
    kill_sender(&project);
    press(&server, CHAT, 1, &second_button(&asked));
    let runner = project.start(&["work", "s", "--foreground", "--resume"]);
    project.ap(&["notify", "flush"]);
    assert_eq!(runner.ended(), 0);
    assert_eq!(answer(&project), "rebase");
    let said = server.wait_for("/answerCallbackQuery", 1);
    assert!(
        said[0]["text"]
            .as_str()
            .is_some_and(|it| it.contains("rebase")),
        "{said:?}"
    );
    server.wait_for("/editMessageReplyMarkup", 1);
    assert_eq!(
        project.events("s", "question_answered")[0]["by"],
        "Telegram"
    );
    // The button does nothing more, and says so.
    assert_eq!(project.events("s", "question_answered").len(), 1);
}

#[test]
fn strangers_forwarded_messages_and_old_buttons_answer_nothing() {
    let server = Server::start();
    let (project, runner, asked) = asking(&server, ASKS);
    let button = second_button(&asked);
    press(&server, 666, 1, &button);
    press(&server, CHAT, 9, &button);
    press(&server, CHAT, 1, "0123456789abcdef:2");
    let reply = |chat: i64, text: &str, extra: Value| {
        let mut message = json!({
            "message_id": 50, "date": 1, "text": text, "chat": { "id": chat },
            "reply_to_message": { "message_id": 1, "from": { "is_bot": true } },
        });
        for (key, value) in extra.as_object().into_iter().flatten() {
            message[key] = value.clone();
        }
        server.update(json!({ "message": message }));
    };
    reply(666, "merge", json!({}));
    reply(
        CHAT,
        "merge",
        json!({ "forward_origin": { "type": "user" } }),
    );
    // The last update: everything before it was seen.
    reply(CHAT, "squash; $(touch gone) -- --force", json!({}));
    assert_eq!(runner.ended(), 0);
    assert_eq!(answer(&project), "squash; $(touch gone) -- --force");
    assert!(!project.root().join("gone").exists());
    let notes = server.accepted("/answerCallbackQuery");
    assert_eq!(
        notes.len(),
        2,
        "the chat's own old buttons are answered: {notes:?}"
    );
    assert!(
        notes
            .iter()
            .all(|note| note["text"] == "This button does nothing any more.")
    );
}

#[test]
fn a_bot_that_another_program_polls_is_asked_again() {
    let server = Server::start();
    let mut project = project(&server, "    - {events: [question], to: [me]}\n");
    project.set("AP_WAIT_FACTOR", "0.001");
    project.shell_loop("work", "termination: {type: fixed, iterations: 2}\n", ASKS);
    server.conflict(3);
    let runner = project.start(&["work", "s", "--foreground"]);
    let asked = server.wait_for("/sendMessage", 1).remove(0);
    press(&server, CHAT, 1, &second_button(&asked));
    assert_eq!(runner.ended(), 0);
    assert_eq!(answer(&project), "rebase");
    assert_eq!(server.conflicts(), 0);
}

#[test]
fn the_question_of_a_branch_is_answered_in_the_chat() {
    let server = Server::start();
    let project = project(&server, "    - {events: [question], to: [me]}\n");
    let agent = project.program(
        "branch.sh",
        "#!/bin/sh\nread -r status; cat >/dev/null\ncp \"${status%status.json}context.json\" \"../context-$1.json\"\n\
         if [ $1 = one ] && [ ! -e ../asked ]; then touch ../asked; echo '{\"decision\": \"ask\", \"question\": \"Why?\", \"choices\": [\"so\", \"because\"]}' >\"$status\"; exit; fi\n\
         echo '{\"decision\": \"continue\"}' >\"$status\"\n",
    );
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\nargs: [x]\ndelay: 0\ntermination: {{type: fixed}}\n"
    );
    project.a_loop("step", &yaml, "${STATUS}\n");
    project.write(
        ".claude/pipelines/duel.yaml",
        &format!("name: duel\ndescription: a test\nnodes:\n  - id: side\n    parallel:\n      providers: [{{id: one, name: command, program: \"{agent}\", args: [one]}}, {{id: two, name: command, program: \"{agent}\", args: [two]}}]\n      stages: [{{id: think, loop: step, runs: 2}}]\n"),
    );
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    let asked = server.wait_for("/sendMessage", 1).remove(0);
    press(&server, CHAT, 1, &second_button(&asked));
    assert_eq!(runner.ended(), 0);
    let context: Value =
        serde_json::from_str(&project.read("../context-one.json")).expect("a context");
    assert_eq!(context["answers"][0]["answer"], "because");
}

#[test]
fn an_answer_that_was_given_elsewhere_is_said_in_the_chat() {
    let server = Server::start();
    let (project, runner, _) = asking(&server, ASKS);
    project.ap(&["answer", "s", "merge"]).expect(0);
    assert_eq!(runner.ended(), 0);
    agent_pipelines::notify::ring(&super::crash::dirs(&project));
    let said = server.wait_for("/sendMessage", 2).remove(1);
    assert_eq!(said["text"], "q1 of s: merge (by ap answer)");
    server.wait_for("/editMessageReplyMarkup", 1);
}

#[test]
fn commands_work_in_the_chat_and_a_stop_is_confirmed() {
    let server = Server::start();
    let (_project, runner, _) = asking(&server, ASKS);
    let now = agent_pipelines::clock::now().as_second();
    let write = |text: &str, date: i64| {
        let message =
            json!({ "message_id": 60, "date": date, "text": text, "chat": { "id": CHAT } });
        server.update(json!({ "message": message }));
    };
    write("/stop s", now - 3600);
    write("/status", now);
    let shown = server.wait_for("/sendMessage", 2).remove(1);
    assert!(
        shown["text"]
            .as_str()
            .is_some_and(|it| it.contains("asking")),
        "{shown}"
    );
    write("/pause", now);
    let usage = server.wait_for("/sendMessage", 3).remove(2);
    assert_eq!(usage["text"], "Write /pause SESSION");
    write("/stop s", now);
    let offer = server.wait_for("/sendMessage", 4).remove(3);
    let data = offer["reply_markup"]["inline_keyboard"][0][0]["callback_data"].clone();
    press(&server, CHAT, 4, data.as_str().expect("a button"));
    assert_eq!(runner.ended(), 5);
}
