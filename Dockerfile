# One image for the worker, the bridge, the command line and the one-shot setup of compose.yaml.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /tools \
    && /tools/bin/pip install --require-hashes -r requirements/build.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r requirements/run.txt
COPY . .
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
    && /venv/bin/pip install --no-deps --no-index /wheels/*.whl

FROM ${PYTHON_IMAGE}
# Volumes mounted on these folders take over their owner.
RUN useradd --system --uid 10001 --no-create-home userbus \
    && install -d -o userbus -g userbus -m 700 /secrets /secrets/admin /secrets/worker /secrets/bridge \
       /secrets/operator \
    && install -d -o userbus -g userbus -m 755 /broker /services
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /tmp
USER userbus
CMD ["python", "-m", "userbus_server.worker"]
