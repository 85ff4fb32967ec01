"""Eight hundred staff and thirty peers for ninety days: who is on duty, who asks, who answers and who doesn't."""

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from aftercall.outside.flow import Close, Fetch, Letter, Look, Pass, Spoken, Take
from aftercall.outside.road.box import Ask
from aftercall.outside.road.duty import ACTIVE
from aftercall.outside.road.seal import CONTACT, COPY, LETTERS
from aftercall.outside.road.wave import IN_TURN
from aftercall.outside.store import rings
from aftercall.words import Moment
from aftercall_stage.roster.rates import Rates, drawn
from aftercall_stage.roster.world import DUTY_TEL, START, ZONE, Rung, World

LOOKS = timedelta(minutes=10)  # of a page that waits; it looks far more often, and nothing comes of that here
POLL = timedelta(seconds=20)  # an asker's open page
WORD = (1).to_bytes(4, "big") + bytes(LETTERS[0] - 4)  # the half sees a number and a size, as it does of every letter
MORNING, EVENING = 7, 19
OUTAGE_ASKS = 4  # an outage that nobody meets shows nothing
AFTER = 2  # days in which what was asked on the last day comes to its end
ONE_NIGHT = timedelta(hours=12)  # a duty: whoever holds the duty phone calls the others once in it


@dataclass
class Asked:
    """One who asked, and what became of it."""

    box: str
    cap: bytes
    at: Moment  # from when a human is waited for: now, or the hour that was chosen
    now: bool
    kind: str  # "" | "mass" | "no texts"
    phone: str  # "on" | "off"
    caps: dict[str, bytes]
    yes: Moment | None = None
    word: Moment | None = None
    turn: Moment | None = None  # when the peer who greeted them had time for them: the next letter
    duty: Moment | None = None  # when the duty phone was rung
    last: str = ""  # who said yes last
    vain: set[str] = field(default_factory=set)  # who wrote, was read by nobody, and knows it again by its handle


@dataclass
class Someone:
    """A peer as they live: on duty or not, phone alive or not, with how many people now."""

    pid: str
    dead: list[tuple[Moment, Moment]] = field(default_factory=list)
    with_: set[str] = field(default_factory=set)
    looking: Moment | None = None  # when they will open the page
    since: Moment = START  # when that was decided
    rests: Moment = START
    hours: float = 0.0


