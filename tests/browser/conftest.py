"""One Chromium and one shelf of pages for all tests of pages that need no talk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.shelf import shelf
from tests.browser.visitor import chromium

expect.set_options(timeout=20_000)  # a state that comes late on a busy machine is no fault; one that never comes is


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = chromium(playwright)
        yield one
        one.close()


@pytest.fixture(scope="module")
def care() -> Iterator[str]:
    with shelf() as address:
        yield address
