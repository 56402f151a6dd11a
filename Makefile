# Two commands for a newcomer: `make run` and `make test`. Both set up what they need.
PYTHON_BIN := .venv/bin/python
ARGS ?=
PYTEST_ARGS ?=

.PHONY: help run test lint bench lock clean

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements.txt scripts/set-up
	@scripts/set-up

run: .venv/.ready  ## Run the pipeline; options by ARGS='--steps=400 ...', see ARGS=--help.
	@$(PYTHON_BIN) -m pipeline $(ARGS)

test: .venv/.ready  ## Run all tests; a part of them by PYTEST_ARGS='-m "not slow"'.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON_BIN) -m pytest $(PYTEST_ARGS)

lint: .venv/.ready  ## Check style and types.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: .venv/.ready  ## Time the engine side by side with what else there is (under 30 minutes).
	@$(PYTHON_BIN) -m benchmarks $(ARGS)

lock:  ## Renew requirements.txt from pyproject.toml (needs uv).
	uv pip compile --quiet --python-version 3.10 --python-platform x86_64-manylinux_2_28 \
	    --extra dev --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command "make lock" pyproject.toml --output-file requirements.txt

clean:  ## Remove the environment and everything that runs wrote.
	rm -rf .venv runs
