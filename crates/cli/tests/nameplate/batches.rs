//! Batch files as the field writes them, carried out by a node that runs: who asks, which prefixes
//! it is home to, values from files, and going on after somebody who could not be told.

use crate::administration::Desk;
use crate::program::{nameplate, path, run, told};
use std::fs;
use std::path::Path;

/// Imports a batch file; what the import keeps lies beside it.
fn import(desk: &Desk, batch: &Path, more: &[&str]) -> (i32, String, String) {
    let server = desk.server();
    let import = ["import", path(batch), "--server", &server];
    let mut command = nameplate(import.into_iter().chain(more.iter().copied()));
    command.env("XDG_STATE_HOME", desk.file("state"));
    told(&command.output().unwrap())
}

/// A key that rests encrypted, in `made`.
fn make_key(desk: &Desk) {
    let secret = desk.write("secret", "a pass phrase\n");
    let keys = desk.file("made");
    let keygen = ["keygen", "--out", path(&keys), "--bits", "2048"];
    let passphrase = ["--key-passphrase-file", path(&secret)];
    let (code, _, err) = told(&run(keygen.into_iter().chain(passphrase)));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_batch_file_goes_on_with_other_keys_homes_and_files() {
    let desk = Desk::start();
    make_key(&desk);
    desk.write("note.txt", "from a file");
    let server = desk.server();
    let batch = format!(
        "AUTHENTICATE PUBKEY:300:0.NA/0.NA\nnode/admpriv.bin\n\n\
         HOME 192.0.2.1:2641:TCP\n0.NA/88.2\n0.NA/88.3\n\n\
         CREATE 0.NA/88.2\n100 HS_ADMIN 86400 1110 ADMIN 300:111111111111:0.NA/0.NA\n\
         101 HS_ADMIN 86400 1110 ADMIN 1:111111111111:88.2/keys\n\n\
         CREATE 88.2/keys\n1 HS_VLIST 86400 1110 LIST 300:88.2/keys;301:88.2/nobody;\n\
         300 HS_PUBKEY 86400 1110 FILE made/pubkey.bin\n\n\
         AUTHENTICATE PUBKEY:300:88.2/keys\nlate/privkey.bin|a pass phrase\n\n\
         CREATE 88.2/a\n1 NOTE 86400 1110 FILE note.txt\n\n\
         UNHOME {server}:TCP\n0.NA/88.3\n\n\
         AUTHENTICATE PUBKEY:300:0.NA/0.NA\nnode/admpriv.bin\n\n\
         UNHOME {server}:TCP\n0.NA/88.3\n"
    );
    let batch = desk.write("t.batch", &batch);
    let (code, _, err) = import(&desk, &batch, &[]);
    assert_ne!(code, 0);
    let another = "t.batch: line 4: the block names the server \"192.0.2.1:2641:TCP\"; it is \
                   carried out at ";
    assert!(err.contains(another), "{err}");
    assert!(err.contains("late/privkey.bin: No such file"), "{err}");
    assert!(err.contains("--resume"), "{err}");
    assert_eq!(desk.resolved("88.2/keys").0, 0);
    assert_eq!(desk.resolved("88.2/a").0, 1, "nothing after that was done");

    fs::rename(desk.file("made"), desk.file("late")).unwrap();
    let (code, out, err) = import(&desk, &batch, &["--resume"]);
    // A home is not for its owner to give up.
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        err.contains("line 23: 88.3: invalid administrator (400)"),
        "{err}"
    );
    assert!(
        !err.contains("the block names"),
        "as it was asked for: {err}"
    );
    assert_eq!(desk.resolved("88.2/a"), (0, "from a file\n".to_owned()));
    let (code, out, err) = told(&run(["resolve", "88.3/x", "--server", &server]));
    assert!(
        code == 4 && format!("{out}{err}").contains("301"),
        "given up: {out}{err}"
    );
}

#[test]
fn a_key_with_another_passphrase_ends_the_import() {
    let desk = Desk::start();
    make_key(&desk);
    let wrong = "AUTHENTICATE PUBKEY:300:88.1/me\nmade/privkey.bin|another\n\nDELETE 88.1/a\n";
    let batch = desk.write("w.batch", wrong);
    let (code, out, err) = import(&desk, &batch, &[]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(
        err.contains("made/privkey.bin: the key or passphrase does not fit"),
        "{err}"
    );
    assert!(
        !err.contains("another"),
        "a passphrase is not repeated: {err}"
    );
}
