"""Who may come to the embedded broker: one user name, one password. amqtt loads it by name."""

from dataclasses import dataclass, field

from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from assistant.backends.home_mqtt.embedded import same


class Door(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no types
    """Lets in who knows both."""

    @dataclass
    class Config:
        """What they have to know."""

        username: str
        password: str = field(repr=False)

    async def authenticate(self, *, session: Session) -> bool | None:
        """Tell whether they do."""
        config = self.config
        known = same(session.username, config.username)
        return same(session.password, config.password) and known
