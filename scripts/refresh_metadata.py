"""Write the metadata of the shipped `.tflite` files anew, in this version's schema; graphs and weights stay.

python scripts/refresh_metadata.py
"""

from __future__ import annotations

import json

from keras_rnn.catalog.cards import read_card, write_card
from keras_rnn.catalog.metadata import BUFFER_NAME, SCHEMA, document_of
from keras_rnn.catalog.names import model_folder, zoo_names
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.tf_converter import finish


def main() -> None:
    for name in zoo_names():
        folder = model_folder(name)
        card = read_card(folder)
        for path in sorted(folder.glob("*.tflite")):
            file = LiteRTFile(path)
            document = (document_of(file.metadata, str(path)) or {}) | {"schema": SCHEMA}
            text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            same = {signature: signature for signature in file.signatures}
            content = finish(path.read_bytes(), same, {BUFFER_NAME: text})
            path.write_bytes(content)
            card["files"][path.name] = len(content)
        write_card(folder, card)
        print(name)


if __name__ == "__main__":
    main()
