"""Text as one reads it: samples with their scores, on disk, in TensorBoard, and in a conversation."""

import pathlib
import sys

import numpy as np

from gankit import labels
from gankit.files.names import with_ending
from gankit.text.ids import UNKNOWN
from gankit.text.ngram_model import NGramModel
from gankit.text.sampling import require_settings
from gankit.text.sequences import unpad
from gankit.text.tokenizer import pad

SHOWN = 24  # samples, where nobody says how many


class Writer:
    """Writes samples as lines, each with its score under a language model of the training set.

    Args:
        data: `Texts`.
        conditions: of the samples, labels or prompts, or None.

    Example:

    ```python
    from gankit import text

    data = text.load("headlines")
    write = text.Writer(data)
    print(write(data.validation[:5], "five.txt"))
    ```
    """

    def __init__(self, data, conditions=None):
        self.data, self.conditions = data, conditions
        vocabulary = data.preparation.vocabulary_size
        self._model = NGramModel(unpad(data.samples), vocabulary, 3)

    def __call__(self, samples, path):
        """Writes a text file.

        Args:
            samples: (n, length) tokens.
            path: of the file, whose suffix becomes `.txt`.

        Returns:
            The text.
        """
        sequences = unpad(np.asarray(samples).astype("int32"))
        scores = [-np.mean(one) for one in self._model.log_probability(sequences)]
        lines = ["nats a token   sample"]
        for i, (text, score) in enumerate(zip(self.data.preparation.decode(sequences), scores)):
            lines.append(f"{score:12.2f}   {self._asked(i)}{on_one_line(text)}")
        path = with_ending(pathlib.Path(path), ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path.read_text(encoding="utf-8")

    def _asked(self, i):
        if self.conditions is None:
            return ""
        if self.data.prompts is None:
            return f"[{self.data.classes[self.conditions[i]]}] "
        return f"{self.data.preparation.decode(unpad(self.conditions[i : i + 1]))[0]} -> "


def generate(
    run, out, n=SHOWN, seed=0, temperature=1.0, top_k=None, top_p=None, label=None, prompt=None
):
    """Text from a run's model, one sample a line, to a file and printed: `gankit generate`.

    Within a sample a backslash stands doubled, and the end of a line as a backslash and an n.

    Args:
        run: a `gankit.runs.Run`.
        out: a path without suffix.
        n, seed, temperature, top_k, top_p: as in `SequenceGAN.generate`.
        label: a category's name, or None for all in turn.
        prompt: of a run of dialogue: what to reply to.

    Returns:
        The paths written.

    Raises:
        ValueError: a label that the run does not know, a prompt that is missing or out of place, or all
            of whose words are unknown.

    Example:

    ```python
    import pathlib

    from gankit import runs, text

    run = runs.Run.open("runs/text-headlines-default-0")
    text.generate(run, pathlib.Path("headlines"), n=8, temperature=0.8)
    ```
    """
    gan, tokenizer = run.load(), run.load_preparation()
    classes, length = run.config["classes_found"], run.config["prompt_length"]
    condition = None
    if length:
        if prompt is None:
            raise ValueError('This run replies to prompts: give --prompt "...".')
        condition = np.repeat(read_prompt(tokenizer, prompt, length), n, axis=0)
    elif prompt is not None:
        raise ValueError("This run knows no prompts: leave out --prompt.")
    elif gan.conditional:
        condition = labels.asked(classes, n, label)
    if label is not None and (condition is None or length):
        raise ValueError("This run is not conditional: it has no labels to choose from.")
    samples = gan.generate(n, condition, seed, temperature, top_k, top_p)
    path = with_ending(pathlib.Path(out), ".txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    page = "\n".join(map(on_one_line, tokenizer.decode(unpad(samples)))) + "\n"
    path.write_text(page, encoding="utf-8")
    print(page)
    return [path]


def on_one_line(text):
    """A sample without ends of lines: they and backslashes as Python writes them."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")


def reply(gan, tokenizer, prompt, length, seed=0, temperature=0.8):
    """One reply to a prompt.

    Args:
        gan: a `SequenceGAN` of dialogue.
        tokenizer: the run's preparation.
        prompt: a string.
        length: of the prompts that the model was trained on.
        seed: of the latents, an integer or a tuple of them.
        temperature: as in `SequenceGAN.generate`.

    Raises:
        ValueError: all words of the prompt are unknown.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-dialogue-default-0")
    length = run.config["prompt_length"]
    text.reply(run.load(), run.load_preparation(), "how are you?", length, seed=3)
    ```
    """
    tokens = read_prompt(tokenizer, prompt, length)
    samples = gan.generate(1, tokens, seed, temperature)
    return tokenizer.decode(unpad(samples))[0]


def chat(run, prompts, seed=0, temperature=0.8):
    """Replies to prompts, one after the other: `gankit chat`.

    Args:
        run: a `gankit.runs.Run` of dialogue.
        prompts: strings, as they come; an empty one ends the conversation.
        seed: the same seed and prompts give the same replies, and a repeated prompt another one.
        temperature: as in `SequenceGAN.generate`.

    Yields:
        For each prompt a reply, or, to one of unknown words, what is wrong with it.

    Raises:
        ValueError: the run knows no prompts.

    Example:

    ```python
    from gankit import runs, text

    run = runs.Run.open("runs/text-dialogue-default-0")
    for reply in text.chat(run, ["hello", "how are you?"]):
        print(reply)
    ```
    """
    length = run.config["prompt_length"]
    if not length:
        raise ValueError("This run knows no prompts: chat is for runs on prompts and replies.")
    require_settings(temperature)
    gan, tokenizer = run.load(), run.load_preparation()
    for i, prompt in enumerate(prompts):
        if not prompt.strip():
            return
        try:
            yield reply(gan, tokenizer, prompt, length, (seed, i), temperature)
        except ValueError as error:
            yield f"({error})"


def read_prompt(tokenizer, prompt, length):
    """A prompt as (1, length) tokens, cut to that length, which is said on the standard error.

    With a capital at its start or without any, where more of it is known then.

    Raises:
        ValueError: there is nothing in it, or no word of it is known.
    """
    spelled = (prompt, prompt[:1].upper() + prompt[1:], prompt.lower())
    found = tokenizer.encode(spelled)
    tokens = min(found, key=lambda one: int(np.sum(one == UNKNOWN)))
    unknown = int(np.sum(tokens == UNKNOWN))
    known = tokenizer.kind == "bpe" or _has_word(tokenizer, tokens)
    if not len(tokens) or unknown == len(tokens) or (any(map(str.isalnum, prompt)) and not known):
        raise ValueError(
            f"The run knows no word of this prompt: {prompt!r}. Use words of the text that it was "
            "trained on."
        )
    if unknown:
        print(f"{unknown} of the prompt's {len(tokens)} tokens are unknown.", file=sys.stderr)
    if len(tokens) > length:
        print(f"The prompt is cut to {length} of its {len(tokens)} tokens.", file=sys.stderr)
    return pad([tokens[:length]], length)


def _has_word(tokenizer, tokens):
    """Whether a known token has a letter or a digit; a byte pair may be a part of one."""
    spellings = tokenizer.decode([np.array([token]) for token in tokens])
    return any(map(str.isalnum, "".join(spellings)))
