# One image for all processes of a run; compose.yaml starts them.
#
#   docker build -t hamlet .                                     torch as the package index has it: with CUDA on x86-64
#   docker build -t hamlet --build-arg TORCH_INDEX=ADDRESS .     another build of the same version, from an index of
#                                                                your choice: for the CPU only, for another CUDA
#
# A GPU also needs compose.cuda.yaml, or `--gpus all`. What was tried of this file is in docs/installing.md.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${NODE_IMAGE} AS dashboard
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM ${PYTHON_IMAGE} AS commands
ARG TORCH_INDEX=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv /hamlet && python3 -m venv /build
COPY pyproject.toml requirements.lock ./
# dependencies by themselves: they are large, and stay as they are while the sources change
RUN /hamlet/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > wanted.txt \
    && /hamlet/bin/pip install --quiet -c requirements.lock ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r wanted.txt \
    && /build/bin/pip install --quiet -c requirements.lock hatchling
COPY README.md LICENSE ./
COPY core/ core/
COPY producer/ producer/
COPY projections/ projections/
COPY server/ server/
COPY configs/ configs/
COPY docs/operate docs/operate
COPY --from=dashboard /src/frontend/dist/ frontend/dist/
COPY --from=dashboard /src/frontend/dist-frozen/ frontend/dist-frozen/
RUN /build/bin/python -m hatchling build -t wheel -d /dist && /hamlet/bin/pip install --quiet --no-deps /dist/*.whl

FROM ${PYTHON_IMAGE}
# libatomic1 is what Playwright asks for on top of the browser
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium ffmpeg fonts-dejavu-core libatomic1 sqlite3 tini \
    && rm -rf /var/lib/apt/lists/*
# new volumes take over owner and rights of these folders
RUN useradd --uid 10001 --user-group --home-dir /tmp --no-create-home --shell /usr/sbin/nologin hamlet \
    && install -d -o hamlet -g hamlet /data /checkpoints /snapshots /exports /stream
COPY --from=commands /hamlet /hamlet
ENV PATH=/hamlet/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    HAMLET_CONFIG=sparse_adaptive \
    HAMLET_DB_PATH=/data/demo_state.db \
    HAMLET_CHECKPOINT_DIR=/checkpoints \
    HAMLET_SNAPSHOT_DIR=/snapshots \
    HAMLET_VIZ_HOST=0.0.0.0 \
    HAMLET_VIZ_PORT=8765
USER hamlet
VOLUME ["/data", "/checkpoints", "/snapshots", "/exports", "/stream"]
EXPOSE 8765
# tini hands SIGTERM on, and buries what the browser leaves behind
ENTRYPOINT ["tini", "--"]
CMD ["server", "run"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as http; http.urlopen('http://127.0.0.1:' + os.environ['HAMLET_VIZ_PORT'] + '/healthz', timeout=5)"]
