//! How streams are protected: by TLS in which the server shows the key of its site, or by a
//! signature after each block.
//!
//! TLS takes the connection over after the octets `TLS\0`. The certificate is made of the site's
//! key and compared with nothing but that. Not here: what is in the blocks (room `wire`).

use crate::tls::TlsError;
use bytes::{Bytes, BytesMut};
use crypto::{ClientCertificate, SigningKey, VerifyingKey};
use engine::{SignatureDigest, Signs, Verifies};
use model::PublicKey;
use model::octets::{Reader, put_string};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wire::Version;
use wire::copy_stream::RECORD_OCTETS_MAX;
use wire::replication_stream::Protection;

#[cfg(test)]
mod tests;

/// How much is gathered before it is sent.
const SEND_OCTETS: usize = 64 << 10;

/// How long a peer may take none of what is sent, and a handshake may last.
const PEER_TIMEOUT: Duration = Duration::from_secs(30);

/// How much may be waiting to become a record.
const BUFFER_OCTETS_MAX: usize = RECORD_OCTETS_MAX + (1 << 20);

/// The name that certificates bear, which nobody looks at.
const NAME: &str = "replication";

/// What takes a stream's encryption on, with a certificate made of the key of the site.
pub(super) fn acceptor(key: &SigningKey) -> Result<TlsAcceptor, TlsError> {
    let pkcs8 = key.to_pkcs8()?;
    let names = [NAME.to_owned()];
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let made =
        crypto::certificate::self_signed(Some(&pkcs8), &names, since_1970.unwrap_or_default())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![made.certificate.into()],
            PrivatePkcs8KeyDer::from(made.key).into(),
        )?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The side that sends blocks.
pub(super) struct Sender {
    write: Box<dyn AsyncWrite + Send + Unpin>,
    signing: Option<(Arc<SigningKey>, SignatureDigest)>,
    buffer: Vec<u8>,
    pace: Option<Pace>,
}

/// What a peer says while it is sent to.
pub(super) type Back = Box<dyn AsyncRead + Send + Unpin>;

impl Sender {
    /// Begins a stream within TLS.
    pub(super) async fn encrypted(
        mut socket: TcpStream,
        acceptor: &TlsAcceptor,
    ) -> io::Result<(Self, Back)> {
        let mut head = Vec::new();
        Protection::Tls.put(&mut head);
        timeout(PEER_TIMEOUT, socket.write_all(&head)).await??;
        let stream = timeout(PEER_TIMEOUT, acceptor.accept(socket)).await??;
        let (read, write) = tokio::io::split(stream);
        Ok((Self::over(Box::new(write), None), Box::new(read)))
    }

    /// Begins a stream of signed blocks.
    pub(super) fn signed(
        socket: TcpStream,
        key: Arc<SigningKey>,
        version: Version,
    ) -> (Self, Back) {
        let (read, write) = tokio::io::split(socket);
        let digest = key.digest_for(version);
        let mut sender = Self::over(Box::new(write), Some((key, digest)));
        let algorithm = Bytes::from_static(digest.name().as_bytes());
        Protection::Signed(algorithm).put(&mut sender.buffer);
        (sender, Box::new(read))
    }

    fn over(
        write: Box<dyn AsyncWrite + Send + Unpin>,
        signing: Option<(Arc<SigningKey>, SignatureDigest)>,
    ) -> Self {
        Self {
            write,
            signing,
            buffer: Vec::new(),
            pace: None,
        }
    }

    /// Sends no more than so many octets a second from now on; 0 for any number.
    pub(super) fn keep_pace(&mut self, octets_per_second: u64) {
        self.pace = (octets_per_second > 0).then(|| Pace {
            octets_per_second,
            since: Instant::now(),
            octets: 0,
        });
    }

    /// Sends a block, at the latest with the next [`Sender::flush`].
    pub(super) async fn block(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let at = self.buffer.len();
        put(&mut self.buffer);
        if let Some((key, digest)) = &self.signing {
            let block = self.buffer.get(at..).unwrap_or_default();
            let signature = key
                .sign(*digest, block)
                .ok_or_else(|| io::Error::other("the key of the site cannot sign"))?;
            put_string(&mut self.buffer, &signature);
        }
        self.flush_if_full().await
    }

