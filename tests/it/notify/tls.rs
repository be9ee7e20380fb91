//! Messages are sent over TLS, and only to servers whose certificates are trusted.
use agent_pipelines::model::Env;
use agent_pipelines::notify::http::{Http, NoResponse, Request};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

/// Returns the certificate of an authority, and a server's configuration with a certificate that it signed.
fn authority() -> (String, ServerConfig) {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::new(Vec::new()).expect("names");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).expect("a certificate").pem();
    let key = KeyPair::generate().expect("a key");
    let names = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
    let issuer = Issuer::from_params(&ca, &ca_key);
    let certificate = names.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a configuration");
    (ca_pem, config)
}

#[test]
fn a_server_is_trusted_by_its_authority_and_else_nothing_is_sent() {
    let (ca, config) = authority();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for mut tcp in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = Stream::new(&mut tls, &mut tcp);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|read| 0 < read) {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
                );
                let _ = stream.flush();
            }
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .join("ca.pem");
    atomic::replace(&file, ca.as_bytes()).expect("a file");
    let vars = Env::default();
    let trusting = Http::new(&vars, Some(file.as_str())).expect("certificates");
    let answer = trusting
        .send(&Request::get(url.clone()))
        .expect("an answer");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    let usual = Http::new(&vars, None).expect("certificates");
    let refused = usual.send(&Request::get(url)).expect_err("no trust");
    let NoResponse::NotSent(reason) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("no safe connection"), "{reason}");
    let missing = Http::new(&vars, Some("/no/such/file")).expect_err("no file");
    assert!(missing.to_string().contains("/no/such/file"));
}
