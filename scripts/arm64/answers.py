"""What `.tflite` files answer on the machine that runs this: NumPy and LiteRT, nothing else.

    python answers.py CASES.npz ANSWERS.npz

Both hold arrays by `path|signature|call|name`. A signature's calls come one after the other, and what goes in and comes
out under one name, the state, is carried from call to call.
"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def answers(cases):
    """The outputs for the inputs, as dictionaries of arrays by those keys."""
    calls = {}
    for key, array in cases.items():
        path, signature, call, name = key.split("|")
        calls.setdefault(path, {}).setdefault(signature, {}).setdefault(int(call), {})[name] = array
    found = {}
    for path, signatures in calls.items():
        interpreter = Interpreter(path, num_threads=1)
        for signature, inputs in signatures.items():
            run, state = interpreter.get_signature_runner(signature), {}
            for call in sorted(inputs):
                given = inputs[call] | state
                outputs = run(**given)
                state = {name: outputs[name] for name in given if name in outputs and signature == "step"}
                found |= {f"{path}|{signature}|{call}|{name}": array for name, array in outputs.items()}
    return found


if __name__ == "__main__":
    np.savez(sys.argv[2], **answers(np.load(sys.argv[1])))
