//! The processes that descend from another one: how old they are and how much they compute.
use std::time::Duration;

/// A descendant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub pid: i32,
    pub parent: i32,
    pub age: Duration,
    /// Processor time of the process and of those of its children that it has waited for.
    pub processor: Duration,
}

/// Returns the children of a process, their children, and so on.
pub fn family(pid: i32) -> Vec<Member> {
    let all = platform::members(pid);
    let (mut found, mut parents) = (Vec::new(), vec![pid]);
    while let Some(parent) = parents.pop() {
        for member in all.iter().filter(|member| member.parent == parent) {
            found.push(*member);
            parents.push(member.pid);
        }
    }
    found
}

/// Returns the processor time of the children that this process has waited for.
pub fn processor_of_the_dead() -> Duration {
    platform::processor_of_the_dead()
}

/// Returns the trees of those children of `parents` that are not older than `most`, the oldest tree first and its root
/// before its descendants.
pub fn young_trees(family: &[Member], parents: &[i32], most: Duration) -> Vec<Vec<i32>> {
    let mut roots: Vec<&Member> = family
        .iter()
        .filter(|member| parents.contains(&member.parent) && !parents.contains(&member.pid))
        .filter(|member| member.age <= most)
        .collect();
    roots.sort_by_key(|root| std::cmp::Reverse(root.age));
    roots.iter().map(|root| tree(family, root.pid)).collect()
}

fn tree(family: &[Member], root: i32) -> Vec<i32> {
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        let children = family.iter().filter(|member| member.parent == parent);
        tree.extend(children.map(|child| child.pid));
        next += 1;
    }
    tree
}

#[cfg(target_os = "linux")]
mod platform {
    use super::Member;
    use crate::exec::process;
    use fs_err as fs;
    use std::time::Duration;

    pub(super) fn members(pid: i32) -> Vec<Member> {
        let uptime = uptime();
        let (mut found, mut parents) = (Vec::new(), vec![pid]);
        while let Some(parent) = parents.pop() {
            for child in process::children_of(parent) {
                found.extend(member(child, parent, uptime));
                parents.push(child);
            }
        }
        found
    }

    pub(super) fn processor_of_the_dead() -> Duration {
        fields("self").map_or(Duration::ZERO, |fields| {
            ticks(&fields, 13) + ticks(&fields, 14)
        })
    }

    fn member(pid: i32, parent: i32, uptime: Duration) -> Option<Member> {
        let fields = fields(&pid.to_string())?;
        Some(Member {
            pid,
            parent,
            age: uptime.saturating_sub(ticks(&fields, 19)),
            processor: (11..=14).map(|index| ticks(&fields, index)).sum(),
        })
    }

    /// Returns the fields of `/proc/PID/stat` from the third one. The name in the second may hold spaces and brackets.
    fn fields(pid: &str) -> Option<Vec<u64>> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let rest = stat.rsplit_once(')')?.1;
        let numbers = rest.split_ascii_whitespace().map(str::parse);
        Some(numbers.map(Result::unwrap_or_default).collect())
    }

    /// A tick is a hundredth of a second on every Linux, whatever its kernel counts in.
    fn ticks(fields: &[u64], index: usize) -> Duration {
        Duration::from_millis(10 * fields.get(index).copied().unwrap_or_default())
    }

    fn uptime() -> Duration {
        let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds = text.split(' ').next().and_then(|word| word.parse().ok());
        seconds.map_or(Duration::ZERO, Duration::from_secs_f64)
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use super::Member;
    use std::process::Command;
    use std::time::Duration;

    pub(super) fn members(_pid: i32) -> Vec<Member> {
        let listing = Command::new("ps")
            .args(["-axo", "pid=,ppid=,etime=,time="])
            .output();
        let listing = listing.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        listing
            .unwrap_or_default()
            .lines()
            .filter_map(member)
            .collect()
    }

    /// Those of the dead are not listed.
    pub(super) fn processor_of_the_dead() -> Duration {
        Duration::ZERO
    }

    fn member(line: &str) -> Option<Member> {
        let mut words = line.split_whitespace();
        Some(Member {
            pid: words.next()?.parse().ok()?,
            parent: words.next()?.parse().ok()?,
            age: length(words.next()?)?,
            processor: length(words.next()?)?,
        })
    }

    /// Reads `[[days-]hours:]minutes:seconds[.hundredths]`.
    fn length(text: &str) -> Option<Duration> {
        let (days, rest) = text.split_once('-').unwrap_or(("0", text));
        let mut seconds = 0.0;
        for part in rest.split(':') {
            seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
        }
        Duration::try_from_secs_f64(days.parse::<f64>().ok()? * 86_400.0 + seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_trees_leave_out_what_is_older_than_the_call() {
        let member = |pid, parent, age| Member {
            pid,
            parent,
            age: Duration::from_secs(age),
            processor: Duration::ZERO,
        };
        // 2 is the agent; 3 a server it started first, 4 and 6 its tools, 7 a process handed to the shim, 1.
        let family = [
            member(2, 1, 100),
            member(3, 2, 99),
            member(4, 2, 9),
            member(5, 4, 8),
            member(6, 2, 5),
            member(7, 1, 7),
        ];
        let trees = young_trees(&family, &[1, 2], Duration::from_secs(10));
        assert_eq!(trees, [vec![4, 5], vec![7], vec![6]]);
    }

    #[test]
    fn what_a_child_computes_is_counted_while_it_lives_and_afterwards() {
        let script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo; read x";
        let mut child = std::process::Command::new("sh")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        let me = i32::try_from(std::process::id()).unwrap();
        let found = family(me)
            .into_iter()
            .find(|member| member.pid == pid)
            .unwrap();
        assert_eq!(found.parent, me);
        assert!(Duration::ZERO < found.processor, "{found:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(found.processor <= processor_of_the_dead());
        assert!(family(me).iter().all(|member| member.pid != pid));
    }
}
