"""Fashion-MNIST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import DataCache, Dataset, DatasetLoader

from nnzoo_datasets.mnist_layout import MnistFiles, load_mnist_files, mnist_files


@dataclass(frozen=True)
class FashionMnist(DatasetLoader):
    """Fashion-MNIST: 70,000 pictures of clothes in ten classes, 28×28 grey, 60,000 to train and 10,000 to test.

    The files have MNIST's names and sizes, and MNIST's networks fit; it is harder. A copy that Debian's package
    ``dataset-fashion-mnist`` has installed is used before anything is downloaded.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    arXiv:1708.07747, https://github.com/zalandoresearch/fashion-mnist.
    """

    name: ClassVar[str] = "fashion-mnist"
    license: ClassVar[str] = "MIT"

    class_names: ClassVar[tuple[str, ...]] = (
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    )
    files: ClassVar[MnistFiles] = mnist_files(
        train_images="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        train_labels="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        test_images="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        test_labels="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
        folders=("/usr/share/datasets/fashion-mnist",),  # packed again: a header without the file's name
        unpacked=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    )

    def load(self, cache: DataCache) -> Dataset:
        return load_mnist_files(cache, self.name, self.files, self.class_names)
