//! A mail server on this machine that follows the protocol up to a point, and then does as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Where the server leaves the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Never,
    Greeting,
    Hello,
    Auth,
    Mail,
    Rcpt,
    Data,
    Text,
}

/// What it does there.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    Say(&'static str),
    Close,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shield {
    Plain,
    StartTls,
    Implicit,
}

/// What one connection was told.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    pub commands: Vec<String>,
    pub text: Option<String>,
}

pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Server {
    /// Serves any number of connections until the test ends.
    pub fn start(shield: Shield, at: At, then: Then) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let slot = {
                    let mut all = all.lock().unwrap();
                    all.push(Heard::default());
                    all.len() - 1
                };
                let dialogue = Dialogue { heard: all.clone(), slot, at, then, shield };
                // An aborted connection is what some scripts are about.
                std::thread::spawn(move || dialogue.run(stream).ok());
            }
        });
        Server { port, heard }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The texts that were received in full.
    pub fn texts(&self) -> Vec<String> {
        self.heard().into_iter().filter_map(|h| h.text).collect()
    }
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

struct Dialogue {
    heard: Arc<Mutex<Vec<Heard>>>,
    slot: usize,
    at: At,
    then: Then,
    shield: Shield,
}

impl Dialogue {
    fn run(&self, stream: TcpStream) -> std::io::Result<()> {
        if self.shield == Shield::Implicit {
            return self.talk(&mut BufReader::new(tls(stream)), true, true);
        }
        let mut plain = BufReader::new(stream.try_clone()?);
        self.talk(&mut plain, false, true)?;
        if self.heard().commands.iter().any(|c| c == "STARTTLS") {
            self.talk(&mut BufReader::new(tls(stream)), true, false)?;
        }
        Ok(())
    }

    fn heard(&self) -> Heard {
        self.heard.lock().unwrap()[self.slot].clone()
    }

    /// Answers one stage. False: the connection is over.
    fn answer(&self, wire: &mut impl Wire, stage: At, usual: &str) -> std::io::Result<bool> {
        let reply = match (stage == self.at && stage != At::Never, self.then) {
            (false, _) => usual,
            (true, Then::Say(reply)) => reply,
            (true, Then::Close) => return Ok(false),
            (true, Then::Nothing) => {
                std::thread::sleep(std::time::Duration::from_secs(5));
                return Ok(false);
            }
        };
        wire.write_all(format!("{reply}\r\n").as_bytes())?;
        wire.flush()?;
        Ok(true)
    }

    fn talk<W: Wire>(&self, wire: &mut BufReader<W>, encrypted: bool, greet: bool) -> std::io::Result<()> {
        if greet && !self.answer(wire.get_mut(), At::Greeting, "220 yunxi.example")? {
            return Ok(());
        }
        let mut line = String::new();
        loop {
            line.clear();
            if wire.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let command = line.trim_end().to_owned();
            self.heard.lock().unwrap()[self.slot].commands.push(command.clone());
            let word = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let on = match word.as_str() {
                "EHLO" => {
                    let offer = self.shield == Shield::StartTls && !encrypted;
                    let usual =
                        if offer { "250-hello\r\n250 STARTTLS" } else { "250-hello\r\n250 AUTH PLAIN LOGIN" };
                    self.answer(wire.get_mut(), At::Hello, usual)?
                }
                "STARTTLS" => {
                    self.answer(wire.get_mut(), At::Never, "220 go")?;
                    return Ok(());
                }
                "AUTH" => self.answer(wire.get_mut(), At::Auth, "235 ok")?,
                "MAIL" => self.answer(wire.get_mut(), At::Mail, "250 ok")?,
                "RCPT" => self.answer(wire.get_mut(), At::Rcpt, "250 ok")?,
                "DATA" => {
                    let on = self.answer(wire.get_mut(), At::Data, "354 go ahead")?;
                    if on && (self.at != At::Data) {
                        let text = read_text(wire)?;
                        self.heard.lock().unwrap()[self.slot].text = Some(text);
                        self.answer(wire.get_mut(), At::Text, "250 queued as 42")?
                    } else {
                        on
                    }
                }
                _ => {
                    self.answer(wire.get_mut(), At::Never, "221 bye")?;
                    return Ok(());
                }
            };
            if !on {
                return Ok(());
            }
        }
    }
}

/// Reads up to the lone dot and takes the doubled dots back (RFC 5321 4.5.2).
fn read_text(wire: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

pub const CA: &[u8] = include_bytes!("tls/ca.pem");

fn tls(stream: TcpStream) -> rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::new(config)).unwrap(), stream)
}
