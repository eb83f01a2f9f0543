"""What a user wants to be otherwise than their configuration says."""

from assistant.config import Config
from assistant.config.sections import Stage


class Wishes:
    """Changes of a configuration, by dotted key; what it says already is none."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.changes: dict[str, object] = {}
        self.credential = ""
        """Name of a credential that systemd will hand over."""

    def now(self, key: str) -> object:
        """Return what holds: a wish, or what the configuration says."""
        if key in self.changes:
            return self.changes[key]
        value: object = self.config
        for name in key.split("."):
            if isinstance(value, Stage) and name not in type(value).model_fields:
                value = value.settings
            value = getattr(value, name, None)
        return value

    def set(self, key: str, value: object) -> None:
        """Wish for a value."""
        self.changes.pop(key, None)
        if self.now(key) != value:
            self.changes[key] = value

    def backends(self) -> dict[str, str]:
        """Name the stages that get another backend."""
        ends = ((key.partition("."), value) for key, value in self.changes.items())
        return {stage: str(value) for (stage, _, name), value in ends if name == "backend"}
