//! What signatures prove of answers that somebody has made up to look proven.

use super::*;
use crate::recursive::replay::signing::{anchor, certificate, signature};
use crate::resolver::tests::world::{DATE, Toy};
use model::Value;

const ABOUT: &str = "99/a";

fn signed_by_root(values: &[Value]) -> Value {
    let text = signature("99/a,300:0.NA/0.NA,root,exp=49", values);
    Value::public(400, "HS_SIGNATURE", text)
}

/// What is proven of values, with certificates for whoever asks for some; and how many were asked
/// for.
fn prove(values: &[Value], certificates: &[Value]) -> (Proof, usize) {
    let encoded = |values: &[Value]| values.iter().map(EncodedValue::of).collect::<Vec<_>>();
    let (toy, about) = (Toy::default(), ABOUT.parse().unwrap());
    let anchors = [anchor("300:0.NA/0.NA", "root", &[])];
    let mut proving = Proving::begin(&toy, &about, &encoded(values), &anchors, DATE);
    let mut asked = 0;
    while proving.poll_wanted().is_some() {
        proving.handle_values(&toy, &encoded(certificates), 1000);
        asked += 1;
        assert!(asked < 100, "without an end");
    }
    (proving.end(), asked)
}

/// Of two values with one index a signature is over one; who is told both cannot tell which.
#[test]
fn one_index_proves_no_two_values() {
    let real = Value::public(1, "URL", "here");
    let fake = Value::public(1, "URL", "elsewhere");
    let signed = signed_by_root(std::slice::from_ref(&real));
    let (proof, _) = prove(&[real.clone(), signed.clone()], &[]);
    assert_eq!((proof.indexes, proof.seconds), (vec![1], 50));
    for values in [[fake.clone(), real.clone()], [real, fake]] {
        let [one, other] = values;
        let (proof, _) = prove(&[one, other, signed.clone()], &[]);
        assert!(proof.indexes.is_empty());
    }
}

/// Whoever adds signatures has so many of them looked at, and so many certificates asked for.
#[test]
fn many_signatures_make_no_more_work() {
    let url = Value::public(1, "URL", "here");
    let junk = |number: u32| {
        let issuer = format!("99/a,{number}:99/k,one");
        Value::public(400 + number, "HS_SIGNATURE", signature(&issuer, &[]))
    };
    let mut values = vec![url.clone()];
    values.extend((1..100).map(junk));
    let (proof, asked) = prove(&values, &[]);
    assert_eq!((proof.indexes, asked), (vec![], SIGNATURES_MAX));
    assert_eq!(proof.seconds, DOUBT_SECONDS);
    // A good one among the first is found all the same.
    values.insert(2, signed_by_root(&[url]));
    assert_eq!(prove(&values, &[]).0.indexes, [1]);
    // Each holder is certified by the next, for ever.
    let endless: Vec<Value> = (1..=60)
        .map(|number| {
            let text = format!("{number}:99/k,one,{}:99/k,one", number + 1);
            Value::public(number, "HS_CERT", certificate(&text))
        })
        .collect();
    let (proof, asked) = prove(&values[..2], &endless);
    assert!(proof.indexes.is_empty() && asked <= ASKED_MAX, "{asked}");
}

/// What is not signed is not in doubt: that may be kept as long as the values say.
#[test]
fn what_is_not_signed_is_kept_as_long_as_ever() {
    let (proof, asked) = prove(&[Value::public(1, "URL", "here")], &[]);
    assert_eq!((proof, asked), (Proof::default(), 0));
}
