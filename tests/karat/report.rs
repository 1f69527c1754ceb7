//! `report.html`: what it says, and that no export can make it say or do anything else.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Runs a plan of the repository into a throw-away folder.
pub fn run_story(story: &str) -> TempDir {
    let out = TempDir::new().unwrap();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(story)
        .join("karat.toml");
    run(plan.parent().unwrap(), out.path(), &[]);
    out
}

fn run(folder: &Path, out: &Path, more: &[&str]) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_karat"))
        .current_dir(folder)
        .args(["run", "karat.toml", "--quiet", "--out"])
        .arg(out)
        .args(more)
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What hostile values try to run; a page that runs one has the title "hacked".
pub const ATTACKS: [&str; 10] = [
    "<script>document.title='hacked'</script>",
    "<img src=x onerror=document.title='hacked'>",
    "\" onmouseover=\"document.title='hacked'\" x=\"",
    "' autofocus onfocus='document.title=1",
    "javascript:document.title='hacked'",
    "]]><svg onload=document.title='hacked'>",
    "</title></style></table><script>document.title='hacked'</script>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; &#x3c;",
    "\u{202e}gnp.exe\u{2066}\u{200b}",
];

/// Exports of which every name, company, header, id, source and rule attacks.
pub fn hostile() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let quoted = |value: &str| format!("\"{}\"", value.replace('"', "\"\""));
    for (number, source) in ["one", "two", "three"].iter().enumerate() {
        let mut csv =
            String::from("No,First Name,Last Name,Email,Company,City,Owner,Stage,Opt out");
        csv.push_str(&format!(",{}\n", quoted(ATTACKS[0])));
        for (at, attack) in ATTACKS.iter().enumerate() {
            let cells = [
                format!("{at}{attack}"),
                attack.to_string(),
                format!("Lee{at} {attack}"),
                format!("ann.lee{at}@attack{at}.com"),
                attack.to_string(),
                attack.to_string(),
                // Owners and stages differ, so that they are listed.
                format!("{source} {attack}"),
                if number == 0 { "customer" } else { attack }.to_owned(),
                if number == 0 { "yes" } else { "no" }.to_owned(),
                attack.to_string(),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            csv.push_str(&cells.join(","));
            csv.push('\n');
        }
        fs::write(folder.path().join(format!("{source}.csv")), csv).unwrap();
    }
    fs::write(
        folder.path().join("rules.toml"),
        r#"[[rule]]
id = "rule_img_src_x"
field = "company"
condition = "company IS NOT NULL"
message = "<img src=x onerror=document.title='hacked'>"
severity = "error"
owner = "<script>document.title='hacked'</script>"
why = "\"><script>document.title='hacked'</script>"
"#,
    )
    .unwrap();
    let mut plan = String::from(
        "[plan]\nname = \"<script>document.title='hacked'</script>\"\nrun_date = \"2025-10-01\"\nrules = [\"rules.toml\"]\n",
    );
    for (file, name) in [
        ("one", "onerror 1"),
        ("two", "javascript.2"),
        ("three", "alert 3"),
    ] {
        plan.push_str(&format!(
            "[[source]]\nname = \"{name}\"\npath = \"{file}.csv\"\nid = \"No\"\nmap = {{ given_name = \"First Name\", family_name = \"Last Name\", email = \"Email\", company = \"Company\", city = \"City\", owner = \"Owner\", lifecycle_stage = \"Stage\", email_opt_out = \"Opt out\" }}\n"
        ));
    }
    fs::write(folder.path().join("karat.toml"), plan).unwrap();
    run(folder.path(), &folder.path().join("out"), &[]);
    let page = folder.path().join("out/latest/report.html");
    (folder, page)
}

