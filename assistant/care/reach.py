"""The minds of the configuration that are elsewhere: reached, keys taken, models there to stay."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx

from assistant.care.findings import Finding
from assistant.care.minds import KeyRefused, NoServer, Unlisted, ask
from assistant.care.retirement import SOON_DAYS
from assistant.config import Config

REACH = 2.0
"""Seconds for a model server to answer."""
_VERSION = "2023-06-01"
"""Of Anthropic's API; the only one that there is."""
_PACKAGES = {"anthropic": "anthropic", "openai": "openai"}
"""What a backend needs that is not always installed, by its name."""


def minds(config: Config, today: date | None = None) -> Iterator[Finding]:
    """Look at each mind; where another one can take its place, its failure is no end."""
    found = [
        finding
        for key, mind in config.llm.chain
        if (finding := _mind(key, mind.backend, mind.settings, today)) is not None
    ]
    fatal = sum(finding.state == "fail" for finding in found) == len(config.llm.chain)
    for finding in found:
        worse = finding.state == "fail" and not fatal
        yield replace(finding, state="warn") if worse else finding


def elsewhere(config: Config) -> bool:
    """Tell whether there is a mind to be reached at all."""
    return any(mind.backend in _PACKAGES for _, mind in config.llm.chain)


def _mind(key: str, backend: str, settings: Any, today: date | None) -> Finding | None:
    package = _PACKAGES.get(backend)
    if package is None:
        return None
    if importlib.util.find_spec(package) is None:
        detail = f"{key}: the package {package} is not installed"
        return Finding("fail", "mind", detail, f"`pip install 'assistant[{package}]'`")
    if backend == "anthropic":
        return claude(key, settings, today)
    return model_server(key, settings)


def model_server(key: str, settings: Any) -> Finding:
    """Tell whether a model server answers, takes our key and has the model."""
    url = str(getattr(settings, "base_url", "")).rstrip("/")
    try:
        server = ask(url, _secret(settings), reach=REACH)
    except KeyRefused as wrong:
        return Finding("fail", "model server", str(wrong), f"mend {key}.api_key")
    except Unlisted as wrong:
        return Finding(
            "warn", "model server", str(wrong), f"check that {key}.base_url ends in /v1"
        )
    except NoServer as wrong:
        return Finding("fail", "model server", str(wrong), f"start it, or mend {key}.base_url")
    model, names = str(getattr(settings, "model", "")), server.listed
    if model and names and model not in names:
        detail = f"{url} does not list {model!r}"
        return Finding("warn", "model server", detail, f"{key}.model: {', '.join(names[:3])} …")
    return Finding("ok", "model server", f"{url}, {len(names)} models")


def claude(key: str, settings: Any, today: date | None = None) -> Finding:
    """Tell whether Anthropic answers, takes our key, has the model, and until when."""
    url, model = str(settings.base_url), str(settings.model)
    secret = _secret(settings)
    if not secret and not settings.local:
        fix = f"{key}.api_key: {{env: ANTHROPIC_API_KEY}}"
        return Finding("fail", "mind", f"{url} wants a key", fix)
    headers = {"x-api-key": secret, "anthropic-version": _VERSION}
    try:
        answer = httpx.get(f"{url}/v1/models/{model}", headers=headers, timeout=REACH)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as wrong:
        why = str(wrong) or type(wrong).__name__
        fix = f"check the network, or {key}.base_url"
        return Finding("fail", "mind", f"{url} cannot be reached ({why})", fix)
    match answer.status_code:
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return Finding("fail", "mind", f"{url} refuses the key", f"mend {key}.api_key")
        case httpx.codes.NOT_FOUND:
            detail = f"{url} has no model {model!r}"
            return Finding("fail", "mind", detail, f"{key}.model: a model of its list")
        case httpx.codes.OK:
            return _until(key, url, model, answer, today)
        case status:
            detail = f"{url} answers with HTTP {status}"
            return Finding("warn", "mind", detail, "try again later")


def _until(key: str, url: str, model: str, answer: httpx.Response, today: date | None) -> Finding:
    try:
        card = answer.json()
        ends = card.get("retires_at")
        end = datetime.fromisoformat(ends).date() if ends else None
        gone = card.get("lifecycle") == "retired"
    except (ValueError, TypeError, AttributeError):
        detail = f"{url} does not answer as Anthropic does"
        return Finding("warn", "mind", detail, f"check {key}.base_url")
    today = today or datetime.now(UTC).date()
    fix = f"{key}.model: a newer model of its list"
    if gone:
        return Finding("fail", "mind", f"{model} was retired", fix)
    if end is not None and (end - today).days <= SOON_DAYS:
        return Finding("warn", "mind", f"{model} ends on {end}", fix)
    lasts = f", until {end}" if end else ""
    return Finding("ok", "mind", f"{model} at {url}{lasts}")


def _secret(settings: Any) -> str:
    key = getattr(settings, "api_key", None)
    return key.get_secret_value() if key else ""
