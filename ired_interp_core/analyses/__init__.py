"""One file per analysis: parameters, declared variables, a sentence for a reader, `compute`.

`ired_interp_core.registry` imports every module of this folder; the head of a file stays light and
`compute` imports the mathematics inside.
"""
