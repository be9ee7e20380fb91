//! Which service an agent calls: agents of the same one share its outages.
use super::spec::AgentSpec;
use crate::model::Env;

/// Returns the provider and the address that an agent calls in this environment, without what a user logs in with.
pub fn service(spec: &AgentSpec, env: &Env) -> String {
    let variable = spec.adapter().address_variable();
    let set = variable.and_then(|name| env.get(name));
    let address = match set.filter(|address| !address.is_empty()) {
        Some(address) => without_login(address),
        // The program decides: two programs of one provider may call different services.
        None => spec.program.clone(),
    };
    format!("{} {address}", spec.provider_name())
}

/// Returns an address without the user, the password and the query in it.
fn without_login(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let whole = format!("{scheme}://{host}/{path}");
    whole
        .trim_start_matches("://")
        .trim_end_matches('/')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_its_login() {
        for (address, kept) in [
            ("https://api.example.com/", "https://api.example.com"),
            (
                "https://ann:secret@api.example.com/v1?key=k",
                "https://api.example.com/v1",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("localhost:8080", "localhost:8080"),
        ] {
            assert_eq!(without_login(address), kept);
        }
    }
}
