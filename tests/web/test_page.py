"""The page in Chromium, as on a phone and on a desk: the numbers of Keras, under a person's fingers."""

import base64
import json
import re

import chromium
import numpy as np
import places
import pytest
from helpers import CHECKOUT
from trees import packed

from keras_rnn import load, load_gs10, runtime
from keras_rnn.catalog.names import find
from keras_rnn.litert.flatbuffer import tree_of

pytestmark = pytest.mark.slow
SIZES = {
    "phone": {
        "viewport": {"width": 360, "height": 780},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "desk": {"viewport": {"width": 1180, "height": 900}},
}
HELLO, YEARS = "char/hello_world/simple_rnn/float32", "gs10/annual/simple_rnn/float32"
IDLE = "#text:not([data-state=writing])"


@pytest.fixture(scope="module")
def browser():
    chromium.CHROMIUM = places.need("chromium", "chromium", "fonts-noto-cjk")
    pytest.importorskip("playwright")
    with chromium.browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    with chromium.serving(places.litertjs()) as server:
        yield server.address


@pytest.fixture
def opened(browser, address):
    """Open the page as on a size of screen, with a model; at its end nothing may have gone wrong on it."""
    contexts, said = [], []

    def open_page(model=HELLO, size="phone", **settings):
        context = browser.new_context(**SIZES[size], **{"locale": "en-US", "reduced_motion": "reduce"} | settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url) if not request.url.startswith(address) else None)
        return chromium.ready(page, f"{address}#{model}")

    open_page.allowed = set()
    yield open_page
    for context in contexts:
        context.close()
    assert set(said) <= open_page.allowed


def settled(page):
    page.wait_for_selector("body[data-state=ready]")
    page.wait_for_selector(IDLE, state="attached")
    return page


def written(page):
    settled(page)
    return page.text_content("#written")


def bars(page):
    """The probabilities that the page shows, by character, in its order."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#bars li:not([hidden])")].map((item) => [
            item.querySelector("bdi").textContent, Number(item.querySelector("button").dataset.probability)]))"""
    )


def choose(page, model, cell="simple_rnn", precision="float32"):
    page.select_option("#model", model)
    for name, value in (("cell", cell), ("precision", precision)):
        if page.is_enabled(f"#{name}"):
            page.select_option(f"#{name}", value)
    return settled(page)


def slide(page, name, value):
    page.evaluate(
        """([id, value]) => { const input = document.getElementById(id);
        input.value = value; input.dispatchEvent(new Event("input", {bubbles: true})); }""",
        [name, str(value)],
    )


def means(page):
    return json.loads(page.get_attribute("#chart", "data-means"))


def check_bars(page, model, text, tolerance=1e-5):
    expected = model.predict_next(text)
    found = bars(page)
    assert len(found) == 6
    for character, probability in found.items():
        assert abs(probability - expected[{"␣": " ", "↵": "\n"}.get(character, character)]) < tolerance


@pytest.mark.parametrize("size", SIZES)
def test_it_writes_as_keras_does(opened, size):
    page = opened(size=size)
    for cell in ("simple_rnn", "rnn_cell"):
        choose(page, "char/hello_world", cell)
        model = load(f"char/hello_world/{cell}")
        for beginning in ("he", "world"):
            page.fill("#beginning", "")
            page.type("#beginning", beginning)
            text = written(page)
            assert text == model.generate(beginning, 9)
            check_bars(page, model, text)


def test_shakespeare_goes_on_from_its_state(opened):
    page = opened("char/shakespeare/rnn_cell/float32")
    for precision in ("float32", "float16", "dynamic_range"):
        choose(page, "char/shakespeare", "rnn_cell", precision)
        slide(page, "temperature", 0)
        slide(page, "length", 60)
        stem = "model" if precision == "float32" else f"model_{precision}"
        model = runtime.load(find("char/shakespeare/rnn_cell") / f"{stem}.tflite")
        text = written(page)
        assert text == model.generate("O Romeo, Romeo, ", 60)
        check_bars(page, model, text, 0.01 if precision == "dynamic_range" else 1e-5)
        if precision == "float32":
            check_bars(page, load("char/shakespeare/rnn_cell"), text)
    slide(page, "temperature", 1)
    drawn = {written(page)}
    for _ in range(2):
        page.click("#restart")
        drawn.add(written(page))
    assert len(drawn) == 3  # drawn anew
    assert "512" in page.get_attribute("#states", "aria-label")


