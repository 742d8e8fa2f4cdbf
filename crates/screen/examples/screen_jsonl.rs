//! Screens articles without the command line: `screen_jsonl REGISTER.csv < articles.jsonl > findings.jsonl`.

use guanlan_model::Article;
use guanlan_registry::{Register, read_register};
use guanlan_rules::{builtin, load_dir};
use guanlan_screen::Screener;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let register = args.next().ok_or("usage: screen_jsonl REGISTER [RULES_DIR]")?;
    let import = read_register(&std::fs::read(&register)?, &register)?;
    let pack = match args.next() {
        Some(dir) => load_dir(Path::new(&dir))
            .map_err(|problems| problems.iter().map(|p| format!("{p}\n")).collect::<String>())?,
        None => builtin(),
    };
    let screener = Screener::new(Register::new(import.rows), &pack)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let article: Article = serde_json::from_str(&line?)?;
        let today = chrono::Utc::now().date_naive();
        serde_json::to_writer(&mut out, &screener.screen(&article, today))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
