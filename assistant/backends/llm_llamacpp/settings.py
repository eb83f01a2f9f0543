"""What can be set."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """`llm: {backend: llamacpp, …}`."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        default="smollm2-135m-instruct-q4_1",
        description="A model of the catalogue, hf:owner/repo, or the path of a .gguf file.",
    )
    projector: str | None = Field(
        default=None,
        description="The file that lets it see (mmproj): a path, or hf:owner/repo/file. Empty: the"
        " one that lies in the model's directory, if there is one; none: it is to be blind.",
    )
    template: Path | None = Field(
        default=None,
        description="A Jinja file that takes the place of the model's own chat template; old"
        " models have none.",
    )
    context: int = Field(
        default=2048, ge=512, description="Tokens of conversation and answer together."
    )
    language: str = Field(
        default="en", description="The language, filled in from the assistant's."
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        description="CPU threads; empty: half of the cores, 8 at most.",
    )
    gpu_layers: int | None = Field(
        default=None, ge=0, description="Layers that go to a GPU; empty: as many as fit."
    )
    temperature: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="0 always says the likeliest word; more is more varied.",
    )
    top_p: float = Field(default=0.9, gt=0, le=1, description="Leave out the unlikeliest words.")
    repeat_penalty: float = Field(
        default=1.05,
        ge=1,
        le=2,
        description="Against repeating itself; above 1.1 small models ramble.",
    )
    dry: float = Field(
        default=0.8,
        ge=0,
        le=5,
        description="Against saying whole phrases of the conversation again (DRY); 0: off.",
    )
    max_tokens: int = Field(default=200, ge=1, description="Longest answer in tokens.")
    parallel: int = Field(default=1, ge=1, le=8, description="Answers that are written at once.")
    batch: int | None = Field(
        default=None,
        ge=1,
        description="Tokens read at once, which is what a cancelled prompt costs at most; empty:"
        " 16, or 512 on a GPU and where it sees.",
    )
