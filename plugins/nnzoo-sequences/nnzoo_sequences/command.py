"""The command `nnzoo generate`."""

from __future__ import annotations

import json

import click
from nnzoo.api import Registry


@click.command(name="generate")
@click.argument("model", metavar="MODEL")
@click.option("--prompt", required=True, help="What the text begins with.")
@click.option("--length", type=click.IntRange(min=1), default=200, show_default=True, help="Characters to write.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, max=100),
    default=0.8,
    show_default=True,
    help="How daring: 0 always takes the most probable character, 1 draws as the network predicts.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Decides what is drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def generate_text(
    registry: Registry, model: str, prompt: str, length: int, temperature: float, seed: int, as_json: bool
) -> None:
    """Have a trained network write a text, character by character.

    MODEL is a run's directory, a model file, or a network of the zoo, trained for the task next-token. The same seed
    writes the same text.
    """
    from nnzoo import load_model  # takes a while to import, and `nnzoo generate --help` does without

    from nnzoo_sequences.generating import generate

    characters = generate(load_model(model, registry=registry), prompt, length, _finite(temperature), seed)
    if as_json:
        told = {"model": model, "prompt": prompt, "text": "".join(characters), "temperature": temperature, "seed": seed}
        click.echo(json.dumps(told))
        return
    click.echo(_shown(prompt), nl=False)
    for character in characters:
        click.echo(_shown(character), nl=False)  # click flushes, so that each appears at once
    click.echo()


def _finite(temperature: float) -> float:
    """Refuse what is not a number, which click lets pass."""
    if temperature != temperature:
        raise click.BadParameter("nan is not a temperature", param_hint="--temperature")
    return temperature


def _shown(text: str) -> str:
    """The text, without what could command a terminal: characters come from a file."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
