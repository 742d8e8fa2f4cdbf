//! A small scripted web server on loopback. It says what it is told to, well-formed or not.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What is said to one path.
#[derive(Clone)]
pub enum Answer {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, then one byte after each pause, for ever.
    Drip(Vec<u8>, Duration),
    /// These bytes, then nothing, and the connection stays open.
    Hang(Vec<u8>),
    /// The first bytes, then the second again and again, as fast as they are taken.
    Endless(Vec<u8>, Vec<u8>),
}

/// A running server. Every request's head is kept.
pub struct Site {
    pub addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Starts on a free port of `ip`. Paths that are not listed answer 404.
    pub async fn start_on(ip: &str, answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Site {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let answers: HashMap<&str, Answer> = answers.into_iter().collect();
        let answers = Arc::new(answers);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answers.clone(), seen.clone()));
            }
        });
        Site { addr, requests }
    }

    pub async fn start(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Site {
        Site::start_on("127.0.0.1", answers).await
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.addr)).unwrap()
    }

    pub fn ports(&self) -> [u16; 1] {
        [self.addr.port()]
    }

    /// Heads of the requests so far, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// First lines of the requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.requests().iter().map(|r| r.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
    }
}

async fn converse(
    mut stream: TcpStream,
    answers: Arc<HashMap<&'static str, Answer>>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => head.extend_from_slice(&buffer[..n]),
            _ => break,
        }
        if head.first().is_some_and(|b| !b.is_ascii_uppercase()) {
            break;
        }
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head);
    let answer = answers.get(path.as_str()).cloned().unwrap_or_else(|| page("404 Not Found", "", b"gone"));
    let _ = say(&mut stream, answer).await;
}

async fn say(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            // Read what is left, so that closing does not reset the connection under the reader.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
        }
        Answer::Drip(bytes, pause) => {
            stream.write_all(&bytes).await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(pause).await;
            }
        }
        Answer::Hang(bytes) => {
            stream.write_all(&bytes).await?;
            std::future::pending::<()>().await;
        }
        Answer::Endless(bytes, again) => {
            stream.write_all(&bytes).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
    }
    Ok(())
}

/// A well-formed answer. `headers` are whole lines, each with its line break.
pub fn page(status: &str, headers: &str, body: &[u8]) -> Answer {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    Answer::Bytes([head.as_bytes(), body].concat())
}

pub fn redirect(to: &str) -> Answer {
    page("302 Found", &format!("Location: {to}\r\n"), b"moved")
}

pub fn raw(bytes: &[u8]) -> Answer {
    Answer::Bytes(bytes.to_vec())
}
