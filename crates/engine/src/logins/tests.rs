//! Tests of logins: whose connection is whose, and for how long.

use super::*;

const START: Moment = Moment(1000);
const LIFE: Duration = Duration::from_mins(10);

fn logins() -> Logins<u64> {
    Logins::new(LoginLimits {
        life: LIFE,
        count_max: 3,
    })
}

fn user() -> Identity {
    Identity::new("88.1/u", 300)
}

fn logged_in(line: u64, id: u32) -> Logins<u64> {
    let mut logins = logins();
    logins.ask(line, id, START).unwrap();
    begin(&mut logins, line, id, START).unwrap();
    logins
}

/// Begins a login whose proof was looked at just now.
fn begin(logins: &mut Logins<u64>, line: u64, id: u32, now: Moment) -> Result<(), Refusal> {
    let age = logins.check(&line, id)?;
    logins.begin(&line, id, &user(), age, now)
}

#[test]
fn a_login_counts_on_its_own_connection_only() {
    let mut logins = logins();
    logins.ask(1, 50, START).unwrap();
    logins.ask(2, 60, START).unwrap();
    let begun = |logins: &mut Logins<u64>, line, id| begin(logins, line, id, START);
    assert_eq!(
        begun(&mut logins, 2, 50),
        Err(Refusal::NotAsked),
        "another's"
    );
    assert_eq!(
        begun(&mut logins, 3, 50),
        Err(Refusal::NotAsked),
        "nobody's"
    );
    assert_eq!(
        logins.standing(&1, START),
        Standing::Nobody,
        "only asked for"
    );
    begun(&mut logins, 1, 50).unwrap();
    assert_eq!(begun(&mut logins, 1, 50), Err(Refusal::NotAsked), "twice");
    let standing = Standing::In {
        id: 50,
        identity: user(),
    };
    assert_eq!(logins.standing(&1, START), standing);
    assert_eq!(logins.standing(&2, START), Standing::Nobody);
}

#[test]
fn what_came_with_an_identity_is_not_kept() {
    let message = Bytes::from(b"88.1/u and sixteen megabytes of something else".to_vec());
    let mut logins = logins();
    logins.ask(1, 50, START).unwrap();
    let identity = Identity::new(message.slice(..6), 300);
    let age = logins.check(&1, 50).unwrap();
    logins.begin(&1, 50, &identity, age, START).unwrap();
    drop(identity);
    assert!(message.is_unique(), "nobody else holds the message");
    assert!(logins.is_in(&1, START));
}

#[test]
fn of_several_that_were_asked_for_the_last_counts() {
    let mut logins = logins();
    logins.ask(1, 50, START).unwrap();
    logins.ask(1, 51, START).unwrap();
    assert_eq!(logins.check(&1, 50), Err(Refusal::NotAsked));
    assert!(logins.check(&1, 51).is_ok());
    assert!(!logins.contains(50) && logins.contains(51));
}

#[test]
fn who_is_logged_in_cannot_log_in_again_until_it_is_over() {
    let mut logins = logged_in(1, 50);
    assert_eq!(logins.ask(1, 51, START), Err(Refusal::Already));
    let almost = START + LIFE.checked_sub(Duration::from_millis(1)).unwrap();
    assert!(logins.is_in(&1, almost));
    let over = START + LIFE;
    assert_eq!(logins.standing(&1, over), Standing::Over { id: 50 });
    assert!(!logins.is_in(&1, over));
    assert!(logins.contains(50), "nothing else gets the id meanwhile");
    logins.ask(1, 51, over).unwrap();
    begin(&mut logins, 1, 51, over).unwrap();
    assert!(logins.is_in(&1, over) && !logins.contains(50));
}

#[test]
fn a_login_ends_with_its_connection_and_with_its_key() {
    let mut logins = logged_in(1, 50);
    logins.ask(2, 60, START).unwrap();
    let age = logins.check(&2, 60).unwrap();
    logins
        .begin(&2, 60, &Identity::new("88.1/v", 300), age, START)
        .unwrap();
    assert_eq!(logins.end_of(|identity| *identity == user()), 1);
    assert_eq!(
        logins.end_of(|identity| *identity == user()),
        0,
        "it is over"
    );
    assert_eq!(logins.standing(&1, START), Standing::Over { id: 50 });
    assert!(logins.is_in(&2, START));
    logins.hang_up(&1);
    logins.hang_up(&1);
    assert_eq!(logins.standing(&1, START), Standing::Nobody);
    assert!(!logins.contains(50));
    assert_eq!(logins.count(), 1);
}

#[test]
fn a_proof_with_a_key_that_has_changed_meanwhile_begins_nothing() {
    let mut logins = logins();
    logins.ask(1, 50, START).unwrap();
    let age = logins.check(&1, 50).unwrap();
    logins.end_of(|identity| *identity == user());
    let begun = logins.begin(&1, 50, &user(), age, START);
    assert_eq!(begun, Err(Refusal::NotAsked));
    assert_eq!(logins.standing(&1, START), Standing::Nobody);
}

#[test]
fn there_is_no_room_for_more_than_there_may_be() {
    let mut logins = logins();
    for line in 0..3 {
        logins.ask(line, line as u32 + 50, START).unwrap();
    }
    assert_eq!(logins.ask(3, 70, START), Err(Refusal::Full));
    assert!(!logins.contains(70));
    logins.ask(2, 71, START).unwrap();
    logins.hang_up(&0);
    logins.ask(3, 70, START).unwrap();
}

#[test]
fn refusals_have_the_codes_of_the_chinese_system() {
    for (refusal, code) in [
        (Refusal::Already, 407),
        (Refusal::NotAsked, 405),
        (Refusal::Full, 3),
    ] {
        assert_eq!(refusal.code().0, code, "{refusal}");
    }
}