@pytest.mark.parametrize("size", SIZES)
def test_it_forecasts_as_keras_does(opened, size):
    page = opened(YEARS, size)
    page.click("#series summary")
    for preset, frequency in {"annual": "annual", "monthly": "monthly", "levels": "annual"}.items():
        choose(page, f"gs10/{preset}", "rnn_cell")
        history, model = load_gs10(frequency, "packaged").round(4), load(f"gs10/{preset}/rnn_cell")
        levels = (80, 95) if preset != "levels" else None
        expected = model.forecast(history, steps=5, levels=levels)
        np.testing.assert_allclose(means(page), expected["mean"], rtol=0, atol=1e-5)
        intervals = json.loads(page.get_attribute("#chart", "data-intervals"))
        assert [level for level, _ in intervals] == ([95, 80] if levels else [])
        for level, pairs in intervals:
            np.testing.assert_allclose(pairs, expected[[f"lo_{level}", f"hi_{level}"]], rtol=0, atol=1e-5)
        cells = page.locator("#table tr:nth-child(2) :is(th, td)").all_text_contents()
        assert cells == [str(expected.index[0]), *(f"{expected.iloc[0][name]:.2f}" for name in expected)]
    slide(page, "steps", 12)
    page.wait_for_selector("#table tr:nth-child(13)")
    np.testing.assert_allclose(means(page), model.forecast(history, steps=12)["mean"], rtol=0, atol=1e-5)


def test_typing_and_tapping(opened):
    page = opened(reduced_motion="no-preference")
    assert written(page) == "hello world"
    page.tap("#beginning")
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    assert page.text_content("#remark") == "Characters that the model reads at least: 2"
    assert page.is_disabled("#write")
    page.keyboard.type("x")
    page.wait_for_selector("text=The model does not know: x")
    page.keyboard.press("Backspace")
    page.keyboard.type("e")
    assert written(page) == "hello world"
    page.fill("#beginning", "wo")
    assert written(page) == runtime.load("char").generate("wo", 9)
    page.select_option("#model", "char/shakespeare")
    page.wait_for_selector("#text[data-state=writing]")
    page.set_input_files("#file", {"name": "m", "mimeType": "", "buffer": b"Hello"})
    page.wait_for_selector("text=This file is not a LiteRT model.")
    page.wait_for_selector("#text[data-state=writing]")
    page.wait_for_timeout(50)
    assert page.is_visible("#error")  # though more is written
    page.wait_for_selector(IDLE, state="attached")
    before = page.text_content("#written")
    page.evaluate(  # within the page, where no slow machine comes between
        """() => new Promise((then) => {
            const write = document.getElementById("write");
            const stop = () => document.querySelector("#text[data-state=writing]")
                ? then(write.click()) : requestAnimationFrame(stop);
            write.click();
            stop();
        })"""
    )
    page.wait_for_selector(IDLE, state="attached")
    page.wait_for_timeout(100)  # for the character that was begun
    assert len(page.text_content("#written")) < len(before) + 200  # of 240
    before = page.text_content("#written")
    page.tap("#bars li:nth-child(2) button")
    assert len(page.text_content("#written")) == len(before) + 1
    page.wait_for_timeout(100)
    assert len(page.text_content("#written")) == len(before) + 1  # stopped
    page.tap("#write")
    page.wait_for_selector("#text[data-state=writing]")
    choose(page, "gs10/annual")  # away from a model that writes
    page.wait_for_timeout(100)
    assert page.is_hidden("#error")
    page.select_option("#model", "char/shakespeare")
    page.wait_for_selector("#text[data-state=writing]")
    page.tap("#restart")
    page.fill("#beginning", "日")
    page.wait_for_selector("text=Left out, for the model does not know them: 日")
    assert page.is_disabled("#write")


def values(page):
    return [float(value) for value in page.input_value("#values").split(", ")]


@pytest.mark.parametrize("size", SIZES)
def test_values_are_moved_by_finger_mouse_and_keys(opened, size):
    page, model = opened(YEARS, size), load("gs10/annual")
    begun, handles = values(page), page.locator(".handle")
    assert handles.count() == 6
    place = handles.nth(4).bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    if size == "phone":
        touch = page.context.new_cdp_session(page)
        for kind, to in (("touchStart", y), ("touchMove", y + 30), ("touchMove", y + 60), ("touchEnd", None)):
            points = [] if to is None else [{"x": x, "y": to}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    else:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y + 60, steps=3)
        page.mouse.up()
    moved = values(page)
    assert moved[-2] < begun[-2] - 0.5
    assert (moved[:-2], moved[-1]) == (begun[:-2], begun[-1])
    np.testing.assert_allclose(means(page), model.forecast(moved, steps=5)["mean"], rtol=0, atol=1e-5)
    handles.nth(5).focus()
    for key in ("ArrowUp", "ArrowUp", "PageDown"):
        page.keyboard.press(key)
    pressed = values(page)
    assert pressed[-1] < moved[-1]
    assert "2025" in handles.nth(5).get_attribute("aria-label")
    assert handles.nth(5).get_attribute("aria-valuetext") == f"{pressed[-1]:.2f} percent"
    np.testing.assert_allclose(means(page), model.forecast(pressed, steps=5)["mean"], rtol=0, atol=1e-5)
    page.click("#reset")
    assert values(page) == begun


