"""The zoo: trained networks that come with nnzoo and its plugins, each with a card that its run wrote."""
