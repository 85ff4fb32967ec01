"""Which rows and words may exist, written by hand from the decisions: a new column fails here until somebody has argued for it."""

INSIDE = {  # DECISIONS 28; `staff_id` is a part of the staff list, `cursor` and the rest are not built yet
    "alembic_version": "version_num",
    "attendance": "org event staff why ref step due tries seen",
    "audit": "org n hour who name role act about seal",
    "credential": "org credential who person role key uses day used",
    "event": "org event week site state weight rules there died_at unit",
    "alias": "org name mark at",
    "coming": "org record visit side came age incident numbers at",
    "cursor": "org feed place holder until",
    "ear": "org feed hour since at longest week",
    "learned": "org field value means",
    "leaver": "org staff said until",
    "notice": "org body_hash record visit document version joined signal facts doubt died_at happened_at sender_at sent_at unit"
    " event speaks at",
    "pair": "org run stay said at",
    "report": "org report unit died_at sender what staff event state due at",
    "trace": "org record staff why unit role begins ends at",
    "outbox": "org staff day template due tries",
    "quarantine": "org at n kind code place text",
    "quiet": "org contact until",
    "session": "org session kind who person role began touched ends tries proof",
    "rota": "org unit staff begins ends",
    "sqlite_stat1": "tbl idx stat",  # SQLite's own: estimates that we wrote, none of them counted
    "staff": "org staff name phone mail language unit role",
    "staff_id": "org authority number staff origin",
    "told": "org staff by until",
    "unit": "org unit name site phone mail language",
    "prompt": "org event unit ref step due tries",
}
OUTSIDE = {  # DECISIONS 29
    "audit": "programme n hour who name role act about seal",
    "agg": "programme figure ends begins value",
    "alembic_version": "version_num",
    "box": "programme box hc state everyone wave due holder cap lapsed day heard_c heard_p prompt wider contact",
    "directory": "programme issued signed",
    "msg": "programme box lane n day ct",
    "passkey": "programme credential who person role key uses day used",  # decision 38
    "page_copy": "programme box pid place wave cap day ct",
    "peer": "programme pid entry duty_until lapses test_until rest_until gathers_until reserve",
    "reach": "programme pid road to after came",
    "reminder": "programme what told",
    "ring": "programme box pid road wave due tries",
    "seat": "programme session kind who person role began touched ends proof",  # decision 38
    "session": "programme token pid ends",
    "sqlite_stat1": "tbl idx stat",
    "sheet": "programme ends signed",
    "turn": "programme pid begins ends own off asked",
}

CLOSED = {  # words both halves may hold, and why they tell nothing of anybody (DECISIONS 20)
    "0001": "the number of the first migration",
    "none": "a state",
    "first": "a step",
    "done": "a step",
    "stay": "of the two sides of a coming the hospital's",
    "open": "a state",
    "talk": "a state",
    "ended": "a state",
    "off": "a state",
    "note": "the one template",
    "desk": "what a session of either desk is",
    "link": "what a session of either desk is",
    "used": "what a session of either desk is",
    "nobody": "whom a canary is for, in both halves",
    "canary": "a canary's organisation, and its programme, are called so",
}

SIZES = {"page_copy.ct": {1105}, "box.contact": {284}, "msg.ct": {288, 1056, 4128}}
"""Bytes of what is stored sealed (docs/care-api.md)."""
