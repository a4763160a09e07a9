"""What Prometheus reads: true at the instant of the scrape, and counters that only grow."""

from __future__ import annotations

import re
import subprocess
import threading
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from streamgenre.messages import Diagnostics, SampleAccounts
from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.publish.metrics import MetricsPublisher
from streamgenre.publish.node_metrics import NodeProbes
from streamgenre.publish.payload import Encoder
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.source_tally import STALE_SECONDS
from tests.support import publishing
from tests.support.metrics import MAIN, Ticks, account, event, full_metrics, state

needs_promtool = pytest.mark.skipif(
    which("promtool") is None, reason="promtool is not installed (prometheus)"
)

REAL = {
    "samples_captured_total": 100,
    "samples_analysed_total": 70,
    "samples_lost_total": 20,
    "samples_pending": 5,
    "samples_clipped_total": 7,
    "reconnects_total": 2,
    "changes_total": 1,
    "segments_total": 1,
    "titles_total": 1,
    "hop_seconds": 0.5,
}


def scrape(metrics: MetricsPublisher) -> dict[str, float]:
    """Return each sample by its name and labels, as written in the text format."""
    found = {}
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def counters(metrics: MetricsPublisher) -> dict[str, float]:
    return {
        name: value
        for name, value in scrape(metrics).items()
        if name.startswith("streamgenre") and re.search(r"_(total|bucket|count|sum)\{", name)
    }


def test_a_belief_is_shown_as_one_of_a_few():
    metrics = MetricsPublisher("1.2.3", [MAIN], clock=Ticks())
    metrics.publish(event("source", state="online", reason=None))
    metrics.publish(state(10.0, genre="jazz", confidence=0.8712))
    found = scrape(metrics)
    assert found["streamgenre_build_info{version=1.2.3}"] == 1
    assert found["streamgenre_source_genre{genre=jazz,source=main}"] == 1
    assert found["streamgenre_source_status{source=main,status=music}"] == 1
    assert found["streamgenre_source_status{source=main,status=speech}"] == 0
    assert found["streamgenre_source_state{source=main,state=online}"] == 1
    assert found["streamgenre_source_confidence_ratio{source=main}"] == 0.8712
    assert found["streamgenre_source_level_dbfs{source=main}"] == -18.3
    assert found["streamgenre_source_stable{source=main}"] == 1
    assert found["streamgenre_source_info{model=genre,name=The bar,sha256=abababababab,source=main}"] == 1


def test_a_genre_the_model_does_not_name_makes_no_label():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    metrics.publish(state(1.0, genre='made up "\n'))
    assert scrape(metrics)["streamgenre_source_genre{genre=other,source=main}"] == 1


def test_ages_are_those_of_the_scrape_and_an_old_belief_is_not_shown():
    ticks = Ticks()
    metrics = MetricsPublisher("1", [MAIN], clock=ticks)
    metrics.publish(state(1.0))
    ticks.now += 7.0
    assert scrape(metrics)["streamgenre_source_last_decision_age_seconds{source=main}"] == 7.0
    assert scrape(metrics)["streamgenre_source_last_audio_age_seconds{source=main}"] == 7.0
    metrics.publish(state(1.0, status="no_signal", genre=None, latency_ms=None))
    metrics.publish(account(1.0, last_audio_seconds_ago=8.5))
    found = scrape(metrics)
    assert found["streamgenre_source_last_audio_age_seconds{source=main}"] == 7.0
    assert found["streamgenre_source_status{source=main,status=no_signal}"] == 1
    ticks.now += STALE_SECONDS + 1
    found = scrape(metrics)
    assert not [
        name for name in found if re.match(r"streamgenre_source_(status|genre|level|conf|stable)", name)
    ]
    assert found["streamgenre_source_last_decision_age_seconds{source=main}"] == 8.0 + STALE_SECONDS


def test_a_source_that_is_over_believes_nothing_and_has_no_alarm():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    metrics.publish(state(1.0))
    metrics.publish(event("alarm", kind="dead_air", active=True))
    assert scrape(metrics)["streamgenre_source_alarm_active{kind=dead_air,source=main}"] == 1
    metrics.publish(event("source", state="failed", reason="gone"))
    found = scrape(metrics)
    assert found["streamgenre_source_alarm_active{kind=dead_air,source=main}"] == 0
    assert found["streamgenre_source_alarms_total{kind=dead_air,source=main}"] == 1
    assert "streamgenre_source_genre{genre=jazz,source=main}" not in found


