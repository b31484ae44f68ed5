"""The command `nnzoo generate`."""

from __future__ import annotations

import json

import click
from nnzoo.api import Registry


@click.command(name="generate")
@click.argument("model", metavar="MODEL")
@click.option("--prompt", required=True, help="Start of the text.")
@click.option(
    "--length", type=click.IntRange(min=1), default=200, show_default=True, help="Number of characters to write."
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, max=100),
    default=0.8,
    show_default=True,
    help="Randomness: 0 always chooses the most probable character, 1 uses the predicted probabilities.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def generate_text(
    registry: Registry, model: str, prompt: str, length: int, temperature: float, seed: int, as_json: bool
) -> None:
    """Generate text with a trained network, character by character.

    MODEL is a run's directory, a model file, or a network of the zoo, trained for the task next-token. The same seed
    writes the same text.
    """
    from nnzoo import load_model  # slow to import, and not needed for `nnzoo generate --help`

    from nnzoo_sequences.generating import generate

    characters = generate(load_model(model, registry=registry), prompt, length, _finite(temperature), seed)
    if as_json:
        result = {
            "model": model,
            "prompt": prompt,
            "text": "".join(characters),
            "temperature": temperature,
            "seed": seed,
        }
        click.echo(json.dumps(result))
        return
    click.echo(_shown(prompt), nl=False)
    for character in characters:
        click.echo(_shown(character), nl=False)  # click flushes, so that each appears immediately
    click.echo()


def _finite(temperature: float) -> float:
    """Refuse NaN, which click accepts."""
    if temperature != temperature:
        raise click.BadParameter("nan is not a temperature", param_hint="--temperature")
    return temperature


def _shown(text: str) -> str:
    """The text without control characters, as characters come from a file."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
