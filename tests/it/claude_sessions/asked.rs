//! The real program is asked for the quota. It has no login, and nothing to talk to but a proxy that refuses everything.
use super::prepare;
use super::versions::programs;
use crate::claude_cli::Account;
use crate::messages_api::script;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

/// Starts a proxy on this machine that answers every request with an error, until the test ends.
fn refusing_proxy() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            // What was sent does not matter.
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(
                b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    address
}

#[test]
fn without_a_login_the_program_answers_that_there_are_no_windows() {
    for program in programs() {
        let proxy = format!("http://{}", refusing_proxy());
        let prepared = prepare(script(), &[], "", |env| {
            // With another address, or without that traffic, it is not asked.
            env.account(Account::NotLoggedIn)
                .without("ANTHROPIC_BASE_URL")
                .without("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC")
                .var("HTTPS_PROXY", proxy.clone())
                .var("HTTP_PROXY", proxy)
        });
        let Some((api, project)) = prepared else {
            return;
        };
        let settings = format!("programs: {{claude: \"{program}\"}}\n");
        project.put("../home/config/agent-pipelines/config.yaml", &settings);
        let (code, shown) = project.ap(&["quota", "--refresh"]);
        assert_eq!(code, Some(4), "{program}: {shown}");
        assert!(
            shown.contains("it answered that the account has no windows"),
            "{program}: {shown}"
        );
        // It says so for a day, and is not asked again meanwhile.
        let (code, shown) = project.ap(&["quota", "--refresh"]);
        assert_eq!(code, Some(4), "{program}: {shown}");
        assert!(shown.contains("asked again in"), "{program}: {shown}");
        let (_, raw) = project.ap(&["quota", "--raw"]);
        let file: Value = serde_json::from_str(&raw).expect("quota.json");
        let accounts = file["accounts"].as_object().expect("accounts");
        let windows: Vec<_> = accounts.values().map(|it| &it["windows"]).collect();
        let is_empty = |windows: &&Value| windows.as_object().is_none_or(serde_json::Map::is_empty);
        assert!(windows.iter().all(is_empty), "{program}: {file:#}");
        api.assert_clean();
    }
}
