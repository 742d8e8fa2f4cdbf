//! Saved pages in, one JSON line a file out. `extract_pages [--now RFC3339] FILE…`

use guanlan_extract::{PageContext, page};
use std::io::{BufWriter, Write};
use std::path::Path;

#[derive(serde::Serialize)]
struct Row {
    id: String,
    #[serde(flatten)]
    extracted: guanlan_model::Extracted,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut now = chrono::Utc::now().with_timezone(&guanlan_model::time::shanghai());
    if arguments.next_if(|a| a == "--now").is_some() {
        now = chrono::DateTime::parse_from_rfc3339(&arguments.next().ok_or("--now needs a time")?)?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for file in arguments {
        let bytes = std::fs::read(&file)?;
        let extracted = page(&bytes, &PageContext { url: None, content_type: None, selectors: None, now });
        let id = Path::new(&file).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        serde_json::to_writer(&mut out, &Row { id, extracted })?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
