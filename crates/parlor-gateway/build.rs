//! Writes down which files the web page has, so that the binary holds them. Without a built page
//! (no Node.js, a fresh clone) the list is empty, and `web.rs` shows a plain page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where `make web` puts the page, from this crate. The folder itself is always there.
const BUILT: &str = "../../web/dist";
/// Files that hold another file in a compressed form.
const COMPRESSED: [&str; 2] = ["br", "gz"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let built = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(BUILT);
    println!("cargo::rerun-if-changed={}", built.display());
    let root = built.join("page");
    let mut files = Vec::new();
    if root.is_dir() {
        collect(&root, &mut files)?;
    }
    files.sort();
    let table = table(&root, &files)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("web.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !COMPRESSED.contains(&&*extension) {
            files.push(path);
        }
    }
    Ok(())
}

fn table(root: &Path, files: &[PathBuf]) -> Result<String, Box<dyn std::error::Error>> {
    let mut table = String::from("static FILES: &[File] = &[\n");
    for file in files {
        let name = file.strip_prefix(root)?;
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        writeln!(
            table,
            "    File {{ path: {:?}, plain: {}, brotli: {}, gzip: {} }},",
            format!("/{}", parts.join("/")),
            bytes_of(file),
            compressed(file, "br"),
            compressed(file, "gz"),
        )?;
    }
    table.push_str("];\n");
    Ok(table)
}

fn bytes_of(file: &Path) -> String {
    format!("include_bytes!({:?})", file.display().to_string())
}

fn compressed(file: &Path, extension: &str) -> String {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    let path = PathBuf::from(name);
    if path.is_file() {
        format!("Some({})", bytes_of(&path))
    } else {
        "None".to_owned()
    }
}
