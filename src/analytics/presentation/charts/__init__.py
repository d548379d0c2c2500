"""Charts: one function a figure; each takes frames and axes and returns the axes.

Every chart reads labels, units and colours from :mod:`analytics.terms`, draws in Chinese (``zh``) or English
(``en``), and refuses to draw nothing.
"""
