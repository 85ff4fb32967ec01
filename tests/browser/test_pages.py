"""The phone's pages, straight from the care half: light, closed, readable by everyone, and of use without any script."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from aftercall_stage.troupe import until
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect

from aftercall.outside.doors import shelf
from aftercall.phone import frame
from aftercall.phone.light import FOLDER
from tests.browser import walk
from tests.browser.visitor import SCHEMES, Backstage, Scheme, Watch, backstage

PHONE = {"width": 360, "height": 640}
FIRST_PAGE, WHOLE_PHONE = 14 * 1024, 100 * 1024  # bytes over the wire
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}}


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves")) as this:
        yield this


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", [walk.asking, walk.answering])
def test_every_state_can_be_read_by_everyone_and_stays_at_home(
    browser: Browser, back: Backstage, way: Callable[[Page, Backstage], Iterator[str]], scheme: Scheme
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    watch = Watch(page, (back.troupe.outside_url.partition("//")[2],))
    found = []
    for state in way(page, back):
        violations = Axe().run(page, options=STRICT).response["violations"]
        found += [f"{state}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
            found.append(f"{state}: {wide} px wide")
    context.close()
    assert not found, "\n".join(found)
    assert watch.wrong == []


def test_the_first_page_is_14_kb_and_the_whole_phone_100_kb(back: Backstage) -> None:
    with httpx.Client(base_url=back.troupe.outside_url, headers={"Accept-Encoding": "gzip"}, trust_env=False) as wire:
        first = {path: _bytes(wire, path) for path in ("/", "/phone/phone.css")}
        files = [
            f"/phone/{p.relative_to(FOLDER)}"
            for p in FOLDER.rglob("*")
            if p.suffix in shelf.SHOWN and p.name not in (*shelf.TEMPLATES, *frame.PARTS)  # those stand in /check
        ]
        whole = {path: _bytes(wire, path) for path in (*shelf.PAGES, "/sw.js", "/notes.webmanifest", *files)}
    print(f"first page {sum(first.values())} bytes {first}, whole phone {sum(whole.values())} bytes")
    assert sum(first.values()) <= FIRST_PAGE
    assert sum(whole.values()) <= WHOLE_PHONE


def _bytes(wire: httpx.Client, path: str) -> int:
    with wire.stream("GET", path) as answer:
        assert answer.status_code == 200, path
        assert answer.headers.get("content-encoding") == "gzip", path
        assert "script-src 'self'" in answer.headers["content-security-policy"], path
        return sum(len(piece) for piece in answer.iter_raw())


@pytest.mark.parametrize(
    "path", ["/care", "/phone/care.html", "/phone/peer.html", "/phone/../run.py", "/phone/vendor/ORIGIN.md", "/stage/card"]
)
def test_what_is_not_a_page_is_not_there(back: Backstage, path: str) -> None:
    answer = httpx.get(back.troupe.outside_url + path, trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["error"] == "gone"


@pytest.mark.parametrize(("pressed", "then"), [("minute", ["home", "talk"]), ("numbers", [])])
def test_code_and_wish_are_kept_when_a_link_is_pressed_before_the_scripts_are_there(
    browser: Browser, back: Backstage, pressed: str, then: list[str]
) -> None:
    """On a slow line the page stands long before its scripts, and a link within the page puts another mark behind the '#'.

    "Talk" leads to the numbers until there are scripts, and to the talk as soon as there are.
    """
    page = browser.new_page()
    held: list[Route] = []
    page.route("**/phone/home.mjs", lambda route: held.append(route))
    with page.expect_request("**/phone/home.mjs"):
        page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}", wait_until="commit")
    page.locator(f"#home a[href='#{pressed}']").click()
    page.wait_for_url(f"**/#{pressed}", wait_until="commit")
    held[0].continue_()
    page.locator("html[data-live]").wait_for()
    for where in then:
        walk.press(page, where)
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    page.close()


BROKEN = {
    "the list is not there": {"status": 500, "body": "{}"},
    "a hotel's sign-in page": {"status": 200, "body": "<html>Welcome to our Wi-Fi</html>"},
    "the words are wrong or old": {"status": 403, "body": '{"error": "code", "say": "no"}'},
    "a list that nobody signed": {"status": 200, "body": json.dumps({"body": "{}", "sig": "AAAA"})},
}


@pytest.mark.parametrize("what", BROKEN)
def test_whatever_fails_the_page_says_to_call_and_the_numbers_stand(browser: Browser, back: Backstage, what: str) -> None:
    page = browser.new_page()
    page.route("**/care/v1/directory", lambda route: route.fulfill(content_type="application/json", **BROKEN[what]))
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    walk.press(page, "talk")
    expect(page.locator("#talk-off:visible, #code-wrong:visible")).to_have_count(1, timeout=15_000)
    expect(page.locator("#ask")).to_be_hidden()
    for n in range(2):
        expect(page.locator("#numbers a[href^='tel:']").nth(n)).to_be_visible()
    page.close()


@pytest.mark.parametrize("days", [-1, 1, 400])
def test_a_clock_that_is_off_is_an_ask_that_works_or_a_number(browser: Browser, back: Backstage, days: int) -> None:
    """The later of the phone's clock and the list's date counts: behind, all is well; a year ahead, no key is good any more."""
    page = browser.new_page()
    page.clock.install(time=back.troupe.now() + timedelta(days=days))
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    walk.press(page, "talk")
    expect(page.locator("#talk-off" if days > 30 else "#ask")).to_be_visible(timeout=15_000)
    expect(page.locator("#numbers .duty a")).to_be_visible()
    page.close()


@pytest.mark.parametrize("whose", ["own", "shared"])
def test_leave_hides_my_own_talk_and_ends_it_on_a_shared_phone(browser: Browser, back: Backstage, whose: str) -> None:
    others = back.do(_boxes, back)
    page = browser.new_page()
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    page.locator(f"[name=phone][value={whose}]").check()
    page.locator("#ask [type=submit]").click()
    walk.showing(page, "wait")
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")
    left = page.evaluate("Object.keys({ ...localStorage, ...sessionStorage }).filter((k) => k !== 'ac1.undone').sort()")
    if whose == "shared":
        assert left == []
        back.do(until, lambda: _closed(back, others), "the box is closed")
    else:
        assert {"ac1.box", "ac1.code"} <= set(left)
        assert back.do(_boxes, back) == others + 1
        page.goto(f"{back.troupe.outside_url}/")
        walk.showing(page, "wait")
        walk.press(page, "close")
        walk.showing(page, "home")
    page.close()


@pytest.mark.parametrize("peer", [False, True])
def test_leave_on_a_shared_phone_clears_what_we_know_nothing_of_but_never_a_peers_keys(
    browser: Browser, back: Backstage, peer: bool
) -> None:
    context = browser.new_context()  # a phone of its own
    page = context.new_page()
    page.goto(f"{back.troupe.outside_url}/home")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    box = {"box": "ab" * 16, "cap": "cd" * 16}
    kept = {"of.an.older.version": "1"} | ({"ac1.peer": "1"} if peer else {})
    page.evaluate("(kept) => Object.assign(localStorage, kept)", kept)
    page.evaluate("(box) => Object.assign(sessionStorage, box)", {"ac1.phone": '"shared"', "ac1.box": json.dumps(box)})
    page.reload()
    asked: list[tuple[str, str]] = []
    context.on("request", lambda request: asked.append((request.method, request.url.partition("/v1/")[2])))
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    if not peer:
        page.wait_for_function("() => !localStorage.getItem('of.an.older.version')")
    left = set(page.evaluate("Object.keys(localStorage)")) - {"ac1.undone"}
    assert left == (set(kept) if peer else set())
    assert ("DELETE", "box") in asked
    assert (("POST", "leave") in asked) is not peer
    context.close()


async def _closed(back: Backstage, others: int) -> bool:
    return await _boxes(back) == others


async def _boxes(back: Backstage) -> int:
    return len((await back.troupe.control("outside").ask({"do": "rows"}))["tables"]["box"]["rows"])


def test_a_known_gap_at_that_hour_is_said_before_sending(browser: Browser, back: Backstage) -> None:
    """The list's own `gaps` are taken for all of time, so that no test has to wait for an empty rota."""
    page = browser.new_page()

    def gappy(route: Route) -> None:
        code = route.fetch().text()
        assert code.count("Array.isArray(d.gaps) ? d.gaps : []") == 1
        gap = "[['2020-01-01T00:00:00Z', '2100-01-01T00:00:00Z']]"
        route.fulfill(body=code.replace("Array.isArray(d.gaps) ? d.gaps : []", gap), content_type="text/javascript")

    page.route("**/phone/directory.mjs", gappy)
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    expect(page.locator("#gap")).to_be_hidden()
    page.locator("[name=when][value=morning]").check()
    expect(page.locator("#gap")).to_be_visible()
    page.locator("[name=when][value=now]").check()
    expect(page.locator("#gap")).to_be_hidden()
    page.close()


def test_without_scripts_the_numbers_and_the_guidance_stand(browser: Browser, back: Backstage) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{back.troupe.outside_url}/")
    numbers = page.locator("#numbers a[href^='tel:']")
    expect(numbers).to_have_count(2)
    for n in range(2):
        expect(numbers.nth(n)).to_be_visible()
    lines = page.locator("#pause li")
    assert lines.count() >= 5
    for n in range(lines.count()):
        expect(lines.nth(n)).to_be_visible()
    # This way of switching scripts off does not make Chromium render <noscript>; that it says so is read in the page itself.
    assert "This browser runs no scripts here" in page.content().partition("<noscript>")[2].partition("</noscript>")[0]
    dead = [button.inner_text() for button in page.locator("button:visible, input:visible").all()]
    assert dead == [], "what does nothing when pressed must not be shown"
    context.close()
