//! `review.html`: one file, no network. The questions stand in it as JSON, the script
//! draws them with `textContent` only, and the page's policy allows this script and this
//! style by their hashes and nothing else.

use askama::Template;

use super::Queue;

/// The form of the page's data; grows when a key changes its meaning.
const FORMAT: u32 = 1;

const STYLE: &str = include_str!("templates/review.css");
const SCRIPT: &str = include_str!("templates/review.js");
/// SHA-256 of both in base64, as a policy writes them; a test holds them to the files.
const HASHES: &str = include_str!("templates/hashes.txt");

#[derive(Template)]
#[template(path = "review.html")]
struct Page<'a> {
    name: &'a str,
    run: &'a str,
    date: &'a str,
    count: usize,
    style: &'static str,
    script: &'static str,
    style_hash: &'a str,
    script_hash: &'a str,
    data: String,
}

/// The page of a queue; `by` is who is thought to answer.
///
/// # Errors
/// What the template engine says; it has no reason to.
pub fn page(queue: &Queue, by: &str) -> Result<String, String> {
    let value = serde_json::json!({ "format": FORMAT, "by": by, "queue": queue });
    let mut hashes = HASHES.lines();
    let mut hash = || hashes.next().unwrap_or_default();
    let (style_hash, script_hash) = (hash(), hash());
    Page {
        name: &queue.name,
        run: &queue.run,
        date: queue.started.get(..10).unwrap_or_default(),
        count: queue.questions.len(),
        style: STYLE,
        script: SCRIPT,
        style_hash,
        script_hash,
        data: inert(&value.to_string()),
    }
    .render()
    .map_err(|error| error.to_string())
}

/// JSON that can't end the element that it stands in, nor begin another.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_hash::page_hash;

    #[test]
    fn data_stay_data() {
        let mut queue = Queue {
            name: "</title><script>alert(1)</script>".into(),
            run: "<!--<script>".into(),
            ..Queue::default()
        };
        queue.started = "2026-01-31T00:00:00Z".into();
        let page = page(&queue, "</script>").expect("renders");
        assert_eq!(
            page.matches("<script").count(),
            2,
            "the data and the script"
        );
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    }

    /// A policy with an old hash would leave the page without its script. With
    /// `KARAT_BLESS=1` they are written anew.
    #[test]
    fn hashes_are_those_of_the_files() {
        let hashes: String = [STYLE, SCRIPT]
            .map(|text| format!("{}\n", page_hash(text)))
            .concat();
        if std::env::var_os("KARAT_BLESS").is_some() {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::write(root.join("src/review/templates/hashes.txt"), &hashes).expect("writes");
        } else {
            assert_eq!(hashes, HASHES, "KARAT_BLESS=1 cargo test hashes_are");
        }
    }
}
