"""Known vulnerabilities of the packages that are installed, looked up by pip-audit.

Exit code 0 where there are none, 1 where there are some, 2 where they could not be looked up.
pip-audit ends well also where it could not look a package up: that is no answer here.
"""

import json
import subprocess
import sys
from typing import Annotated, Any

import typer

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, counted
from words_and_images.common.tables import table

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner",
           "off", "--format", "json", "--desc", "off", "--vulnerability-service", "osv")
OURS = "editable"  # in the reason why pip-audit passes over the project itself

application = typer.Typer(add_completion=False)


def look_up(*options: str) -> list[dict[str, Any]]:
    """What pip-audit tells of each package that is installed, but of the project itself.

    Raises
    ------
    UserError
        Where the service cannot be reached, or does not know a package.
    """
    ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True,
                           stdin=subprocess.DEVNULL)
    try:
        packages = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        raise UserError(f"known vulnerabilities could not be looked up ({_reason(ended.stderr)}); "
                        "try again with a network.") from None
    packages = [each for each in packages if OURS not in each.get("skip_reason", "")]
    if unknown := [each for each in packages if "skip_reason" in each]:
        raise UserError(f"{counted(len(unknown), 'package')} of {len(packages):,} could not be "
                        f"looked up (the first: {unknown[0]['skip_reason']}); try again with a "
                        "network.")
    return packages


def _reason(said: str) -> str:
    """Why pip-audit gave up, without the addresses in what the library of networks says."""
    if "ConnectionError" in said or "Timeout" in said:
        return "the service cannot be reached"
    return (said.strip().splitlines() or ["pip-audit said nothing"])[-1][:200]


def vulnerability_rows(packages: list[dict[str, Any]]) -> list[list[str]]:
    """Package, version, vulnerability and the versions without it, a row a vulnerability."""
    return [[each["name"], each["version"], found["id"], ", ".join(found["fix_versions"]) or "none"]
            for each in packages for found in each["vulns"]]


@application.command()
def main(
    osv_url: Annotated[str, typer.Option(help="another address of the service")] = "",
) -> None:
    """List the known vulnerabilities of what is installed."""
    packages = look_up(*(("--osv-url", osv_url) if osv_url else ()))
    rows = vulnerability_rows(packages)
    print(f"{counted(len(packages), 'package')} looked up, "
          f"{len(rows) or 'no'} known vulnerabilit{'y' if len(rows) == 1 else 'ies'}")
    if rows:
        print(table([["package", "version", "vulnerability", "mended in"], *rows], sys.stdout))
        sys.exit(1)


if __name__ == "__main__":
    run_application(application)
