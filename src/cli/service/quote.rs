//! How systemd, launchd and the Task Scheduler quote. Each does it in its own way.

/// Quotes a word of `ExecStart=`.
pub(super) fn systemd_word(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '%' => quoted += "%%",
            '$' => quoted += "$$",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// Quotes a path that stands alone: nothing but percent signs is special.
pub(super) fn systemd_path(path: &str) -> String {
    path.replace('%', "%%")
}

/// Quotes a value of an `EnvironmentFile=`.
pub(super) fn environment_value(value: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in value.chars() {
        if matches!(letter, '"' | '\\' | '`' | '$') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted + "\""
}

/// Quotes text of XML.
pub(super) fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Quotes an argument of a Windows command line.
pub(super) fn windows_word(word: &str) -> String {
    let is_plain = !word.is_empty() && !word.contains([' ', '\t', '"']);
    if is_plain {
        return word.to_owned();
    }
    let (mut quoted, mut slashes) = (String::from("\""), 0);
    for letter in word.chars() {
        match letter {
            '\\' => slashes += 1,
            '"' => {
                quoted += &"\\".repeat(slashes * 2 + 1);
                slashes = 0;
            }
            _ => {
                quoted += &"\\".repeat(slashes);
                slashes = 0;
            }
        }
        if letter != '\\' {
            quoted.push(letter);
        }
    }
    quoted += &"\\".repeat(slashes * 2);
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &str = "/opt/a b/50%/\"it's\"/$HOME/a\\b/<&>/ap";

    #[test]
    fn each_manager_gets_the_path_as_it_reads_it() {
        assert_eq!(
            systemd_word(ODD),
            r#""/opt/a b/50%%/\"it's\"/$$HOME/a\\b/<&>/ap""#
        );
        assert_eq!(systemd_path("/a b/50%"), "/a b/50%%");
        assert_eq!(
            environment_value(ODD),
            r#""/opt/a b/50%/\"it's\"/\$HOME/a\\b/<&>/ap""#
        );
        assert_eq!(
            xml(ODD),
            "/opt/a b/50%/&quot;it's&quot;/$HOME/a\\b/&lt;&amp;&gt;/ap"
        );
        assert_eq!(windows_word("start"), "start");
        assert_eq!(windows_word(r#"C:\a b\"x"\"#), r#""C:\a b\\\"x\"\\""#);
    }
}
