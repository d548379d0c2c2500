"""The what-if page: levers on one side, the answer on the other, from the same model as the report.

``levers`` says what can be moved and how far; ``desk`` runs the model where the levers stand; ``answers``, ``charts``
and ``comparison`` turn that into words and pictures; ``page`` puts them on the screen.
"""
