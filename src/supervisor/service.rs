//! Tells a service manager that the supervisor is up, what it does, and that its loop lives: the protocol of `sd_notify`.
use crate::fleet::{ProjectStatus, State};
use crate::model::Env;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// A service manager, if one listens.
#[derive(Debug)]
pub(super) struct ServiceManager {
    socket: Option<UnixDatagram>,
    /// How often it has to hear from the loop.
    interval: Option<Duration>,
}

impl ServiceManager {
    /// Finds the service manager that started this process. Runners do not inherit what it told the supervisor.
    pub(super) fn take(vars: &mut Env) -> Self {
        let socket = vars.remove("NOTIFY_SOCKET").and_then(|path| connect(&path));
        let microseconds = vars
            .remove("WATCHDOG_USEC")
            .and_then(|text| text.parse().ok());
        // Twice as often as needed.
        let interval = microseconds.map(|it: u64| Duration::from_micros(it / 2));
        Self {
            interval: interval.filter(|_| socket.is_some()),
            socket,
        }
    }

    pub(super) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    pub(super) fn ready(&self) {
        self.send("READY=1");
    }

    pub(super) fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// Called by the loop itself, so that a loop that is stuck is noticed.
    pub(super) fn feed(&self) {
        if self.interval.is_some() {
            self.send("WATCHDOG=1");
        }
    }

    pub(super) fn status(&self, state: &State) {
        if self.socket.is_none() {
            return;
        }
        let projects = state.projects.values();
        let running = |status: &ProjectStatus| matches!(status, ProjectStatus::Running { .. });
        let running = projects.filter(|it| running(&it.status)).count();
        let all = state.projects.len();
        self.send(&format!("STATUS={running} of {all} projects run"));
    }

    fn send(&self, text: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(text.as_bytes())
        {
            tracing::debug!(%error, "the service manager does not listen");
        }
    }
}

fn connect(path: &str) -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt as _;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name).ok()?;
        return socket.connect_addr(&address).ok().map(|()| socket);
    }
    socket.connect(path).ok().map(|()| socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_manager_hears_that_it_is_up_and_that_its_loop_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let vars = [
            ("NOTIFY_SOCKET".to_owned(), path.display().to_string()),
            ("WATCHDOG_USEC".to_owned(), "60000000".to_owned()),
        ];
        let mut vars: Env = vars.into_iter().collect();
        let manager = ServiceManager::take(&mut vars);
        assert_eq!(vars, Env::default());
        manager.ready();
        manager.feed();
        manager.status(&State::default());
        manager.stopping();
        let mut heard = Vec::new();
        for _ in 0..4 {
            let mut text = [0; 64];
            let length = listener.recv(&mut text).unwrap();
            heard.push(String::from_utf8_lossy(&text[..length]).into_owned());
        }
        let status = "STATUS=0 of 0 projects run";
        assert_eq!(heard, ["READY=1", "WATCHDOG=1", status, "STOPPING=1"]);
        assert_eq!(manager.interval(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn without_a_service_manager_nothing_is_sent() {
        let manager = ServiceManager::take(&mut Env::default());
        manager.ready();
        assert_eq!(manager.interval(), None);
    }
}
