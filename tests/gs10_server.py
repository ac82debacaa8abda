"""A server of GS10 that misbehaves as its address says, for the tests of `keras_rnn.gs10.refresh`."""

import contextlib
import http.server

import numpy as np

from keras_rnn.gs10.files import GS10_FILE, read_gs10

PACKAGED = "".join(line for line in GS10_FILE.read_text(encoding="utf-8").splitlines(keepends=True) if line[0] != "#")
COUNT, LAST, MONTH = len(read_gs10()[0]), read_gs10()[0][-1], np.timedelta64(1, "M")
MORE = [f"{LAST + (1 + i) * MONTH}-01" for i in range(4)]
GOOD = f"{PACKAGED}{MORE[0]},4.5\n{MORE[1]},4.55\n"
BODIES = {
    "good": GOOD,
    "older_header": GOOD.replace("observation_date", "DATE"),
    "unfinished": f"{GOOD}{MORE[2]},.\n",
    "revised": GOOD.replace("2026-06-01,4.47", "2026-06-01,4.52").replace("2026-05-01,4.48", "2026-05-01,4.47"),
    "same": PACKAGED,
    "only_revised": PACKAGED.replace("2026-06-01,4.47", "2026-06-01,4.48"),
}
BAD = {
    "html": ("<!DOCTYPE html>\n<title>Maintenance</title>\n", "header observation_date,GS10 .*DOCTYPE"),
    "empty": ("", "Received: nothing"),
    "another": (GOOD.replace("GS10", "GS30"), "Received: 'observation_date,GS30'"),
    "missing": (GOOD.replace("2020-03-01,0.87", "2020-03-01,."), r"'.' \(missing\) at 2020-03"),
    "gap": (GOOD.replace("2020-03-01,0.87\n", ""), "2020-02 followed by 2020-04"),
    "twice": (GOOD.replace("2020-03-01", "2020-02-01"), "2020-02 followed by 2020-02"),
    "backwards": ("\n".join([PACKAGED.split()[0], *PACKAGED.split()[:0:-1]]), f"{LAST} followed by {LAST - MONTH}"),
    "much_revised": (
        GOOD.replace("2020-03-01,0.87", "2020-03-01,0.93"),
        "without --accept-revisions.*1 that differ, .*2020-03 with 0.93 instead",
    ),
    "jump": (f"{GOOD}{MORE[2]},8.0\n", "within 3 points"),
    "negative": (f"{GOOD}{MORE[2]},-0.2\n", "from 0 to 25 percent"),
    "ends_early": (PACKAGED[: PACKAGED.index("2026-06")], "Received: 1953-04 to 2026-05"),
    "starts_late": (GOOD.replace("1953-04-01,2.83\n", ""), f"Received: 1953-05 to {LAST + 2 * MONTH}"),
    "binary": (b"\x80\xff" * 100, "must hold UTF-8 text. Received: "),
}
UNREADABLE = {
    "404": "404 Not Found",
    "500": "500 Internal Server Error",
    "cut": "100 of [0-9]+ bytes",
    "cut_chunk": "IncompleteRead",
    "huge": "more than 2,000,000 bytes",
    "endless": "more than 2,000,000 bytes",
    "drip": "no complete answer within 1 s",
    "silent": "no complete answer within 1 s",
    "no_http": "BadStatusLine|xyz",
    "to_file": "file:///etc/passwd",
    "to_ftp": "Connection refused",
    "round": "infinite loop|redirect",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, text):
        for _ in range(300):
            if self.server.closing.wait(0.1):
                break
            self.wfile.write(text)

    def do_GET(self):
        name = self.path.strip("/")
        with contextlib.suppress(OSError):  # the client has left
            self.misbehave(name)

    def misbehave(self, name):
        if name in BODIES or name in BAD:
            body = BODIES[name] if name in BODIES else BAD[name][0]
            body = body if isinstance(body, bytes) else body.encode()
            self.answer(200, body, Content_Length=len(body))
        elif name.isdigit():
            self.answer(int(name), b"<html>sorry</html>")
        elif name == "cut":
            self.answer(200, GOOD.encode()[:100], Content_Length=len(GOOD))
        elif name == "cut_chunk":
            self.answer(200, b"ff\r\nobservation_date", Transfer_Encoding="chunked")
        elif name == "huge":
            self.answer(200, GOOD.encode() * 200, Content_Length=len(GOOD) * 200)
        elif name == "endless":
            self.answer(200)
            while True:
                self.wfile.write(b"0" * 65_536)
        elif name == "drip":
            self.answer(200, Content_Length=len(GOOD))
            self.drip(b"o")
        elif name == "silent":
            self.server.closing.wait(30)
        elif name == "no_http":
            self.wfile.write(b"xyz\r\n\r\n")
        else:
            place = {
                "to_good": "/good",
                "to_file": "file:///etc/passwd",
                "to_ftp": "ftp://127.0.0.1/gs10.csv",
                "round": "/round",
            }
            self.answer(302, Location=place[name])
