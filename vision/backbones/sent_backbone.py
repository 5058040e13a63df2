"""Backbones in other processes, which each opens once."""

from dataclasses import dataclass, field
from pathlib import Path
from socket import gethostname
from threading import Lock

from vision.backbones.backbone import Backbone, load_backbone
from vision.backbones.record import BackboneRecord
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import DamagedError
from words_and_images.common.workspaces import workspace

_opened: dict[str, Backbone] = {}  # what this process used last, by fingerprint
_opening = Lock()


@dataclass(frozen=True)
class SentBackbone:
    """A backbone as it is sent to another process.

    Parameters
    ----------
    record : of the backbone.
    folder : the path of its folder.
    files : the contents of its files by their names; None where the other process finds the same
        folder under the same path.
    """

    record: BackboneRecord
    folder: Path
    files: dict[str, bytes] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, backbone: Backbone, shared: bool) -> "SentBackbone":
        """For a process that finds the same folder (`shared`), or else with the files."""
        record, folder = backbone.record, backbone.folder.absolute()
        if shared:
            return cls(record, folder)
        names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))
                 if path.is_file()]
        return cls(record, folder, {name: (folder / name).read_bytes() for name in names
                                    if record.is_used(name)})

    def open(self) -> Backbone:
        """Load it in the process that it was sent to.

        Raises
        ------
        UserError
            For a folder that is not there, is damaged or holds another backbone.
        """
        if self.files is None:
            return self._loaded(self.folder)
        with workspace() as folder:
            for name, content in self.files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            return self._loaded(folder)

    def _loaded(self, folder: Path) -> Backbone:
        reason = f"{folder} holds another backbone"
        try:
            backbone = load_backbone(folder)
            if backbone.record.fingerprint == self.record.fingerprint:
                return backbone
        except DamagedError as error:
            reason = error.reason
        raise UserError(f"{reason} on the worker {gethostname()}; give it the same folder under "
                        "the same path, or set engine.files to sent.")


def opened(sent: SentBackbone) -> Backbone:
    """A backbone that was sent, opened at the first call in a process."""
    fingerprint = sent.record.fingerprint
    with _opening:  # a worker may have several threads
        if fingerprint not in _opened:
            _opened.clear()  # a worker may outlive the runs of many
            _opened[fingerprint] = sent.open()
        return _opened[fingerprint]
