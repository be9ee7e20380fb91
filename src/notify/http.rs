//! Sends one request, within bounds: ten seconds, no redirects, a short answer.
use crate::model::Env;
use camino::Utf8Path;
use fs_err as fs;
use jiff::SignedDuration;
use std::io::{self, Read as _};
use std::time::Duration;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy, Timeout};

/// How long a request may take.
pub const LIMIT: Duration = Duration::from_secs(10);
/// How long a connection may take: less, so that one that was never made is known.
const CONNECT: Duration = Duration::from_secs(8);
/// How much of an answer is read.
const LONGEST_ANSWER: u64 = 256 * 1024;

/// A request; its address may hold a secret.
pub struct Request {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    /// A request without one is a GET.
    pub body: Option<Vec<u8>>,
    pub limit: Duration,
}

impl Request {
    /// Returns a request that posts JSON.
    pub fn post_json(url: String, body: &serde_json::Value) -> Self {
        Self {
            url,
            headers: vec![("content-type", "application/json".to_owned())],
            body: Some(body.to_string().into_bytes()),
            limit: LIMIT,
        }
    }

    /// Returns a request that only asks.
    pub fn get(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            body: None,
            limit: LIMIT,
        }
    }
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub retry_after: Option<SignedDuration>,
    pub body: String,
}

/// Why there is no answer. It never holds the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoResponse {
    /// The request was not sent.
    NotSent(String),
    /// The request was sent, at least in part.
    Lost(String),
}

/// Sends requests with the proxies of an environment.
#[derive(Clone, Debug)]
pub struct Http {
    vars: Env,
    roots: RootCerts,
    longest: Duration,
}

impl Http {
    /// `ca` is a PEM file of the certificates to trust instead of those that are built in.
    pub fn new(vars: &Env, ca: Option<&str>) -> io::Result<Self> {
        Ok(Self {
            longest: Duration::MAX,
            vars: vars.clone(),
            roots: ca.map_or(Ok(RootCerts::WebPki), |path| trusted(Utf8Path::new(path)))?,
        })
    }

    /// Returns the same with a limit for every request.
    pub fn with_longest(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Sends a request and returns the answer, whatever its status.
    pub fn send(&self, request: &Request) -> Result<Response, NoResponse> {
        let proxy = self.proxy(&request.url)?;
        let limit = request.limit.min(self.longest);
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(limit))
            .timeout_connect(Some(CONNECT.min(limit)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("agent-pipelines/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .build()
            .into();
        let answer = match &request.body {
            None => request
                .headers
                .iter()
                .fold(agent.get(&request.url), |get, (name, value)| {
                    get.header(*name, value)
                })
                .call(),
            Some(body) => request
                .headers
                .iter()
                .fold(agent.post(&request.url), |post, (name, value)| {
                    post.header(*name, value)
                })
                .send(body.as_slice()),
        };
        let mut answer = answer.map_err(|error| no_response(&error))?;
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok())
            .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds.max(0.0)).ok());
        let mut body = Vec::new();
        let status = answer.status().as_u16();
        // The status says what became of the request, even if the rest of the answer is lost.
        let _ = answer
            .body_mut()
            .as_reader()
            .take(LONGEST_ANSWER)
            .read_to_end(&mut body);
        Ok(Response {
            status,
            retry_after,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Returns the proxy for an address, as the usual variables name it.
    fn proxy(&self, url: &str) -> Result<Option<Proxy>, NoResponse> {
        let var = |name: &str| {
            let small = self.vars.get(&name.to_ascii_lowercase());
            small
                .or_else(|| self.vars.get(name))
                .filter(|value| !value.is_empty())
        };
        let own = if url.starts_with("https:") {
            var("HTTPS_PROXY")
        } else {
            // In capitals it can be set by a client of a CGI program.
            self.vars
                .get("http_proxy")
                .filter(|value| !value.is_empty())
        };
        let Some(proxy) = own.or_else(|| var("ALL_PROXY")) else {
            return Ok(None);
        };
        if var("NO_PROXY").is_some_and(|list| is_excepted(host(url), list)) {
            return Ok(None);
        }
        let wrong = |_| NoResponse::NotSent("the address of the proxy cannot be read".to_owned());
        Proxy::new(proxy).map(Some).map_err(wrong)
    }
}

/// Reads the certificates in a PEM file.
fn trusted(path: &Utf8Path) -> io::Result<RootCerts> {
    let text = fs::read(path)?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let message = format!("{path} holds no certificate");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Returns the host in an address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether `NO_PROXY` names a host, or a domain that it is in.
fn is_excepted(host: &str, list: &str) -> bool {
    list.split(',').map(str::trim).any(|name| {
        let domain = name
            .trim_start_matches('.')
            .split(':')
            .next()
            .unwrap_or_default();
        name == "*"
            || (!domain.is_empty()
                && (host.eq_ignore_ascii_case(domain)
                    || host
                        .to_ascii_lowercase()
                        .ends_with(&format!(".{}", domain.to_ascii_lowercase()))))
    })
}

/// Words an error without the address, which may hold a token.
fn no_response(error: &ureq::Error) -> NoResponse {
    let lost = |reason: &str| NoResponse::Lost(reason.to_owned());
    let not_sent = |reason: &str| NoResponse::NotSent(reason.to_owned());
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => not_sent("the address cannot be read"),
        ureq::Error::HostNotFound => not_sent("the host is not found"),
        ureq::Error::ConnectionFailed => not_sent("no connection"),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            not_sent("no connection in time")
        }
        ureq::Error::Timeout(_) => lost("no answer in time"),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
            NoResponse::NotSent(format!("no safe connection: {error}"))
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => not_sent("the connection is refused"),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                not_sent("the host cannot be reached")
            }
            io::ErrorKind::InvalidData => {
                NoResponse::NotSent(format!("no safe connection: {error}"))
            }
            _ => lost("the connection broke before an answer came"),
        },
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            not_sent("the proxy does not connect")
        }
        _ => lost("the answer cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excepted_from_the_proxy_by_name_and_domain() {
        assert_eq!(
            host("https://u:p@api.example.com:8443/x?y"),
            "api.example.com"
        );
        assert_eq!(host("http://[::1]:80/"), "::1");
        for (host, list, excepted) in [
            ("api.example.com", "example.com", true),
            ("api.example.com", "localhost, .example.com:443", true),
            ("badexample.com", "example.com", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("x", "*", true),
            ("x", "", false),
        ] {
            assert_eq!(is_excepted(host, list), excepted, "{host} {list}");
        }
    }
}