def test_every_part_is_reached_by_keys(opened):
    page, reached = opened(size="desk"), []
    settled(page)
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    wanted = ["language", "model", "cell", "beginning", "written", "write", "restart", "temperature", "length", "file"]
    assert [name for name in dict.fromkeys(reached) if name in wanted][:1] == ["language"]
    assert set(wanted) <= set(reached)


def test_without_network(opened):
    page = opened()
    page.wait_for_selector("body[data-kept]", state="attached")
    opened.allowed = {f"Failed to load resource: net::ERR_{why}" for why in ("FAILED", "INTERNET_DISCONNECTED")}
    page.context.set_offline(True)
    page.reload()
    assert written(page) == "hello world"
    choose(page, "gs10/monthly")
    assert len(means(page)) == 5
    page.select_option("#model", "char/shakespeare")  # alone: the choices go back as soon as it fails
    settled(page)
    assert page.text_content("#error") == "This model is not on this device yet, and there is no network."
    shown = "/".join(page.input_value(f"#{one}") for one in ("model", "cell", "precision"))
    assert page.url.endswith(f"#{shown}")
    assert shown == "gs10/monthly/simple_rnn/float32"  # as before
    choose(page, "char/hello_world", "rnn_cell")
    assert page.is_hidden("#error")
    assert written(page) == "hello world"


def drop(page, name, content):
    """Drop a file on the page."""
    page.evaluate(
        """([name, content]) => {
            const dataTransfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
            dataTransfer.items.add(new File([bytes], name));
            document.body.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
        }""",
        [name, base64.b64encode(content).decode()],
    )
    return settled(page)


def test_files_that_cannot_be_used(opened, tmp_path):
    page, whole = opened(), (find("char") / "model.tflite").read_bytes()
    tree = tree_of(whole)
    tree.metadata = []
    html = "<img src=x onerror=document.title='harmed'>"
    settings = {"vocabulary": " dehlorw"}
    for content, message in {
        b"Hello": "This file is not a LiteRT model.",
        whole[:-1]: "This file is damaged.",
        whole[:900] + b"\0" + whole[901:]: "This file is damaged.",
        packed(tree): "This LiteRT model is of another program",
        places.saying({"schema": 3}): "This file is of a newer keras_rnn than this page. (3)",
        places.saying({"kind": html}): f"this file is of another kind. ({html})",
        places.saying({"window": 5}): "does not fit its model. (serving_default",
        (find("series") / "model.tflite").read_bytes(): "this file is of another kind. (zero_shot)",
        (CHECKOUT / "tests" / "fixtures" / "schema_1_char.tflite").read_bytes(): "has no checksum",
        (CHECKOUT / "tests" / "fixtures" / "schema_2_series.tflite").read_bytes(): "this file reads several.",
    }.items():
        drop(page, "m.tflite", content)
        assert message in page.text_content("#error")
        assert page.locator("#error *").count() == 0
        assert written(page) == "hello world"  # the model before is still there
    card = {"title": html, "description": html, "metrics": {}, "limits": [html], "license": html}
    drop(page, html, places.saying({"card": card, "settings": settings, "keras_rnn": html}))
    assert page.is_hidden("#error")
    page.click("#about summary")
    assert page.text_content("#card").count(html) == 5
    assert html in page.locator("#model option:checked").text_content()
    assert page.locator("img").count() == 1
    assert page.title() == "keras_rnn"
    text = "new DragEvent('drop', {dataTransfer: new DataTransfer(), bubbles: true, cancelable: true})"
    assert page.evaluate(f"document.body.dispatchEvent({text})")  # is left to the field that it is dropped on
    drop(page, "long.tflite", places.saying({"settings": settings, "name": "x" * 100_000}))
    assert page.is_hidden("#error")


