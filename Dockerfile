# The image that every task of the pipeline runs in, and Beam's workers on a remote runner.
#   docker build --tag IMAGE .
FROM apache/beam_python3.10_sdk:2.74.0 AS beam

# Some locked packages come as source: they are built where there is a compiler. So is the library.
FROM python:3.10-bookworm AS build
COPY requirements.txt /tmp/
# --no-deps: the lock is complete. Without bytecode, importing TFX takes three times as long.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
        --require-hashes --requirement /tmp/requirements.txt \
    && (/opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib || true)
COPY pyproject.toml README.md LICENSE /src/
COPY components /src/components
RUN /opt/venv/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps \
        --no-build-isolation --wheel-dir /dist /src

# Layers from what changes least to what changes most: packages, then data, then the code.
FROM python:3.10-slim-bookworm
COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1 \
    TF_CPP_MIN_LOG_LEVEL=2

# The sample data that TFX ships, under a name that does not depend on Python's.
RUN useradd --uid 1000 --create-home pipeline \
    && mkdir -p /app/data \
    && ln -s "$(python -c 'from importlib.util import find_spec as f; \
        print(f("tfx").submodule_search_locations[0])' \
        )/examples/chicago_taxi_pipeline/data/big_tipper_label" /app/data/taxi \
    && ln -s taxi /app/data/fares

COPY schemas /app/schemas
COPY --from=build /dist /tmp/dist
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps /tmp/dist/*.whl
COPY pipeline /app/pipeline
RUN python -m compileall -q /app/pipeline \
    && python -c "from pathlib import Path; from pipeline.problems.digits.data import digits_data; \
        digits_data(Path('/app/data/digits'))" \
    && ln -s digits /app/data/digits_resnet && ln -s digits /app/data/resnet_keras
USER 1000
WORKDIR /home/pipeline

# What a remote Beam runner starts; the pipeline's tasks bring commands of their own.
ENTRYPOINT ["/opt/apache/beam/boot"]
