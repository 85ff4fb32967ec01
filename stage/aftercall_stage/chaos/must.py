"""Where the nights must die: every commit and every send that a night comes to, by the name of the job or of the road.

A list, and not what the nights happen to pass: a job that was renamed, or that no night comes to any more, would be missed in
silence. tests/stage/test_must.py holds it against the halves' own code, with a reason for each job that is not in it.
"""

from collections.abc import Iterator

from aftercall_stage.chaos.fault import HALVES

JOBS = {
    "inside": (
        *("_forget:str", "_round:str", "answer:stop", "clear:str", "dead_words:str", "hear:list", "keep:str", "later:str"),
        *("leave:datetime", "mirror:str", "seen:str", "sent:list", "tick:datetime"),
    ),
    "outside": (
        *("_publish:method", "_states:str", "admit:listed", "all_of:str", "answer:close", "answer:fetch"),
        *("answer:letter", "answer:look", "answer:pass", "answer:spoken", "answer:take", "ask:ask", "begin:str"),
        *("entry_of:str", "fails:ring", "for_peer:str", "gaps:str", "heard:str", "later:str", "listed:str", "look:str"),
        *("may_still:ring", "mirror:str", "next_roads:list", "phone_late:str", "recover:rules", "said:str", "sent:str"),
        *("sign_in:str", "signed_in:str", "standing:str", "sweep:str", "tick:datetime", "told:str", "turn:datetime"),
    ),
}
FILE_ONLY = (("inside", "clear:str"),)
"""What an earlier run's canary left behind. On PostgreSQL its next flight clears it, and in these nights none flies."""

UNDER = {
    ("inside", "later:str"): "down",
    ("outside", "later:str"): "down",
    ("outside", "next_roads:list"): "down",
    ("outside", "may_still:ring"): "drags",
    ("outside", "fails:ring"): "never",
}
"""Jobs that come about only while a provider fails in this way: a death there comes with that fault."""


def points(database: str, half: str) -> tuple[str, ...]:
    """The names of all points of that half."""
    jobs = [job for job in JOBS[half] if database == "sqlite" or (half, job) not in FILE_ONLY]
    return (*(f"{side}-commit.{job}" for job in jobs for side in ("before", "after")), "before-send.sms", "after-send.sms")


def cells(database: str) -> Iterator[tuple[str, str, str]]:
    """(database, half, point)"""
    return ((database, half, where) for half in HALVES for where in points(database, half))


def needs(half: str, where: str) -> str:
    """The kind of fault under which that point is passed. "" for most: they are passed in every night."""
    return UNDER.get((half, where.partition(".")[2]), "")


LEFT_OUT = {
    "inside": {
        "somebody at a page presses it, sees an answer or an error, and presses again": (
            *("_add", "_all", "_begin", "_opened", "_rows", "_silent", "_stopped", "_touched", "about"),
            *("end", "find", "forget", "hush", "lately", "listed", "look", "means", "noted", "of", "one", "passkey"),
            *("passkeys_of", "past", "people", "prove", "say_no", "shifts_around", "silent", "unhush", "units"),
        ),
        "no unit's phone and no coordinator is called in these nights; tests/stories tries a send that fails": ("called", "done"),
        "the hospital tells by MLLP and has files for lists: nothing is fetched, no directory writes": (
            *("back", "everybody", "get", "load", "mine", "page", "put", "remove", "save"),
        ),
        "all that is told here can be read and fits; nobody sends a crew": ("add_crew", "put_aside"),
        "no canary flies": ("is_marked", "settle"),
    },
    "outside": {
        "peers come on duty and stay; they set no roads, no turns and no new key, and have no talk for several": (
            *("_set", "agreed", "cant", "end", "gather", "mail", "of", "put", "rest", "set_entry", "test_by"),
        ),
        "no coordinator has a phone, and no duty phone calls back": ("claim", "phone_heard"),
        "nobody reads the sheets": ("published",),
        "somebody at the desk presses it, sees an answer or an error, and presses again": (
            *("_stands", "_team", "_touched", "done", "find", "last", "passkey", "passkeys_of", "people", "to_come"),
        ),
        "the coordinator says it by a command, and again when it failed": ("note",),
        "no canary flies": ("clear", "copy", "settle"),
    },
}
"""Jobs of the halves that no night comes to, and why. Nobody dies there but in the stories' own tests, where these do."""
