"""Who may import what (docs/why: the layout decides what can be changed alone)."""

import sys

import pytest
from importlinter.cli import lint_imports

from deploy import ROOT
from tests.architecture.source import Source, sources

# Library → where alone it may be used. Benchmarks and tests may use all of them.
FENCES = {
    "aio_pika": "shared/bus/rabbitmq.py",
    "aiormq": "shared/bus/",
    "motor": "shared/store/mongo.py",
    "pymongo": "shared/store/mongo.py",
    "bson": "shared/store/mongo.py",
    "opentelemetry": "shared/otlp.py",
    "cv2": "services/vision/",
    "dlib": "services/vision/",
    "face_recognition": "services/vision/",
    "face_recognition_models": "services/vision/",
    "opencc": "services/vision/",
    "onnx": "services/vision/",
    "onnxruntime": "services/vision/",
    "paddleocr": "services/vision/",
    "paddlex": "services/vision/",
    "rapidocr": "services/vision/",
    "alibabacloud_dysmsapi20170525": "services/notify/aliyun.py",
    "alibabacloud_tea_openapi": "services/notify/aliyun.py",
    "darabonba": "services/notify/aliyun.py",
    "tencentcloud": "services/notify/tencent.py",
    "requests": "services/notify/wire.py",
    "urllib3": "services/notify/wire.py",
}
PURE = ("pydantic", "shared.errors", "shared.events", "shared.programme")
IMPURE_STANDARD = {"asyncio", "io", "logging", "os", "pathlib", "socket", "sqlite3", "subprocess", "threading", "time"}


def domain_sources() -> list[Source]:
    return [source for source in sources() if source.path.startswith("services/") and "/domain" in source.path]


def test_contracts_of_pyproject(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_third_party_libraries_stay_behind_their_fences() -> None:
    broken = [
        f"{source.path} imports {module}"
        for source in sources()
        if not source.path.startswith(("tests/", "bench/"))
        for module in source.imports()
        if not source.path.startswith(FENCES.get(module.partition(".")[0], ""))
    ]
    assert broken == []


def test_domain_imports_only_what_is_pure() -> None:
    broken = []
    for source in domain_sources():
        own = f"services.{source.path.split('/')[1]}.domain"
        for module in source.imports():
            top = module.partition(".")[0]
            standard = top in sys.stdlib_module_names and top not in IMPURE_STANDARD
            if not standard and not module.startswith((*PURE, own)):
                broken.append(f"{source.path} imports {module}")
    assert broken == []
