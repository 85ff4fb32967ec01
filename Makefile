# Two commands: `make demo` shows a night in the ED, `make test` sets up and runs every test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FEEDS ?= ../shared/feeds
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

SEEDS ?= 2611
ENCOUNTERS ?= 10000
RUNS ?= 100
CUTS ?= 40
WORKERS ?= 2

.PHONY: demo test check unit promises nights browser feeds-check simulate night chaos roster bench bench-ladder bench-claims bench-desk bench-feeds bench-pages contact-sheet translations released sbom wheel clean

demo: $(VENV)/.demo
	$(BIN)/python -m aftercall_stage demo

test: $(VENV)/.test .apt check unit nights browser

# types, style, import contracts
check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	MYPYPATH=stage $(BIN)/mypy -p aftercall -p aftercall_stage -p tests

# Debian's Node 18 has WebCrypto behind a flag, which the newest ones don't know
unit: export NODE_OPTIONS = $(shell node -e 'if (!globalThis.crypto) process.stdout.write("--experimental-global-webcrypto")')
unit: $(VENV)/.test .apt
	$(BIN)/pytest tests --ignore tests/browser -n 4 --durations 10
	PYTHON=$(BIN)/python node --test tests/browser/phone_unit/*.test.mjs

# each promise with its tests and the leaks planted for them; fails where one has no test, no leak, or one that is not caught
promises: export NODE_OPTIONS = $(shell node -e 'if (!globalThis.crypto) process.stdout.write("--experimental-global-webcrypto")')
promises: $(VENV)/.test .apt
	$(BIN)/pytest tests/promises tests/house/test_release.py -n 4 --promises

# a hundred nights in which things break, the same each time; every point and fault on both databases in turn
nights: $(VENV)/.test
	$(BIN)/python -m aftercall_stage.chaos --runs 100 --seed 2611 --workers 2

browser: $(VENV)/.test .apt
	$(BIN)/pytest tests/browser -n 3 --dist loadfile --durations 5

# other people's messages, which are not in this repository; fails when the folder isn't there
# and a small synthetic hospital, whose labels nobody of the hospital's half has seen
feeds-check: ENCOUNTERS = 1000
feeds-check: $(VENV)/.test
	$(BIN)/python tests/feeds/feeds_check.py $(FEEDS)
	$(BIN)/python -m aftercall_stage simulate $(SEEDS:%=--seed %) --encounters $(ENCOUNTERS) --score --jobs 1

# a synthetic hospital with all faults on, and how well it was heard: SEEDS="1 2 3" ENCOUNTERS=10000
simulate: $(VENV)/.test
	$(BIN)/python -m aftercall_stage simulate $(SEEDS:%=--seed %) --encounters $(ENCOUNTERS) --score

# what the leaders' page, a copy of either half and the time of an answer tell of one request; ten minutes of hostile input for each decoder, and a thousand nights in which things break, 200 power cuts
night: RUNS = 1000
night: CUTS = 200
night: $(VENV)/.test chaos
	$(BIN)/python -m tests.promises.leaders 20000
	$(BIN)/python -m tests.promises.linkage 12
	$(BIN)/python -m tests.promises.day_four 4
	$(BIN)/python -m tests.promises.timing 10000
	SCAN=400 $(BIN)/pytest tests/promises/test_openapi.py tests/promises/test_decoders.py
	for reader in er7 fhir nemsis; do $(BIN)/python tests/feeds/fuzz.py $$reader 600 || exit 1; done

# seeded nights in which things break, on both databases, and power cuts on SQLite: RUNS=100 CUTS=40 SEED=1 WORKERS=2
chaos: $(VENV)/.test
	$(BIN)/python -m aftercall_stage.chaos --runs $(RUNS) --workers $(WORKERS) $(SEED:%=--seed %)
	$(BIN)/python -m aftercall_stage.chaos.power --runs $(CUTS) $(SEED:%=--seed %)

# ninety days of a programme, with people as they answer; fails on a missed target
roster: $(VENV)/.test
	$(BIN)/python -m aftercall_stage.roster

# how late messages and rings leave with a hundred thousand asks and a million messages waiting: QUICK=--quick for a tenth of them
bench-ladder: $(VENV)/.test
	$(BIN)/python bench/ladder $(PIECE) $(DB) $(QUICK)

# how claims grow with workers, on PostgreSQL
bench-claims: $(VENV)/.test
	$(BIN)/python bench/claims.py

# bytes, requests and first paint of the phone's pages on slow lines: PAGES="/ /five"
bench-pages: $(VENV)/.test .apt
	$(BIN)/python bench/pages.py $(PAGES)

# the desk of a hospital of 5,000: how quickly its pages open, what they weigh, and an import of a year of rotas
bench-desk: $(VENV)/.test
	$(BIN)/python bench/desk.py

# every page and state, three sizes, dark and light, four languages, with an index: FOLDER=var/contact-sheet
contact-sheet: FOLDER = var/contact-sheet
contact-sheet: $(VENV)/.test .apt
	$(BIN)/python tests/browser/screens.py $(FOLDER)
	$(BIN)/python tests/browser/contact_sheet.py $(FOLDER)

bench: $(VENV)/.test
	$(BIN)/python bench/first_message.py

# receiving and reading, beside other people's parsers and listeners; needs npm (Debian: nodejs npm), and takes a quarter of an hour;
# QUICK=--quick for one short round, under three minutes
bench-feeds: $(VENV)/.test
	$(BIN)/python bench/feeds $(QUICK) $(FEEDS)

# collect the texts, and bring the catalogues up to them
translations: $(VENV)/.test
	$(BIN)/pybabel -q extract -F aftercall/locale/babel.cfg --no-location --omit-header -o aftercall/locale/aftercall.pot aftercall
	$(BIN)/pybabel -q update -i aftercall/locale/aftercall.pot -d aftercall/locale -D aftercall --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

# on the day of a release: what it leaves behind, so that every later version is tried on it
released: $(VENV)/.test
	$(BIN)/pytest tests/store/test_released.py -n 0 --released $$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

# every component with its licence and the files that are accepted as it: a CycloneDX list, without a network
sbom: $(VENV)/.test
	@$(BIN)/python -m tests.house.supply

wheel: $(VENV)/.test
	$(BIN)/python -m hatchling build -t wheel

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { $(SUDO) apt-get update -qq; $(SUDO) apt-get install -y -qq python3-venv; $(PYTHON) -m venv $(VENV); }

# the lists are whole, so nothing is resolved: a resolver would look at newer releases of what is asked for with an extra, and refuse
$(VENV)/.demo: requirements/demo.txt pyproject.toml stage/pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --require-hashes --no-deps -r requirements/demo.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e . -e ./stage
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml stage/pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --require-hashes --no-deps -r requirements/test.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e . -e ./stage
	$(BIN)/pip check -q
	@touch $@ $(VENV)/.demo

# Chromium and Node for the browser's tests, from Debian's packages; libatomic is what the browser's driver needs and doesn't bring.
# Kannel is the gateway that texts go through in tests, and its fake line to the telephone company. nginx is the proxy of deploy/.
.PHONY: .apt
.apt:
	@command -v chromium >/dev/null && command -v node >/dev/null && /sbin/ldconfig -p | grep -q libatomic.so.1 \
		&& test -x /usr/sbin/bearerbox -a -x /usr/lib/kannel/test/fakesmsc -a -x /usr/sbin/nginx \
		|| { $(SUDO) apt-get update -qq; $(SUDO) apt-get install -y -qq chromium nodejs libatomic1 kannel kannel-extras nginx-light; }

clean:
	rm -rf $(VENV) build dist var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
