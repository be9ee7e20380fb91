//! As much HTTP/1.1 as a client of the Messages API needs: both kinds of body, keep-alive, chunked answers.
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A body larger than the real service takes is a mistake of the client.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// A request as it came over the wire; header names are lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    /// What the wire format itself got wrong.
    pub(super) faults: Vec<String>,
}

impl Message {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether the client wants this connection for its next request.
    pub(super) fn keeps_alive(&self) -> bool {
        !self
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads one request; `None` when the client closed the connection between two.
pub(super) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Message>> {
    let Some(first) = line(stream)? else {
        return Ok(None);
    };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(invalid(format!("not a request line: {first:?}")));
    };
    let mut message = Message {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Message::default()
    };
    read_headers(stream, &mut message)?;
    if message
        .header("expect")
        .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    {
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    message.body = read_body(stream, &mut message)?;
    Ok(Some(message))
}

fn read_headers(stream: &mut impl BufRead, message: &mut Message) -> io::Result<()> {
    loop {
        let header = line(stream)?.ok_or_else(|| invalid("the headers end early"))?;
        if header.is_empty() {
            return Ok(());
        }
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| invalid(format!("not a header: {header:?}")))?;
        if message
            .headers
            .insert(name.to_ascii_lowercase(), value.trim().to_owned())
            .is_some()
        {
            message
                .faults
                .push(format!("the header {name} is given twice"));
        }
    }
}

fn read_body(stream: &mut impl BufRead, message: &mut Message) -> io::Result<Vec<u8>> {
    let length = message.header("content-length").map(str::to_owned);
    let coding = message.header("transfer-encoding").map(str::to_owned);
    if length.is_some() && coding.is_some() {
        message
            .faults
            .push("content-length and transfer-encoding are both given".to_owned());
    }
    match (coding.as_deref(), length) {
        (Some("chunked"), _) => read_chunks(stream),
        (Some(other), _) => Err(invalid(format!("unknown transfer-encoding {other:?}"))),
        (None, Some(length)) => {
            let length = length
                .parse()
                .map_err(|_| invalid(format!("bad content-length {length:?}")))?;
            let mut body = Vec::new();
            read_exactly(stream, length, &mut body)?;
            Ok(body)
        }
        (None, None) => Ok(Vec::new()),
    }
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let header = line(stream)?.ok_or_else(|| invalid("the chunks end early"))?;
        let digits = header.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16)
            .map_err(|_| invalid(format!("bad chunk size {header:?}")))?;
        read_exactly(stream, size, &mut body)?;
        let end = line(stream)?.ok_or_else(|| invalid("a chunk ends early"))?;
        if !end.is_empty() {
            return Err(invalid(format!("{end:?} after a chunk")));
        }
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(stream: &mut impl Read, size: usize, body: &mut Vec<u8>) -> io::Result<()> {
    if size > LARGEST_BODY - body.len().min(LARGEST_BODY) {
        return Err(invalid("the body is over 32 MB"));
    }
    let start = body.len();
    body.resize(start + size, 0);
    stream.read_exact(&mut body[start..])
}

fn line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let line = line
        .strip_suffix("\r\n")
        .ok_or_else(|| invalid("a line does not end in CRLF"))?;
    Ok(Some(line.to_owned()))
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}

/// Starts an answer; `headers` includes how the body is framed.
pub(super) fn write_head(
    stream: &mut impl Write,
    code: u16,
    headers: &[(String, String)],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {code} Mock\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.flush()
}

/// Sends one piece of a chunked answer at once; an empty piece ends it.
pub(super) fn write_chunk(stream: &mut impl Write, piece: &[u8]) -> io::Result<()> {
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend_from_slice(piece);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk)?;
    stream.flush()
}
