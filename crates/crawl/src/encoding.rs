//! Undoing content encodings, with a lid on what comes out.

use crate::{FetchError, TooLarge};
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use std::io::{self, Read};

/// More layers than this are an attack, not an encoding.
const MAX_LAYERS: usize = 2;
/// Below this many bytes the ratio says nothing: short texts of blanks compress well.
const RATIO_FROM: usize = 1024 * 1024;

/// How much may come out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lid {
    /// Most bytes.
    pub decoded: usize,
    /// Most bytes for each byte that went in.
    pub ratio: usize,
    /// Stop quietly at `decoded` instead of failing, and take what there is of a body that breaks off.
    pub cut: bool,
}

/// Undoes the encodings that `Content-Encoding` names, last first.
///
/// # Errors
/// [`FetchError::TooLarge`], [`FetchError::Truncated`], or [`FetchError::Unreadable`] for an unknown encoding, broken data or
/// more than two layers.
pub(crate) fn decode(raw: Vec<u8>, content_encoding: &str, lid: Lid) -> Result<Vec<u8>, FetchError> {
    let layers: Vec<String> = content_encoding
        .split(',')
        .map(|layer| layer.trim().to_ascii_lowercase())
        .filter(|layer| !layer.is_empty() && layer != "identity")
        .collect();
    if layers.len() > MAX_LAYERS {
        return Err(FetchError::Unreadable(format!("{} layers of content encoding", layers.len())));
    }
    if layers.is_empty() || raw.is_empty() {
        return Ok(raw);
    }
    let mut reader: Box<dyn Read + '_> = Box::new(&raw[..]);
    for layer in layers.iter().rev() {
        reader = match layer.as_str() {
            "gzip" | "x-gzip" => Box::new(GzDecoder::new(reader)),
            "deflate" => deflate(reader)?,
            "br" => Box::new(brotli_decompressor::Decompressor::new(reader, 4096)),
            other => return Err(FetchError::Unreadable(format!("unknown content encoding `{other}`"))),
        };
    }
    drain(&mut reader, raw.len(), lid)
}

/// `deflate` means the zlib format (RFC 9110 section 8.4.1.2), but some servers send bare deflate data.
fn deflate<'a>(mut reader: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>, FetchError> {
    let mut start = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut start).map_err(|e| FetchError::Unreadable(e.to_string()))?;
    let is_zlib = match start[..] {
        [a, b] => a & 0x0f == 8 && u16::from_be_bytes([a, b]) % 31 == 0,
        _ => false,
    };
    let whole = io::Cursor::new(start).chain(reader);
    Ok(if is_zlib { Box::new(ZlibDecoder::new(whole)) } else { Box::new(DeflateDecoder::new(whole)) })
}

fn drain(reader: &mut dyn Read, raw: usize, lid: Lid) -> Result<Vec<u8>, FetchError> {
    let mut out = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let n = match reader.read(&mut buffer) {
            Ok(0) => return Ok(out),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) if lid.cut => return Ok(out),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(FetchError::Truncated { received: raw });
            }
            Err(e) => return Err(FetchError::Unreadable(e.to_string())),
        };
        out.extend_from_slice(buffer.get(..n).unwrap_or_default());
        if out.len() > lid.decoded {
            out.truncate(lid.decoded);
            return if lid.cut { Ok(out) } else { Err(FetchError::TooLarge(TooLarge::Decoded)) };
        }
        if out.len() > RATIO_FROM && out.len() / lid.ratio > raw {
            return Err(FetchError::TooLarge(TooLarge::Ratio));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::Compression;
    use proptest::prelude::*;
    use std::io::Write;

    const LID: Lid = Lid { decoded: 32 * 1024 * 1024, ratio: 100, cut: false };

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    /// "观澜\n" through `brotli -q 1`: one uncompressed meta-block and an empty last one.
    const BROTLI: &[u8] = &[0x21, 0x18, 0x00, 0x04, 0xe8, 0xa7, 0x82, 0xe6, 0xbe, 0x9c, 0x0a, 0x03];

    #[test]
    fn encodings_are_undone() {
        let text = "观澜\n".as_bytes();
        for (raw, encoding) in [
            (text.to_vec(), ""),
            (text.to_vec(), "identity"),
            (gzip(text), "gzip"),
            (gzip(text), "X-GZIP"),
            ([&gzip(text)[..], b"padding"].concat(), "gzip"),
            (zlib(text), "deflate"),
            (bare_deflate(text), "deflate"),
            (gzip(&zlib(text)), "deflate, gzip"),
            (BROTLI.to_vec(), "br"),
            (Vec::new(), "gzip"),
        ] {
            let expected = if raw.is_empty() { b"" } else { text };
            assert_eq!(decode(raw, encoding, LID).unwrap(), expected, "{encoding}");
        }
    }

    #[test]
    fn h1_h2_bombs_and_broken_data_are_refused() {
        let text = "正文".repeat(100);
        let whole = gzip(text.as_bytes());
        let zeros = gzip(&vec![0; 64 * 1024 * 1024]);
        for (raw, encoding, expected) in [
            (zeros.clone(), "gzip", "TooLarge(Ratio)"),
            (gzip(&zeros), "gzip, gzip", "TooLarge(Ratio)"),
            (whole[..whole.len() - 4].to_vec(), "gzip", "Truncated"),
            (whole[..whole.len() / 2].to_vec(), "gzip", "Truncated"),
            (b"plain text".to_vec(), "gzip", "Unreadable"),
            (whole.clone(), "gzip,gzip,gzip", "Unreadable"),
            (whole.clone(), "zstd", "Unreadable"),
            // The brotli reader does not tell what is missing from what is broken.
            (BROTLI[..8].to_vec(), "br", "Unreadable"),
        ] {
            let got = format!("{:?}", decode(raw, encoding, LID).unwrap_err());
            assert!(got.starts_with(expected), "{encoding}: {got}");
        }
        let small = Lid { decoded: 100, ..LID };
        assert!(matches!(decode(whole.clone(), "gzip", small), Err(FetchError::TooLarge(TooLarge::Decoded))));
        let cut = Lid { decoded: 100, cut: true, ..LID };
        assert_eq!(decode(whole, "gzip", cut).unwrap().len(), 100);
    }

    proptest! {
        #[test]
        fn any_bytes_are_undone_or_refused(raw in prop::collection::vec(any::<u8>(), 0..300), encoding in "(gzip|br|deflate)(, (gzip|br|deflate))?") {
            if let Ok(out) = decode(raw, &encoding, Lid { decoded: 4096, ..LID }) {
                prop_assert!(out.len() <= 4096);
            }
        }

        #[test]
        fn what_was_packed_comes_back(bytes in prop::collection::vec(any::<u8>(), 1..2000)) {
            prop_assert_eq!(decode(gzip(&bytes), "gzip", LID).unwrap(), bytes.clone());
            prop_assert_eq!(decode(bare_deflate(&zlib(&bytes)), "deflate, deflate", LID).unwrap(), bytes);
        }
    }
}