def test_models_of_ones_own(opened, tmp_path):
    """A network of another kind with a vocabulary, from `to_litert`, and a forecaster with a unit."""
    from keras_rnn import to_litert
    from keras_rnn.core.backend import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Embedding(6, 8), keras.layers.LSTM(12, return_sequences=True), keras.layers.Dense(6)]
    text = keras.Sequential([keras.Input((None,), dtype="int32"), *layers])
    text.set_weights([3 * weights for weights in text.get_weights()])
    to_litert(text, tmp_path / "text.tflite", window=5, vocabulary="é a<&\ufffd")
    settings = {"scaling": "none", "low": None, "high": None, "unit": "<b>MW</b>", "frequency": "monthly",
                "residuals": None, "features": 1, "columns": None, "trained_to": None}  # fmt: skip
    (tmp_path / "series.tflite").write_bytes(places.saying({"kind": "series", "settings": settings}, "gs10"))
    page = opened()
    page.set_input_files("#file", tmp_path / "text.tflite")
    page.wait_for_selector("option:checked:text('Your file: text.tflite')", state="attached")
    page.fill("#beginning", "a <é")
    assert written(page) == runtime.load(tmp_path / "text.tflite").generate("a <é", 100)
    page.set_input_files("#file", tmp_path / "series.tflite")
    page.wait_for_selector("text=Put in at least 6 numbers, oldest first.")
    history = [0.5, 1.5, 1, 2, 1.25, 3, 2, 4, 1, 0.5]
    page.fill("#values", " ".join(map(str, history)))
    page.wait_for_selector("text=in <b>MW</b>")
    assert page.is_hidden("#cell")
    np.testing.assert_allclose(
        means(page), runtime.load(tmp_path / "series.tflite").forecast(history, 5).mean, rtol=0, atol=1e-5
    )
    choose(page, "char/hello_world")
    assert written(page) == "hello world"
    page.select_option("#model", "")  # the latest file is still there
    page.wait_for_selector("text=Put in at least 6 numbers, oldest first.")
    page.fill("#values", "1，2、3 4;5;1e39")
    page.wait_for_selector("text=The model's answer is not a number.")
    page.fill("#values", "100000 2 3 4 5 1e6")
    page.wait_for_selector("#chart text:text('1M')")
    assert page.is_hidden("#error")


TAP = """async () => {
    const bar = document.querySelector("#bars button"), written = document.getElementById("written");
    const seen = new Promise((then) => new MutationObserver(then).observe(written, {childList: true}));
    const before = performance.now();
    bar.click();
    await seen;
    return performance.now() - before;
}"""


def test_it_is_quick(opened):
    """With LiteRT.js in the browser's cache: load to first answer, and tap to answer."""
    page = opened()
    page.wait_for_selector("body[data-kept]", state="attached")
    loads, taps = [], []
    for _ in range(3):
        page.reload()
        settled(page)
        loads.append(page.evaluate("performance.getEntriesByName('first answer')[0].duration"))
    for _ in range(5):
        taps.append(page.evaluate(TAP))
    page.wait_for_selector("#facts :text-matches('13,540 bytes') + :text-matches('^[0-9,]+ µs a call$')")
    assert min(loads) < 1000, loads
    assert min(taps) < 50, taps


def test_it_can_be_installed(opened, address):
    page = opened()
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}  # as each of Playwright's contexts is
    for icon in json.loads(manifest["data"])["icons"]:
        assert page.request.get(address + icon["src"]).ok


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("size", SIZES)
def test_everybody_can_use_it(opened, size):
    """axe-core finds nothing, in either language or scheme; screenshots for people to look at are in build/web."""
    page, width = opened(size=size), SIZES[size]["viewport"]["width"]
    page.evaluate(places.axe())
    for model in ("char/hello_world", "char/shakespeare", "gs10/annual"):
        choose(page, model)
        for scheme, language in (("light", "en"), ("dark", "zh")):
            assert page.get_attribute("html", "lang") == language
            assert bool(re.search("[一-鿿]", page.inner_text("main"))) == (language == "zh")
            page.emulate_media(color_scheme=scheme)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=places.CACHE / f"{size}_{scheme}_{language}_{model.split('/')[1]}.png")
            found = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
            assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []
            assert len(found["passes"]) > 20
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.click("#language")
            page.locator("details:visible").evaluate_all("(all) => all.forEach((one) => (one.open = !one.open))")


def test_the_language_is_chosen_and_kept(opened):
    page = opened()
    page.click("#language")
    assert page.text_content("#write") == "继续写"
    page.reload()
    settled(page)
    assert page.text_content("#write") == "继续写"
    page.click("#language")
    assert page.text_content("#write") == "Write on"


def test_signatures_answer_as_in_node(opened):
    """What benchmarks ask: files' signatures in the browser, and their microseconds."""
    path = find("char") / "model.tflite"
    requests = [{"file": str(path), "signature": "serving_default", "inputs": {"ids": [[3, 2]]}}]
    (answer,) = chromium.answers(opened(), requests)
    logits = runtime.load(path).next_logits([[3, 2]])[0]
    np.testing.assert_allclose(answer["outputs"]["logits"], logits, rtol=0, atol=1e-5)
    assert answer["microseconds"] > 1
