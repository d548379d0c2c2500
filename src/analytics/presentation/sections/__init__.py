"""The report's sections, one a file: each function takes a study and returns blocks.

Notebooks show the same blocks that the Word, PDF and HTML report is assembled from.
"""
