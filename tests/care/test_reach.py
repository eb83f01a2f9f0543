"""What `doctor` says of minds that are elsewhere."""

from datetime import date
from typing import Any

import pytest

from assistant.care import doctor, reach
from assistant.care.findings import Finding
from assistant.config import load
from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import model_server

TODAY = date(2026, 12, 1)


def found(peer: HttpMind, **more: Any) -> Finding:
    flags = {
        "llm.backend": "anthropic",
        "llm.base_url": peer.root_url,
        "llm.model": peer.model,
        "llm.api_key": "hunter2",
    } | {f"llm.{name}": value for name, value in more.items()}
    (finding,) = reach.minds(load(environ={}, flags=flags), TODAY)
    assert "hunter2" not in repr(finding)
    return finding


@pytest.mark.parametrize(
    ("card", "state", "words"),
    [
        ({}, "ok", "peer-1 at http"),
        ({"lifecycle": "active", "retires_at": None}, "ok", "peer-1 at http"),
        ({"retires_at": "2027-12-01T00:00:00Z"}, "ok", "until 2027-12-01"),
        ({"retires_at": "2027-01-15T00:00:00Z"}, "warn", "peer-1 ends on 2027-01-15"),
        ({"lifecycle": "retired"}, "fail", "peer-1 was retired"),
        ({"retires_at": 5}, "warn", "does not answer as Anthropic does"),
    ],
)
def test_the_service_says_until_when_a_model_is_there(
    card: dict[str, Any], state: str, words: str
) -> None:
    peer = HttpMind(card=card)
    with model_server(peer):
        finding = found(peer)
    assert (finding.state, words in finding.detail) == (state, True), finding


def test_keys_and_services_out_of_reach() -> None:
    peer = HttpMind(mode=Mode.UNAUTHORISED)
    with model_server(peer):
        refused = found(peer)
    assert (refused.state, refused.fix) == ("fail", "mend llm.api_key")
    away = found(peer)
    assert "cannot be reached" in away.detail
    config = load(environ={}, flags={"llm.backend": "anthropic"})
    (keyless,) = reach.minds(config, TODAY)
    assert keyless.fix == "llm.api_key: {env: ANTHROPIC_API_KEY}"


def test_where_another_mind_can_take_over_a_failure_is_a_warning() -> None:
    flags = {
        "llm.backend": "anthropic",
        "llm.fallback.backend": "openai",
        "llm.fallback.base_url": "http://127.0.0.1:9/v1",
    }
    findings = list(reach.minds(load(environ={}, flags=flags), TODAY))
    assert [finding.state for finding in findings] == ["fail", "fail"], "none is left"
    flags["llm.fallback.backend"] = "llamacpp"
    del flags["llm.fallback.base_url"]
    (finding,) = reach.minds(load(environ={}, flags=flags), TODAY)
    assert finding.state == "warn"


def test_the_doctor_looks_at_all_minds_of_the_chain() -> None:
    flags = {"llm.backend": "anthropic", "llm.fallback.backend": "llamacpp"}
    config = load(environ={}, flags=flags)
    assert reach.elsewhere(config)
    assert "xllamacpp" in [check.what for check in doctor._engine_checks(config)]
    assert not reach.elsewhere(load(environ={}))
