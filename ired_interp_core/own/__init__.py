"""Problems of one's own: read from a file, or edited; with their truth, and how far from training.

NumPy alone. What comes of them is a `contents.Content`, which a problem set is made of.
"""

from ired_interp_core.contents import Change
from ired_interp_core.own.described import facts
from ired_interp_core.own.editing import edit
from ired_interp_core.own.reading import MOST_FILE, content_of, read
from ired_interp_core.own.training_range import Place, places

__all__ = ["MOST_FILE", "Change", "Place", "content_of", "edit", "facts", "places", "read"]
