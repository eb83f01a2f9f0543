"""Everything that may go wrong without being a bug.

AssistantError
├── ConfigError(path)                 the configuration: names the key
├── ModelError(name)                  a model: missing, damaged, out of reach
├── BackendError(backend, retryable)  an engine, a service or a device
│   ├── BackendUnavailable            it is not there, or went away
│   │   └── BackendBusy(after)        it has too much to do, or we asked too often
│   └── BackendTimeout                it did not answer in time
├── MediaError(path)                  a file that should hold sound or a picture
└── ToolError(for_model)              a skill failed; the text is for the model
    ├── Unclear(missing)              it must be told more first; the text asks for it
    └── Unfit                         it has nothing to say to this; another may

Each message is one line for a person: what is wrong, then what to do about it.
Anything else that is raised is a bug and ends the process.
"""


class AssistantError(Exception):
    """The root: something that a user can understand and often mend."""

    exit_code = 1
    """What a command ends with when this reaches its top."""


class ConfigError(AssistantError):
    """The configuration is wrong; `path` names the key, for example ``tts.voice``."""

    exit_code = 78  # EX_CONFIG of sysexits.h

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class ModelError(AssistantError):
    """A model cannot be had or used; `name` is its name in the catalogue."""

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class BackendError(AssistantError):
    """An engine, a service or a device failed."""

    exit_code = 69

    def __init__(self, backend: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(f"{backend}: {message}")
        self.backend = backend
        self.retryable = retryable


class BackendUnavailable(BackendError):  # noqa: N818 - reads as a sentence, as do its siblings
    """It is not there: not installed, not plugged in, not listening, or gone."""


class BackendBusy(BackendUnavailable):
    """It has too much to do, or we asked for too much; it wants to be asked again `after` s."""

    def __init__(self, backend: str, message: str, *, after: float) -> None:
        super().__init__(backend, message)
        self.after = after


class BackendTimeout(BackendError):  # noqa: N818
    """It did not answer in time."""


class MediaError(AssistantError):
    """A file does not hold what it should; `path` names it."""

    exit_code = 65  # EX_DATAERR

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class ToolError(AssistantError):
    """A skill failed; `for_model` is what the language model is told."""

    def __init__(self, for_model: str) -> None:
        super().__init__(for_model)
        self.for_model = for_model


class Unclear(ToolError):  # noqa: N818 - reads as a sentence
    """A skill needs to know more; `missing` is the parameter, the text a question to the user."""

    def __init__(self, question: str, missing: str) -> None:
        super().__init__(question)
        self.missing = missing


class Unfit(ToolError):  # noqa: N818
    """A skill did nothing, because this is not for it."""


def leaves(error: BaseException) -> list[BaseException]:
    """Flatten the exception groups that task groups raise."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]
