//! Keys, completions and manual pages, as their users run them.

use crate::program::{path, run, told};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

#[test]
fn keys_are_made_once_and_shown() {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("keys");
    let keygen = ["keygen", "--out", path(&keys), "--bits", "2048", "--jwk"];
    let (code, out, err) = told(&run(keygen));
    assert_eq!(code, 0, "{err}");
    let first = out.lines().next().unwrap();
    assert!(first.starts_with("RSA 2048 bits, SHA-256 "), "{out}");
    assert!(out.contains("{\"kty\":\"RSA\",\"n\":"), "{out}");
    let private = keys.join("privkey.bin");
    let mode = fs::metadata(&private).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (_, out, _) = told(&run(["keygen", "show", path(&private)]));
    assert_eq!(out, format!("private key to {first}\n"));
    let (_, out, _) = told(&run(["keygen", "show", path(&keys.join("pubkey.bin"))]));
    assert_eq!(out, format!("public key {first}\n"));
    let (code, _, err) = told(&run(keygen));
    assert!(code == 1 && err.contains("File exists"), "{err}");
}

#[test]
fn keys_may_rest_encrypted() {
    let folder = TempDir::new().unwrap();
    let (keys, secret) = (folder.path().join("keys"), folder.path().join("secret"));
    let (private, none) = (keys.join("privkey.bin"), folder.path().join("none"));
    let passphrase = ["--key-passphrase-file", path(&secret)];
    let keygen = ["keygen", "--out", path(&keys), "--bits", "2048"];
    fs::write(&secret, "\n").unwrap();
    let (code, _, err) = told(&run(keygen.into_iter().chain(passphrase)));
    assert!(
        code == 1 && err.contains("secret: there is no passphrase"),
        "{err}"
    );
    fs::write(&secret, "hunter2\n").unwrap();
    let (code, made, err) = told(&run(keygen.into_iter().chain(passphrase)));
    assert_eq!(code, 0, "{err}");
    let show = ["keygen", "show", path(&private)];
    let (_, out, _) = told(&run(show));
    assert_eq!(out, "a key that is encrypted with a passphrase\n");
    let (_, out, _) = told(&run(show.into_iter().chain(passphrase)));
    assert_eq!(out, format!("private key to {made}"));
    let (code, _, err) = told(&run(show.into_iter().chain([passphrase[0], path(&none)])));
    assert!(code == 1 && err.contains("none: No such file"), "{err}");
}

#[test]
fn completions_and_pages_know_every_subcommand() {
    let folder = TempDir::new().unwrap();
    let (code, ..) = told(&run(["man", "--out", path(folder.path())]));
    assert_eq!(code, 0);
    let subcommands = [
        "demo", "serve", "resolve", "import", "export", "keygen", "man",
    ];
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = told(&run(["completions", shell]));
        assert_eq!(code, 0);
        for subcommand in subcommands {
            assert!(out.contains(subcommand), "{shell}: {subcommand}");
        }
    }
    for subcommand in subcommands {
        let page = folder.path().join(format!("nameplate-{subcommand}.1"));
        assert!(page.exists(), "{subcommand}");
    }
    let (_, out, _) = told(&run(["man"]));
    assert!(out.contains(".TH nameplate"), "{out}");
}
