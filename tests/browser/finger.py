"""A finger on a device that keeps passkeys: Chromium's own virtual authenticator."""

from playwright.sync_api import Page


def finger(page: Page) -> None:
    """From now on this page's browser has one, and its owner is always there."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    holds = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **holds}})