class Programme:
    def __init__(self, folder: Path, rates: Rates, seed: int, roads: tuple[str, ...], steps: Mapping[str, int]) -> None:
        self.rates, self._seed, self._rand = rates, seed, random.Random(seed)
        self.world = World(folder, rates.size["peers"] + 1, rates.allies["peers"], roads, steps, self._rang)
        everyone = (*self.world.phones, *self.world.allied)
        self.people = {phone.pid: Someone(phone.pid) for phone in everyone}
        self.holder = self.world.phones[-1].pid  # of the duty phone, certified as one more peer
        self._by_tel = {tel: pid for pid, tel in self.world.tel.items()} | {DUTY_TEL: self.holder}
        self._ours = [phone.pid for phone in self.world.phones[:-1]]
        self._number = {phone.pid: n for n, phone in enumerate(everyone)}  # keys are new in each run, numbers are not
        self.asked: dict[str, Asked] = {}
        self.over_caps: Counter[int] = Counter()  # rings, by wave, to a peer who was with as many as the cap allows
        self.over_rest: Counter[int] = Counter()
        self.rings: Counter[str] = Counter()
        self.most_talks = 0  # of one peer at once
        self._called = START - ONE_NIGHT  # when the others were called last
        self._coming = set[str]()

    async def live(self) -> None:
        days, luck = self.rates.size["days"], self.rates.bad_luck
        for pid in self._ours:
            if self._dice("agreed", self._number[pid]).random() < luck["agreed"]:
                self.world.at(START, partial(self.world.agrees, pid))  # not before their rows stand there
        for day in range(days + AFTER):
            self._duties(START + timedelta(days=day))
            self._next_door(START + timedelta(days=day))
        for day in range(days):
            self._deaths(START + timedelta(days=day))
        self._bad_luck(START + timedelta(days=days))
        await self.world.live(START + timedelta(days=days + AFTER))

    def _dice(self, *of: object) -> random.Random:
        """Chance that doesn't depend on what else happened first, so that one seed is one story."""
        return random.Random("|".join(map(str, (self._seed, *of))))

    # duty --------------------------------------------------------------------------------------------------------------------

    def _duties(self, morning: Moment) -> None:
        figures = self.rates.duty
        today = self._rand.sample(self._ours, figures["by_day"] + figures["by_night"])
        for begins, those in ((morning, today[: figures["by_day"]]), (morning + timedelta(hours=12), today[figures["by_day"] :])):
            for pid in [*those, self.holder]:
                if pid == self.holder or self._rand.random() >= figures["forgets"]:
                    self.world.at(begins, partial(self._signs_in, pid, begins + timedelta(hours=12)))

    def _next_door(self, morning: Moment) -> None:
        """The allied programme's duties, by dice of their own: with it or without, ours live the same days."""
        allies, dice = self.rates.allies, self._dice("next door", morning)
        if allies["peers"]:
            today = dice.sample([phone.pid for phone in self.world.allied], allies["by_day"] + allies["by_night"])
            for n, pid in enumerate(today):
                begins = morning + timedelta(hours=0 if n < allies["by_day"] else 12)
                if dice.random() >= self.rates.duty["forgets"]:
                    self.world.at(begins, partial(self._signs_in, pid, begins + timedelta(hours=12)))

    async def _signs_in(self, pid: str, until: Moment) -> None:
        begins, figures, someone = self.world.clock.now(), self.rates.duty, self.people[pid]
        someone.dead, dice = [], self._dice("duty", self._number[pid], begins)
        if pid != self.holder and dice.random() < figures["no_battery"]:
            someone.dead.append((begins + (until - begins) * dice.random(), until))
        if pid != self.holder and dice.random() < figures["no_network"]:
            gone = begins + timedelta(hours=10 * dice.random())
            someone.dead.append((gone, gone + timedelta(hours=2)))
        await self.world.duty(pid, until)
        if not self._is_dead(someone, begins):
            self._looks(pid, drawn(dice, self.rates.answer["quick_minutes"]))  # at the test ring

    # who asks ----------------------------------------------------------------------------------------------------------------

    def _deaths(self, morning: Moment) -> None:
        size = self.rates.size
        for _ in range(_poisson(self._rand, size["deaths_a_day"])):
            died = morning + timedelta(hours=24 * self._rand.random())
            for _ in range(size["there_at_a_death"]):
                if self._rand.random() < size["ask"]:
                    self.world.at(died + drawn(self._rand, size["ask_after_minutes"]), partial(self._ask, ""))

    def _bad_luck(self, end: Moment) -> None:
        """What would come after the end is left out."""
        day, hour, long = self.rates.bad_luck["no_texts_from"]
        out = START.replace(hour=0) + timedelta(days=day, hours=hour)
        if out < end:
            self.world.at(out, partial(self._texts, True))
            self.world.at(out + timedelta(hours=long), partial(self._texts, False))
            for _ in range(OUTAGE_ASKS):
                self.world.at(out + timedelta(hours=long * self._rand.random()), partial(self._ask, "no texts"))
        day, hour, many, minutes = self.rates.bad_luck["mass_night"]
        night = START.replace(hour=0) + timedelta(days=day, hours=hour)
        if night < end:
            self._mass(night, many, minutes)

    def _mass(self, night: Moment, many: int, minutes: float) -> None:
        for _ in range(many):
            self.world.at(night + timedelta(minutes=minutes * self._rand.random()), partial(self._ask, "mass"))

    async def _texts(self, out: bool) -> None:
        self.world.out = {"sms"} if out else set()

    async def _comes_in(self, pid: str) -> None:
        """Off duty until now: signs in, and looks at once."""
        self._coming.discard(pid)
        if pid not in await self.world.on_duty():
            await self.world.duty(pid, self.world.clock.now() + timedelta(hours=6))
            self._looks(pid, timedelta(minutes=1))

    async def _ask(self, kind: str) -> None:
        rand, now = self._dice("ask", len(self.asked)), self.world.clock.now()
        box, cap = rand.randbytes(16).hex(), rand.randbytes(16)
        everyone = rand.random() < self.rates.size["now"]
        later = _hour(now, rand) if not kind and not everyone and rand.random() < self.rates.size["later"] else None
        phone = "off" if rand.random() < self.rates.talk["phone_off"] else "on"
        caps = {pid: rand.randbytes(16) for pid in self.people}
        order = rand.sample(list(caps), len(caps))
        copies = {pid: (_hash(own), bytes(COPY)) for pid, own in caps.items()}
        self.asked[box] = Asked(box, cap, later or now, everyone, kind, phone, caps)
        if phone == "on":
            self.world.after(LOOKS, partial(self._looks_again, box))
        assert await self.world.half.ask(Ask(box, _hash(cap), tuple(order), copies, bytes(CONTACT), everyone, later))

    async def _looks_again(self, box: str) -> None:
        """The asker's page, while nobody answers. What it says matters to the ladder only once that rests."""
        asked = self.asked[box]
        if asked.word is None:
            await self.world.half.answer(Look(asked.box, asked.cap))
            self.world.after(LOOKS, partial(self._looks_again, box))

    # who answers -------------------------------------------------------------------------------------------------------------

    def _rang(self, rung: Rung) -> None:
        if rung.box == rings.MORE:
            self._more(rung)
        if rung.box not in self.asked:
            return  # else a ring that says that it is a test
        pid = self._by_tel[rung.to]
        someone, answer = self.people[pid], self.rates.answer
        self.rings[rung.box] += 1
        if rung.to == DUTY_TEL:
            asked = self.asked[rung.box]
            asked.duty = asked.duty or rung.at
        elif len(someone.with_) >= self.rates.talk["most_at_once"]:
            self.over_caps[min(rung.wave, 3)] += 1
        elif rung.at < someone.rests:
            self.over_rest[min(rung.wave, 3)] += 1
        earlier = someone.looking and someone.since < rung.at  # one instant's roads are one ring, in whatever order
        if earlier or self._is_dead(someone, rung.at):
            return
        dice = self._dice("ring", rung.box, self._number[pid], rung.wave, rung.to == DUTY_TEL, rung.road)
        if not self._hears(rung, pid, self._chance(rung, someone), dice):
            return
        dice = self._dice("delay", rung.box, self._number[pid], rung.wave, rung.to == DUTY_TEL)  # two roads make nobody quicker
        if rung.to == DUTY_TEL:
            delay = drawn(dice, answer["duty_phone_minutes"])
        else:
            slow = dice.random() < answer["slow"]
            delay = drawn(dice, answer["slow_minutes" if slow else "quick_minutes"])
        self._looks(pid, delay)

    def _hears(self, rung: Rung, pid: str, chance: float, dice: random.Random) -> bool:
        """Some of those who miss a ring miss it by chance, the others for a reason that lasts."""
        lasts: float = (1 - chance) * self.rates.answer["miss_lasts"]
        stirs = self._slot(self._number[pid], rung.at, rung.to == DUTY_TEL) >= lasts
        return stirs and dice.random() < chance / (1 - lasts)

    def _more(self, rung: Rung) -> None:
        """More wait than those on duty can answer: who agreed comes; the others are called from the duty phone, once a night."""
        pid, luck = self._by_tel[rung.to], self.rates.bad_luck
        dice = self._dice("more", self._number[pid], rung.wave, rung.to == DUTY_TEL, rung.road)
        if rung.to != DUTY_TEL and pid not in self._coming and self._hears(rung, pid, luck["off_duty"], dice):
            self._coming.add(pid)  # one more ring makes nobody faster
            self.world.after(drawn(dice, luck["off_duty_minutes"]), partial(self._comes_in, pid))
        new = rung.at - self._called >= ONE_NIGHT
        if rung.to == DUTY_TEL and new and self._hears(rung, pid, self.rates.answer["duty_phone"], dice):
            self._called = rung.at
            told = drawn(dice, self.rates.answer["duty_phone_minutes"])
            for one in self._ours:
                if dice.random() < luck["comes_in"]:
                    self.world.after(told + drawn(dice, luck["comes_in_minutes"]), partial(self._comes_in, one))

    def _slot(self, n: int, at: Moment, duty: bool) -> float:
        """One draw for all rings of the same half hour (each person's begins at another minute): what keeps from hearing lasts."""
        long = timedelta(minutes=self.rates.answer["miss_minutes"])
        return self._dice("slot", n, duty, (at - START + long * self._dice("begins", n).random()) // long).random()

    def _is_dead(self, someone: Someone, at: Moment) -> bool:
        return any(begins <= at < ends for begins, ends in someone.dead)

    def _chance(self, rung: Rung, someone: Someone) -> float:
        answer = self.rates.answer
        if rung.to == DUTY_TEL:
            return float(answer["duty_phone"])
        if someone.with_:
            return float(answer["in_a_talk"])
        return float(answer["by_day" if MORNING <= rung.at.astimezone(ZONE).hour < EVENING else "by_night"])

    def _looks(self, pid: str, delay: timedelta) -> None:
        someone, now = self.people[pid], self.world.clock.now()
        if someone.looking is None or now + delay < someone.looking:
            someone.looking, someone.since = now + delay, now
            self.world.at(now + delay, partial(self._look, pid, now + delay))

    async def _look(self, pid: str, at: Moment) -> None:
        """Opens the page, and says yes to one who waits there, or no."""
        someone, talk = self.people[pid], self.rates.talk
        if someone.looking != at:
            return  # they did already
        someone.looking = None
        there = await self._there(pid)
        first = [box for box in there if self.asked[box].now]  # the page says who would rather not wait
        room = len(someone.with_) < talk["hands"]
        mine = first or [box for box, in_turn in there.items() if room or (in_turn and self._writes(someone))]
        if not mine:
            return
        dice = self._dice("look", self._number[pid], self.world.clock.now())
        asked = self.asked[dice.choice(sorted(mine))]
        if dice.random() < self.rates.answer["no"]:
            await self.world.half.answer(Pass(asked.box, asked.caps[pid]))
            return
        taken = await self.world.half.answer(Take(asked.box, asked.caps[pid]))
        if taken.word != "ok" or taken.box is None or taken.box.due is None:
            return
        asked.last, asked.yes = pid, asked.yes or self.world.clock.now()
        if dice.random() < self.rates.answer["asleep_after_yes"]:
            return
        someone.with_.add(asked.box)
        self.most_talks = max(self.most_talks, len(someone.with_))
        speaks = self.world.clock.now() + self._longer(someone) * drawn(dice, talk["first_word_seconds"], "seconds")
        lease = taken.box.due
        if speaks < lease:
            self.world.at(speaks, partial(self._speak, asked, pid, lease))
        else:
            self._lapses(asked, pid, lease)

    async def _there(self, pid: str) -> dict[str, bool]:
        """Who waits on this page and could be met by this peer; and whether the page says that they may be taken beyond three."""
        on_page = await self.world.pages(pid)
        return {b: turn for b, turn in on_page.items() if self.asked[b].last != pid and pid not in self.asked[b].vain}

    def _writes(self, someone: Someone) -> bool:
        """With nobody by voice: so one more can be written to in turn. A page that shows one talk alone has no turns."""
        return self.rates.talk["hands"] >= ACTIVE and all(self.asked[box].phone == "on" for box in someone.with_)

    def _longer(self, someone: Someone) -> float:
        """How much longer all takes for who is with several: their own part of each talk can't be done at the same time."""
        return max(1.0, float(self.rates.talk["own_part"]) * len(someone.with_))

    async def _speak(self, asked: Asked, pid: str, lease: Moment) -> None:
        """The first word: a letter, or a call to who gave a number."""
        someone, talk, dice = self.people[pid], self.rates.talk, self._dice("word", asked.box, self._number[pid])
        if asked.phone == "on":
            if (await self.world.half.answer(Letter(asked.box, asked.caps[pid], WORD))).word == "ok":
                self.world.after(POLL * dice.random(), partial(self._reads, asked, pid))
        elif self._dice("number", asked.box).random() < talk["gave_number"]:  # it stands on the ask, whoever takes it
            await self.world.half.answer(Spoken(asked.box, asked.caps[pid]))
            self._met(asked, pid)
        else:
            await self.world.half.answer(Letter(asked.box, asked.caps[pid], WORD))
            asked.vain.add(pid)
            self._lapses(asked, pid, lease)
        if len(someone.with_) < max(talk["hands"], IN_TURN):
            greets = await self._there(pid) and dice.random() < talk["greets_first"]
            self._looks(pid, timedelta(seconds=1) if greets else self._longer(someone) * timedelta(minutes=talk["again"]))

    def _lapses(self, asked: Asked, pid: str, lease: Moment) -> None:
        """The hand is free when the half says so."""

        async def over() -> None:
            self._let_go(asked, pid)

        self.world.at(lease, over)

    async def _reads(self, asked: Asked, pid: str) -> None:
        given = await self.world.half.answer(Fetch(asked.box, asked.cap, 0))
        if not given.letters:
            self._let_go(asked, pid)  # the lease had run out
            return
        await self.world.half.answer(Fetch(asked.box, asked.cap, 1))
        self._met(asked, pid)

    def _met(self, asked: Asked, pid: str) -> None:
        asked.word, someone = self.world.clock.now(), self.people[pid]
        alone = drawn(self._dice("talk", asked.box), self.rates.talk["minutes"])
        lasts = self._longer(someone) * alone
        someone.hours += lasts / timedelta(hours=1) / len(someone.with_)  # the time counts once, however many they are with
        self.world.after(lasts, partial(self._over, asked, pid))
        self._turns(asked, someone, 0)

    def _turns(self, asked: Asked, someone: Someone, had: int) -> None:
        """Each of those who are greeted has their turn after the others: those who were greeted meanwhile as well."""
        among = max(1, len(someone.with_))
        if among <= had:
            asked.turn = self.world.clock.now()
            return

        async def later() -> None:
            self._turns(asked, someone, among)

        self.world.after((among - had) * timedelta(minutes=self.rates.talk["again"]), later)

    async def _over(self, asked: Asked, pid: str) -> None:
        now, dice = self.world.clock.now(), self._dice("rest", asked.box)
        self._let_go(asked, pid)
        if dice.random() < self.rates.talk["rests"]:
            self.people[pid].rests = now + timedelta(hours=self.rates.talk["rest_hours"])
            await self.world.rest(pid, self.people[pid].rests)
        else:  # the page is open in their hand, and rings for whoever waits
            self._looks(pid, timedelta(minutes=self.rates.talk["again"]))
        await self.world.half.answer(Close(asked.box, asked.cap))

    def _let_go(self, asked: Asked, pid: str) -> None:
        self.people[pid].with_.discard(asked.box)


def _hour(now: Moment, rand: random.Random) -> Moment:
    return (now + timedelta(hours=rand.randint(3, 14))).replace(minute=0, second=0, microsecond=0)


def _hash(cap: bytes) -> str:
    return hashlib.sha256(cap).hexdigest()


def _poisson(rand: random.Random, mean: float) -> int:
    """How many in a day, when one comes as likely at any time."""
    n, left = 0, rand.expovariate(mean)
    while left < 1:
        n, left = n + 1, left + rand.expovariate(mean)
    return n
