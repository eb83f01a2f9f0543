"""A hub of models that speaks Hugging Face's protocol: what it has, and where a file lies."""

import queue
import re
import threading
from urllib.parse import quote, urlsplit

import httpx

from assistant.models.catalogue import PLAIN_NAME, File, HubFile, Model
from assistant.models.reference import Reference
from assistant.models.terms import Expected, FetchError, Timeouts
from assistant.models.transfer import explain, refusal

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_CTRANSLATE2 = re.compile(
    r"model\.bin|config\.json|preprocessor_config\.json|tokenizer\.json|vocabulary\..+"
)
_NEVER = re.compile(r"(.*/)?\.[^/]*|.*\.(md|png|jpe?g|gif|mp3|wav|flac|ipynb|pdf)", re.IGNORECASE)
_OTHER_FORMATS = re.compile(r".*\.(bin|pt|pth|h5|msgpack|ot|gguf|onnx)", re.IGNORECASE)
_REDIRECTS = 5


class Hub:
    """What is known of one hub; remembers that it is not in reach."""

    def __init__(self, endpoint: str, token: str, timeouts: Timeouts) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._timeouts = timeouts
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._down: tuple[float, str] | None = None

    @property
    def host(self) -> str:
        """Its host, as it is named in messages."""
        return urlsplit(self._endpoint).netloc or self._endpoint

    def url(self, file: HubFile) -> str:
        """Return where a file can be had."""
        return f"{self._endpoint}/{file.repository}/resolve/{file.revision}/{quote(file.path)}"

    def reach(self, client: httpx.Client, file: HubFile, patience: float) -> None:
        """Raise `FetchError` unless the hub answers within `patience` seconds.

        Asked in a thread of its own, because looking up a name knows no deadline. A hub that was
        not in reach is not asked again, unless there is more patience now.
        """
        if self._down and self._down[0] >= patience:
            raise FetchError(self._down[1], down=True)
        answer: queue.SimpleQueue[FetchError | None] = queue.SimpleQueue()

        def ask() -> None:
            try:
                client.head(self.url(file), headers=self.headers, follow_redirects=False)
            except httpx.RequestError as error:
                answer.put(explain(error))
            except (httpx.InvalidURL, RuntimeError) as error:  # or it was closed meanwhile
                answer.put(FetchError(str(error)))
            else:
                answer.put(None)

        threading.Thread(target=ask, name="reach", daemon=True).start()
        try:
            problem = answer.get(timeout=patience)
            lasting = float("inf")
        except queue.Empty:
            problem = FetchError(f"no answer within {patience:.0f} s", down=True)
            lasting = patience
        if problem is not None:
            self._down = (lasting, str(problem))
            raise problem

    def expected(self, client: httpx.Client, name: str, file: HubFile) -> Expected:
        """Ask for the hub's own record of a file: its size, and its SHA-256 or Git's SHA-1."""
        url = httpx.URL(self.url(file))
        for _ in range(_REDIRECTS):
            response = self._ask(client, "HEAD", url)
            etag = response.headers.get("X-Linked-Etag") or response.headers.get("ETag", "")
            etag = etag.removeprefix("W/").strip('"')
            target = response.headers.get("Location", "")
            if not response.is_redirect or "X-Linked-Etag" in response.headers:
                break
            if urlsplit(target).netloc:  # to another host, which does not know the digest
                break
            url = url.join(target)  # renamed, or served from the hub's own cache
        size = response.headers.get("X-Linked-Size") or response.headers.get("Content-Length", "")
        return Expected(
            name=name,
            bytes=int(size) if size.isdigit() and int(size) else None,
            sha256=etag if _SHA256.fullmatch(etag) else None,
            git_sha1=etag if _SHA1.fullmatch(etag) else None,
        )

    def model(self, client: httpx.Client, reference: Reference) -> Model:
        """Ask which files a reference stands for. `FetchError`: unknown, refused, out of reach."""
        where = f"{reference.repository}/revision/{reference.revision}"
        response = self._ask(client, "GET", httpx.URL(f"{self._endpoint}/api/models/{where}"))
        try:
            data = response.json()
            commit = str(data.get("sha") or reference.revision)
            paths = [str(entry["rfilename"]) for entry in data["siblings"]]
            licence = (data.get("cardData") or {}).get("license")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise FetchError("its list of files cannot be read") from None
        return Model(
            name=reference.name,
            kind="other",
            about=reference.repository,
            licence=licence if isinstance(licence, str) else "see the hub",
            languages=(),
            files=tuple(
                File(name, HubFile(reference.repository, commit, path))
                for name, path in _choose(reference, paths)
            ),
        )

    def _ask(self, client: httpx.Client, method: str, url: httpx.URL) -> httpx.Response:
        for attempt in range(self._timeouts.retries + 1):
            try:
                response = client.request(
                    method, url, headers=self.headers, follow_redirects=method == "GET"
                )
                break
            except httpx.ConnectError as error:
                raise explain(error) from None
            except httpx.RequestError as error:  # a kept connection may have been closed
                if attempt == self._timeouts.retries:
                    raise explain(error) from None
        if response.is_error:
            raise FetchError(str(refusal(response)), refused=response.status_code in {401, 403})
        return response


def _choose(reference: Reference, paths: list[str]) -> list[tuple[str, str]]:
    """Pick what a model needs of a repository: pairs (name in the store, path on the hub)."""
    safe = [path for path in paths if all(map(PLAIN_NAME.fullmatch, path.split("/")))]
    if reference.path:
        if reference.path not in safe:
            raise FetchError(f"it has no {reference.path}")
        return [(reference.path.rsplit("/", 1)[-1], reference.path)]
    if "model.bin" in safe and "config.json" in safe and any("vocabulary." in p for p in safe):
        wanted = [path for path in safe if _CTRANSLATE2.fullmatch(path)]
    else:
        weights = [path for path in safe if path.endswith(".gguf") and "mmproj" not in path]
        if weights:
            wanted = [_one_of(weights)]
        else:
            wanted = [path for path in safe if not _NEVER.fullmatch(path)]
            if any(path.endswith(".safetensors") for path in wanted):
                wanted = [path for path in wanted if not _OTHER_FORMATS.fullmatch(path)]
    if not wanted:
        raise FetchError("it has no file of a model")
    return [(path, path) for path in wanted]


def _one_of(weights: list[str]) -> str:
    """Pick the usual quantisation of a repository of GGUF files."""
    usual = [path for path in weights if "Q4_K_M" in path.upper()]
    chosen = usual or weights
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(sorted(weights)[:6])
    raise FetchError(f"it has several models: name one of them, hf:…/FILE ({names})")
