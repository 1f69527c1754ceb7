//! The report where people read it: in a browser.

use crate::devtools::Page;
use crate::report::{hostile, run_story};

/// Everything that a page of karat's must do: nothing wrong, nobody asked, a sound
/// outline, nothing wider than the window.
fn assert_sound(page: &mut Page) {
    let faults = page.faults();
    assert!(faults.is_empty(), "{faults:#?}");
    let requests = page.requests();
    assert!(
        requests.len() == 1 && requests[0].starts_with("file://"),
        "{requests:?}"
    );
    // Headings go down one level at a time, and there is one at the top.
    let levels =
        page.eval("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])");
    let levels: Vec<u64> = levels
        .as_array()
        .unwrap()
        .iter()
        .filter_map(serde_json::Value::as_u64)
        .collect();
    assert_eq!(
        levels.iter().filter(|level| **level == 1).count(),
        1,
        "{levels:?}"
    );
    assert!(
        levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{levels:?}"
    );
    for landmark in ["header", "nav[aria-label]", "main", "footer"] {
        let there = page.eval(&format!(
            "document.querySelectorAll('body > {landmark}').length"
        ));
        assert_eq!(there, 1, "{landmark}");
    }
    let unnamed = page.eval(
        "[...document.querySelectorAll('table')].filter(t => !t.caption || !t.caption.textContent.trim() || [...t.querySelectorAll('th')].some(h => !h.scope)).length
         + [...document.querySelectorAll('svg[role=img]')].filter(s => !s.getAttribute('aria-label') && !s.getAttribute('aria-labelledby')).length
         + [...document.querySelectorAll('svg:not([role=img])')].filter(s => !s.closest('[aria-hidden=true],svg[role=img]')).length
         + [...document.querySelectorAll('[role=region]')].filter(r => !r.getAttribute('aria-label') || r.tabIndex !== 0).length
         + [...document.querySelectorAll('[id]')].filter(e => document.querySelectorAll('#' + CSS.escape(e.id)).length > 1).length
         + [...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1))).length",
    );
    assert_eq!(
        unnamed, 0,
        "tables without caption or scope, pictures without a name, ids twice, links to nowhere"
    );
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    let wider = page.eval("document.documentElement.scrollWidth - innerWidth");
    assert!(wider.as_i64().unwrap() <= 0, "{wider} pixels too wide");
}

#[test]
fn the_report_is_sound_in_any_width_and_light() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let out = run_story("acme");
    for (width, dark) in [(1200, false), (1200, true), (400, false), (320, true)] {
        page.show(width, 900, dark);
        page.open(&out.path().join("latest/report.html"));
        assert_sound(&mut page);
        let faint = page.eval(CONTRAST);
        assert_eq!(faint, "", "too little contrast at {width}, dark: {dark}");
    }
}

#[test]
fn a_hostile_export_runs_nothing() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let (_folder, report) = hostile();
    page.show(1200, 900, false);
    page.open(&report);
    assert_sound(&mut page);
    // Not even when somebody goes over everything with mouse and keyboard.
    page.eval(
        "for (const e of document.querySelectorAll('*')) for (const t of ['mouseover', 'focus', 'click', 'error', 'load'])
           if (!e.href) e.dispatchEvent(new Event(t))",
    );
    let title = page.eval("document.title");
    assert!(title.as_str().unwrap().starts_with("<script>"), "{title}");
    assert_eq!(
        page.eval("document.scripts.length + document.images.length"),
        0
    );
    assert!(page.faults().is_empty());
}

/// The page can be used without a mouse: the skip link first, then the sections; a
/// group opens with the keyboard.
#[test]
fn the_keyboard_goes_everywhere() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let out = run_story("acme");
    page.show(1200, 900, false);
    page.open(&out.path().join("latest/report.html"));
    page.press("Tab");
    assert_eq!(page.eval("document.activeElement.className"), "skip");
    assert_eq!(
        page.eval("document.activeElement.getBoundingClientRect().top >= 0"),
        true
    );
    page.press("Enter");
    assert_eq!(page.eval("document.activeElement.id"), "content");
    page.eval("document.querySelector('details.card > summary').focus({ focusVisible: true })");
    assert_eq!(
        page.eval("getComputedStyle(document.activeElement).outlineStyle"),
        "solid"
    );
    assert_eq!(
        page.eval("document.activeElement.parentElement.open"),
        false
    );
    page.press("Enter");
    assert_eq!(page.eval("document.activeElement.parentElement.open"), true);
    // What the group hangs on, and its records.
    let captions = page.eval(
        "[...document.activeElement.parentElement.querySelectorAll('caption')].map(c => c.textContent).join('|')",
    );
    let captions = captions.as_str().unwrap();
    assert!(
        captions.contains("What holds it together") && captions.contains("side by side"),
        "{captions}"
    );
    page.press(" ");
    assert_eq!(
        page.eval("document.activeElement.parentElement.open"),
        false
    );
}

/// The texts whose colour is too near to what is behind it (WCAG 2.2, AA: 4.5 to 1, 3 to
/// 1 for large ones), as `text: ratio` lines.
const CONTRAST: &str = r#"(() => {
  const parts = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const f = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const out = new Set();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest('title, desc, style')) continue;
    const style = getComputedStyle(e);
    const colour = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(parts(colour)), light(behind(e.closest('svg') ?? e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) out.add(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`);
  }
  return [...out].join('\n');
})()"#;
