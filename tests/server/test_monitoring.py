"""The Grafana dashboard and the Prometheus rules use metrics and labels that `/metrics` really has."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from core.events import Heartbeat
from core.log import EventLog
from server.messages import AlarmKind
from server.metrics import RUN_STATES
from server.stream.status import StreamCounts, StreamStatus, write_status
from tests.support.processes import REPOSITORY
from tests.support.read_models import catch_up
from tests.support.servers import Serve

DASHBOARD: dict[str, Any] = json.loads((REPOSITORY / "configs/grafana/hamlet.json").read_text())
RULES_FILE = REPOSITORY / "configs/prometheus/hamlet.rules.yaml"
RULES = yaml.safe_load(RULES_FILE.read_text())["groups"][0]["rules"]
PROMTOOL = shutil.which("promtool")
USE = re.compile(r"\b(hamlet_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
OF_PROMETHEUS = {"instance", "job"}
"""Labels that Prometheus itself adds to every sample."""
Labels = dict[str, set[str]]


@pytest.fixture(scope="module")
def exposed(
    synthetic_run: Path, serve_for_module: Serve, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Labels]:
    """Name of each sample → its labels → all their values, of a server with alarms."""
    run_dir = shutil.copytree(synthetic_run, tmp_path_factory.mktemp("monitored") / "run")
    beat = Heartbeat(
        episode=260, vector_step=1, updates=1, agent_steps_per_second=1.0, loss=0.1, mean_q=0.1,
        gradient_norm=0.1, rss_bytes=1, device_memory_bytes=0, replay_fill=0.5, rss_limit_bytes=10**9,
        rss_bytes_per_hour=0.0,
    )  # fmt: skip
    log = EventLog(run_dir / "events.db")
    log.append([beat])
    log.close()
    catch_up(run_dir)
    write_status(
        run_dir / "snapshots",
        StreamStatus(
            updated_at=time.time(), started_at=0.0, target="rtmp://a/b", state="reconnecting", since=0.0,
            counts=StreamCounts(),
        ),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAMLET_MEMORY_LIMIT_MB", "10")
        address = serve_for_module(run_dir, "--disk-floor", 1_000_000_000)
        text = httpx.get(f"http://{address}/metrics", timeout=120).text
    found: dict[str, Labels] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def uses(expression: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The metrics of a PromQL expression, each with its matchers (label, operator, value)."""
    return [(name, MATCHER.findall(matchers)) for name, matchers in USE.findall(expression)]


def check(expression: str, exposed: dict[str, Labels]) -> set[str]:
    """Fail where a metric, a label or a value does not exist; the labels that a text may name."""
    found = uses(expression)
    assert found, f"no metric in {expression}"
    names: set[str] = set(OF_PROMETHEUS)
    values = {"state": set(RUN_STATES), "kind": set(get_args(AlarmKind))}
    for name, matchers in found:
        if name == "up":
            continue
        assert name in exposed, f"{name} is not in /metrics"
        names |= exposed[name].keys()
        for label, operator, value in matchers:
            assert label in exposed[name].keys() | OF_PROMETHEUS, f"{name} has no label {label}"
            if label in values and "$" not in value:
                allowed = value.split("|") if operator == "=~" else [value]
                assert set(allowed) <= values[label], f"{label} is never {value}"
    for grouping in re.findall(r"\bon \(([^)]*)\)", expression):
        assert set(re.split(r",\s*", grouping)) <= names
    return names


def test_every_panel_asks_for_what_there_is(exposed: dict[str, Labels]) -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            labels = check(target["expr"], exposed)
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables
    for variable in DASHBOARD["templating"]["list"]:
        query = variable.get("definition", "")
        for metric, matchers, label in re.findall(r"label_values\((\w+)(\{.*?\})?, (\w+)\)", query):
            assert label in check(metric + matchers, exposed)


def test_every_rule_asks_for_what_there_is(exposed: dict[str, Labels]) -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        labels = check(rule["expr"], exposed)
        for text in rule["annotations"].values():
            assert set(re.findall(r"\$labels\.(\w+)", text)) <= labels
        assert rule["labels"]["severity"] in ("warning", "critical")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus has it)")
def test_prometheus_itself_takes_the_rules_the_configuration_and_the_metrics(
    synthetic_run: Path, serve: Serve, tmp_path: Path
) -> None:
    manual = (REPOSITORY / "docs/operate/alarms.md").read_text()
    shown = re.search(r"```yaml\n# prometheus\.yml\n(.*?)```", manual, re.DOTALL)
    assert shown is not None
    (tmp_path / "prometheus.yml").write_text(shown[1])
    shutil.copy(RULES_FILE, tmp_path)
    metrics = httpx.get(f"http://{serve(synthetic_run)}/metrics", timeout=120).text
    for arguments, given in (
        (("check", "rules", tmp_path / RULES_FILE.name), ""),
        (("check", "config", tmp_path / "prometheus.yml"), ""),
        (("check", "metrics"), metrics),
    ):
        checked = subprocess.run(
            [f"{PROMTOOL}", *map(str, arguments)], input=given, capture_output=True, text=True, timeout=120
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alarm_has_a_rule() -> None:
    """By its kind, or by the status of the trainer or of the projector behind it."""
    expressions = " ".join(rule["expr"] for rule in RULES)
    for kind in get_args(AlarmKind):
        by_state = f'state="{kind.removeprefix("trainer_")}"'
        by_metric = f"hamlet_{kind} "
        assert kind in expressions or by_state in expressions or by_metric in expressions, kind


def test_a_name_that_does_not_exist_is_found(exposed: dict[str, Labels]) -> None:
    for expression in ("hamlet_losses", 'hamlet_loss{runs="x"}', 'hamlet_run_state{state="dead"}'):
        with pytest.raises(AssertionError):
            check(expression, exposed)
