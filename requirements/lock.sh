#!/bin/sh
# Renews the locks. base.txt: every service; vision.txt: base + vision; all.txt: those + tests; gpu.txt: vision on a GPU;
# uv.txt: the installer. dlib-bin, opencv-contrib-python and onnxruntime-gpu stand in for what the overrides leave out.
set -eu
cd "$(dirname "$0")"
lock() {
    out=$1
    shift
    uv pip compile "$@" --override overrides.txt --generate-hashes --python-version 3.11 \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o "$out"
}
lock all.txt base.in vision.in dev.in
lock vision.txt base.in vision.in -c all.txt
lock base.txt base.in -c all.txt
lock gpu.txt base.in vision.in gpu.in -c all.txt --override gpu-overrides.txt
lock uv.txt uv.in
