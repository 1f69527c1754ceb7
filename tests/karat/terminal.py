"""A terminal for a program under test: a pseudo-terminal, and a screen that is read as a person reads it.

stdin: JSON {"command": [...], "folder": ..., "env": {...}, "size": [columns, rows], "steps": [...]}, a step being
{"wait": text} until the screen shows it, {"keys": text}, {"size": [columns, rows]} or {"signal": number}.
stdout: JSON {"code": ..., "screens": [after each step], "raw": all that was written, "after": written at the end,
"sane": whether the terminal echoes and waits for lines again}.
"""
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time

PATIENCE = 60


class Screen:
    """What CSI sequences and text make of a screen; no more of them than full-screen programs use."""

    def __init__(self, columns, rows):
        self.row = self.column = 0
        self.resize(columns, rows)
        self.rest = ""

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = re.compile(r"\x1b(?:\[([0-9;?]*)([a-zA-Z])|[()][A-Z0-9]|[=>78M])").match(text, at)
                if not found:
                    self.rest = text[at:]
                    return
                if found.group(2):
                    self.control(found.group(1), found.group(2))
                at = found.end()
                continue
            self.letter(text[at])
            at += 1

    def control(self, given, letter):
        numbers = [int(n) for n in given.split(";") if n.isdigit()]
        first = numbers[0] if numbers else 0
        if letter in "Hf":
            self.row = (first or 1) - 1
            self.column = (numbers[1] if len(numbers) > 1 else 1) - 1
        elif letter == "J":
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        elif letter == "K" and self.row < self.rows:
            self.cells[self.row][self.column:] = [" "] * (self.columns - self.column)
        elif letter == "C":
            self.column += first or 1
        elif letter == "G":
            self.column = (first or 1) - 1
        elif letter == "B":
            self.row += first or 1

    def letter(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.row += 1
        elif letter >= " ":
            if self.row < self.rows and self.column < self.columns:
                self.cells[self.row][self.column] = letter
            self.column += 1

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.cells)


def main():
    told = json.load(sys.stdin)
    columns, rows = told["size"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(told["folder"])
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""})
        for name in ("NO_COLOR", "CLICOLOR_FORCE"):
            os.environ.pop(name, None)
        os.environ.update(told.get("env", {}))
        # The size is set before the program looks.
        time.sleep(0.2)
        os.execv(told["command"][0], told["command"])
    set_size(terminal, columns, rows)
    screen, raw, screens = Screen(columns, rows), [], []

    def read(seconds):
        ready, _, _ = select.select([terminal], [], [], seconds)
        if not ready:
            return True
        try:
            bytes_ = os.read(terminal, 65536)
        except OSError:
            return False
        text = bytes_.decode("utf-8", "replace")
        raw.append(text)
        screen.feed(text)
        return bool(bytes_)

    alive = True
    for step in told["steps"]:
        if "wait" in step:
            end = time.time() + PATIENCE
            while step["wait"] not in screen.text() and alive and time.time() < end:
                alive = read(0.1)
            if step["wait"] not in screen.text():
                print(json.dumps({"missing": step["wait"], "screens": screens + [screen.text()], "raw": "".join(raw)}))
                os.kill(child, signal.SIGKILL)
                return
        elif "keys" in step:
            os.write(terminal, step["keys"].encode())
        elif "size" in step:
            screen.resize(*step["size"])
            set_size(terminal, *step["size"])
        elif "signal" in step:
            os.kill(child, step["signal"])
        screens.append(screen.text())
    sane = termios.tcgetattr(terminal)[3] & (termios.ECHO | termios.ICANON)
    end = time.time() + PATIENCE
    while alive and time.time() < end:
        try:
            sane = termios.tcgetattr(terminal)[3] & (termios.ECHO | termios.ICANON)
        except termios.error:
            break
        alive = read(0.1)
    _, status = os.waitpid(child, 0)
    all_ = "".join(raw)
    print(json.dumps({
        "code": os.waitstatus_to_exitcode(status),
        "screens": screens,
        "raw": all_,
        "after": all_.rsplit("\x1b[?1049l", 1)[-1],
        "sane": sane == (termios.ECHO | termios.ICANON),
    }))


def set_size(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


main()
