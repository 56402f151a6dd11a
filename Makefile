# Two commands for a newcomer: `make run` and `make test`. Both set up what they need.
PYTHON_BIN := .venv/bin/python
# The Kubeflow SDK needs packages that TFX does not bear: it has an environment of its own.
KUBEFLOW_PYTHON := .venv-kubeflow/bin/python
PROBLEM ?= taxi
ARGS ?=
PYTEST_ARGS ?=

.PHONY: help run test lint bench notebook kubeflow submit lock clean

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements.txt scripts/set-up
	@scripts/set-up .venv requirements.txt

.venv-kubeflow/.ready: requirements-kubeflow.txt scripts/set-up
	@scripts/set-up .venv-kubeflow requirements-kubeflow.txt

run: .venv/.ready  ## Run the pipeline; another by PROBLEM=..., options by ARGS='...', see ARGS=--help.
	@$(PYTHON_BIN) -m pipeline --problem=$(PROBLEM) $(ARGS)

test: .venv/.ready .venv-kubeflow/.ready  ## Run all tests; a part of them by PYTEST_ARGS='-m "not slow"'.
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON_BIN) -m pytest --numprocesses=auto --dist=loadfile $(PYTEST_ARGS)

lint: .venv/.ready  ## Check style and types.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: .venv/.ready  ## Time the engine side by side with what else there is (under 30 minutes).
	@$(PYTHON_BIN) -m benchmarks $(ARGS)

notebook: .venv/.ready  ## Open the notebooks in JupyterLab, on the last run.
	@.venv/bin/jupyter lab notebooks $(ARGS)

clean:  ## Remove the environment and everything that runs wrote.
	rm -rf .venv runs benchmarks/out