    /// Sends octets that are never signed.
    pub(super) async fn bare(&mut self, octets: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(octets);
        self.flush_if_full().await
    }

    async fn flush_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() >= SEND_OCTETS {
            return self.flush().await;
        }
        Ok(())
    }

    /// Sends what has been gathered.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        for piece in self.buffer.chunks(SEND_OCTETS) {
            timeout(PEER_TIMEOUT, self.write.write_all(piece)).await??;
        }
        timeout(PEER_TIMEOUT, self.write.flush()).await??;
        let sent = std::mem::take(&mut self.buffer).len();
        if let Some(pace) = &mut self.pace {
            pace.wait_after(sent as u64).await;
        }
        Ok(())
    }

    /// Ends the stream.
    pub(super) async fn end(mut self) -> io::Result<()> {
        self.flush().await?;
        timeout(PEER_TIMEOUT, self.write.shutdown()).await?
    }
}

/// How fast a dump goes.
struct Pace {
    octets_per_second: u64,
    since: Instant,
    octets: u64,
}

impl Pace {
    async fn wait_after(&mut self, octets: u64) {
        self.octets = self.octets.saturating_add(octets);
        let microseconds = self.octets.saturating_mul(1_000_000) / self.octets_per_second;
        tokio::time::sleep_until(self.since + Duration::from_micros(microseconds)).await;
    }
}

