"""Warm kernels: Jupyter kernels forked from a parent process that has already imported the libraries.

A kernel starts in a few hundredths of a second instead of some seconds, as clean and as alone as a process of its own.
Any Jupyter client gets one by the kernel's name::

    papermill -k workbook-warm notebooks/3-fund-income.ipynb out.ipynb

``provisioner`` is the hook Jupyter calls, ``client`` starts parents and asks them for kernels, ``parent`` forks, and
``kernel`` is what the forked process does; ``spec`` lets a parent start early, or lends one to several processes.  Only
Linux can do this; elsewhere, and wherever a parent refuses, an ordinary kernel runs instead and a line in the log says
why.
"""
