//! Secrets that are made by chance, and texts that only look like them. No file holds either: both are put together from
//! pieces when the tests run.

/// Numbers that are the same in every run.
pub(super) struct Chance(u64);

pub(super) const HEX: &str = "0123456789abcdef";
const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DIGITS: &str = "0123456789";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }

    pub(super) fn text(&mut self, letters: &str, length: usize) -> String {
        let letters = letters.as_bytes();
        (0..length)
            .map(|_| char::from(letters[self.next() % letters.len()]))
            .collect()
    }

    /// What is chosen by chance has a digit and a capital, as good as always.
    fn base62(&mut self, length: usize) -> String {
        self.text(BASE62, length - 2) + "4Q"
    }
}

/// How many shapes there are.
pub(super) const SHAPES: usize = 20;

/// Returns what must not be kept, and the text in which it is written.
pub(super) fn secret(shape: usize, chance: &mut Chance) -> (String, String) {
    let alone = |pieces: &[&str]| {
        let secret = pieces.concat();
        (secret.clone(), secret)
    };
    match shape {
        0 => alone(&["sk-", "ant-api03-", &chance.base62(90), "-AA"]),
        1 => alone(&["sk-", "proj-", &chance.base62(60)]),
        2 => alone(&["gh", "p_", &chance.base62(36)]),
        3 => alone(&[
            "github",
            "_pat_",
            &chance.base62(22),
            "_",
            &chance.base62(59),
        ]),
        4 => alone(&["gl", "pat-", &chance.base62(20)]),
        5 => alone(&[
            "xo",
            "xb-",
            &chance.text(DIGITS, 12),
            "-",
            &chance.text(DIGITS, 12),
            "-",
            &chance.base62(24),
        ]),
        6 => alone(&["AK", "IA", &chance.text(CAPITALS, 16)]),
        7 => {
            let secret = chance.base62(38) + "/+";
            (
                secret.clone(),
                ["aws_secret_", "access_key = ", &secret].concat(),
            )
        }
        8 => alone(&["AI", "za", "Sy", &chance.base62(33)]),
        9 => alone(&["sk_", "live_", &chance.base62(24)]),
        10 => alone(&["np", "m_", &chance.base62(36)]),
        11 => alone(&["py", "pi-AgE", "IcHlwaS5vcmcC", &chance.base62(60)]),
        12 => alone(&[
            "ey",
            "JhbGciOi",
            &chance.base62(12),
            ".ey",
            "JzdWIi",
            &chance.base62(30),
            ".",
            &chance.base62(43),
        ]),
        13 => {
            let secret = chance.base62(32);
            (
                secret.clone(),
                ["Author", "ization: Bearer ", &secret].concat(),
            )
        }
        14 => {
            let secret = chance.base62(20) + "==";
            (
                secret.clone(),
                ["\"author", "ization\": \"Basic ", &secret, "\""].concat(),
            )
        }
        15 => {
            let secret = chance.base62(14);
            (
                secret.clone(),
                ["postgres:/", "/app:", &secret, "@db.example.com:5432/app"].concat(),
            )
        }
        16 => {
            let line = chance.base62(64);
            let name = ["PRIV", "ATE KEY"].concat();
            let block = format!("-----BEGIN {name}-----\n{line}\n{line}\n-----END {name}-----");
            (line, block)
        }
        17 => alone(&[&chance.text("123456789", 10), ":A", "A", &chance.base62(33)]),
        18 => {
            let secret = [
                "T",
                &chance.text(CAPITALS, 8),
                "/B",
                &chance.text(CAPITALS, 8),
                "/",
                &chance.base62(24),
            ]
            .concat();
            (
                secret.clone(),
                ["https://hooks.", "slack.com/services/", &secret].concat(),
            )
        }
        _ => {
            let secret = chance.base62(12);
            (
                secret.clone(),
                ["export DB_", "PASSWORD='", &secret, "'"].concat(),
            )
        }
    }
}

/// Ways in which a text comes up: prose, a diff, JSON, a colour, a log.
pub(super) fn within(number: usize, text: &str) -> String {
    match number % 6 {
        0 => format!("I found {text} in the logs, and removed it."),
        1 => format!("--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n+{text}\n"),
        2 => serde_json::json!({ "type": "text", "text": format!("see\n{text}\nand more") })
            .to_string(),
        3 => format!("\u{1b}[31m{text}\u{1b}[0m"),
        4 => format!("2026-11-30T12:00:00Z ERROR auth: ({text})"),
        _ => format!("é→{text}←é"),
    }
}

/// Texts that are no secrets.
pub(super) fn look_alike(number: usize, chance: &mut Chance) -> String {
    let word = chance.text(SMALL, 9);
    let hex = chance.text(HEX, 40);
    let digits = chance.text(DIGITS, 5);
    match number % 30 {
        0 => format!("commit {hex}"),
        1 => format!(
            "{}-{}-4{}-a{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..15],
            &hex[15..18],
            &hex[18..30]
        ),
        2 => format!("risk-{word}-assessment-for-{word}"),
        3 => format!("class=\"sk-circle-{word}-dot\""),
        4 => format!("npm_config_{word}_registry_address_of_{word}"),
        5 => format!("struct sk_buff *sk_{word}_alloc(int)"),
        6 => format!("Authorization: the {word} is needed"),
        7 => format!("Authorization: Bearer <{word}>"),
        8 => format!("-H \"Authorization: Bearer ${{{}}}\"", word.to_uppercase()),
        9 => format!("http://localhost:{digits}/@{word}/pkg"),
        10 => format!("https://{word}@example.com/{word}.git"),
        11 => format!("postgres://app:${{DB_PASSWORD}}@{word}/app"),
        12 => format!("-----BEGIN CERTIFICATE-----\n{hex}\n-----END CERTIFICATE-----"),
        13 => format!("-----BEGIN PUBLIC KEY-----\n{hex}\n-----END PUBLIC KEY-----"),
        14 => format!("max_tokens={digits}, KEY: {word}"),
        15 => format!("MAX_TOKENS=1{digits}00 {word}"),
        16 => format!("API_KEY=$OTHER_{}", word.to_uppercase()),
        17 => format!("API_KEY=<your {word} key>"),
        18 => format!("GITHUB_TOKEN=${{{{ secrets.{} }}}}", word.to_uppercase()),
        19 => format!("ghp_{word} is the {word} prefix"),
        20 => format!("sha256:{hex}{}", &hex[..24]),
        21 => format!("sha512-{}==", chance.base62(86)),
        22 => format!("data:image/png;base64,iVBORw0KGgo{}", chance.base62(80)),
        23 => format!(
            "{{\"id\":\"toolu_01{}\",\"name\":\"{word}\"}}",
            chance.base62(20)
        ),
        24 => format!("session eyJ{word} has no parts"),
        25 => format!("the ASIAN and AKIANA {word}"),
        26 => format!("SSH_KEY=/etc/ssh/{word}"),
        27 => format!("12:{digits}:AA{word}"),
        28 => format!("SORT_KEY=created_{word}"),
        _ => format!("bearer of {word} news, tokens of {word}"),
    }
}
