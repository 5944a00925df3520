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
    logins.ask(line, id, &user(), START).unwrap();
    logins.begin(&line, id, 300, START).unwrap();
    logins
}

#[test]
fn a_login_counts_on_its_own_connection_only() {
    let mut logins = logins();
    logins.ask(1, 50, &user(), START).unwrap();
    logins.ask(2, 60, &user(), START).unwrap();
    let begun = |logins: &mut Logins<u64>, line, id| logins.begin(&line, id, 300, START);
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
    let identity = Identity::new(message.slice(..6), 300);
    logins.ask(1, 50, &identity, START).unwrap();
    logins.begin(&1, 50, 300, START).unwrap();
    drop(identity);
    assert!(message.is_unique(), "nobody else holds the message");
    assert!(logins.is_in(&1, START));
}

#[test]
fn of_several_that_were_asked_for_the_last_counts() {
    let mut logins = logins();
    logins.ask(1, 50, &user(), START).unwrap();
    logins.ask(1, 51, &user(), START).unwrap();
    assert_eq!(logins.check(&1, 50), Err(Refusal::NotAsked));
    assert_eq!(logins.check(&1, 51), Ok(()));
    assert!(!logins.contains(50) && logins.contains(51));
}

#[test]
fn who_is_logged_in_cannot_log_in_again_until_it_is_over() {
    let mut logins = logged_in(1, 50);
    assert_eq!(logins.ask(1, 51, &user(), START), Err(Refusal::Already));
    let almost = START + LIFE.checked_sub(Duration::from_millis(1)).unwrap();
    assert!(logins.is_in(&1, almost));
    let over = START + LIFE;
    assert_eq!(logins.standing(&1, over), Standing::Over { id: 50 });
    assert!(!logins.is_in(&1, over));
    assert!(logins.contains(50), "nothing else gets the id meanwhile");
    logins.ask(1, 51, &user(), over).unwrap();
    logins.begin(&1, 51, 300, over).unwrap();
    assert!(logins.is_in(&1, over) && !logins.contains(50));
}

#[test]
fn a_login_ends_with_its_connection_and_with_its_key() {
    let mut logins = logged_in(1, 50);
    let other = Identity::new("88.1/v", 300);
    logins.ask(2, 60, &other, START).unwrap();
    logins.begin(&2, 60, 300, START).unwrap();
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
fn a_login_does_not_begin_with_a_key_from_before_a_change() {
    let mut logins = logins();
    logins.ask(1, 50, &user(), START).unwrap();
    let other = Identity::new("88.1/v", 300);
    logins.ask(2, 60, &other, START).unwrap();
    logins.check(&1, 50).unwrap();
    // The proof is found right, and the key is revoked before that is noted.
    assert_eq!(logins.end_of(|identity| *identity == user()), 0);
    assert_eq!(logins.begin(&1, 50, 300, START), Err(Refusal::NotAsked));
    assert_eq!(logins.standing(&1, START), Standing::Nobody);
    assert!(!logins.contains(50));
    logins.begin(&2, 60, 300, START).unwrap();
    let any_key = Identity::new("88.1/u", 0);
    logins.ask(1, 51, &any_key, START).unwrap();
    logins.begin(&1, 51, 300, START).unwrap();
    let standing = Standing::In {
        id: 51,
        identity: user(),
    };
    assert_eq!(logins.standing(&1, START), standing, "with the new key");
}

#[test]
fn there_is_no_room_for_more_than_there_may_be() {
    let mut logins = logins();
    for line in 0..3 {
        logins.ask(line, line as u32 + 50, &user(), START).unwrap();
    }
    assert_eq!(logins.ask(3, 70, &user(), START), Err(Refusal::Full));
    assert!(!logins.contains(70));
    logins.ask(2, 71, &user(), START).unwrap();
    logins.hang_up(&0);
    logins.ask(3, 70, &user(), START).unwrap();
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
