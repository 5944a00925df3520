//! Tests of protected streams over loopback: what is sent arrives, and what somebody has changed
//! on its way does not.

use super::*;
use crypto::RsaBits;
use tokio::net::TcpListener;
use wire::txn_stream::{TxnHead, TxnRecord, TxnStatus};

const PATIENCE: Duration = Duration::from_secs(20);
const HEAD: TxnHead = TxnHead {
    version: 1,
    status: TxnStatus::SENDING,
};
const END: TxnRecord = TxnRecord::End { date_ms: 7 };

fn key() -> Arc<SigningKey> {
    static KEY: std::sync::OnceLock<Arc<SigningKey>> = std::sync::OnceLock::new();
    let key = KEY.get_or_init(|| Arc::new(other_key()));
    Arc::clone(key)
}

fn other_key() -> SigningKey {
    SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Two ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (connected.unwrap(), accepted.unwrap().0)
}

async fn send(mut sender: Sender) -> io::Result<()> {
    sender.block(|out| HEAD.put(out)).await?;
    sender.block(|out| END.put(out)).await?;
    sender.end().await
}

async fn take(
    socket: TcpStream,
    before: Bytes,
    key: &PublicKey,
    in_clear: bool,
) -> Result<(TxnHead, TxnRecord), Broken> {
    let begun = Receiver::begin(socket, before, key, in_clear, PATIENCE).await;
    let (mut receiver, _forth) = begun?;
    let head = receiver.block(TxnHead::read).await?;
    Ok((head, receiver.block(TxnRecord::read).await?))
}

#[test]
fn what_is_sent_arrives_over_tls_shown_with_the_key_of_the_site() {
    run(async {
        let acceptor = acceptor(&key()).unwrap();
        let (ours, theirs) = pair().await;
        let sending = async {
            let (sender, _back) = Sender::encrypted(theirs, &acceptor).await?;
            send(sender).await
        };
        let public = key().public_key();
        let taking = take(ours, Bytes::new(), &public, false);
        let (sent, taken) = tokio::join!(sending, taking);
        sent.unwrap();
        assert_eq!(taken.unwrap(), (HEAD, END));
    });
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    run(async {
        let acceptor = acceptor(&other_key()).unwrap();
        let (ours, theirs) = pair().await;
        let sending = Sender::encrypted(theirs, &acceptor);
        let public = key().public_key();
        let (_, taken) = tokio::join!(sending, take(ours, Bytes::new(), &public, true));
        assert!(taken.unwrap_err().to_string().contains("key of the source"));
    });
}

/// What a source sends in clear.
async fn signed_octets() -> Vec<u8> {
    let (mut ours, theirs) = pair().await;
    let (sender, _back) = Sender::signed(theirs, key(), Version::new(2, 7));
    let mut octets = Vec::new();
    let (sent, read) = tokio::join!(send(sender), ours.read_to_end(&mut octets));
    sent.unwrap();
    read.unwrap();
    octets
}

/// What comes of octets; some come before the others.
async fn taken(octets: &[u8], in_clear: bool) -> Result<(TxnHead, TxnRecord), Broken> {
    let (ours, mut theirs) = pair().await;
    let (before, after) = octets.split_at(9);
    theirs.write_all(after).await.unwrap();
    theirs.shutdown().await.unwrap();
    let before = Bytes::copy_from_slice(before);
    take(ours, before, &key().public_key(), in_clear).await
}

#[test]
fn signed_blocks_arrive_where_they_are_taken_and_no_changed_octet_does() {
    run(async {
        let octets = signed_octets().await;
        assert!(octets.starts_with(b"\0\0\0\0\0\0\0\x07SHA-256\0\0\0\x01\0\0\0\x02\0\0\x01\0"));
        assert_eq!(taken(&octets, true).await.unwrap(), (HEAD, END));
        let error = taken(&octets, false).await.unwrap_err();
        assert!(error.to_string().contains("mirror.in_clear"), "{error}");
        // From the blocks on; lengths that were changed are errors of another kind.
        for at in (15..octets.len()).step_by(5) {
            let mut changed = octets.clone();
            changed[at] ^= 1;
            assert!(taken(&changed, true).await.is_err(), "octet {at}");
        }
        let mut changed = octets.clone();
        let date = octets.len() - 261;
        changed[date] ^= 1;
        let error = taken(&changed, true).await.unwrap_err();
        assert!(matches!(error, Broken::NotSigned), "{error}");
    });
}

#[test]
fn an_unprotected_stream_is_refused_always() {
    run(async {
        let octets = [&[0xff; 4][..], &[0; 40]].concat();
        let error = taken(&octets, true).await.unwrap_err();
        assert!(error.to_string().contains("not protected"), "{error}");
    });
}
