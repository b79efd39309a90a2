"""``archc build``."""

from pathlib import Path

import click

from archc.commands.common import (
    all_specs,
    backend_option,
    chosen_backend,
    compile_all,
    echo,
    fail_on,
    out_option,
    set_option,
    specs_argument,
)


@click.command("build")
@specs_argument
@out_option
@backend_option
@set_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not current.")
@click.option("--diff", is_flag=True, help="As --check, and show the differences.")
@click.option("--force", is_flag=True, help="Replace files that archc did not write.")
def command(
    specs: tuple[str, ...],
    out: Path,
    backend: str | None,
    settings: dict[str, float],
    check: bool,
    diff: bool,
    force: bool,
) -> None:
    """Compile specs to code, generated/<spec's stem>.py."""
    compiled = compile_all(all_specs(specs), settings)
    from archc.builds import emit_files, orphans
    from archc.writer import check_files, diff_files, write_files

    files, findings = emit_files(compiled, chosen_backend(backend), out, settings)
    fail_on(findings)
    if check or diff:
        if diff:
            click.echo(diff_files(files), nl=False)
        fail_on([*check_files(files), *orphans(compiled, files, out)])
        echo(f"{len(files)} of {len(files)} generated files are current")
        return
    fail_on(write_files(files, force))
    for file in files:
        echo(f"wrote {file.path}")
    for spec in compiled:
        if count := len(spec.findings):
            message = (
                f"{spec.path}: not all is as the spec says, archc check shows {count} findings"
            )
            click.echo(message, err=True)
