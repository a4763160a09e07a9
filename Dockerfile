# streamgenre as a container that follows stations, pipes and files; docs/installation.md tells how it is run.
ARG PYTHON=python:3.13-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/streamgenre \
    && /opt/streamgenre/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
    && pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY LICENSE README.md THIRD_PARTY_NOTICES.md pyproject.toml ./
COPY packaging/completions packaging/completions
COPY models models
COPY systemd systemd
COPY streamgenre streamgenre
RUN python -m hatchling build --target wheel --directory dist \
    && /opt/streamgenre/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl \
    && /opt/streamgenre/bin/pip uninstall --yes pip

FROM ${PYTHON}
# The base image is of one release of Debian, and so is the library.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libportaudio2 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 streamgenre \
    && useradd --uid 10001 --gid streamgenre --groups audio --no-create-home --home-dir /nonexistent streamgenre \
    && install --directory --owner=streamgenre --group=streamgenre /var/lib/streamgenre /var/cache/streamgenre
COPY --from=build /opt/streamgenre /opt/streamgenre
ENV PATH=/opt/streamgenre/bin:$PATH \
    STREAMGENRE_CONFIG=/etc/streamgenre/streamgenre.toml \
    STREAMGENRE_METRICS__LISTEN=127.0.0.1:9464 \
    STATE_DIRECTORY=/var/lib/streamgenre \
    NUMBA_CACHE_DIR=/var/cache/streamgenre \
    ORT_DISABLE_TELEMETRY=1
USER 10001:10001
VOLUME ["/var/lib/streamgenre", "/var/cache/streamgenre"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as http; http.urlopen('http://' + os.environ['STREAMGENRE_METRICS__LISTEN'] + '/readyz', timeout=10)"]
ENTRYPOINT ["streamgenre"]
CMD ["run"]