#[test]
fn a_story_has_its_report() {
    let out = run_story("acme");
    let page = fs::read_to_string(out.path().join("latest/report.html")).unwrap();
    let summary = fs::read_to_string(out.path().join("latest/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let listed = summary["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|output| output["file"] == "report.html")
        .expect("the summary lists the report");
    assert_eq!(
        listed["blake3"],
        blake3::hash(page.as_bytes()).to_hex().as_str()
    );
    // What the match model decides has tests of its own below.
    let shown = [
        "changes",
        "quality",
        "funnel",
        "systems",
        "survivorship",
        "gates",
    ];
    let (_, body) = page.split_once("<body>").unwrap();
    let (head, _) = body.split_once("<main").unwrap();
    let sections = page.split("<section id=\"").skip(1);
    let sections = sections.filter(|s| shown.iter().any(|id| s.starts_with(id)));
    let sections = sections.map(|s| s.split_once('>').unwrap().1);
    let sections = sections.map(|s| s.split("</section>").next().unwrap());
    let text: Vec<String> = std::iter::once(head).chain(sections).map(as_text).collect();
    insta::assert_snapshot!(text.join("\n\n"));
}

/// The words of a part of the page: a line for each block and each row of a table.
fn as_text(html: &str) -> String {
    let mut text = html.replace("</td>", " | ").replace("</th>", " | ");
    text = text.replace("<span class=\"beside\">", " / ");
    let mut out = String::new();
    for (at, part) in text.split('<').enumerate() {
        out.push_str(if at == 0 {
            part
        } else {
            part.split_once('>').map_or("", |p| p.1)
        });
    }
    let lines = out.lines().map(|line| line.trim_end_matches([' ', '|']));
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n").replace("&#39;", "'").replace("&#38;", "&")
}

/// The bits of a waterfall add up to its weight, and the histogram holds every pair.
#[test]
fn what_is_drawn_adds_up() {
    let out = run_story("acme");
    let page = fs::read_to_string(out.path().join("latest/report.html")).unwrap();
    let mut waterfalls = 0;
    for table in page.split("<table class=\"full waterfall\">").skip(1) {
        let table = table.split("</table>").next().unwrap();
        let bits: Vec<f64> = table
            .split("<td class=\"num\">")
            .skip(1)
            .map(|cell| cell.split('<').next().unwrap())
            .map(|text| {
                text.replace('\u{2212}', "-")
                    .replace('\u{b1}', "")
                    .parse()
                    .unwrap()
            })
            .collect();
        let (_, foot) = table.split_once("<tfoot>").unwrap();
        let weight = foot.split("num strong\">").nth(1).unwrap();
        let weight: f64 = weight
            .split('<')
            .next()
            .unwrap()
            .replace('\u{2212}', "-")
            .parse()
            .unwrap();
        let sum: f64 = bits.iter().sum();
        assert!(
            (sum - weight).abs() < 0.06 * bits.len() as f64,
            "{sum} {weight}"
        );
        assert!(bits.len() > 3);
        waterfalls += 1;
    }
    assert!(waterfalls > 3, "{waterfalls}");
    let compared = page
        .split(" pairs of records were compared")
        .next()
        .unwrap();
    let compared: u64 = compared
        .rsplit("<p>")
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    let (_, table) = page
        .split_once("<caption>Pairs by match weight</caption>")
        .unwrap();
    let counted: u64 = table
        .split("</table>")
        .next()
        .unwrap()
        .split("<td class=\"num\">")
        .skip(1)
        .map(|cell| {
            cell.split('<')
                .next()
                .unwrap()
                .replace(',', "")
                .parse::<u64>()
                .unwrap()
        })
        .sum();
    assert_eq!(counted, compared);
}

#[test]
fn no_export_gets_markup_into_the_page() {
    let (_folder, path) = hostile();
    let page = fs::read_to_string(&path).unwrap();
    let folder = path.parent().unwrap();
    let lower = page.to_lowercase();
    assert!(!lower.contains("<script"), "a script");
    assert!(!lower.contains("<img"), "a picture");
    assert!(!lower.contains("<svg onload"), "an event");
    // Every handler and address that an attack brought stands in text, its quotes escaped.
    for tag in tags(&page) {
        for attack in ["onerror", "onmouseover=", "autofocus", "onload", "onfocus="] {
            assert!(!outside_quotes(tag).contains(attack), "{tag}");
        }
        if let Some((_, link)) = tag.split_once("href=\"") {
            let link = link.split('"').next().unwrap_or("");
            // Inside the page, or a file that stands beside it.
            let file = folder.join(link.replace("%20", " "));
            assert!(
                link.starts_with('#') || !link.contains(':') && file.is_file(),
                "{link}"
            );
        }
    }
    for hidden in ['\u{202e}', '\u{2066}', '\u{200b}'] {
        assert!(!page.contains(hidden), "{}", hidden.escape_unicode());
    }
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"));
    // The sections that show most of what an export says are there.
    for words in [
        "Owner: who says what",
        "Opted out here",
        "The largest",
        "rule_img_src_x",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

/// The tags of a page, without their brackets.
fn tags(page: &str) -> impl Iterator<Item = &str> {
    let body = page.split_once("</style>").map_or(page, |(_, body)| body);
    body.split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap_or(""))
}

/// A tag without the values of its attributes.
fn outside_quotes(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

#[test]
fn the_report_can_be_left_out_and_a_dry_run_draws_it_where_it_is_asked() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let folder = TempDir::new().unwrap();
    for file in [
        "karat.toml",
        "salesforce-report.csv",
        "hubspot-contacts.csv",
        "badges.csv",
    ] {
        fs::copy(story.join(file), folder.path().join(file)).unwrap();
    }
    let drawn = folder.path().join("dry.html");
    run(
        folder.path(),
        &folder.path().join("dry"),
        &["--dry-run", "--report", drawn.to_str().unwrap()],
    );
    let dry = fs::read_to_string(&drawn).unwrap();
    assert!(dry.contains("62 records") && !folder.path().join("dry/runs").exists());
    let plan = fs::read_to_string(folder.path().join("karat.toml")).unwrap();
    fs::write(
        folder.path().join("karat.toml"),
        plan.replace("[output]", "[output]\nreport = false"),
    )
    .unwrap();
    run(folder.path(), &folder.path().join("out"), &[]);
    assert!(folder.path().join("out/latest/golden.csv").exists());
    assert!(!folder.path().join("out/latest/report.html").exists());
}

/// Two nights: the second page compares, and both are the same for any thread count.
#[test]
fn the_second_night_compares_with_the_first() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let mut pages = Vec::new();
    for threads in ["1", "4"] {
        let out = TempDir::new().unwrap();
        run(&story, out.path(), &["--threads", threads]);
        let first = fs::read_to_string(out.path().join("latest/report.html")).unwrap();
        assert!(first.contains("This is the first run"));
        run(&story, out.path(), &["--threads", threads]);
        let second = fs::read_to_string(out.path().join("latest/report.html")).unwrap();
        assert!(second.contains("Compared with the run") && second.contains("class=\"spark\""));
        pages.push(first);
    }
    assert!(pages[0] == pages[1], "1 and 4 threads drew different pages");
}
