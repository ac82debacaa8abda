"""What `keras-rnn train char` does with a text of one's own."""

import json
import math
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from tqdm import tqdm

from keras_rnn.cli.train import WROTE, export
from keras_rnn.cli.train_char import UNITS, WINDOW
from keras_rnn.core.checks import check_number, received
from keras_rnn.core.files import written_file
from keras_rnn.core.quiet import stdout_on_stderr
from keras_rnn.core.scratch import temporary_folder
from keras_rnn.core.tables import print_json
from keras_rnn.rnn.cells import PRECISIONS
from keras_rnn.text.budget import budget_of
from keras_rnn.text.corpus import Corpus
from keras_rnn.text.files import find_texts
from keras_rnn.text.vocabulary import BYTES, quoted

KEPT = "training.csv, training.png"


class Job:
    """A training, its arguments as the command has them; the text is looked over before TensorFlow starts."""

    def __init__(
        self,
        sources: list[str],
        out: str,
        weights: str | None,
        log: str | None,
        tensorboard: str | None,
        settings: dict[str, Any],
        as_json: bool,
    ) -> None:
        self.out, self.weights, self.log, self.tensorboard = out, weights, log, tensorboard
        self.settings, self.as_json = settings, as_json
        self.checkpoint = Path(f"{out}.training.npz")
        if self.checkpoint.exists() and not settings["resume"]:
            raise ValueError(
                f"There is an interrupted training at {str(self.checkpoint)!r}: `resume` it, or remove it. "
                f"{received(out)}"
            )
        if settings["resume"] and not self.checkpoint.is_file():
            raise ValueError(
                f"There is no interrupted training at {str(self.checkpoint)!r} to `resume`. {received(out)}"
            )
        budget_of(settings["updates"], settings["epochs"], settings["minutes"])
        for name, least in (("learning_rate", 1e-9), ("weight_decay", 0), ("clip_norm", 1e-9)):
            if settings[name] is not None:
                check_number(name, settings[name], least)
        known = _vocabulary_in(weights) if weights else BYTES if settings["by_bytes"] else None
        self.window = settings["window"] or (None if weights else WINDOW)
        self.corpus = Corpus(
            [str(path) for path in find_texts(sources)],
            vocabulary=known,
            max_vocabulary=settings["max_vocabulary"],
            new_characters=settings["new_characters"],
            validation=settings["validation"],
            validation_files=settings["validation_files"],
            errors=settings["errors"],
        )
        if self.window is not None:
            self.corpus.training.carried_batches(settings["batch"] or 1, self.window)  # or it is too short

    def run(self, group: tuple[str, int, int]) -> None:
        """Train and export; as one of a group of processes, by its coordinator, their count and this one's number, of
        which the first alone writes and speaks."""
        from keras_rnn.rnn.processes import join, leave

        corpus, start = self.corpus, time.monotonic()
        with stdout_on_stderr():  # what JAX prints of its processes
            if group[1] > 1:
                join(*group)
            model = self._model()
            result = self._trained(model, first=group[2] == 0, alone=group[1] == 1)
        if group[2]:
            leave()
            return
        metrics = {"bits": result.history[-1]["bits"]} if result.history else {}
        metrics |= {} if result.bits is None else {"validation_bits": result.bits}
        checks = self._export(model, metrics, result)
        self.checkpoint.unlink()
        if self.as_json:
            print_json({
                "folder": self.out, "characters": len(corpus.training), "updates": result.updates,
                "stopped": result.stopped, **metrics, "checks": checks,
            })  # fmt: skip
            return
        told = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in metrics.items())
        print(f"trained on {len(corpus.training):,} characters, {result.updates:,} updates: {told}")
        if result.stopped:
            print(f"stopped early: {result.stopped}")
        print(f"wrote {self.out} after {(time.monotonic() - start) / 60:.1f} minutes: {WROTE}, {KEPT}")

    def _trained(self, model: Any, first: bool, alone: bool) -> Any:
        from keras_rnn.core.backend import keras
        from keras_rnn.rnn.precision import lacks_bfloat16
        from keras_rnn.text.training import train_text

        corpus, settings = self.corpus, self.settings
        if corpus.unknown and first:
            tqdm.write(f"{corpus.unknown:,} characters are not of the vocabulary and became U+FFFD", file=sys.stderr)
        if first and corpus.validation is not None and corpus.validating(model.window) is None:
            size = f"{len(corpus.validation):,} characters are less than two windows of {model.window:,}"
            tqdm.write(f"nothing validates: {size}, so overfitting will not be seen", file=sys.stderr)
        callbacks: list[Any] = []
        if self.log and first:
            callbacks.append(_logger(self.log, self.checkpoint if settings["resume"] else None))
        if self.tensorboard and first:
            callbacks.append(keras.callbacks.TensorBoard(self.tensorboard))
        if first and settings["precision"] != PRECISIONS[0] and lacks_bfloat16():
            tqdm.write("this processor has no instructions for bfloat16: float32 is quicker", file=sys.stderr)
        budget, rates = ("updates", "epochs", "minutes"), ("learning_rate", "weight_decay", "clip_norm")
        names = (*budget, *rates, "batch", "patience", "precision")
        given = {name: settings[name] for name in names if settings[name] is not None}
        return train_text(
            model,
            corpus,
            **given,
            seed=settings["seed"],
            checkpoint=self.checkpoint,
            resume=settings["resume"],
            callbacks=callbacks,
            verbose=not self.as_json and first,
            sample=None if self.as_json or not alone else lambda text: tqdm.write(f"  {text!r}", file=sys.stderr),
        )

    def _export(self, model: Any, metrics: dict[str, float], result: Any) -> int:
        """Write the folder, on TensorFlow's side whichever backend has trained; how many checks it passed."""
        from keras_rnn.rnn.processes import leave

        about = {"metrics": metrics, "card": self._card(result), "history": result.history}
        if model.on_tensorflow:
            return finish(model, self.out, about)
        with temporary_folder() as folder:
            file, facts = folder / "model.keras", folder / "about.json"
            leave(lambda: model.save(file))
            facts.write_text(json.dumps(about), encoding="utf-8")
            code = f"from keras_rnn.cli.train_text import finish_file; finish_file({str(folder)!r}, {self.out!r})"
            env = {**os.environ, "KERAS_BACKEND": "tensorflow"}
            done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
            if done.returncode:
                kept = Path(f"{self.out}.keras")
                with written_file(kept) as beside:
                    shutil.copy(file, beside)
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise ValueError(f"The model was trained, and is in {str(kept)!r}, but not exported: {reason}")
            return int(done.stdout)

    def _model(self) -> Any:
        from keras_rnn.text.extension import extend_vocabulary
        from keras_rnn.text.model import char_model

        settings = self.settings
        if self.weights:
            model = char_model(self.weights, dropout=settings["dropout"] or None)
            if model.vocabulary == self.corpus.vocabulary:
                return model
            added = sorted(set(self.corpus.vocabulary) - set(model.vocabulary))
            tqdm.write(f"new in the vocabulary: {quoted(''.join(added))}", file=sys.stderr)
            return extend_vocabulary(model, self.corpus.vocabulary, settings["seed"])
        return char_model(
            None, settings["cell"], self.corpus.vocabulary, self.window, settings["units"] or UNITS,
            seed=settings["seed"], activation=settings["activation"], layers=settings["layers"],
            dropout=settings["dropout"], carried=True,
        )  # fmt: skip

    def _card(self, result: Any) -> dict[str, Any]:
        """What the card tells of the text and the training."""
        corpus, names = self.corpus, [path.name for path in self.corpus.files]
        held_out = "" if corpus.validation is None else f", {len(corpus.validation):,} to validate with"
        recipe = {name: value for name, value in self.settings.items() if value not in (None, False, ())}
        last = result.history[-1] if result.history else {}
        return {
            "title": f"Characters of {names[0]}" + (f" and {len(names) - 1} more files" if names[1:] else ""),
            "description": "Trained by `keras-rnn train char`.",
            "data": {
                "description": f"{len(corpus.training):,} characters to train on{held_out}; {len(corpus.vocabulary)} "
                "different ones.",
                "file": ", ".join(names[:5]) + (" …" if names[5:] else ""),
                "crc32": f"{corpus.training.crc32():08x}",
            },
            "recipe": {
                **{k: v for k, v in recipe.items() if k not in ("resume", "source", "errors")},
                "loss": "cross-entropy, nats, of every character of the window",
                "optimizer": "Muon, its rate rising, then falling to 0 by a cosine; gradients clipped",
                "updates of the weights that were kept": result.updates,
                "seconds": round(last.get("seconds", 0)),
            },
        }


