"""Writes the reference values that the tests compare with: PyLops 2.8.0, checked against PyLops-MPI 0.8.0 on one rank.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python generate.py

The format, the inputs and the places where PyLops is corrected are described in README.md.
"""

import pathlib

from generator import basic, derivatives, fourier, signal, solvers, tables
from generator.reference_file import ReferenceFile

here = pathlib.Path(__file__).parent
for module in (derivatives, basic, signal, fourier, solvers):
    name = module.__name__.rsplit(".", 1)[-1]
    with ReferenceFile(here / f"{name}.txt") as out:
        module.write(out)
tables.write(here)
