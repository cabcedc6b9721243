"""The manifests are valid, hardened, and agree with the code."""

from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

from deploy import ROOT
from services.vision.settings import Settings
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, Platform
from tests.deploy.manifests import BASE, GPU, K8S, PRODUCTION, Manifest, base, container, documents, kustomization, pod

KUBERNETES = "1.31.0"
PATCHES = {patch["path"] for patch in kustomization(PRODUCTION)["patches"]}
KEDA = "keda.sh/v1alpha1"
# Of KEDA's custom resource definitions, what we use. Its own schema is in the cluster, not in a package.
SCALED_OBJECT = {
    "type": "object",
    "required": ["scaleTargetRef", "triggers"],
    "additionalProperties": False,
    "properties": {
        "scaleTargetRef": {"type": "object", "required": ["name"]},
        "minReplicaCount": {"type": "integer", "minimum": 0},
        "maxReplicaCount": {"type": "integer", "minimum": 1},
        "pollingInterval": {"type": "integer", "minimum": 1},
        "cooldownPeriod": {"type": "integer", "minimum": 1},
        "triggers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "metadata", "authenticationRef"],
                "additionalProperties": False,
                "properties": {
                    "type": {"const": "rabbitmq"},
                    "authenticationRef": {"type": "object", "required": ["name"]},
                    "metadata": {
                        "type": "object",
                        "required": ["protocol", "queueName", "mode", "value"],
                        "properties": {
                            "protocol": {"const": "http"},
                            "mode": {"enum": ["QueueLength", "MessageRate"]},
                            "value": {"type": "string", "pattern": "^[0-9]+$"},
                        },
                    },
                },
            },
        },
    },
}


def whole_manifests() -> list[Path]:
    apart = {"kustomization.yaml", *PATCHES}
    files = (*BASE.glob("*.yaml"), *PRODUCTION.glob("*.yaml"), *GPU.glob("*.yaml"))
    return sorted(file for file in files if file.name not in apart or file == BASE / "configuration.yaml")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deployment(service: str) -> Manifest:
    return base("Deployment")[service]


@pytest.mark.parametrize("file", whole_manifests(), ids=lambda file: str(file.relative_to(K8S)))
def test_manifests_are_valid(file: Path) -> None:
    found = documents(file)
    assert found
    for document in found:
        if document["apiVersion"] != KEDA:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_every_file_is_used() -> None:
    for folder in (BASE, PRODUCTION, GPU):
        used = {*kustomization(folder)["resources"], *(p["path"] for p in kustomization(folder).get("patches", ()))}
        assert {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"} == used - {
            "../../base",
            "../production",
        }


def test_patches_change_what_exists() -> None:
    for name in PATCHES:
        for patch in documents(PRODUCTION / name):
            assert patch["metadata"]["name"] in base(patch["kind"])