/// Why nothing more is taken from a stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection is lost, or the peer silent.
    #[error("the connection is lost: {0}")]
    Io(#[from] io::Error),
    /// What came is no such stream.
    #[error("the stream cannot be read: {0}")]
    Wire(#[from] wire::Error),
    /// Somebody else sends, or changes what is sent.
    #[error("a block of the stream bears no signature of the source's key")]
    NotSigned,
    /// The stream is not protected as it must be.
    #[error("{0}")]
    Unprotected(&'static str),
    /// The source's key can be of no use.
    #[error("the key of the source's site: {0}")]
    Key(String),
}

impl From<tokio::time::error::Elapsed> for Broken {
    fn from(elapsed: tokio::time::error::Elapsed) -> Self {
        Self::Io(elapsed.into())
    }
}

/// The side that takes blocks.
pub(super) struct Receiver {
    read: Back,
    octets: Bytes,
    verifying: Option<(SignatureDigest, VerifyingKey)>,
    patience: Duration,
}

/// What is sent back on a stream.
pub(super) type Forth = Box<dyn AsyncWrite + Send + Unpin>;

impl Receiver {
    /// Takes a stream over a connection on which `before` has come already; `key` is the public key
    /// of the server that sends.
    pub(super) async fn begin(
        socket: TcpStream,
        before: Bytes,
        key: &PublicKey,
        in_clear: bool,
        patience: Duration,
    ) -> Result<(Self, Forth), Broken> {
        let mut socket = Prefixed {
            before,
            inner: socket,
        };
        let protection = timeout(patience, read_protection(&mut socket)).await??;
        let name = ServerName::try_from(NAME).expect("it is a name");
        match protection {
            Protection::Tls => {
                let connecting = connector(key)?.connect(name, socket);
                let (read, write) = tokio::io::split(timeout(patience, connecting).await??);
                Ok((Self::over(Box::new(read), None, patience), Box::new(write)))
            }
            Protection::Signed(algorithm) if in_clear => {
                let digest = SignatureDigest::named(&algorithm)
                    .filter(|digest| *digest != SignatureDigest::Md5)
                    .ok_or(Broken::Unprotected(
                        "the stream is signed with an unknown digest",
                    ))?;
                let key = VerifyingKey::new(key).map_err(|error| Broken::Key(error.to_string()))?;
                let (read, write) = tokio::io::split(socket);
                let verifying = Some((digest, key));
                Ok((
                    Self::over(Box::new(read), verifying, patience),
                    Box::new(write),
                ))
            }
            Protection::Signed(_) => Err(Broken::Unprotected(
                "the stream is signed but open; `mirror.in_clear` would take it",
            )),
            Protection::Unsigned => Err(Broken::Unprotected("the stream is not protected")),
        }
    }

    fn over(
        read: Back,
        verifying: Option<(SignatureDigest, VerifyingKey)>,
        patience: Duration,
    ) -> Self {
        Self {
            read,
            octets: Bytes::new(),
            verifying,
            patience,
        }
    }

    /// Takes the next block.
    pub(super) async fn block<T: Send>(
        &mut self,
        read: impl Fn(&mut Reader) -> Result<T, wire::Error>,
    ) -> Result<T, Broken> {
        self.record(read, |_| true).await
    }

    /// Takes the next block, of whose content it depends whether it is signed.
    pub(super) async fn record<T: Send>(
        &mut self,
        read: impl Fn(&mut Reader) -> Result<T, wire::Error>,
        is_signed: impl Fn(&T) -> bool,
    ) -> Result<T, Broken> {
        let (record, block) = self.bare(read).await?;
        if let Some((digest, key)) = self.verifying.clone().filter(|_| is_signed(&record)) {
            let signature = self.bare(|reader| Ok(reader.string("signature")?)).await?;
            if !key.verify(digest, &block, &signature.0) {
                return Err(Broken::NotSigned);
            }
        }
        Ok(record)
    }

    /// Takes what comes next, and its octets.
    async fn bare<T>(
        &mut self,
        read: impl Fn(&mut Reader) -> Result<T, wire::Error>,
    ) -> Result<(T, Bytes), Broken> {
        loop {
            let mut reader = Reader::new(self.octets.clone());
            match read(&mut reader) {
                Ok(record) => return Ok((record, self.octets.split_to(reader.at()))),
                Err(wire::Error::Field(model::Error::Truncated { .. })) => (),
                Err(error) => return Err(error.into()),
            }
            self.read_more().await?;
        }
    }

    /// Reads as much again as is there: what is long is not looked at too often.
    async fn read_more(&mut self) -> Result<(), Broken> {
        if self.octets.len() > BUFFER_OCTETS_MAX {
            let error = io::Error::new(ErrorKind::InvalidData, "a record is too long");
            return Err(error.into());
        }
        let wanted = self.octets.len().max(SEND_OCTETS);
        let mut buffer = BytesMut::with_capacity(self.octets.len() + wanted);
        buffer.extend_from_slice(&self.octets);
        if timeout(self.patience, self.read.read_buf(&mut buffer)).await?? == 0 {
            return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
        }
        self.octets = buffer.freeze();
        Ok(())
    }
}

/// The longest name of a digest.
const ALGORITHM_OCTETS_MAX: u32 = 64;

async fn read_protection(socket: &mut Prefixed) -> Result<Protection, Broken> {
    let mut head = vec![0; 4];
    socket.read_exact(&mut head).await?;
    if head[..] == [0; 4] {
        let length = socket.read_u32().await?;
        head.extend_from_slice(&length.to_be_bytes());
        let mut name = vec![0; length.min(ALGORITHM_OCTETS_MAX) as usize];
        socket.read_exact(&mut name).await?;
        head.extend_from_slice(&name);
    }
    Ok(Protection::read(&mut Reader::new(head.into()))?)
}

/// A connection of which something has been read already.
struct Prefixed {
    before: Bytes,
    inner: TcpStream,
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.before.is_empty() {
            return Pin::new(&mut self.inner).poll_read(context, buffer);
        }
        let count = self.before.len().min(buffer.remaining());
        buffer.put_slice(&self.before.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

fn connector(key: &PublicKey) -> Result<TlsConnector, Broken> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let pinned = Pinned::new(key.clone(), Arc::clone(&provider));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Broken::Key(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Takes the one key that the site's record names, whatever certificate it is in.
#[derive(Debug)]
pub(crate) struct Pinned {
    key: PublicKey,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    pub(crate) fn new(key: PublicKey, provider: Arc<CryptoProvider>) -> Self {
        Self { key, provider }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = ClientCertificate::read(certificate);
        if shown.is_some_and(|shown| shown.key.is_same_key(&self.key)) {
            return Ok(ServerCertVerified::assertion());
        }
        let text = "the certificate is not made of the key of the source's site";
        Err(rustls::Error::General(text.into()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
