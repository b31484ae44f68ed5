"""The trained networks of known packages, for searches where these are not installed; docs/update_zoo.py writes it.

By package and name: the data set, and what the network is in one sentence, as its card says.
"""

from __future__ import annotations

KNOWN_NETWORKS: dict[str, dict[str, tuple[str, str]]] = {
    "nnzoo-autoencoders": {
        "mnist-autoencoder.plane": ("mnist", "Handwritten digits as two numbers and back."),
        "mnist-denoiser.small": ("mnist", "Takes noise out of pictures of handwritten digits."),
        "mnist-vae.plane": ("mnist", "A variational autoencoder of handwritten digits with a code of two numbers."),
    },
    "nnzoo-conv": {
        "fashion-lenet5.relu": ("fashion-mnist", "LeNet-5 for small pictures of clothes."),
        "fashion-resnet.small": (
            "fashion-mnist",
            "A residual network for small pictures of clothes, the most accurate one here.",
        ),
        "mnist-lenet5.relu": ("mnist", "LeNet-5 in its modern form, with ReLU."),
        "mnist-resnet.small": ("mnist", "A residual network for handwritten digits, the most accurate one here."),
        "mnist-tiny.99": ("mnist", "8028 parameters read handwritten digits: few for more than 99 %."),
        "mnist-tiny.smallest": ("mnist", "1,140 parameters read handwritten digits: few for 98 %."),
        "shapes-conv.small": (
            "shapes",
            "Which of four shapes is in a grey picture, and its radius: two answers of one network.",
        ),
    },
    "nnzoo-datasets": {
        "fashion-mlp.relu": ("fashion-mnist", "Two hidden layers for small pictures of clothes."),
    },
    "nnzoo-sequences": {
        "kjv-char-gpt.small": (
            "kjv-poetry",
            "A transformer of four blocks that writes, character by character, in the manner of the Psalms.",
        ),
        "kjv-char-gru.small": (
            "kjv-poetry",
            "A GRU of 192 units that writes, character by character, in the manner of the Psalms.",
        ),
    },
    "nnzoo-tables": {
        "breast-cancer-mlp.relu": ("breast-cancer", "Benign or malignant, from thirty measurements of cell nuclei."),
        "diabetes-mlp.relu": ("diabetes", "How a diabetes progresses in a year, from ten measurements."),
        "iris-mlp.relu": ("iris", "The kind of an iris from four measurements in centimetres."),
        "penguins-mlp.relu": (
            "penguins",
            "The species of a penguin from measurements, island and sex, some of them missing.",
        ),
        "wine-mlp.relu": ("wine", "The cultivar of a wine from thirteen chemical measurements."),
    },
    "nnzoo-toys": {
        "blobs-mlp.relu": ("blobs", "Four round clouds told apart, from two coordinates."),
        "checkerboard-mlp.relu": ("checkerboard", "Black and white squares of a board, from two coordinates."),
        "circles-mlp.relu": ("circles", "A circle told from the one around it, from two coordinates."),
        "digit-traits-mlp.relu": (
            "digit-traits",
            "Which of four things are true of a handwritten digit: even, prime, above four, with a hole.",
        ),
        "mnist-1d-conv.small": ("mnist-1d", "Three convolutions along a curve of 40 points, for ten classes."),
        "mnist-1d-mlp.logistic": ("mnist-1d", "Logistic regression on curves of 40 points in ten classes."),
        "mnist-1d-mlp.relu": ("mnist-1d", "Two hidden layers of 100 units on curves of 40 points in ten classes."),
        "moons-mlp.relu": ("moons", "Two half circles told apart, from two coordinates."),
        "sines-mlp.relu": ("sines", "The sum of two waves, from two coordinates: a regression."),
        "spirals-mlp.relu": ("spirals", "Three spirals told apart, from two coordinates."),
        "xor-mlp.relu": ("xor", "Whether two coordinates have the same sign: the exclusive or."),
    },
}
