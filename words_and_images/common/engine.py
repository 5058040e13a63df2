"""Where the heavy stages run: on this machine, or on the workers of a Dask cluster."""

from dataclasses import asdict, dataclass, replace

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require, require_choice

KINDS = ("local", "dask")
FILES = ("sent", "shared")
PROTOCOLS = ("tcp://", "tls://")


class LostError(Exception):
    """A result was lost with its worker and cannot be computed from what is left."""


@dataclass(frozen=True)
class EngineParameters:
    """The group ``engine``. The result is the same for all of it, to the byte.

    Attributes
    ----------
    kind : str
        local, on this machine; or dask, on the workers of a Dask cluster.
    scheduler : str, optional
        The address of the cluster's scheduler: tcp://host:port or tls://host:port. By default a
        cluster is started on this machine.
    processes : int, 0 or more
        Workers of a cluster that is started on this machine; 0: one for each core.
    files : str
        How workers come by files: sent, over the network; or shared, read under the same paths as
        here.
    ca_file, certificate, key : str, optional
        PEM files for tls://: of the authority that signed both sides' certificates, and of this
        side's own.
    """

    kind: str = "local"
    scheduler: str | None = None
    processes: int = 0
    files: str = "sent"
    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        require_choice("kind", self.kind, KINDS)
        require_choice("files", self.files, FILES)
        require(self.processes >= 0, "processes", self.processes, "0 or more")
        if self.scheduler is not None:
            require(self.scheduler.startswith(PROTOCOLS), "scheduler", self.scheduler,
                    "tcp://host:port or tls://host:port")
        secrets = (self.ca_file, self.certificate, self.key)
        if (self.scheduler or "").startswith("tls://") != all(secrets) or any(secrets) != all(
                secrets):
            raise UserError(f"scheduler is {self.scheduler!r} and ca_file, certificate and key are "
                            f"{', '.join(map(repr, secrets))}; tls:// needs all three, and nothing "
                            "else any of them.")

    def chosen(self, kind: str) -> "EngineParameters":
        """These with the kind that a command line names; UserError where they are for another."""
        for name, value in asdict(self).items():
            if kind == "local" and value != getattr(EngineParameters(), name):
                raise UserError(f"engine is local, and {name} = {value!r} is for a cluster; leave "
                                "it out, or give --engine dask.")
        return replace(self, kind=kind)
