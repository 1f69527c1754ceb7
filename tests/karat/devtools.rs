//! A headless Chromium, driven with the DevTools protocol over two pipes.
//!
//! The browser reads commands from file descriptor 3 and writes answers to 4, each a JSON
//! text with a NUL behind it. A shell puts named pipes there, so that no port is opened
//! and no crate is needed. Without a browser (`KARAT_CHROMIUM`, or `chromium` on the
//! `PATH`) the tests say so and pass.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser that doesn't answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a browser must not do while it is tested: talk to anybody.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A running browser with one page.
pub struct Page {
    child: Child,
    to: File,
    from: Receiver<Value>,
    session: String,
    next: u64,
    /// Everything that the page told without being asked.
    events: Vec<Value>,
    _folder: TempDir,
}

impl Page {
    /// Starts a browser with an empty page; none where there is no browser.
    pub fn start() -> Option<Self> {
        let Some(browser) = browser() else {
            eprintln!("skipped: no chromium on the PATH (or in KARAT_CHROMIUM)");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let [to, from] = ["to", "from"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args([&to, &from]).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(r#"to=$1 from=$2; shift 2; exec "$@" 3<"$to" 4>"$from""#)
            .arg("sh")
            .args([&to, &from, &browser])
            .args(FLAGS)
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join("profile").display()
            ))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        // Opened for both, a pipe waits for nobody: a browser that won't start is told
        // by its exit below, not by a test that hangs.
        let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
        let (to, from) = (open(&to).expect("a pipe"), open(&from).expect("a pipe"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(from).split(0) {
                let Ok(message) = message else { return };
                let Ok(value) = serde_json::from_slice(&message) else {
                    return;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        if let Ok(Some(status)) = child.try_wait() {
            panic!("{} ended at once: {status}", browser.display());
        }
        let mut page = Self {
            child,
            to,
            from: messages,
            session: String::new(),
            next: 0,
            events: Vec::new(),
            _folder: folder,
        };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = page.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        attached["sessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut page.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        Some(page)
    }

    /// Opens a file and waits until it is there whole.
    pub fn open(&mut self, path: &Path) {
        let path = path.canonicalize().expect("a file to open");
        self.events.clear();
        self.call(
            "Page.navigate",
            json!({ "url": format!("file://{}", path.display()) }),
        );
        self.wait_for("Page.loadEventFired");
    }

    /// Sends a command and waits for its answer.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("a browser that listens");
        loop {
            let answer = self.receive(method);
            if answer["id"].as_u64() != Some(id) {
                self.events.push(answer);
                continue;
            }
            assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
            return answer["result"].clone();
        }
    }

    /// The value of a JavaScript expression; a promise is awaited.
    pub fn eval(&mut self, expression: &str) -> Value {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// Presses and releases a key (`Tab`, `Enter`, `ArrowDown`, `s`, ` `).
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            key => {
                let letter = key.chars().next().expect("a key").to_ascii_uppercase();
                (u32::from(letter), key)
            }
        };
        let mut event = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if text.is_empty() {
            event["type"] = json!("rawKeyDown");
        } else {
            event["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", event.clone());
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", event);
    }

    /// The size of the window in CSS pixels, and whether the system prefers the dark.
    pub fn show(&mut self, width: u32, height: u32, dark: bool) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
    }

    /// What went wrong in the page so far: exceptions, errors and warnings of the console
    /// and of the browser, dialogs.
    pub fn faults(&mut self) -> Vec<String> {
        self.settle();
        self.events
            .iter()
            .filter(|event| match event["method"].as_str() {
                Some("Runtime.exceptionThrown" | "Page.javascriptDialogOpening") => true,
                Some("Runtime.consoleAPICalled") => event["params"]["type"] != "log",
                Some("Log.entryAdded") => event["params"]["entry"]["level"] != "info",
                _ => false,
            })
            .map(Value::to_string)
            .collect()
    }

    /// The addresses that the page asked for since it was opened, its own included.
    pub fn requests(&mut self) -> Vec<String> {
        self.settle();
        self.events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent")
            .filter_map(|event| event["params"]["request"]["url"].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// Two turns of the page's loop: what was to come has come.
    fn settle(&mut self) {
        self.eval(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))",
        );
    }

    fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.receive(method);
            self.events.push(event);
        }
    }

    fn receive(&mut self, waiting_for: &str) -> Value {
        let start = Instant::now();
        loop {
            match self.from.recv_timeout(Duration::from_millis(200)) {
                Ok(message) => return message,
                Err(RecvTimeoutError::Timeout) if start.elapsed() < PATIENCE => {
                    if let Ok(Some(status)) = self.child.try_wait() {
                        panic!("the browser ended ({status}), asked for {waiting_for}");
                    }
                }
                Err(error) => panic!("no answer to {waiting_for}: {error}"),
            }
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // An orderly end takes its children along; one that is stuck is killed.
        let message = json!({ "id": 0, "method": "Browser.close" }).to_string();
        let _ = self.to.write_all(message.as_bytes());
        let _ = self.to.write_all(&[0]);
        for _ in 0..50 {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The browser of `KARAT_CHROMIUM`, or the first on the `PATH` that has a usual name.
fn browser() -> Option<PathBuf> {
    if let Some(named) = env::var_os("KARAT_CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
        })
        .find(|file| file.is_file())
}

/// What is told of a small page is what it does: this file's own test.
#[test]
fn a_page_is_driven_and_tells_what_it_did() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(
        &file,
        "<!doctype html><title>t</title><input id=a><img src='gone.png'>
         <script>console.error('told'); throw new Error('thrown')</script>",
    )
    .unwrap();
    page.show(400, 300, true);
    page.open(&file);
    assert_eq!(page.eval("innerWidth"), 400);
    assert_eq!(
        page.eval("matchMedia('(prefers-color-scheme: dark)').matches"),
        true
    );
    page.press("Tab");
    page.press("k");
    assert_eq!(page.eval("document.getElementById('a').value"), "k");
    let faults = page.faults().join("\n");
    assert!(
        faults.contains("told") && faults.contains("thrown"),
        "{faults}"
    );
    let requests = page.requests();
    assert!(
        requests.len() == 2 && requests[1].ends_with("gone.png"),
        "{requests:?}"
    );
}
