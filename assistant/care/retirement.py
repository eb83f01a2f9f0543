"""Models of services that are switched off, as their makers have announced."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from assistant.care.findings import Finding
from assistant.config import Config

SOON_DAYS = 90
"""From so many days before on, the end is told."""
HOSTS = ("api.openai.com",)
"""Whose dates these are; servers of other people may keep the names."""
ENDS = {
    "gpt-4o": (date(2027, 1, 14), "a newer model of the list"),
    "whisper-1": (date(2027, 2, 26), "a newer model of the list"),
    "tts-1": (date(2027, 1, 6), "a newer model of the list"),
    "tts-1-hd": (date(2027, 1, 6), "a newer model of the list"),
    "gpt-4o-mini-tts": (date(2027, 1, 6), "a newer model of the list"),
}
"""The last day of a model, and what to take instead; with its dated versions (`gpt-4o-2024-…`)."""


def retired(config: Config, today: date | None = None) -> list[Finding]:
    """Name the models of services in the configuration whose end has come, or is near."""
    today = today or datetime.now(UTC).date()
    found = []
    stages = (("stt", config.stt), *config.llm.chain, ("tts", config.tts))
    for stage, part in stages:
        settings = part.settings
        host = urlsplit(str(getattr(settings, "base_url", ""))).hostname
        model = str(getattr(settings, "model", ""))
        if host in HOSTS and (line := _ended(f"{stage}.model", model, today)) is not None:
            found.append(line)
    return found or [Finding("ok", "retired models", "none")]


def _ended(key: str, model: str, today: date) -> Finding | None:
    for name, (end, instead) in ENDS.items():
        dated = model.removeprefix(f"{name}-")
        if model != name and (dated == model or not dated[:4].isdigit()):
            continue
        fix = f"{key}: {instead}"
        if end < today:
            return Finding("fail", "retired models", f"{model} ended on {end}", fix)
        if (end - today).days <= SOON_DAYS:
            return Finding("warn", "retired models", f"{model} ends on {end}", fix)
    return None
