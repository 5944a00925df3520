//! Tests of the configuration.

use super::*;
use std::path::Path;

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn what_is_written_is_read_back() {
    let text = Config::default().to_toml();
    assert_eq!(Config::parse(&text).unwrap(), Config::default());
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let check = |text: &str, expected: &str| {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("\nlisten = 5", "line 2");
    check("udp.treads = 1", "unknown field `treads`");
    check("[upd]", "unknown field `upd`");
    check("udp.threads = 65", "udp.threads must be 0 to 64, not 65");
    check("udp.threads = -1", "threads");
    check(
        "[tcp]\nconnections_max = 0",
        "tcp.connections_max must be 1 to 100000, not 0",
    );
    check(
        "tcp.connections_max = 9000000000000000000",
        "must be 1 to 100000",
    );
    check(
        "tcp.idle_seconds_max = 0",
        "tcp.idle_seconds_max must be 1 to 86400, not 0",
    );
    check(
        "limits.questions_burst = 0",
        "limits.questions_burst must be",
    );
    check("limits.exempt = [\"127.0.0.1/99\"]", "line 1");
    check("log.format = \"xml\"", "unknown variant `xml`");
    check("log.level = \"node=loud\"", "log.level \"node=loud\"");
    check("listen = [\"localhost\"]", "line 1");
    check("listen = []", "listen must hold 1 or more addresses");
}

#[test]
fn where_others_can_reach_the_node_they_are_told_under_which_address() {
    let check = |text: &str, expected: Option<&str>| match (Config::parse(text), expected) {
        (Ok(_), None) => (),
        (Err(error), Some(expected)) => {
            assert!(error.to_string().contains(expected), "{error}");
        }
        (other, expected) => panic!("{text}: {other:?}, not {expected:?}"),
    };
    check("listen = [\"[::1]:1\", \"127.0.0.9:1\"]", None);
    let needed = Some("say under which address others reach this node (`--public-address IP`");
    check("listen = [\"0.0.0.0:2641\"]", needed);
    check("listen = [\"[::]:2641\"]", needed);
    check("listen = [\"192.0.2.1:2641\"]", needed);
    let any = |public: &str| format!("listen = [\"0.0.0.0:1\"]\npublic_addresses = [{public}]");
    check(&any("\"192.0.2.1\""), None);
    check(&any("\"0.0.0.0\""), Some("nobody can be asked there"));
    check(&any("\"::1\""), Some("cannot hold ::1"));
    check(
        &any("\"2001:db8::1\""),
        Some("does not listen on any address of that family"),
    );
    check(
        &any("\"192.0.2.1\", \"192.0.2.2\""),
        Some("another of the same family"),
    );
}

#[test]
fn a_data_folder_may_hold_its_configuration() {
    let data = tempfile::tempdir().unwrap();
    let read = |file: Option<&Path>| Config::read(file, data.path());
    assert_eq!(read(None).unwrap(), Config::default());
    fs::write(data.path().join(FILE_NAME), "tcp.idle_seconds_max = 9").unwrap();
    assert_eq!(read(None).unwrap().tcp.idle_seconds_max, 9);
    let missing = data.path().join("none.toml");
    let error = read(Some(&missing)).unwrap_err().to_string();
    assert!(error.contains("none.toml: No such file"), "{error}");
}

#[test]
fn the_example_names_every_setting_and_sets_none() {
    let example = example();
    assert_eq!(Config::parse(&example).unwrap(), Config::default());
    // With the `#` before settings removed, everything is set to its default.
    let is_setting = |line: &&str| {
        line.strip_prefix("# ").is_some_and(|line| {
            let key = line.split(" = ").next().unwrap_or_default();
            line.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
    };
    let settings = example.lines().filter(is_setting).count();
    let keys: usize = tables().iter().map(|table| table.keys.len()).sum();
    assert_eq!(settings, keys, "{example}");
    let set: Vec<&str> = example
        .lines()
        .map(|line| if is_setting(&line) { &line[2..] } else { line })
        // A setting without a default is set by nobody.
        .filter(|line| !line.ends_with(" = "))
        .collect();
    assert_eq!(Config::parse(&set.join("\n")).unwrap(), Config::default());
}

/// The declared settings are the struct's: all that is printed is declared.
#[test]
fn every_setting_is_explained() {
    let printed = toml::Table::try_from(Config::default()).unwrap();
    let names: Vec<&str> = tables().iter().map(|table| table.name).collect();
    for (key, value) in &printed {
        let is_table = value.as_table().is_some_and(|table| !table.is_empty());
        let declared = if is_table {
            names.contains(&key.as_str())
        } else {
            tables()[0].keys.iter().any(|declared| declared.name == key) || value.is_table()
        };
        assert!(declared, "{key}");
    }
    for table in tables() {
        for key in table.keys {
            assert!(!key.about.is_empty(), "{}.{}", table.name, key.name);
        }
    }
}

#[test]
fn what_is_new_is_named_with_when_it_takes_effect() {
    let old = Config::default();
    let mut new = old.clone();
    assert_eq!(old.changed(&new), []);
    new.listen.push("[::1]:2641".parse().unwrap());
    new.limits.questions_per_second = 7;
    let changed = |key: &str, effect| Changed {
        key: key.into(),
        effect,
    };
    let expected = [
        changed("listen", Effect::Restart),
        changed("limits.questions_per_second", Effect::AtOnce),
    ];
    assert_eq!(old.changed(&new), expected);
}

/// The manual is what is declared. `NAMEPLATE_WRITE_MANUAL=1 cargo test -p node manual` writes it.
#[test]
fn the_manual_is_what_is_declared() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let text = fs::read_to_string(&path).unwrap();
    let (start, _) = text.split_once(MANUAL_MARK).expect("the mark is there");
    let expected = format!(
        "{start}{MANUAL_MARK}\n\n{}",
        manual().trim_end().to_owned() + "\n"
    );
    if std::env::var_os("NAMEPLATE_WRITE_MANUAL").is_some() {
        fs::write(&path, expected).unwrap();
    } else {
        assert!(text == expected, "docs/configuration.md is old");
    }
}

const MANUAL_MARK: &str = "<!-- What follows is made of the program's own explanations. -->";
