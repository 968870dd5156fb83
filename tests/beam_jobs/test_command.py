"""The arguments of a job's command."""

import pytest

from beam_jobs.command import parse_arguments


def test_the_rest_are_options_of_beam() -> None:
    own, options = parse_arguments(
        "corpus", ["--recipe", "a.toml", "--set", "a=1 b=2", "--project", "p", "--streaming"]
    )
    assert (own.set, own.runner) == (["a=1 b=2"], "")
    assert options == ["--project", "p", "--streaming"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "a=1", "b=2"], "unexpected 'b=2': all overrides are one --set"),
        (["--workers", "0"], "'0' is not a number of workers"),
        (["--workers", "two"], "'two' is not a number of workers"),
    ],
)
def test_what_means_nothing_is_an_error(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments("corpus", ["--recipe", "a.toml", *arguments])
    assert message in capsys.readouterr().err
