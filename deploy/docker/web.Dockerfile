# Every service but vision. The service is chosen by the command: `services.identity.main`. Nothing is compiled at a
# start, which would take half of it: the image is read-only where it runs.
FROM node:22-slim AS browser
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run vendor

FROM python:3.11-slim-bookworm AS packages
COPY requirements/uv.txt requirements/base.txt /requirements/
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r /requirements/uv.txt \
    && python -m venv --without-pip /venv \
    && /tools/bin/uv pip install --no-cache --compile-bytecode --python /venv/bin/python \
        --no-deps --require-hashes -r /requirements/base.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home baokao \
    && install -d -o baokao /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY deploy deploy
COPY shared shared
COPY services services
COPY --from=browser /src/services/gateway/static/vendor services/gateway/static/vendor
RUN /venv/bin/python -m compileall -q /app
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 GLIBC_TUNABLES=glibc.malloc.hugetlb=1 \
    BAOKAO_DATA=/data BAOKAO_HOST=0.0.0.0
USER 10001
ENTRYPOINT ["python", "-P", "-m"]
CMD ["services.gateway.main"]
