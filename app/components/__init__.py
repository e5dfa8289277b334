"""Parts of the page that live in the browser: the panels that one level control moves together."""
