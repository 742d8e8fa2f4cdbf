//! The evidence package: some records, copied byte for byte, with what is needed to check them elsewhere.

use crate::manifest;
use crate::record::Located;
use crate::segment;
use crate::{EvidenceError, Result};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The records as one WARC file that any WARC program reads.
    pub warc: PathBuf,
    /// The manifest lines of these records, as they stand in the vault.
    pub manifest: PathBuf,
    /// SHA-256 of every other file of the package, for `sha256sum -c`.
    pub sums: PathBuf,
    /// SHA-256 of the sums file, in hex: the one number to write into the minutes.
    pub digest: String,
}

/// Copies records into `to` (created, must be empty), with `more` files beside them (name and content) under the same
/// sums. Every record is checked before it is copied.
///
/// # Errors
/// [`EvidenceError::Damaged`] when a record is not what was stored or has no manifest line; [`EvidenceError::Io`].
pub fn export(dir: &Path, located: &[Located], more: &[(&str, &[u8])], to: &Path) -> Result<Export> {
    fs::create_dir_all(to).map_err(EvidenceError::io("create", to))?;
    let mut warc = create(&to.join("evidence.warc.gz"))?;
    let mut lines = create(&to.join("manifest.jsonl"))?;
    let known = lines_of(dir, located)?;
    for at in located {
        let member = segment::member(dir, &at.segment, at.offset, at.length)?;
        segment::decode(&member, at)?;
        let line = known
            .get(&(at.segment.as_str(), at.offset))
            .ok_or_else(|| EvidenceError::damaged(&at.segment, at.offset, "no manifest line"))?;
        warc.write(&member)?;
        lines.write(line)?;
        lines.write(b"\n")?;
    }
    let mut sums = create(&to.join("SHA256SUMS"))?;
    sums.write(format!("{}  evidence.warc.gz\n", warc.close()?).as_bytes())?;
    sums.write(format!("{}  manifest.jsonl\n", lines.close()?).as_bytes())?;
    for (name, content) in more {
        let mut file = create(&to.join(name))?;
        file.write(content)?;
        sums.write(format!("{}  {name}\n", file.close()?).as_bytes())?;
    }
    let digest = sums.close()?;
    Ok(Export { warc: warc.path, manifest: lines.path, sums: sums.path, digest })
}

/// The manifest lines of the records, from the manifests of their days only.
fn lines_of<'a>(dir: &Path, located: &'a [Located]) -> Result<HashMap<(&'a str, u64), Vec<u8>>> {
    let wanted: HashMap<(&str, u64), &Located> =
        located.iter().map(|at| ((at.segment.as_str(), at.offset), at)).collect();
    let mut found = HashMap::new();
    let mut days: Vec<&str> = located.iter().filter_map(|at| Some(at.segment.split_once('/')?.0)).collect();
    days.sort_unstable();
    days.dedup();
    for day in days.into_iter().filter_map(|day| day.parse().ok()) {
        for raw in manifest::raw_lines(&manifest::read_complete(dir, day)?) {
            let Some(line) = manifest::parse(raw) else { continue };
            if let Some(at) = wanted.get(&(line.segment.as_str(), line.offset)) {
                found.insert((at.segment.as_str(), at.offset), raw.to_vec());
            }
        }
    }
    Ok(found)
}

struct Output {
    file: File,
    path: PathBuf,
    hash: sha2::Sha256,
}

fn create(path: &Path) -> Result<Output> {
    let file = File::create_new(path).map_err(EvidenceError::io("create", path))?;
    Ok(Output { file, path: path.to_owned(), hash: sha2::Digest::new_with_prefix([]) })
}

impl Output {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        sha2::Digest::update(&mut self.hash, bytes);
        self.file.write_all(bytes).map_err(EvidenceError::io("write", &self.path))
    }

    /// Syncs the file and gives its hash in hex.
    fn close(&mut self) -> Result<String> {
        self.file.sync_all().map_err(EvidenceError::io("sync", &self.path))?;
        Ok(hex::encode(sha2::Digest::finalize_reset(&mut self.hash)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vault;
    use crate::record::tests::sample;
    use crate::record::{self, sha256_hex};

    #[test]
    fn a_package_can_be_checked_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = dir.path().join("evidence");
        let vault = Vault::open(&evidence).unwrap();
        let all: Vec<Located> = (0..4u8).map(|i| vault.append(&sample(&[i; 50])).unwrap()).collect();
        let to = dir.path().join("package");
        let package =
            export(&evidence, &[all[3].clone(), all[1].clone()], &[("text.txt", b"text")], &to).unwrap();

        let sums = fs::read_to_string(&package.sums).unwrap();
        let warc = fs::read(&package.warc).unwrap();
        assert_eq!(sha256_hex(sums.as_bytes()), package.digest);
        assert!(sums.contains(&sha256_hex(&warc)));
        assert!(sums.contains(&format!("{}  text.txt", sha256_hex(b"text"))));
        let mut rest = &warc[..];
        for body in [[3u8; 50], [1u8; 50]] {
            let record = segment::unpack_member(&mut rest).unwrap();
            let response = record::response(&record::parse(&record).unwrap()).unwrap();
            assert_eq!(&response.body[..], body);
        }
        assert!(rest.is_empty());
        assert!(export(&evidence, &all, &[], &to).is_err(), "a package is never overwritten");
    }

    #[test]
    fn a_damaged_record_is_not_exported() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = dir.path().join("evidence");
        let vault = Vault::open(&evidence).unwrap();
        let at = vault.append(&sample(b"x")).unwrap();
        let segment = evidence.join(&at.segment);
        let mut bytes = fs::read(&segment).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&segment, bytes).unwrap();
        assert!(matches!(
            export(&evidence, &[at], &[], &dir.path().join("p")),
            Err(EvidenceError::Damaged { .. })
        ));
    }
}