def test_counters_go_on_when_a_pipeline_begins_anew():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    name = "streamgenre_source_samples_captured_total{source=main}"
    metrics.publish(account(60.0, captured=600))
    metrics.publish(account(120.0, captured=1200))
    assert scrape(metrics)[name] == 1200
    metrics.publish(account(30.0, captured=300))
    assert scrape(metrics)[name] == 1500


def test_a_new_run_is_known_by_its_states_even_when_it_is_longer_than_the_old():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    metrics.publish(state(10.0))
    metrics.publish(account(10.0, captured=100))
    metrics.publish(state(0.5))
    metrics.publish(account(11.0, captured=110))  # the old run's last word, late
    metrics.publish(state(60.0))
    metrics.publish(account(60.0, captured=600))
    assert scrape(metrics)["streamgenre_source_samples_captured_total{source=main}"] == 710


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), min_size=1, max_size=5))
def test_counters_never_go_backwards_and_lose_nothing_over_restarts(runs):
    """Each run grows by its steps from zero, in audio and in samples; at its start it is told of, or not."""
    metrics = MetricsPublisher("1", clock=Ticks())
    before: dict[str, float] = {}
    for steps in runs:
        captured = 0
        metrics.publish(state(0.0))
        for step in steps:
            captured += step
            metrics.publish(state(float(captured) + 0.5))
            metrics.publish(account(float(captured) + 0.5, captured=captured, skipped={"gap": captured // 2}))
            now = counters(metrics)
            assert all(now[name] >= value for name, value in before.items())
            before = now
    assert before["streamgenre_source_samples_captured_total{source=main}"] == sum(map(sum, runs))


def test_an_estimate_that_shrinks_takes_nothing_back():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    for seconds, gap in ((60.0, 2.5), (120.0, 2.1), (180.0, 2.75)):
        metrics.publish(account(seconds, upstream_gap_seconds=gap))
    assert scrape(metrics)["streamgenre_source_upstream_gap_seconds_total{source=main}"] == 2.75


def test_latencies_fall_into_buckets():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    for number, latency_ms in enumerate((20.0, 25.0, 41.0, 30_000.0)):
        metrics.publish(state(float(number), latency_ms=latency_ms))
    found = scrape(metrics)
    name = "streamgenre_source_decision_latency_seconds"
    assert found[f"{name}_bucket{{le=0.025,source=main}}"] == 2
    assert found[f"{name}_bucket{{le=0.05,source=main}}"] == 3
    assert found[f"{name}_bucket{{le=10.0,source=main}}"] == 3
    assert found[f"{name}_bucket{{le=+Inf,source=main}}"] == found[f"{name}_count{{source=main}}"] == 4
    assert found[f"{name}_sum{{source=main}}"] == pytest.approx(30.086)


def test_a_source_that_left_the_configuration_disappears_for_good():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    metrics.publish(state(1.0))
    metrics.forget("main")
    metrics.publish(state(2.0))
    assert not [name for name in scrape(metrics) if "source=main" in name]
    metrics.replace_sources([MAIN])
    metrics.publish(state(3.0))
    assert "streamgenre_source_genre{genre=jazz,source=main}" in scrape(metrics)


def test_sources_that_stay_keep_their_counters_and_strangers_are_not_counted():
    metrics = MetricsPublisher("1", [MAIN], clock=Ticks())
    metrics.publish(event("change"))
    metrics.replace_sources([MAIN, SourceIdentity("hall", "Hall", "genre", ())])
    metrics.publish(state(1.0) | {"source": "stranger"})
    found = scrape(metrics)
    assert found["streamgenre_source_changes_total{source=main}"] == 1
    assert found["streamgenre_source_changes_total{source=hall}"] == 0
    assert not [name for name in found if "stranger" in name]


def test_without_a_list_whoever_is_heard_is_shown():
    metrics = MetricsPublisher("1", clock=Ticks())
    metrics.publish(state(1.0) | {"source": "anyone"})
    assert "streamgenre_source_genre{genre=jazz,source=anyone}" in scrape(metrics)


def test_parts_are_asked_at_each_scrape_and_their_counters_survive_them():
    lost = [5]
    metrics = MetricsPublisher("1")
    metrics.watch(
        NodeProbes(events_lost=lambda: lost[0], mqtt_connected=lambda: False, outbox_trouble=lambda: "full")
    )
    assert scrape(metrics)["streamgenre_events_lost_total{}"] == 5
    lost[0] = 2
    found = scrape(metrics)
    assert found["streamgenre_events_lost_total{}"] == 7
    assert found["streamgenre_mqtt_connected{}"] == 0
    assert found["streamgenre_outbox_writable{}"] == 0
    assert "streamgenre_history_writable{}" not in found


def test_health_is_asked_at_each_scrape():
    metrics = MetricsPublisher("1", [MAIN])
    report = HealthReport("a turn has lasted 30 s", (SourceHealth("main", enabled=True, trouble="stalled"),))
    metrics.watch(NodeProbes(), lambda: report)
    found = scrape(metrics)
    assert found["streamgenre_engine_alive{}"] == 0
    assert found["streamgenre_source_alive{source=main}"] == 0
    assert found["streamgenre_source_enabled{source=main}"] == 1


def test_a_part_that_cannot_answer_is_left_out_and_told_once(caplog):
    def broken() -> int:
        raise RuntimeError("no such table")

    metrics = MetricsPublisher("1", [MAIN])
    metrics.watch(NodeProbes(outbox_depth=broken, history_depth=lambda: 3), broken)  # type: ignore[arg-type]
    for _ in range(3):
        assert scrape(metrics)["streamgenre_history_depth{}"] == 3
    assert [record.getMessage() for record in caplog.records] == [
        "streamgenre_outbox_depth is left out of the metrics: RuntimeError('no such table')",
        "health is left out of the metrics: RuntimeError('no such table')",
    ]


def test_prometheus_may_ask_for_openmetrics():
    content, content_type = full_metrics().render(
        "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    )
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name for family in parse_openmetrics(content.decode())}
    assert "streamgenre_source_samples_captured" in families


def test_the_number_of_series_is_bounded():
    """Ten genres in turn leave one; no text of the world becomes a label."""
    metrics = MetricsPublisher("1", clock=Ticks())
    for number in range(200):
        metrics.publish(event("title", title=f"title {number}", previous=None))
        metrics.publish(event("source", state="reconnecting", reason=f"reason {number}"))
        metrics.publish(state(float(number), genre=f"genre {number % 10}"))
    found = [name for name in scrape(metrics) if name.startswith("streamgenre_source")]
    assert len(found) < 75
    assert len([name for name in found if "_genre" in name]) == 1


@needs_promtool
def test_promtool_finds_nothing_to_say():
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=full_metrics().render()[0], capture_output=True, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).decode().splitlines() if "streamgenre" in line]
    assert (done.returncode, ours) == (0, [])


def test_real_payloads_are_counted():
    """As the dispatcher hands them on: every kind of message, through the encoder."""
    metrics = MetricsPublisher("1", clock=Ticks())
    encoder = Encoder("bar", "main")
    account_of_it = Diagnostics(60.0, SampleAccounts(100, 70, {"tail": 5}, 20, 5), 0.5, 2, 7)
    for message in (
        publishing.online(0.0),
        publishing.state(1.0),
        publishing.change(2.0),
        publishing.segment(2.0),
        publishing.title(3.0),
        publishing.alarm(4.0),
        publishing.stamped(account_of_it),
    ):
        metrics.publish(encoder.encode(message))
    found = scrape(metrics)
    told = {name: found[f"streamgenre_source_{name}{{source=main}}"] for name in REAL}
    assert told == REAL
    assert found["streamgenre_source_samples_skipped_total{reason=tail,source=main}"] == 5
    assert found["streamgenre_source_alarm_active{kind=dead_air,source=main}"] == 1


def test_two_that_ask_at_once_do_not_make_a_counter_jump():
    """An answer that is older and comes later is no part that was replaced."""
    answers, asked, told_newer = iter([5, 6, 6]), threading.Event(), threading.Event()

    def slow_at_first() -> int:
        answer = next(answers)
        if answer == 5:
            asked.set()
            told_newer.wait(0.5)
        return answer

    metrics = MetricsPublisher("1.0")
    metrics.watch(NodeProbes(events_lost=slow_at_first))
    first = threading.Thread(target=metrics.render)
    first.start()
    assert asked.wait(20)
    metrics.render()
    told_newer.set()
    first.join(20)
    assert b"\nstreamgenre_events_lost_total 6.0\n" in metrics.render()[0]
