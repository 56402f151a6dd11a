# Two commands for a newcomer: `make run` and `make test`. Both set up what they need.
PYTHON_BIN := .venv/bin/python
# The Kubeflow SDK needs packages that TFX does not bear: it has an environment of its own.
KUBEFLOW_PYTHON := .venv-kubeflow/bin/python
# Dask needs a newer cloudpickle than it: few packages, on top of those of .venv.
DASK_PYTHON := .venv-dask/bin/python
PIP_OPTIONS := --quiet --disable-pip-version-check --no-deps --no-build-isolation
PROBLEM ?= taxi
ARGS ?=
# Address of a Dask scheduler, on which checkpoints are evaluated.
CLUSTER ?=
PYTEST_ARGS ?=

.PHONY: help run cluster environments test test-3.11 test-3.12 lint bench bench-resnet bench-sizes bench-commands bench-scaling bench-side-by-side docs pictures notebook tensorboard kubeflow submit wheel lock clean clean-runs fuzz fuzz-3.12 kills sweep-kills watched study

# `##` describes a target for those who use the project, `#+` one for those who work on it.
help:  ## Show this list
	@echo "To use it:"
	@sed -nE 's/^([a-z-]+):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 21
	@echo "To work on it:"
	@sed -nE 's/^([a-z0-9.-]+):.*#\+ /  \1\t/p' $(MAKEFILE_LIST) | expand -t 21

.venv/.ready: requirements.txt scripts/set-up
	@scripts/set-up .venv requirements.txt

.venv-kubeflow/.ready: requirements-kubeflow.txt scripts/set-up
	@scripts/set-up .venv-kubeflow requirements-kubeflow.txt

# MLflow, to test against: its environment holds what `.venv` lacks, and looks into it for the rest.
.venv-mlflow/.ready: requirements-mlflow.txt scripts/set-up | .venv/.installed
	@scripts/set-up .venv-mlflow requirements-mlflow.txt .venv

.venv-dask/.ready: requirements-dask.txt scripts/set-up | .venv/.installed
	@scripts/set-up .venv-dask requirements-dask.txt .venv

# The library alone, on other Pythons than the one that TFX needs.
OTHER_PYTHONS := 3.11 3.12
$(OTHER_PYTHONS:%=.venv-%/.ready): .venv-%/.ready: requirements-%.txt scripts/set-up
	@scripts/set-up .venv-$* requirements-$*.txt

# The library, importable from anywhere. Nothing is fetched: the locks have what builds it. One at a
# time, where the system can tell: builds write into the same folder.
ONE_AT_A_TIME := $(if $(shell command -v flock),flock pyproject.toml)
%/.installed: pyproject.toml %/.ready
	@$(ONE_AT_A_TIME) $*/bin/python -m pip install $(PIP_OPTIONS) --editable .
	@touch $@

ifdef CLUSTER
RUN_PYTHON := $(DASK_PYTHON)
RUN_ARGS := --beam-arg=--runner=apache_beam.runners.dask.dask_runner.DaskRunner \
    --beam-arg=--dask_client_address=$(CLUSTER) --beam-arg=--dask_partition_size=1
else
RUN_PYTHON := $(PYTHON_BIN)
endif
run: $(RUN_PYTHON:/bin/python=/.installed)  ## Run the pipeline; options: ARGS=--help, PROBLEM=digits
	@$(RUN_PYTHON) -m pipeline --problem=$(PROBLEM) $(RUN_ARGS) $(ARGS)

cluster: .venv-dask/.installed  ## Start a Dask cluster here, for make run CLUSTER=...
	@TF_CPP_MIN_LOG_LEVEL=3 PYTHONWARNINGS=ignore $(DASK_PYTHON) -m pipeline.cluster $(ARGS)

TEST_ENVIRONMENTS := .venv/.installed .venv-kubeflow/.installed .venv-dask/.installed .venv-mlflow/.ready
environments: $(TEST_ENVIRONMENTS)  #+ Set up what the tests need, two at a time by --jobs=2

test: $(TEST_ENVIRONMENTS)  #+ Run all tests; a part by PYTEST_ARGS='-m "not slow"'
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON_BIN) -m pytest --numprocesses=auto --dist=loadfile \
	    --no-loadscope-reorder $(PYTEST_ARGS)

# What differs by versions: engine beside stock TFMA, choices, command line, exports, reports. Tests that
# need TFX or Estimator are skipped (tests/support/needs.py).
PORTABLE := cli report saved_model selection sweeping/test_sweep.py sweeping/test_without_estimator.py \
    evaluation/test_tfma_internals.py evaluation/test_engine_equals_tfma.py \
    evaluation/aggregate evaluation/plan evaluation/plots evaluation/results
# Python 3.11 has the TensorFlow, the TFMA and the Keras of 3.10: what they decide is tested there.
PORTABLE_3.12 := model_run/test_keras3.py evaluation/jackknife evaluation/test_hard_cases.py \
    evaluation/test_random_evaluations.py
test-3.11:  #+ Test the library on Python 3.11
test-3.12:  #+ Test the library on Python 3.12, with the newest TensorFlow
$(OTHER_PYTHONS:%=test-%): test-%: .venv-%/.installed
	@PATH="$(CURDIR)/.venv-$*/bin:$$PATH" .venv-$*/bin/python -m pytest --numprocesses=auto \
	    --dist=loadfile --no-loadscope-reorder -m "not slow or every_python" $(PYTEST_ARGS) \
	    $(addprefix tests/checkpoint_sweep/,$(PORTABLE) $(PORTABLE_$*))

