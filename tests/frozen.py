"""Imported last by the server that `forked` forks from: no fork looks at the libraries' objects.

A collection would copy every page they lie on.
"""

import gc

gc.freeze()
