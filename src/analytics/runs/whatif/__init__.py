"""The what-if page: what its notebook calls, and ``workbook whatif``, which serves that notebook as a page without code.

``notebook`` is what the cells call, ``command`` the command line, ``server`` Voilà on this machine alone, ``waiting``
what a browser sees until Voilà answers, and ``parent`` the process the page's kernels are forked from.
"""

from analytics.runs.whatif.command import add_command
from analytics.runs.whatif.notebook import answer, open_study, page

__all__ = ["add_command", "answer", "open_study", "page"]
