# fundtrail as an image: no shell is needed in it, no capability, no root, and nothing is written but under
# /var/lib/fundtrail and /tmp. Build it with the digest of an image of your own choice:
#   docker build --build-arg BASE=python:3.12-slim-bookworm@sha256:... -t fundtrail:0.1.0 .
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN python -m venv /opt/fundtrail \
 && /opt/fundtrail/bin/python -m pip install --require-hashes --only-binary=:all: -r requirements/runtime.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml LICENSE ./
COPY domain domain
COPY projections projections
COPY adapters adapters
COPY api api
RUN PATH="/opt/build/bin:$PATH" /opt/build/bin/python -m pip wheel --no-index --no-build-isolation --no-deps \
      --wheel-dir /wheels . \
 && /opt/fundtrail/bin/python -m pip install --no-index --no-deps /wheels/*.whl \
 && /opt/fundtrail/bin/python -m compileall -q /opt/fundtrail/lib

FROM ${BASE}
RUN groupadd --system --gid 10001 fundtrail \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/fundtrail --shell /usr/sbin/nologin fundtrail \
 && install -d -o fundtrail -g fundtrail -m 0700 /var/lib/fundtrail /var/lib/fundtrail/keys /var/lib/fundtrail/uploads
COPY --from=build /opt/fundtrail /opt/fundtrail
ENV PATH="/opt/fundtrail/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    FUNDTRAIL_KEYS_FOLDER=/var/lib/fundtrail/keys \
    FUNDTRAIL_UPLOADS_FOLDER=/var/lib/fundtrail/uploads
USER 10001:10001
WORKDIR /var/lib/fundtrail
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-I", "-c", "import http.client, os, sys; server = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('FUNDTRAIL_PORT', 8000)), timeout=4); server.request('GET', '/healthz'); sys.exit(server.getresponse().status != 200)"]
ENTRYPOINT ["fundtrail"]
CMD ["serve"]
