"""What the layers of the network carry: how far the gradient of the energy reaches into them."""