def test_every_service_has_its_objects(service: str, deployment: Manifest) -> None:
    labels = {"app.kubernetes.io/name": service}
    assert container(deployment)["args"] == [f"services.{service}.main"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert base("Service")[service]["spec"]["selector"] == labels
    assert base("PodDisruptionBudget")[service]["spec"]["selector"]["matchLabels"] == labels


def test_ports_are_those_of_the_code(service: str, deployment: Manifest) -> None:
    port = Platform(port=8080).port_of(service)
    wanted = {"http": port, "private": port + PRIVATE_PORT_OFFSET}
    assert {p["name"]: p["containerPort"] for p in container(deployment)["ports"]} == wanted
    assert {p["name"]: p["port"] for p in base("Service")[service]["spec"]["ports"]} == wanted


def test_pods_are_restricted(deployment: Manifest) -> None:
    assert pod(deployment)["automountServiceAccountToken"] is False
    assert pod(deployment)["enableServiceLinks"] is False
    assert pod(deployment)["securityContext"]["runAsNonRoot"] is True
    assert pod(deployment)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(deployment)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_pods_have_probes_and_limits(deployment: Manifest) -> None:
    one = container(deployment)
    assert one["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "private"}
    assert one["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "private"}
    for amounts in (one["resources"]["requests"], one["resources"]["limits"]):
        assert set(amounts) == {"cpu", "memory"}


def test_a_pod_has_time_to_finish(deployment: Manifest) -> None:
    grace = float(base("ConfigMap")["baokao"]["data"]["BAOKAO_GRACE_S"])
    pause = container(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod(deployment)["terminationGracePeriodSeconds"] > grace + pause


def test_a_service_gets_only_the_secrets_its_code_opens(service: str, deployment: Manifest) -> None:
    code = (ROOT / "services" / service / "main.py").read_text()
    (keys,) = (volume for volume in pod(deployment)["volumes"] if volume["name"] == "keys")
    mounted = {item["path"] for source in keys["projected"]["sources"] for item in source["secret"]["items"]}
    wanted = {"service.key"} | ({"field_keys.json", "index.key"} if "load_vault(" in code else set())
    variables = {variable["name"] for variable in container(deployment)["env"]}
    assert mounted == wanted
    assert ("AWS_SECRET_ACCESS_KEY" in variables) == ("open_files(" in code)
    assert ("BAOKAO_MONGO_URL" in variables) == ("open_store(" in code)


def test_the_merchant_files_come_beside_the_keys() -> None:
    """A patch replaces the whole list of sources, so it has to repeat what base mounts."""

    def mounted(deployment: Manifest) -> set[str]:
        (keys,) = (volume for volume in pod(deployment)["volumes"] if volume["name"] == "keys")
        return {item["path"] for source in keys["projected"]["sources"] for item in source["secret"]["items"]}

    (patch,) = documents(PRODUCTION / "wechat.yaml")
    assert mounted(base("Deployment")["payment"]) < mounted(patch)


def test_no_file_is_mounted_twice(deployment: Manifest) -> None:
    (keys,) = (volume for volume in pod(deployment)["volumes"] if volume["name"] == "keys")
    paths = [item["path"] for source in keys["projected"]["sources"] for item in source["secret"]["items"]]
    assert len(paths) == len(set(paths))


def test_nothing_is_allowed_by_default_and_vision_reaches_only_what_it_works_with() -> None:
    policies = base("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    vision = base("Deployment")["vision"]["spec"]["template"]["metadata"]["labels"]
    ways_out = {name for name, policy in policies.items() if "egress" in policy["spec"] and _selects(policy, vision)}
    assert ways_out == {"names", "backing"}


def test_replicas_have_one_owner() -> None:
    scaled = {hpa["spec"]["scaleTargetRef"]["name"] for hpa in base("HorizontalPodAutoscaler").values()}
    for name, found in base("Deployment").items():
        assert ("replicas" in found["spec"]) == (name not in scaled)


def test_vision_follows_its_lanes() -> None:
    scaled, authentication = documents(PRODUCTION / "vision-scaling.yaml")
    assert scaled["apiVersion"] == authentication["apiVersion"] == KEDA
    jsonschema.validate(scaled["spec"], SCALED_OBJECT)
    assert scaled["spec"]["scaleTargetRef"]["name"] in base("Deployment")
    queues = {trigger["metadata"]["queueName"] for trigger in scaled["spec"]["triggers"]}
    assert queues == {"vision.signup", "vision.interactive"}
    used = {trigger["authenticationRef"]["name"] for trigger in scaled["spec"]["triggers"]}
    assert used == {authentication["metadata"]["name"]}


def test_gpu_nodes_take_the_bulk_lane_as_vision_does_but_for_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    (gpu,) = documents(GPU / "vision-gpu.yaml")
    (scaled,) = documents(GPU / "vision-gpu-scaling.yaml")
    jsonschema.validate(scaled["spec"], SCALED_OBJECT)
    assert scaled["spec"]["scaleTargetRef"]["name"] == gpu["metadata"]["name"] == "vision-gpu"
    assert [trigger["metadata"]["queueName"] for trigger in scaled["spec"]["triggers"]] == ["vision.signup"]
    for one in container(gpu)["env"]:
        if "value" in one:
            monkeypatch.setenv(one["name"], one["value"])
    assert (Settings().lanes, Settings().batch > 0) == (("signup",), True)
    assert container(gpu)["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert {"nodeSelector", "tolerations"} <= pod(gpu).keys()
    assert gpu["spec"]["template"]["metadata"]["labels"]["baokao/tier"] == "pictures"
    for part in ("securityContext", "ports", "envFrom", "readinessProbe", "livenessProbe", "lifecycle", "volumeMounts"):
        assert container(gpu)[part] == container(base("Deployment")["vision"])[part]
    for part in ("securityContext", "volumes", "terminationGracePeriodSeconds", "automountServiceAccountToken"):
        assert pod(gpu)[part] == pod(base("Deployment")["vision"])[part]


def _selects(policy: Manifest, labels: Manifest) -> bool:
    selector = policy["spec"]["podSelector"]
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    among = all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", ()))
    return equal and among
