"""Models named by their place on the hub."""

import re
from dataclasses import dataclass

from assistant.errors import ModelError
from assistant.models.catalogue import PLAIN_NAME

_PLAIN = PLAIN_NAME.pattern
_REFERENCE = re.compile(
    rf"hf:(?P<owner>{_PLAIN})/(?P<repo>{_PLAIN})(?:@(?P<revision>{_PLAIN}))?"
    rf"(?:/(?P<path>{_PLAIN}(?:/{_PLAIN})*))?(?:@(?P<late>{_PLAIN}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A model named by its place: ``hf:owner/repo``, ``…@revision``, ``…/file.gguf``."""

    name: str
    repository: str
    revision: str
    path: str | None

    @staticmethod
    def parse(name: str) -> "Reference":
        """Read a name that begins with ``hf:``; `ModelError` if it is not of this form."""
        found = _REFERENCE.fullmatch(name)
        if not found or (found["revision"] and found["late"]):
            raise ModelError(
                name, "this is not hf:owner/repository, with /file or @revision after it."
            )
        revision = found["revision"] or found["late"] or "main"
        return Reference(name, f"{found['owner']}/{found['repo']}", revision, found["path"])

    @property
    def directory(self) -> str:
        """The name of its directory in the store."""
        words = ["hf", *self.repository.split("/"), *(self.path or "").split("/")]
        suffix = "" if self.revision == "main" else f"@{self.revision}"
        return "--".join(word for word in words if word) + suffix