lint: .venv/.installed  #+ Check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: .venv/.installed  #+ Time the engine beside what else there is (12 minutes)
	@$(PYTHON_BIN) -m benchmarks.engine $(ARGS)

bench-resnet: .venv/.installed  #+ The same on ResNet-v2-50 (10 minutes)
	@$(PYTHON_BIN) -m benchmarks.resnet $(ARGS)

bench-sizes: .venv/.installed  #+ Up to 100 checkpoints, a million examples (10 minutes)
	@$(PYTHON_BIN) -m benchmarks.sizes $(ARGS)

bench-commands: .venv/.installed  #+ Whole commands on the sample run (1 minute)
	@$(PYTHON_BIN) -m benchmarks.commands $(ARGS)

bench-scaling: .venv-dask/.installed  #+ Time workers and files (20 minutes): ARGS=--problem=resnet
	@TF_CPP_MIN_LOG_LEVEL=3 PYTHONWARNINGS=ignore $(DASK_PYTHON) -m benchmarks.scaling $(ARGS)

bench-side-by-side: .venv/.installed  #+ One job in four ways; into its document by ARGS=--write
	@$(PYTHON_BIN) -m benchmarks.side_by_side $(ARGS)

# With an example for each name; what is public is in the library's `__init__`.
docs: .venv/.installed  #+ Build the site of documents and reference, into site/
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore -m pdoc --docformat google --output-directory site \
	    checkpoint_sweep checkpoint_sweep.errors checkpoint_sweep.metrics checkpoint_sweep.report \
	    checkpoint_sweep.views
	@$(PYTHON_BIN) scripts/build_docs.py site
	@echo "The documents are in site/README.html."

pictures: .venv/.installed  #+ Renew docs/images: the last report, and a sample sweep
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore scripts/pictures.py runs/$(PROBLEM)

notebook: .venv/.installed  ## Open the notebooks in JupyterLab, on the last run
	@.venv/bin/jupyter lab notebooks $(ARGS)

tensorboard: .venv/.installed  ## Show the curves of the runs of PROBLEM=... in TensorBoard
	@curves="$$($(PYTHON_BIN) -m pipeline.reporting.curves runs/$(PROBLEM))" && \
	    TF_CPP_MIN_LOG_LEVEL=3 PYTHONWARNINGS=ignore .venv/bin/tensorboard --logdir_spec="$$curves" $(ARGS)

kubeflow: .venv/.installed  ## Compile for Kubeflow or Vertex AI: ARGS='--image=...'
	@$(PYTHON_BIN) -m pipeline.kubeflow --problem=$(PROBLEM) $(ARGS)

submit: .venv-kubeflow/.installed  ## Submit what was compiled: ARGS='kubeflow --host=...'
	@$(KUBEFLOW_PYTHON) -m pipeline.kubeflow.submit $(ARGS)

# By the environment, where it has been set up; else pip fetches what builds it, and nothing more.
wheel:  ## Build the library as a wheel, into dist/
	@rm -rf build
	@if [ -e .venv/.ready ]; then $(PYTHON_BIN) -m pip wheel $(PIP_OPTIONS) --wheel-dir dist .; else \
	    python3.10 -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .; fi
	@ls dist/*.whl

LOCK_WITHOUT_PYTHON := uv pip compile --quiet --python-platform x86_64-manylinux_2_28 \
    --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" $(ARGS)
LOCK := $(LOCK_WITHOUT_PYTHON) --python-version 3.10
lock:  #+ Renew the locks (needs uv); to the newest by ARGS=--upgrade
	$(LOCK) --extra dev pyproject.toml --output-file requirements.txt
	for version in $(OTHER_PYTHONS); do $(LOCK_WITHOUT_PYTHON) --python-version $$version \
	    --extra test pyproject.toml --output-file requirements-$$version.txt || exit 1; done
	scripts/constraints requirements.txt $(OTHER_PYTHONS:%=requirements-%.txt) > constraints.txt
	$(LOCK) requirements-kubeflow.in --output-file requirements-kubeflow.txt
	scripts/lock-mlflow $(LOCK)
	$(LOCK) requirements-dask.in --output-file requirements-dask.txt

clean:  ## Remove environments and what was built; runs stay
	rm -rf .venv .venv-kubeflow .venv-mlflow .venv-dask .venv-3.* build dist site compiled benchmarks/out

clean-runs:  #+ Remove all that runs wrote, the models they pushed too
	rm -rf runs

fuzz: .venv/.installed  #+ Compare random evaluations with stock TFMA (an hour)
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore -m tests.fuzz $(ARGS)

fuzz-3.12: .venv-3.12/.installed  #+ The same with the newest TensorFlow, on Python 3.12
	@TF_CPP_MIN_LOG_LEVEL=3 TF_USE_LEGACY_KERAS=1 .venv-3.12/bin/python -W ignore -m tests.fuzz $(ARGS)

kills: .venv/.installed  #+ Kill runs at random moments, and start them again
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore -m tests.kills $(ARGS)

sweep-kills: .venv/.installed  #+ The same of sweep and watch: ARGS=--what=watch
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore -m tests.sweep_kills $(ARGS)

watched: .venv/.installed  #+ Watch real trainings that delete checkpoints (minutes)
	@TF_CPP_MIN_LOG_LEVEL=3 $(PYTHON_BIN) -W ignore -m tests.watched $(ARGS)

study: .venv/.installed  #+ Simulate what intervals and rules are worth (minutes)
	@$(PYTHON_BIN) -m benchmarks.study $(ARGS)