def finish(model: Any, out: str, about: dict[str, Any]) -> int:
    """A trained model's folder, with its history; how many checks it passed."""
    return len(export(model, out, about["metrics"], about["card"], lambda new: _keep(about["history"], new)))


def finish_file(folder: str, out: str) -> None:
    """The same from files, in a process of its own; prints how many checks it passed."""
    from keras_rnn.zoo.loading import load

    about = json.loads((Path(folder) / "about.json").read_text(encoding="utf-8"))
    print(finish(load(Path(folder) / "model.keras"), out, about))


def _logger(path: str, checkpoint: Path | None) -> Any:
    """Writes a row each round; of a training that goes on from a checkpoint after those that were there by then."""
    from keras_rnn.core.backend import keras
    from keras_rnn.text.checkpoint import read_checkpoint

    rounds = 0 if checkpoint is None else read_checkpoint(checkpoint)[0].get("rounds", 0)

    class Logger(keras.callbacks.CSVLogger):
        """Without the columns `val_…`, which no training here fills."""

        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            if rounds and Path(path).is_file():
                _drop_rows(Path(path), rounds)
            super().on_train_begin(logs)

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            if self.keys is None:  # type: ignore[has-type]
                self.keys = sorted(logs or {})
            super().on_epoch_end(epoch, logs)

    return Logger(path, append=checkpoint is not None)


def _drop_rows(path: Path, rounds: int) -> None:
    """Keep the rows of so many rounds: after a kill there may be later ones, the last of them cut."""
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
    kept = [row for row in rows if row.endswith("\n") and int(row.split(",")[0]) < rounds]
    with written_file(path) as new:
        new.write_text(header + "".join(kept), encoding="utf-8")


def _keep(history: list[dict[str, float]], folder: Path) -> None:
    """The training, as a table and as a picture."""
    import pandas as pd

    from keras_rnn.plots.figure import save_figure
    from keras_rnn.plots.training import plot_bits

    table = pd.DataFrame(history)
    table.to_csv(folder / "training.csv", index=False)
    if history and all(math.isfinite(row["bits"]) for row in history):
        save_figure(plot_bits(history), folder / "training.png")


def _vocabulary_in(weights: str) -> str:
    """The vocabulary in a `.keras` file of a `CharModel`, read without Keras."""
    try:
        with zipfile.ZipFile(weights) as archive:
            vocabulary = json.loads(archive.read("config.json"))["config"]["vocabulary"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"`weights` must be a character model's. {received(weights)}") from error
    if not isinstance(vocabulary, str):
        raise ValueError(f"`weights` must be a character model's. {received(weights)}")
    return vocabulary
