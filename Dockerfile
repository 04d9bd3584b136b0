# One image for every process of newswire: docs/how-to/compose.md. Builds on old and new engines, with BuildKit and without.
ARG PYTHON_TAG

FROM python:${PYTHON_TAG:-3.12-slim} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/newswire && python -m venv /opt/build
# What changes seldom comes first: as long as the locks stay as they are, these layers do too.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN /opt/build/bin/python -m pip --disable-pip-version-check install --no-cache-dir --quiet --require-hashes --only-binary :all: -r requirements/build.txt \
 && /opt/build/bin/python -m pip --disable-pip-version-check --python /opt/newswire/bin/python install --no-cache-dir --quiet --require-hashes --only-binary :all: -r requirements/runtime.txt
COPY . .
RUN /opt/build/bin/python -m pip --disable-pip-version-check --python /opt/build/bin/python wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir /opt/wheels . \
 && /opt/build/bin/python -m pip --disable-pip-version-check --python /opt/newswire/bin/python install --no-cache-dir --quiet --no-deps --no-index /opt/wheels/*.whl

FROM python:${PYTHON_TAG:-3.12-slim}
ENV PATH=/opt/newswire/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root. Empty named volumes take over the owner of the folder that they cover.
RUN groupadd --gid 10001 newswire \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/newswire --no-log-init --shell /usr/sbin/nologin newswire \
 && install -d -o newswire -g newswire -m 0750 /var/lib/newswire \
 && install -d -o newswire -g newswire -m 0755 /run/newswire /run/consumer /inbox
COPY --from=build /opt/newswire /opt/newswire
COPY deploy/passwords.py /opt/newswire/bin/newswire-passwords
USER 10001:10001
WORKDIR /var/lib/newswire
ENTRYPOINT ["newswire"]
CMD ["--help"]
