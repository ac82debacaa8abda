"""The machine's Chromium, headless, and what a `.tflite` file answers in it, on the page of `examples/web`.

As a command it draws the picture of the page's guide: python benchmarks/chromium.py docs/pictures/web.png
"""

from __future__ import annotations

import base64
import contextlib
import io
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_rnn.web.server import PageServer
from keras_rnn.web.site import site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ANSWER = """async (requests) => {
  const { answersOf } = await import("./answers.js");
  const decode = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const answers = [];
  for (const { bytes, signature, inputs } of requests) answers.push(await answersOf(decode(bytes), signature, inputs));
  return answers;
}"""


@contextlib.contextmanager
def serving(litert: Path | None = None) -> Iterator[PageServer]:
    """The page on this machine."""
    with PageServer(site(litert), port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Playwright's browser: the machine's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


def answers(page: Any, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What files answer on an open page, as `examples/web/node.mjs` gives it in Node.

    Args:
        page: Playwright's, of the page, once it is ready.
        requests: each `file`, a path, `signature`, and `inputs`, name → nested lists of numbers.

    Returns:
        For each `outputs`, name → numbers in the tensor's order, and `microseconds`, of one call.
    """
    read = [{**one, "bytes": base64.b64encode(Path(one["file"]).read_bytes()).decode()} for one in requests]
    given = [{key: one[key] for key in ("bytes", "signature", "inputs")} for one in read]
    found: list[dict[str, Any]] = page.evaluate(ANSWER, given)
    return found


def ready(page: Any, address: str) -> Any:
    """The page, opened, its model loaded."""
    page.goto(address)
    page.wait_for_selector("body[data-state=ready]")
    return page


def picture(path: str) -> None:
    """Three phones side by side: hello world, Shakespeare in the dark, and GS10."""
    from PIL import Image

    shown = {"char/hello_world": "light", "char/shakespeare": "dark", "gs10/annual": "light"}
    drawn = Image.new("RGB", (3 * 390 + 2 * 15, 780), "white")
    with serving() as server, browser() as chromium:
        for place, (model, scheme) in enumerate(shown.items()):
            size = {"width": 390, "height": 780}
            page = chromium.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce", is_mobile=True)
            ready(page, f"{server.address}#{model}/simple_rnn/float32")
            page.wait_for_selector("#text:not([data-state=writing])", state="attached")
            page.wait_for_selector("#facts :nth-child(2)")
            drawn.paste(Image.open(io.BytesIO(page.screenshot())), (place * 405, 0))
    drawn.quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    picture(sys.argv[1])
